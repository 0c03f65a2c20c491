//! A secret in the argument list of this process, where every user of the computer reads it.

use std::io;

/// Overwrites every argument that equals `secret` with as many `x`, for whoever asks the system from now on; how many there
/// were.
///
/// The system shows the list as it lies in this process's own memory, and its file of that memory is where it is changed:
/// the bytes belong to the list alone, and whoever in this process wants an argument copies it. Afterwards
/// [`std::env::args`] shows the `x` too.
///
/// # Errors
/// What the system said; on systems without such a file, always [`io::ErrorKind::Unsupported`].
#[cfg(target_os = "linux")]
pub fn wipe(secret: &str) -> io::Result<usize> {
    use std::{fs, os::unix::fs::FileExt};

    let list = fs::read("/proc/self/cmdline")?;
    let start = list_start(&fs::read_to_string("/proc/self/stat")?).ok_or(io::ErrorKind::InvalidData)?;
    let memory = fs::OpenOptions::new().write(true).open("/proc/self/mem")?;
    let mut at = start;
    let mut wiped = 0;
    for argument in list.split(|byte| *byte == 0) {
        if argument == secret.as_bytes() && !argument.is_empty() {
            memory.write_all_at(&vec![b'x'; argument.len()], at)?;
            wiped += 1;
        }
        at += argument.len() as u64 + 1;
    }
    Ok(wiped)
}

/// As on Linux.
#[cfg(not(target_os = "linux"))]
pub fn wipe(_secret: &str) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `arg_start`, field 48 of proc_pid_stat(5). The second field, the program's name in brackets, may hold anything.
#[cfg(target_os = "linux")]
fn list_start(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(48 - 3)?.parse().ok().filter(|start| *start != 0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_argument_of_this_process_is_wiped_and_the_others_stay() {
        const NAME: &str = "an_argument_of_this_process_is_wiped_and_the_others_stay";
        const SECRET: &str = "--skip=lanrage-secret";
        let shown = || std::fs::read_to_string("/proc/self/cmdline").unwrap();
        if shown().contains(SECRET) {
            assert_eq!(wipe(SECRET).unwrap(), 1);
            assert!(!shown().contains("secret") && shown().contains(NAME), "{}", shown());
            assert_eq!(wipe(SECRET).unwrap(), 0);
            return;
        }
        // Once more, in a process of its own with the secret among its arguments.
        let again = std::process::Command::new(std::env::current_exe().unwrap())
            .args([SECRET, NAME, "--nocapture"])
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && out.contains("1 passed"), "{out}");
    }

    #[test]
    fn the_list_is_found_behind_any_name() {
        let fields: Vec<String> = (3..=52).map(|n| (n * 1_000).to_string()).collect();
        for name in ["(lanrage)", "(a) b) c)", "()"] {
            assert_eq!(list_start(&format!("7 {name} {}", fields.join(" "))), Some(48_000));
        }
        for bad in ["", "7 (x", "7 (x) R 1", "7 (x) R 0 0 0"] {
            assert_eq!(list_start(bad), None);
        }
    }
}
