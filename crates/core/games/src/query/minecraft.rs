//! The beacon of a Minecraft world that is open to the LAN: `[MOTD]name[/MOTD][AD]port[/AD]`.

use std::net::SocketAddrV4;

use super::{Answer, group};

/// Where it is sent, every 1.5 s.
pub(super) const GROUP: SocketAddrV4 = group([224, 0, 2, 60], 4_445);

pub(super) fn beacon(packet: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(packet);
    let (title, port) = (between(&text, "[MOTD]", "[/MOTD]")?, between(&text, "[AD]", "[/AD]")?);
    // An older world names its host as well. What counts is where the beacon came from.
    let port = port.rsplit(':').next()?.parse().ok().filter(|port| *port != 0)?;
    Some(Answer { port: Some(port), ..Answer::of(&plain(title), "", "") })
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0)
}

/// A text without its colours, `§` and a character.
fn plain(text: &str) -> String {
    let mut chars = text.chars();
    let mut kept = String::new();
    while let Some(c) = chars.next() {
        if c == '§' {
            chars.next();
        } else {
            kept.push(c);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_port_are_read_and_no_host() {
        let read = beacon("[MOTD]§6Öykü - Skyblock[/MOTD][AD]51234[/AD]".as_bytes()).unwrap();
        assert_eq!((read.title.as_str(), read.port), ("Öykü - Skyblock", Some(51_234)));
        assert_eq!(beacon(b"[MOTD]x[/MOTD][AD]192.0.2.1:5[/AD]").unwrap().port, Some(5));
        for bad in
            ["", "[MOTD]x[/MOTD]", "[MOTD]x[/MOTD][AD]0[/AD]", "[MOTD]x[/MOTD][AD]x[/AD]", "[AD]5[/AD]"]
        {
            assert_eq!(beacon(bad.as_bytes()), None, "{bad}");
        }
    }
}
