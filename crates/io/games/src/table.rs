//! Windows and macOS: the system's table of sockets, with the programs that have them.
//!
//! A program's arguments are not seen: to read them takes a right to its memory, which guards against cheats mind. A program
//! without any socket is not seen either; a game that is played with others has one.

use std::{collections::BTreeMap, io, process};

use lanrage_games::{Catalogue, Heard, Listening, Running};
use lanrage_party::Transport;
use listeners::{Listener, Protocol, SocketState};

use crate::seen::Seen;

/// Folders of the system's own programs.
const SYSTEM: [&str; 7] =
    [r"\Windows\", "/System/", "/sbin/", "/usr/bin/", "/usr/libexec/", "/usr/sbin/", "/Library/Apple/"];

/// What the table shows now.
pub(crate) fn look(catalogue: &Catalogue) -> io::Result<Seen> {
    let listeners = listeners::get_all().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(read(listeners, process::id(), catalogue))
}

/// What follows from the table for friends; this program's own sockets are for nobody.
fn read(listeners: impl IntoIterator<Item = Listener>, own: u32, catalogue: &Catalogue) -> Seen {
    let mut programs: BTreeMap<u32, Running> = BTreeMap::new();
    let mut heard = Vec::new();
    for Listener { process, socket, protocol, state } in listeners {
        if process.pid == own {
            continue;
        }
        let file = file_name(&process.path).unwrap_or(&process.name);
        let program = programs
            .entry(process.pid)
            .or_insert_with(|| Running { file: file.to_owned(), ..Running::default() });
        let transport = match (protocol, state) {
            (Protocol::UDP, _) => Transport::Udp,
            (Protocol::TCP, SocketState::Listen) => Transport::Tcp,
            (Protocol::TCP, _) => continue,
        };
        let socket = Listening { transport, address: socket };
        program.listening.push(socket);
        let owner = (!is_of_system(&process.path)).then(|| file.to_owned());
        heard.push(Heard { socket, program: owner });
    }
    heard.sort();
    let mut running: Vec<Running> =
        programs.into_values().filter(|program| catalogue.knows(program)).collect();
    running.iter_mut().for_each(|program| program.listening.sort());
    Seen { running, heard: Some(heard) }
}

fn file_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next().filter(|file| !file.is_empty())
}

/// Whether a program is the system's; one whose path is not shown is.
fn is_of_system(path: &str) -> bool {
    // Windows need not be on C.
    let drive = path.get(1..).filter(|rest| rest.starts_with(':'));
    let path = drive.and_then(|rest| rest.get(1..)).unwrap_or(path);
    let begins =
        |folder: &str| path.get(..folder.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(folder));
    !path.starts_with(['/', '\\']) || SYSTEM.iter().any(|folder| begins(folder))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use listeners::Process;

    use super::*;

    fn listener(pid: u32, path: &str, protocol: Protocol, socket: &str, state: SocketState) -> Listener {
        let name = file_name(path).unwrap_or("unknown").to_owned();
        let process = Process { pid, name, path: path.to_owned() };
        Listener { process, socket: socket.parse().unwrap(), protocol, state }
    }

    #[test]
    fn games_are_seen_by_their_file_and_what_listens_is_its_owners() {
        let games = r"D:\Games\factorio.exe";
        let table = [
            listener(7, games, Protocol::UDP, "0.0.0.0:34197", SocketState::Unknown),
            listener(7, games, Protocol::TCP, "192.168.1.5:50000", SocketState::Established),
            listener(
                8,
                r"c:\windows\System32\svchost.exe",
                Protocol::TCP,
                "0.0.0.0:135",
                SocketState::Listen,
            ),
            listener(9, "", Protocol::TCP, "0.0.0.0:445", SocketState::Listen),
            listener(5, r"C:\LANrage\lanrage.exe", Protocol::UDP, "0.0.0.0:6000", SocketState::Unknown),
        ];
        let seen = read(table, 5, Catalogue::builtin());
        assert_eq!(seen.running.len(), 1);
        assert_eq!((seen.running[0].file.as_str(), seen.running[0].listening.len()), ("factorio.exe", 1));
        let heard: Vec<_> = seen
            .heard
            .unwrap()
            .into_iter()
            .map(|heard| (heard.socket.address.port(), heard.program))
            .collect();
        assert_eq!(heard.len(), 3);
        assert!(heard.contains(&(34_197, Some("factorio.exe".to_owned()))));
        assert!(heard.contains(&(135, None)) && heard.contains(&(445, None)));
    }

    #[test]
    fn what_is_the_systems_is_known_by_its_folder() {
        for path in ["", "System", r"d:\WINDOWS\system32\a.exe", "/usr/libexec/rapportd", "/System/Library/a"]
        {
            assert!(is_of_system(path), "{path}");
        }
        for path in [r"C:\Windows Games\a.exe", r"D:\a.exe", "/Applications/A.app/a", "/Users/a/java"] {
            assert!(!is_of_system(path), "{path}");
        }
    }

    /// The table of the system that the test runs on: other programs' sockets are in it, this one's are left out.
    #[test]
    fn the_table_is_read_and_has_no_socket_of_this_program() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let own = [tcp.local_addr().unwrap(), udp.local_addr().unwrap()];
        let all = listeners::get_all().unwrap();
        assert!(own.iter().all(|own| all.iter().any(|one| one.socket == *own)), "the system shows them");
        let seen = look(Catalogue::builtin()).unwrap();
        assert!(seen.heard.unwrap().iter().all(|heard| !own.contains(&heard.socket.address)));
    }
}
