//! What of this computer friends could reach, by what the system says of sockets.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use lanrage_party::{Name, Place};

use crate::{
    catalogue::Catalogue,
    detect::{Listening, Running},
};

/// Most doors that are told of: a computer that has more is no player's. What is not told stays closed.
const MOST: usize = 1_024;

/// Programs that serve their user, the system or a developer, and no game: a word of letters, behind which anything else may
/// follow. What is a game's is never one of them, and what games are written in is none: Python, Java.
const PRIVATE: &[&str] = &[
    // Remote login, screens and shares.
    "sshd",
    "dropbear",
    "smbd",
    "nmbd",
    "winbindd",
    "rpcbind",
    "rpc",
    "nfsd",
    "vsftpd",
    "proftpd",
    "x11vnc",
    "Xvnc",
    "Xtigervnc",
    "x0vncserver",
    "x0tigervncserver",
    "vncserver",
    "wayvnc",
    "krfb",
    "vino",
    "gnome",
    "xrdp",
    "anydesk",
    "teamviewer",
    "teamviewerd",
    "rustdesk",
    "parsecd",
    "sunshine",
    "kdeconnectd",
    "syncthing",
    "dropbox",
    "rygel",
    "minidlnad",
    "gerbera",
    "rclone",
    "deluge",
    "deluged",
    "transmission",
    "qbittorrent",
    "ktorrent",
    "aria2c",
    // Printing, names, sound and the desktop.
    "cupsd",
    "cups",
    "avahi",
    "systemd",
    "dnsmasq",
    "pulseaudio",
    "pipewire",
    "spotify",
    "plasmashell",
    // Containers, databases, servers of the web.
    "docker",
    "dockerd",
    "containerd",
    "podman",
    "rootlessport",
    "slirp4netns",
    "pasta",
    "qemu",
    "libvirtd",
    "postgres",
    "mysqld",
    "mariadbd",
    "redis",
    "valkey",
    "mongod",
    "memcached",
    "elasticsearch",
    "influxd",
    "prometheus",
    "grafana",
    "nginx",
    "apache",
    "httpd",
    "caddy",
    "lighttpd",
    "ollama",
    "jupyter",
    // Browsers, and what developers run.
    "chrome",
    "chromium",
    "firefox",
    "msedge",
    "brave",
    "node",
    "deno",
    "bun",
    "npm",
    "yarn",
    "php",
    "ruby",
    "hugo",
    "code",
    "codium",
    "adb",
    "gdbserver",
    "lldb",
    "cargo",
];

/// A socket that hears strangers, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    /// The socket.
    pub socket: Listening,
    /// The file name of the user's own program that has it; `None` where it is another user's or the system's.
    pub program: Option<String>,
}

/// A place of this computer at which friends could begin something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Where.
    pub place: Place,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a place of this computer is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A game's.
    Game(Name),
    /// A program's of the user, which goes by this file name.
    Program(String),
    /// A program's of the user that is not for friends, or a game's port for its administration.
    Private(String),
    /// The system's, or another user's.
    System,
}

impl Catalogue {
    /// What friends could reach who reach `lease`, by all sockets that hear strangers, and by those programs that may be
    /// games. Of two at one place the more private one counts.
    pub fn doors(&self, heard: &[Heard], running: &[Running], lease: Ipv4Addr) -> Vec<Door> {
        let games: Vec<_> =
            running.iter().filter_map(|program| Some((program, self.game_of(program)?.0))).collect();
        let owner = |heard: &Heard| {
            let Some(program) = &heard.program else { return Owner::System };
            let game = games
                .iter()
                .find(|(running, _)| running.file == *program && running.listening.contains(&heard.socket));
            match game {
                Some((_, game)) if game.is_closed(heard.socket.place()) => Owner::Private(program.clone()),
                Some((_, game)) => Owner::Game(game.name.clone()),
                None if is_private(program) => Owner::Private(program.clone()),
                None => Owner::Program(program.clone()),
            }
        };
        let mut doors: BTreeMap<Place, Owner> = BTreeMap::new();
        let reached: BTreeSet<&Heard> =
            heard.iter().filter(|heard| is_reached(&heard.socket, lease)).collect();
        for heard in reached {
            let owner = owner(heard);
            let known = doors.entry(heard.socket.place()).or_insert_with(|| owner.clone());
            *known = owner.max(known.clone());
        }
        doors.into_iter().take(MOST).map(|(place, owner)| Door { place, owner }).collect()
    }
}

/// Whether what is sent to the lease, or to everybody, comes to the socket.
fn is_reached(socket: &Listening, lease: Ipv4Addr) -> bool {
    let is_bound = match socket.address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let is_for_all = ip.is_unspecified() || ip.is_multicast() || ip.octets()[3] == u8::MAX;
            is_for_all || ip == lease
        }
        IpAddr::V6(ip) => ip.is_unspecified(),
    };
    is_bound && socket.address.port() != 0
}

fn is_private(program: &str) -> bool {
    let is = |private: &str| {
        let (begin, rest) = (program.get(..private.len()), program.get(private.len()..));
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(private))
            && rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    };
    PRIVATE.iter().any(|private| is(private))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    fn socket(text: &str) -> Listening {
        let (transport, address) = text.split_once(' ').unwrap();
        Listening { transport: transport.parse().unwrap(), address: address.parse().unwrap() }
    }

    fn heard(text: &str, program: Option<&str>) -> Heard {
        Heard { socket: socket(text), program: program.map(str::to_owned) }
    }

    fn doors(heard: &[Heard], running: &[Running]) -> Vec<String> {
        let doors = Catalogue::builtin().doors(heard, running, LEASE);
        doors.into_iter().map(|door| format!("{} {:?}", door.place, door.owner)).collect()
    }

    #[test]
    fn what_the_users_programs_listen_on_is_theirs_and_what_services_do_is_not() {
        assert_eq!(
            doors(
                &[
                    heard("udp 0.0.0.0:12345", Some("my-server")),
                    heard("tcp [::]:8080", Some("Node")),
                    heard("tcp 10.66.0.2:9000", Some("own")),
                    heard("tcp 0.0.0.0:22", None),
                    heard("udp 224.0.2.60:4445", Some("java")),
                ],
                &[]
            ),
            [
                r#"udp 4445 Program("java")"#,
                r#"udp 12345 Program("my-server")"#,
                "tcp 22 System",
                r#"tcp 8080 Private("Node")"#,
                r#"tcp 9000 Program("own")"#,
            ]
        );
    }

    #[test]
    fn what_no_friend_reaches_is_no_door() {
        for text in
            ["tcp 127.0.0.1:80", "udp 192.168.1.5:80", "udp [::1]:80", "udp 0.0.0.0:0", "tcp [fe80::1]:80"]
        {
            assert!(doors(&[heard(text, Some("a"))], &[]).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_game_is_one_and_its_administration_is_not_for_friends() {
        let program = |file: &str, sockets: &[&str]| Running {
            file: file.to_owned(),
            arguments: vec![file.to_owned()],
            steam_app: None,
            listening: sockets.iter().map(|text| socket(text)).collect(),
            started: None,
        };
        let (file, admin) = ("PalServer-Linux", "tcp 0.0.0.0:8212");
        let running = program(file, &["udp 0.0.0.0:4242", admin]);
        let sockets = [heard("udp 0.0.0.0:4242", Some(file)), heard(admin, Some(file))];
        let seen = doors(&sockets, &[running]);
        assert!(seen[0].starts_with("udp 4242 Game(") && seen[0].contains("Palworld"), "{seen:?}");
        assert_eq!(seen[1], r#"tcp 8212 Private("PalServer-Linux")"#);
    }

    #[test]
    fn a_program_is_known_by_its_word_and_not_by_one_that_begins_alike() {
        for private in [
            "sshd",
            "sshd-session",
            "redis-server",
            "Node",
            "chromium-browser",
            "gnome-remote-desktop-daemon",
        ] {
            assert!(is_private(private), "{private}");
        }
        for game in ["codewaw.exe", "nodewars", "ncaa", "bzfs", "teeworlds-server", "python3.11", "sshdé", ""]
        {
            assert!(!is_private(game), "{game}");
        }
    }

    #[test]
    fn of_two_at_one_place_the_more_private_one_counts() {
        for other in [Some("nginx"), None] {
            let seen = doors(&[heard("udp 0.0.0.0:5000", Some("a")), heard("udp [::]:5000", other)], &[]);
            assert!(seen.len() == 1 && !seen[0].contains("Program"), "{seen:?}");
        }
    }

    #[test]
    fn so_many_doors_and_no_more() {
        let many: Vec<Heard> =
            (1..=2_000).map(|port| heard(&format!("tcp 0.0.0.0:{port}"), Some("a"))).collect();
        assert_eq!(doors(&many, &[]).len(), MOST);
    }
}
