//! What a service manager is told of this program (sd_notify(3)), where one has started it and asks for that.

use std::time::Duration;

/// Something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// It serves.
    Ready,
    /// It reads its files again; [`Word::Ready`] follows.
    Reloading,
    /// It ends, within so long from now.
    Stopping { within: Duration },
    /// It is alive.
    Alive,
}

/// The service manager, or nobody.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    #[cfg(unix)]
    channel: Option<channel::Channel>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// As the environment says. An address that cannot be used is nobody's.
    pub(crate) fn from_environment() -> Self {
        Self {
            #[cfg(unix)]
            channel: std::env::var_os("NOTIFY_SOCKET").and_then(|address| channel::Channel::open(&address)),
            watchdog: watchdog(|name| std::env::var(name).ok(), std::process::id()),
        }
    }

    /// Within how long it wants to hear [`Word::Alive`] again; `None` for never.
    pub(crate) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Whether there is one.
    pub(crate) const fn is_there(&self) -> bool {
        #[cfg(unix)]
        {
            self.channel.is_some()
        }
        #[cfg(not(unix))]
        {
            false
        }
    }

    /// Tells it something, and what stands beside it for people. Waits for it a moment at most.
    pub(crate) fn tell(&self, word: Word, status: &str) {
        let text = format!("{}STATUS={}\n", state(word), status.replace('\n', " "));
        #[cfg(unix)]
        if let Some(channel) = &self.channel {
            channel.send(&text);
        }
        #[cfg(not(unix))]
        drop(text);
    }
}

fn state(word: Word) -> String {
    match word {
        Word::Ready => "READY=1\n".to_owned(),
        Word::Reloading => {
            // By the clock that the manager compares it with, so that it knows which reload is meant.
            #[cfg(unix)]
            let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
            #[cfg(unix)]
            let stamp = format!("MONOTONIC_USEC={}\n", now.tv_sec * 1_000_000 + now.tv_nsec / 1_000);
            #[cfg(not(unix))]
            let stamp = "";
            format!("RELOADING=1\n{stamp}")
        }
        Word::Stopping { within } => {
            // It would else be killed by the time that holds for services which do not say how long they take.
            format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\n", within.as_micros())
        }
        Word::Alive => "WATCHDOG=1\n".to_owned(),
    }
}

/// Nobody else's: what a manager wants of one program is inherited by those that it starts.
fn watchdog(variable: impl Fn(&str) -> Option<String>, process: u32) -> Option<Duration> {
    if variable("WATCHDOG_PID").is_some_and(|pid| pid.parse() != Ok(process)) {
        return None;
    }
    let micros: u64 = variable("WATCHDOG_USEC")?.parse().ok()?;
    (micros > 0).then_some(Duration::from_micros(micros))
}

#[cfg(unix)]
mod channel {
    use std::{
        ffi::OsStr,
        os::unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
        time::Duration,
    };

    /// How long a manager is waited for that reads too slowly: what it misses may be that the program is ready.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// A socket, and where the manager listens.
    #[derive(Debug)]
    pub(super) struct Channel {
        socket: UnixDatagram,
        manager: SocketAddr,
    }

    impl Channel {
        pub(super) fn open(address: &OsStr) -> Option<Self> {
            let manager = manager_at(address.as_bytes())?;
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_write_timeout(Some(PATIENCE)).ok()?;
            Some(Self { socket, manager })
        }

        pub(super) fn send(&self, text: &str) {
            if let Err(error) = self.socket.send_to_addr(text.as_bytes(), &self.manager) {
                tracing::debug!(%error, "the service manager could not be told");
            }
        }
    }

    /// A path, or a name without one (unix(7)).
    fn manager_at(address: &[u8]) -> Option<SocketAddr> {
        match address {
            [b'/', ..] => SocketAddr::from_pathname(OsStr::from_bytes(address)).ok(),
            #[cfg(target_os = "linux")]
            [b'@', name @ ..] => {
                use std::os::linux::net::SocketAddrExt as _;
                SocketAddr::from_abstract_name(name).ok()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(variables: &[(&str, &str)]) -> Option<Duration> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        watchdog(|name| find(name).map(|(_, value)| (*value).to_owned()), 7)
    }

    #[test]
    fn a_watchdog_is_for_the_program_that_it_names() {
        let usual = ("WATCHDOG_USEC", "30000000");
        assert_eq!(wanted(&[usual]), Some(Duration::from_secs(30)));
        assert_eq!(wanted(&[usual, ("WATCHDOG_PID", "7")]), Some(Duration::from_secs(30)));
        for none in [
            &[][..],
            &[usual, ("WATCHDOG_PID", "8")],
            &[usual, ("WATCHDOG_PID", "x")],
            &[("WATCHDOG_USEC", "0")],
            &[("WATCHDOG_USEC", "-1")],
        ] {
            assert_eq!(wanted(none), None, "{none:?}");
        }
    }
}
