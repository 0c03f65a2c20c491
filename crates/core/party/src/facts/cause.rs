//! Why something outside the program did not do as asked: a part of the sentence about what failed.

use std::{fmt, io};

use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

/// Why the system, a library or the other end of a connection failed. `detail` is what it said, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// There is no such file or device.
    Missing {
        /// What was said.
        detail: String,
    },
    /// The system does not allow it to this program.
    NotAllowed {
        /// What was said.
        detail: String,
    },
    /// The disk can only be read.
    ReadOnly {
        /// What was said.
        detail: String,
    },
    /// There is no room on the disk, or none for this user.
    DiskFull {
        /// What was said.
        detail: String,
    },
    /// Another program uses it.
    InUse {
        /// What was said.
        detail: String,
    },
    /// Something of that name is there.
    AlreadyThere {
        /// What was said.
        detail: String,
    },
    /// It is no file, or no folder, where it should be one.
    WrongKind {
        /// What was said.
        detail: String,
    },
    /// There is no memory left.
    OutOfMemory {
        /// What was said.
        detail: String,
    },
    /// The program, or the whole system, has as many files and sockets open as it may.
    TooManyOpen {
        /// What was said.
        detail: String,
    },
    /// Another program has the port.
    PortInUse {
        /// What was said.
        detail: String,
    },
    /// This computer has no such address.
    NoSuchAddress {
        /// What was said.
        detail: String,
    },
    /// Nothing listens there.
    ConnectionRefused {
        /// What was said.
        detail: String,
    },
    /// This computer's network does not lead there.
    NoRoute {
        /// What was said.
        detail: String,
    },
    /// The connection broke.
    ConnectionBroken {
        /// What was said.
        detail: String,
    },
    /// The other end closed the connection.
    ConnectionClosed,
    /// No answer came in time.
    TooSlow,
    /// The system cannot do this.
    NotSupported {
        /// What was said.
        detail: String,
    },
    /// A name has no address on the internet.
    NoAddress,
    /// The other end answers without TLS.
    NoTls,
    /// The other end closed the connection before TLS stood.
    TlsClosed,
    /// Nobody whom this computer believes vouches for the certificate.
    CertificateUnknown,
    /// The time of the certificate is over.
    CertificateExpired,
    /// The time of the certificate has not begun.
    CertificateEarly,
    /// The certificate is somebody else's.
    CertificateOfOther,
    /// The certificate cannot be used otherwise.
    CertificateBad {
        /// What was said.
        detail: String,
    },
    /// TLS failed otherwise.
    TlsFailed {
        /// What was said.
        detail: String,
    },
    /// What answers speaks no WebSocket.
    NoWebSocket {
        /// What was said.
        detail: String,
    },
    /// The other end sent more at once than it may.
    TooLarge,
    /// The other end sent more often than it may.
    TooOften,
    /// What the other end sent makes no sense.
    BadMessage {
        /// What was said.
        detail: String,
    },
    /// More waits already than there is room for.
    NoRoom,
    /// None of these.
    Other {
        /// What was said.
        detail: String,
    },
}

impl Cause {
    /// A failure that only its own words describe.
    pub fn other(error: &impl fmt::Display) -> Self {
        Self::Other { detail: error.to_string() }
    }

    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// What the system said.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Missing { detail }
            | Self::NotAllowed { detail }
            | Self::ReadOnly { detail }
            | Self::DiskFull { detail }
            | Self::InUse { detail }
            | Self::AlreadyThere { detail }
            | Self::WrongKind { detail }
            | Self::OutOfMemory { detail }
            | Self::TooManyOpen { detail }
            | Self::PortInUse { detail }
            | Self::NoSuchAddress { detail }
            | Self::ConnectionRefused { detail }
            | Self::NoRoute { detail }
            | Self::ConnectionBroken { detail }
            | Self::NotSupported { detail }
            | Self::CertificateBad { detail }
            | Self::TlsFailed { detail }
            | Self::NoWebSocket { detail }
            | Self::BadMessage { detail }
            | Self::Other { detail } => Some(detail),
            Self::ConnectionClosed
            | Self::TooSlow
            | Self::NoAddress
            | Self::NoTls
            | Self::TlsClosed
            | Self::CertificateUnknown
            | Self::CertificateExpired
            | Self::CertificateEarly
            | Self::CertificateOfOther
            | Self::TooLarge
            | Self::TooOften
            | Self::NoRoom => None,
        }
    }
}

impl Default for Cause {
    fn default() -> Self {
        Self::Other { detail: String::new() }
    }
}

/// For the log.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail().unwrap_or(self.code()))
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let detail = error.to_string();
        if is_too_many_open(error) {
            return Self::TooManyOpen { detail };
        }
        match error.kind() {
            Kind::NotFound => Self::Missing { detail },
            Kind::PermissionDenied => Self::NotAllowed { detail },
            Kind::ReadOnlyFilesystem => Self::ReadOnly { detail },
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull { detail },
            Kind::ResourceBusy | Kind::ExecutableFileBusy | Kind::WouldBlock => Self::InUse { detail },
            Kind::AlreadyExists => Self::AlreadyThere { detail },
            Kind::NotADirectory | Kind::IsADirectory => Self::WrongKind { detail },
            Kind::OutOfMemory => Self::OutOfMemory { detail },
            Kind::AddrInUse => Self::PortInUse { detail },
            Kind::AddrNotAvailable => Self::NoSuchAddress { detail },
            Kind::ConnectionRefused => Self::ConnectionRefused { detail },
            Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::NetworkDown => Self::NoRoute { detail },
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::NotConnected => {
                Self::ConnectionBroken { detail }
            }
            Kind::UnexpectedEof => Self::ConnectionClosed,
            Kind::TimedOut => Self::TooSlow,
            Kind::Unsupported => Self::NotSupported { detail },
            _ => Self::Other { detail },
        }
    }
}

/// `ENFILE` and `EMFILE`, `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE`: the standard library has no kind for them.
fn is_too_many_open(error: &io::Error) -> bool {
    let codes: &[i32] = if cfg!(windows) { &[4, 10_024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_system_is_of_a_kind_that_every_language_has_and_its_own_words_are_the_detail() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "nobody");
        assert_eq!(Cause::from(&refused), Cause::ConnectionRefused { detail: "nobody".to_owned() });
        let strange = io::Error::other("strange");
        assert_eq!(Cause::from(&strange), Cause::Other { detail: "strange".to_owned() });
        if cfg!(unix) {
            let full = io::Error::from_raw_os_error(24);
            assert_eq!(Cause::from(&full), Cause::TooManyOpen { detail: full.to_string() });
        }
    }
}
