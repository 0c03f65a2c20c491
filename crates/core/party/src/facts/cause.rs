//! Why something outside the program did not do as asked: a part of the sentence about what failed.

use std::{fmt, io};

use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

/// Why the system, a library or the other end of a connection failed. What it said in its own words is for the log, and
/// whoever makes a cause of it writes it there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// There is no such file or device.
    Missing,
    /// The system does not allow it to this program.
    NotAllowed,
    /// The disk can only be read.
    ReadOnly,
    /// There is no room on the disk, or none for this user.
    DiskFull,
    /// Another program uses it.
    InUse,
    /// Something of that name is there.
    AlreadyThere,
    /// It is no file, or no folder, where it should be one.
    WrongKind,
    /// There is no memory left.
    OutOfMemory,
    /// The program, or the whole system, has as many files and sockets open as it may.
    TooManyOpen,
    /// Another program has the port.
    PortInUse,
    /// This computer has no such address.
    NoSuchAddress,
    /// Nothing listens there.
    ConnectionRefused,
    /// This computer's network does not lead there.
    NoRoute,
    /// The connection broke.
    ConnectionBroken,
    /// The other end closed the connection.
    ConnectionClosed,
    /// No answer came in time.
    TooSlow,
    /// The system cannot do this.
    NotSupported,
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
    CertificateBad,
    /// TLS failed otherwise.
    TlsFailed,
    /// The proxy on the way cannot be reached.
    ProxyUnreachable {
        /// The proxy's host and port.
        proxy: String,
    },
    /// The proxy on the way wants a name and a password, or others than it was given.
    ProxyWantsPassword {
        /// The proxy's host and port.
        proxy: String,
    },
    /// The proxy on the way does not lead there.
    ProxyForbids {
        /// The proxy's host and port.
        proxy: String,
    },
    /// The proxy on the way did not get there.
    ProxyFails {
        /// The proxy's host and port.
        proxy: String,
    },
    /// What is named as a proxy is none, or of a kind that is not spoken here.
    NoProxy {
        /// Its host and port.
        proxy: String,
    },
    /// What answers speaks no WebSocket.
    NoWebSocket,
    /// The other end sent more at once than it may.
    TooLarge,
    /// The other end sent more often than it may.
    TooOften,
    /// What the other end sent makes no sense.
    BadMessage,
    /// More waits already than there is room for.
    NoRoom,
    /// A text is no JSON.
    NotJson {
        /// Where it ends to be, from 1.
        line: u64,
        /// Where in that line, from 1.
        column: u64,
    },
    /// A text is JSON, and not of what was expected.
    OtherJson {
        /// Where it ends to be, from 1.
        line: u64,
        /// Where in that line, from 1.
        column: u64,
    },
    /// What is read is not what should stand there.
    BadContent,
    /// A file has nothing in it.
    Empty,
    /// A file's hash cannot be read.
    HashUnreadable,
    /// A file has another hash than it had.
    HashDiffers,
    /// Another program holds the database.
    DatabaseLocked,
    /// The database is damaged inside.
    DatabaseDamaged,
    /// The end of the database is missing.
    DatabaseCut,
    /// The database is another program's, or none.
    DatabaseForeign,
    /// There was a database, and there is none.
    DatabaseGone,
    /// A newer version of this program has made the database.
    DatabaseNewer {
        /// The first migration that this program does not know.
        found: String,
    },
    /// The database failed otherwise.
    DatabaseFailed {
        /// The result code (<https://sqlite.org/rescode.html>).
        number: u64,
    },
    /// This computer has no keyring, or none that answers.
    KeyringAbsent,
    /// The keyring is locked, or does not let this program in.
    KeyringLocked,
    /// The keyring does not give back what was put into it.
    KeyringForgets,
    /// The keyring failed otherwise.
    KeyringFailed,
    /// A key is in the keyring no more.
    SecretMissing {
        /// The key's name.
        name: String,
        /// The file to be removed by whoever does without it.
        path: String,
    },
    /// What is stored as a key is none.
    SecretDamaged {
        /// The key's name.
        name: String,
    },
    /// This account has no folder for what programs keep.
    NoHome,
    /// Every user of the computer may write to the folder.
    OpenToAll,
    /// What is asked for has a name that it may not have.
    BadName,
    /// What is asked for has an address that it may not have.
    BadAddress,
    /// What is asked for has packets larger or smaller than they may be.
    BadPacketSize,
    /// Two parts of this program are of versions that do not understand each other.
    OtherVersion,
    /// Two parts of this program are in different networks of this computer.
    OtherNamespace,
    /// A program that was started failed.
    ExitCode {
        /// What it ended with.
        number: u64,
    },
    /// A program that was started was ended.
    Killed,
    /// The system gave a number that has no word here.
    System {
        /// The number: `errno`, or what Windows has for it.
        number: i64,
    },
    /// None of these: the log has it.
    #[default]
    Other,
}

impl Cause {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}

/// For the log.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        if is_too_many_open(error) {
            return Self::TooManyOpen;
        }
        match error.kind() {
            Kind::NotFound => Self::Missing,
            Kind::PermissionDenied => Self::NotAllowed,
            Kind::ReadOnlyFilesystem => Self::ReadOnly,
            Kind::StorageFull | Kind::QuotaExceeded => Self::DiskFull,
            Kind::ResourceBusy | Kind::ExecutableFileBusy | Kind::WouldBlock => Self::InUse,
            Kind::AlreadyExists => Self::AlreadyThere,
            Kind::NotADirectory | Kind::IsADirectory => Self::WrongKind,
            Kind::OutOfMemory => Self::OutOfMemory,
            Kind::AddrInUse => Self::PortInUse,
            Kind::AddrNotAvailable => Self::NoSuchAddress,
            Kind::ConnectionRefused => Self::ConnectionRefused,
            Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::NetworkDown => Self::NoRoute,
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::NotConnected => {
                Self::ConnectionBroken
            }
            Kind::UnexpectedEof => Self::ConnectionClosed,
            Kind::TimedOut => Self::TooSlow,
            Kind::InvalidData => Self::BadContent,
            Kind::Unsupported => Self::NotSupported,
            _ => match error.raw_os_error() {
                Some(number) => Self::System { number: number.into() },
                None => Self::Other,
            },
        }
    }
}

impl From<&serde_json::Error> for Cause {
    fn from(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line() as u64, error.column() as u64);
        if error.is_data() { Self::OtherJson { line, column } } else { Self::NotJson { line, column } }
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
    fn a_failure_of_the_system_is_of_a_kind_that_every_language_has() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "nobody");
        assert_eq!(Cause::from(&refused), Cause::ConnectionRefused);
        assert_eq!(Cause::from(&io::Error::other("strange")), Cause::Other);
        if cfg!(unix) {
            assert_eq!(Cause::from(&io::Error::from_raw_os_error(24)), Cause::TooManyOpen);
            // EPROTO, which the standard library has no kind for.
            assert_eq!(Cause::from(&io::Error::from_raw_os_error(71)), Cause::System { number: 71 });
        }
    }

    #[test]
    fn a_text_that_is_no_json_is_told_from_one_that_says_something_else() {
        let cause = |text: &str| Cause::from(&serde_json::from_str::<Vec<u8>>(text).unwrap_err());
        assert_eq!(cause("[1,\n2"), Cause::NotJson { line: 2, column: 1 });
        assert_eq!(cause("[1, -2]"), Cause::OtherJson { line: 1, column: 6 });
    }
}
