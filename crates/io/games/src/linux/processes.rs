//! The programs of this user that run in this network namespace.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lanrage_games::{Catalogue, Running};

use super::sockets::ByInode;

/// A process may become another program while it is so young; it is read at each look.
const YOUNG: Duration = Duration::from_secs(30);
/// An older one is read again after so long.
const AGAIN: Duration = Duration::from_secs(60);
/// Most of a command line that is read, in bytes; Java's can be long.
const LINE_BYTES: u64 = 128 << 10;
/// Most processes that are remembered.
const MOST: usize = 16_384;
/// Most open files of one process that are looked at.
const FILES: usize = 4_096;
/// Specification: in such ticks of a second the kernel says when a process was started (proc(5), `USER_HZ`).
const TICKS: u64 = 100;
/// So many ancestors may stand between a game and Steam.
const ANCESTORS: usize = 16;

/// What is remembered of processes.
#[derive(Debug, Default)]
pub(super) struct Processes {
    known: HashMap<u32, Process>,
}

#[derive(Debug)]
struct Process {
    seen: Instant,
    read: Instant,
    /// If it may be a game's.
    program: Option<Running>,
    /// Whether it is there at this look.
    is_there: bool,
}

impl Processes {
    /// Looks at all processes; reads those that are new.
    ///
    /// # Errors
    /// If there is no `/proc`.
    pub(super) fn walk(&mut self, catalogue: &Catalogue, now: Instant) -> io::Result<()> {
        self.known.values_mut().for_each(|process| process.is_there = false);
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if self.known.len() >= MOST && !self.known.contains_key(&pid) {
                continue;
            }
            let process = self.known.entry(pid).or_insert_with(|| Process {
                seen: now,
                read: now.checked_sub(AGAIN).unwrap_or(now),
                program: None,
                is_there: true,
            });
            process.is_there = true;
            let age = now.saturating_duration_since(process.seen);
            let is_first = age.is_zero();
            if is_first || age < YOUNG || now.saturating_duration_since(process.read) >= AGAIN {
                process.read = now;
                process.program = program(&entry.path()).filter(|program| catalogue.knows(program));
                if let Some(program) = &mut process.program {
                    program.steam_app = steam_app(pid);
                }
            }
        }
        self.known.retain(|_, process| process.is_there);
        Ok(())
    }

    /// The file names of the user's own programs that have these sockets, by their inodes.
    pub(super) fn owners(&self, mut wanted: BTreeSet<u64>) -> BTreeMap<u64, String> {
        let mut owners = BTreeMap::new();
        for pid in self.known.keys() {
            if wanted.is_empty() {
                break;
            }
            let folder = PathBuf::from(format!("/proc/{pid}"));
            let mut file = None;
            for inode in open_sockets(&folder).into_iter().filter(|inode| wanted.contains(inode)) {
                let file = file.get_or_insert_with(|| program(&folder).map(|program| program.file));
                // A socket that several processes share is one program's: the others began as it.
                owners.insert(inode, file.clone().unwrap_or_default());
            }
            owners.keys().for_each(|inode| {
                wanted.remove(inode);
            });
        }
        owners
    }

    /// Those that may be games, with what they listen on.
    pub(super) fn candidates(&self, sockets: &ByInode) -> Vec<Running> {
        let own = fs::read_link("/proc/self/ns/net").ok();
        let mut running = Vec::new();
        for (pid, program) in
            self.known.iter().filter_map(|(pid, process)| Some((pid, process.program.as_ref()?)))
        {
            let folder = PathBuf::from(format!("/proc/{pid}"));
            // In another network it is nobody's here; and another user's is not shown.
            if own.is_none() || fs::read_link(folder.join("ns/net")).ok() != own {
                continue;
            }
            let inodes = open_sockets(&folder);
            let listening = inodes
                .into_iter()
                .filter_map(|inode| sockets.get(&inode))
                .map(|known| known.socket)
                .collect();
            running.push(Running { listening, started: started(&folder), ..program.clone() });
        }
        running
    }
}

/// The inodes of this program's own sockets.
pub(super) fn own_sockets() -> BTreeSet<u64> {
    open_sockets(Path::new("/proc/self")).into_iter().collect()
}

/// The program of a process; `None` if it is gone, or the kernel's own.
fn program(folder: &Path) -> Option<Running> {
    let mut line = Vec::new();
    File::open(folder.join("cmdline")).ok()?.take(LINE_BYTES).read_to_end(&mut line).ok()?;
    let arguments: Vec<String> = arguments(&line);
    let file = fs::read_link(folder.join("exe")).ok();
    let file = file.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
    // Of a program that was replaced while it runs.
    let file = file.map(|file| file.strip_suffix(" (deleted)").unwrap_or(file).to_owned());
    let called = || arguments.first().and_then(|first| first.rsplit('/').next()).map(str::to_owned);
    let file = file.or_else(called).filter(|file| !file.is_empty())?;
    Some(Running { file, arguments, ..Running::default() })
}

fn arguments(line: &[u8]) -> Vec<String> {
    let end = line.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if end == 0 {
        return Vec::new();
    }
    line[..end].split(|byte| *byte == 0).map(|one| String::from_utf8_lossy(one).into_owned()).collect()
}

/// The inodes of a process's sockets.
fn open_sockets(folder: &Path) -> Vec<u64> {
    let Ok(files) = fs::read_dir(folder.join("fd")) else { return Vec::new() };
    let links = files.flatten().take(FILES).filter_map(|file| fs::read_link(file.path()).ok());
    links.filter_map(|link| inode(link.to_str()?)).collect()
}

fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The number under which Steam has started a process: one of its ancestors is Steam's keeper of that game.
fn steam_app(pid: u32) -> Option<u32> {
    let mut pid = pid;
    for _ in 0..ANCESTORS {
        pid = parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        if pid <= 1 {
            return None;
        }
        let mut line = Vec::new();
        File::open(format!("/proc/{pid}/cmdline")).ok()?.take(LINE_BYTES).read_to_end(&mut line).ok()?;
        if let Some(app) = app_of(&arguments(&line)) {
            return Some(app);
        }
    }
    None
}

/// When a process was started; `None` if it is gone.
fn started(folder: &Path) -> Option<Instant> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let up = fs::read_to_string("/proc/uptime").ok()?;
    let age = age(&stat, &up)?;
    Instant::now().checked_sub(age)
}

/// How long ago that was, by a line of `/proc/PID/stat` and one of `/proc/uptime` (proc(5)).
fn age(stat: &str, uptime: &str) -> Option<Duration> {
    let started: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let up: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let up = Duration::try_from_secs_f64(up).ok()?;
    let started = Duration::from_millis(started.checked_mul(1_000 / TICKS)?);
    Some(up.saturating_sub(started))
}

/// The parent by a line of `/proc/PID/stat` (proc(5)): the name before it may hold anything, so it is looked for from behind.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn app_of(arguments: &[String]) -> Option<u32> {
    let is_steam = arguments.iter().any(|one| one == "SteamLaunch");
    arguments.iter().filter(|_| is_steam).find_map(|one| one.strip_prefix("AppId=")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_a_program_with_its_arguments_and_sockets() {
        let own = program(Path::new("/proc/self")).unwrap();
        let file = std::env::current_exe().unwrap();
        assert_eq!(Some(own.file.as_str()), file.file_name().and_then(OsStr::to_str));
        assert_eq!(own.arguments, std::env::args().collect::<Vec<_>>());
        let before = open_sockets(Path::new("/proc/self")).len();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(open_sockets(Path::new("/proc/self")).len() > before.saturating_sub(1));
        drop(socket);
        assert!(program(Path::new("/proc/0")).is_none());
    }

    #[test]
    fn a_command_line_is_cut_at_its_zeros_and_an_empty_argument_stays() {
        assert_eq!(arguments(b"a\0\0b c\0"), ["a", "", "b c"]);
        assert_eq!(arguments(b"a\0b\0\0\0"), ["a", "b"]);
        assert!(arguments(b"").is_empty() && arguments(b"\0\0").is_empty());
    }

    #[test]
    fn steams_number_and_the_parent_are_read_whatever_a_program_is_called() {
        assert_eq!(parent("7 (a) b) S 42 7 7 0"), Some(42));
        assert_eq!(parent("7"), None);
        let stat = "7 (a) b) S 42 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 2500 1 2 3";
        assert_eq!(age(stat, "30.50 1.00\n"), Some(Duration::from_millis(5_500)));
        assert_eq!(
            (age(stat, "1.00 1\n"), age(stat, "x"), age("7", "1 1")),
            (Some(Duration::ZERO), None, None)
        );
        let own = started(Path::new("/proc/self")).unwrap();
        assert!(own <= Instant::now() && own.elapsed() < Duration::from_secs(3_600));
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(app_of(&line(&["reaper", "SteamLaunch", "AppId=730", "--", "cs2"])), Some(730));
        assert_eq!(app_of(&line(&["x", "AppId=730"])), None);
        assert_eq!(inode("socket:[123]"), Some(123));
        assert_eq!((inode("pipe:[1]"), inode("socket:[")), (None, None));
    }
}
