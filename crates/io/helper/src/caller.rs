//! Who is at the other end of a connection, and whether the system lets them have an adapter.

use std::{
    fs, io,
    os::{fd::AsFd, unix::fs::MetadataExt},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use lanrage_adapter::helper::Denial;
use rustix::net::sockopt::socket_peercred;

/// The action that polkit decides; `io.lanrage.helper.policy` declares it.
const ACTION: &str = "io.lanrage.helper.open-adapter";

/// By its full path: the search path is the environment's.
const PKCHECK: &str = "/usr/bin/pkcheck";

/// How long polkit may take. It answers in milliseconds, and the caller waits for ten seconds.
const POLKIT_PATIENCE: Duration = Duration::from_secs(8);

/// How often is looked whether it has answered.
const LOOK: Duration = Duration::from_millis(5);

/// A process as the kernel named it when it connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) pid: i32,
    pub(crate) uid: u32,
}

impl Caller {
    /// Whoever connected this socket.
    pub(crate) fn of(socket: impl AsFd) -> io::Result<Self> {
        let credentials = socket_peercred(socket)?;
        Ok(Self { pid: credentials.pid.as_raw_nonzero().get(), uid: credentials.uid.as_raw() })
    }

    /// Whether this caller may have an adapter.
    ///
    /// # Errors
    /// With the reason if not.
    pub(crate) fn authorise(self, allowed: impl FnOnce(u32) -> bool) -> Result<(), Refusal> {
        if self.uid == 0 || allowed(self.uid) {
            return Ok(());
        }
        // The socket outlives the process that connected it, and polkit finds the session by the process's number: if
        // that were another's by now, its session would count for our caller.
        let start = self.start_time().ok_or(Refusal::Gone)?;
        let answer = Command::new(PKCHECK)
            .args(["--action-id", ACTION, "--process", &format!("{},{start},{}", self.pid, self.uid)])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(|asked| status_within(asked, POLKIT_PATIENCE));
        match answer {
            Err(_) => Err(Refusal::Denied(Denial::NoPolkit)),
            Ok(None) => Err(Refusal::Denied(Denial::PolkitSilent)),
            Ok(Some(status)) => match denial(status) {
                Some(why) => Err(Refusal::Denied(why)),
                None if self.start_time() != Some(start) => Err(Refusal::Gone),
                None => Ok(()),
            },
        }
    }

    /// When the process started, in ticks since boot; `None` if it is gone, or another user's.
    fn start_time(self) -> Option<u64> {
        let folder = format!("/proc/{}", self.pid);
        let start = start_time(&fs::read_to_string(format!("{folder}/stat")).ok()?)?;
        (fs::metadata(folder).ok()?.uid() == self.uid).then_some(start)
    }
}

/// Why a caller gets no adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The system's rules do not let that user.
    #[error("{0}")]
    Denied(Denial),
    /// The process that connected is no more, or is another by now.
    #[error("the caller is gone")]
    Gone,
}

/// What polkit says by how `pkcheck` ends (pkcheck(1)); `None` where it permits.
fn denial(status: ExitStatus) -> Option<Denial> {
    match status.code() {
        Some(0) => None,
        Some(1) => Some(Denial::Forbidden),
        // It would take a password, which is asked for here of nobody; or somebody refused to give it.
        Some(2 | 3) => Some(Denial::Away),
        _ => Some(Denial::PolkitSilent),
    }
}

/// How a program ended, if it does so in time; it is ended otherwise.
fn status_within(mut program: Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        match program.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(LOOK),
            Err(_) => break,
        }
    }
    let _ = program.kill();
    let _ = program.wait();
    None
}

/// Field 22 of `/proc/pid/stat` (proc(5)). Field 2 is the program's own text in brackets, which may hold any more of them.
fn start_time(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    use super::*;

    #[test]
    fn the_start_time_is_found_behind_every_name_that_a_program_can_take() {
        let rest = "S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2";
        for name in ["sh", "a b", ") S 1", "((", ""] {
            assert_eq!(start_time(&format!("77 ({name}) {rest}")), Some(987_654), "{name}");
        }
        for broken in
            ["", "77 (sh)", "77 (sh) S 1 2", "77 (sh) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 x 1"]
        {
            assert_eq!(start_time(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_caller_is_the_process_that_connected_and_another_users_process_is_nobody() {
        let (one, _two) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        let own = Caller::of(&one).unwrap();
        assert_eq!(own.pid, i32::try_from(std::process::id()).unwrap());
        assert!(own.start_time().is_some());
        assert_eq!(Caller { uid: own.uid + 1, ..own }.start_time(), None);
    }

    #[test]
    fn a_program_that_never_answers_is_ended_and_one_that_does_is_heard() {
        let endless = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let id = endless.id();
        assert_eq!(status_within(endless, Duration::ZERO), None);
        assert!(fs::metadata(format!("/proc/{id}")).is_err());
        let patience = Duration::from_secs(60);
        let said = |program: &str| status_within(Command::new(program).spawn().unwrap(), patience).unwrap();
        assert!(said("true").success() && !said("false").success());
    }

    #[test]
    fn root_and_named_users_pass_and_a_user_whose_process_is_gone_does_not() {
        let gone = i32::MAX;
        assert_eq!(Caller { pid: gone, uid: 0 }.authorise(|_| false), Ok(()));
        assert_eq!(Caller { pid: gone, uid: 7 }.authorise(|uid| uid == 7), Ok(()));
        assert_eq!(Caller { pid: gone, uid: 7 }.authorise(|uid| uid == 6), Err(Refusal::Gone));
    }

    #[test]
    fn polkits_answers_are_told_apart() {
        use std::os::unix::process::ExitStatusExt;
        let exited = |code: i32| denial(ExitStatus::from_raw(code << 8));
        assert_eq!(exited(0), None);
        assert_eq!(exited(1), Some(Denial::Forbidden));
        assert_eq!(exited(2), Some(Denial::Away));
        assert_eq!(exited(127), Some(Denial::PolkitSilent));
        assert_eq!(denial(ExitStatus::from_raw(9)), Some(Denial::PolkitSilent), "killed");
    }
}
