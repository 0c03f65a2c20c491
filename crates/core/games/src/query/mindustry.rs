//! Mindustry's answer to whoever looks for hosts. Source: Anuken/Mindustry, `NetworkIO.writeServerData`.

use lanrage_base::wire::Reader;

use super::Answer;

/// A message of the transport itself, that looks for hosts.
pub(super) fn question() -> Vec<u8> {
    vec![0xfe, 1]
}

pub(super) fn info(packet: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(packet);
    let (title, map) = (text(&mut reader)?, text(&mut reader)?);
    let (players, _wave) = (number(&mut reader)?, number(&mut reader)?);
    let (version, kind) = (number(&mut reader)?, text(&mut reader)?);
    let _mode = reader.byte()?;
    let most = number(&mut reader)?;
    Some(Answer {
        players: u16::try_from(players).ok(),
        // None is "as many as come".
        max_players: u16::try_from(most).ok().filter(|most| *most > 0),
        ..Answer::of(&plain(&title), &plain(&map), &format!("{kind} {version}"))
    })
}

fn number(reader: &mut Reader<'_>) -> Option<i32> {
    reader.array().map(i32::from_be_bytes)
}

fn text(reader: &mut Reader<'_>) -> Option<String> {
    let length = reader.byte()?;
    Some(String::from_utf8_lossy(reader.take(length.into())?).into_owned())
}

/// A text without its colours, a word in brackets each.
fn plain(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '#');
        rest = match after.split_once(']').filter(|(word, _)| is_word(word)) {
            Some((_, after)) => after,
            None => {
                kept.push('[');
                after
            }
        };
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Vec<u8> {
        let mut bytes = Vec::new();
        let put = |bytes: &mut Vec<u8>, text: &str| {
            bytes.push(text.len() as u8);
            bytes.extend(text.as_bytes());
        };
        put(&mut bytes, "[gold]Öykü's[] [x y]");
        put(&mut bytes, "Frozen Forest");
        for number in [3_i32, 17, 146] {
            bytes.extend(number.to_be_bytes());
        }
        put(&mut bytes, "official");
        bytes.push(0);
        bytes.extend(8_i32.to_be_bytes());
        bytes
    }

    #[test]
    fn an_answer_is_read_and_a_part_of_one_is_not() {
        let bytes = answer();
        let read = info(&bytes).unwrap();
        assert_eq!((read.title.as_str(), read.map.as_str()), ("Öykü's [x y]", "Frozen Forest"));
        assert_eq!(
            (read.version.as_str(), read.players, read.max_players),
            ("official 146", Some(3), Some(8))
        );
        assert!((0..bytes.len()).all(|cut| info(&bytes[..cut]).is_none()));
    }
}
