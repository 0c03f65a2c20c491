//! Programs of other people that search the real LAN and the party at once: what each finds.

use std::{
    fs,
    net::{Ipv4Addr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{address, meet};
use crate::{Host, Process, stage, teeworlds};

/// How long each search may take.
const SEARCH: Duration = Duration::from_secs(10);
/// How long after the last that was wanted it is looked for more.
const MORE: Duration = Duration::from_millis(800);

const OPEN_ARENA: u16 = 27_960;
const MINETEST: u16 = 30_000;
const MDNS_SERVICE: &str = "_lanragetest._tcp";

/// What a program found at each of the two that may be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The program, and how it searches.
    pub program: &'static str,
    /// Whether it found the neighbour on the real LAN, or woke it.
    pub neighbour: bool,
    /// Whether it found the friend in the party.
    pub friend: bool,
    /// Whether it is a game, so that it should find the friend. The neighbour all should.
    pub is_game: bool,
}

impl Finding {
    /// Whether it is as on two LANs.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.neighbour && self.friend == self.is_game
    }
}

/// What searches and what is found, in a party.
struct Town {
    one: Host,
    neighbour: Host,
    friend: Host,
    friends_lease: Ipv4Addr,
}

/// Tries every program. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If a program is missing or does not start, or the party does not stand.
pub fn try_programs(mut report: impl FnMut(&Finding)) -> Result<()> {
    let mut stage = crate::Stage::build()?;
    let neighbour = stage.lab.host(&stage.home_of_one.clone(), "neighbour")?;
    stage.lab.settle()?;
    stage.home_of_one.keep_private()?;
    let _server = stage.start_control_server()?;
    let (_one, two) = meet(&stage)?;
    let friends_lease = address(&two)?;
    let town = Town { one: stage.one.clone(), neighbour, friend: stage.two.clone(), friends_lease };
    for search in [Town::teeworlds, Town::open_arena, Town::minetest, Town::wake, Town::ssdp, Town::mdns] {
        report(&search(&town)?);
    }
    Ok(())
}

impl Town {
    fn both(&self) -> [(&Host, &'static str); 2] {
        [(&self.neighbour, "neighbour"), (&self.friend, "friend")]
    }

    /// The list of Teeworlds, by 255.255.255.255.
    fn teeworlds(&self) -> Result<Finding> {
        let mut servers = Vec::new();
        for (host, name) in self.both() {
            servers.push(teeworlds::serve(host, name, &stage::data_folder(name)?)?);
        }
        let found = teeworlds::find_all(&self.one.udp(0)?, 2, SEARCH, MORE)?;
        let has = |name| found.iter().any(|server| server.name == name);
        Ok(Finding {
            program: "teeworlds-server, by broadcast",
            neighbour: has("neighbour"),
            friend: has("friend"),
            is_game: true,
        })
    }

    /// The list of OpenArena and other games of its engine, by 255.255.255.255.
    fn open_arena(&self) -> Result<Finding> {
        let mut servers = Vec::new();
        for (host, name) in self.both() {
            let mut command = host.command("/usr/games/openarena-server");
            command.env("HOME", stage::data_folder(name)?);
            command.args(["+set", "dedicated", "1", "+set", "sv_hostname", name, "+set", "net_enabled", "1"]);
            command.args(["+set", "net_port", &OPEN_ARENA.to_string(), "+map", "oa_dm1"]);
            servers.push(host.spawn(command)?);
        }
        let question = b"\xFF\xFF\xFF\xFFgetinfo xxx";
        let found = ask(&self.one, question, &[(Ipv4Addr::BROADCAST, OPEN_ARENA)], |answer| {
            let text = String::from_utf8_lossy(answer).into_owned();
            text.contains("infoResponse").then_some(text)
        })?;
        let has = |name| found.iter().any(|text| text.contains(&format!("\\hostname\\{name}")));
        Ok(Finding {
            program: "openarena-server, by broadcast",
            neighbour: has("neighbour"),
            friend: has("friend"),
            is_game: true,
        })
    }

    /// Minetest has no list of a LAN: who plays names the address.
    fn minetest(&self) -> Result<Finding> {
        let mut servers = Vec::new();
        for (host, name) in self.both() {
            let world = stage::data_folder(name)?.join("minetest");
            fs::create_dir_all(&world)?;
            fs::write(world.join("world.mt"), "gameid = devtest\nbackend = dummy\n")?;
            let mut command = host.command("/usr/games/minetestserver");
            command.env("HOME", stage::data_folder(name)?).arg("--world").arg(&world);
            command.args(["--gameid", "minetest", "--port", &MINETEST.to_string()]);
            servers.push(host.spawn(command)?);
        }
        // A reliable packet of a client that has no number yet is answered with one.
        let hello = b"\x4F\x45\x74\x03\x00\x00\x00\x03\xFF\xDC\x01";
        let to = [(self.neighbour.address(), MINETEST), (self.friends_lease, MINETEST)];
        let found = ask_each(&self.one, hello, &to)?;
        Ok(Finding {
            program: "minetestserver, by its address",
            neighbour: found[0],
            friend: found[1],
            is_game: true,
        })
    }

    /// `wakeonlan` wakes nobody's computer but the home's own.
    fn wake(&self) -> Result<Finding> {
        let ears: Vec<UdpSocket> =
            self.both().into_iter().map(|(host, _)| host.udp(9)).collect::<Result<_>>()?;
        run(&self.one, &["wakeonlan", "-i", "255.255.255.255", "02:11:22:33:44:55"])?;
        let heard = |socket: &UdpSocket| socket.recv(&mut [0; 256]).is_ok();
        Ok(Finding {
            program: "wakeonlan, by broadcast",
            neighbour: heard(&ears[0]),
            friend: heard(&ears[1]),
            is_game: false,
        })
    }

    /// `gssdp-discover` finds devices of the home.
    fn ssdp(&self) -> Result<Finding> {
        let devices = self.both().map(|(host, name)| {
            let socket = host.udp(1_900)?;
            socket.join_multicast_v4(&Ipv4Addr::new(239, 255, 255, 250), &Ipv4Addr::UNSPECIFIED)?;
            Ok::<_, anyhow::Error>((socket, name))
        });
        let devices = devices.into_iter().collect::<Result<Vec<_>>>()?;
        let text = thread::scope(|scope| {
            for (socket, name) in &devices {
                scope.spawn(move || answer_searches(socket, name));
            }
            run(&self.one, &["gssdp-discover", "-i", "eth0", "-n", "4", "--message-type=available"])
        })?;
        Ok(Finding {
            program: "gssdp-discover, by SSDP",
            neighbour: text.contains("uuid:neighbour"),
            friend: text.contains("uuid:friend"),
            is_game: false,
        })
    }

    /// `avahi-browse` finds services of the home, and tells of none of a friend's.
    fn mdns(&self) -> Result<Finding> {
        let mut daemons: Vec<Process> = Vec::new();
        for (host, name) in self.both() {
            daemons.push(host.spawn(avahi(host, name, "wait")?)?);
        }
        let browse = format!("sleep 3; timeout 6 avahi-browse -ptr {MDNS_SERVICE}");
        let output = avahi(&self.one, "one", &browse)?.output().context("avahi-browse")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(Finding {
            program: "avahi-browse, by mDNS",
            neighbour: text.contains(";neighbour;"),
            friend: text.contains(";friend;"),
            is_game: false,
        })
    }
}

/// Avahi on a host with a bus and state of its own, which publishes one service under this name, and then this.
fn avahi(host: &Host, name: &str, then: &str) -> Result<std::process::Command> {
    let service = format!(
        "<service-group><name>{name}</name><service><type>{MDNS_SERVICE}</type><port>7</port></service></service-group>"
    );
    let folder = stage::data_folder(name)?;
    fs::write(folder.join("test.service"), service)?;
    let script = format!(
        "mkdir -p /run/dbus /run/avahi-daemon && mount -t tmpfs none /run/dbus && mount -t tmpfs none /run/avahi-daemon \
         && mount -t tmpfs none /etc/avahi/services && cp {}/test.service /etc/avahi/services/ \
         && hostname {name} && dbus-daemon --system --fork --nopidfile \
         && {{ avahi-daemon --no-drop-root --no-chroot --no-rlimits >/dev/null 2>&1 & {then}; }}",
        folder.display()
    );
    let mut command = host.command("unshare");
    command.args(["--mount", "--uts", "sh", "-c", &script]);
    Ok(command)
}

fn answer_searches(socket: &UdpSocket, name: &str) {
    let until = Instant::now() + SEARCH;
    let mut bytes = [0; 2_048];
    while Instant::now() < until {
        let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
        if bytes[..length].starts_with(b"M-SEARCH") {
            let answer = format!(
                "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\nLOCATION: http://192.0.2.1/\r\nSERVER: test\r\n\
                 ST: upnp:rootdevice\r\nUSN: uuid:{name}::upnp:rootdevice\r\n\r\n"
            );
            let _ = socket.send_to(answer.as_bytes(), from);
        }
    }
}

/// Runs a program on a host to its end, and gives what it says.
fn run(host: &Host, words: &[&str]) -> Result<String> {
    let mut command = host.command(words[0]);
    let output = command.args(&words[1..]).output().with_context(|| words.join(" "))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` failed: {text}{said}", words.join(" "));
    Ok(text)
}

/// Asks again and again until two different answers have come, and then for a moment longer.
fn ask(
    host: &Host,
    question: &[u8],
    to: &[(Ipv4Addr, u16)],
    read: impl Fn(&[u8]) -> Option<String>,
) -> Result<Vec<String>> {
    let socket = host.udp(0)?;
    socket.set_read_timeout(Some(Duration::from_millis(250)))?;
    let mut until = Instant::now() + SEARCH;
    let mut found: Vec<String> = Vec::new();
    let mut bytes = [0; 2_048];
    while Instant::now() < until {
        for to in to {
            socket.send_to(question, to)?;
        }
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            let Some(text) = read(&bytes[..length]) else { continue };
            let text = format!("{from} {text}");
            if !found.contains(&text) {
                found.push(text);
            }
            if found.len() == 2 {
                until = until.min(Instant::now() + MORE);
            }
        }
    }
    Ok(found)
}

/// Which of these answer.
fn ask_each(host: &Host, question: &[u8], to: &[(Ipv4Addr, u16)]) -> Result<Vec<bool>> {
    let found = ask(host, question, to, |_| Some(String::new()))?;
    let answers =
        |to: &(Ipv4Addr, u16)| found.iter().any(|text| text.starts_with(&format!("{}:{} ", to.0, to.1)));
    Ok(to.iter().map(answers).collect())
}
