//! Asking a proxy for a connection to somewhere else.

use std::{io, time::Duration};

use lanrage_party::facts::Cause;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_socks::{Error as SocksError, TargetAddr, tcp::Socks5Stream};
use tracing::info;
use url::Host;
use zeroize::Zeroizing;

use super::{
    Target, direct,
    proxy::{Kind, Login, Proxy},
};

/// How long the proxy itself may take to be reached.
const REACH: Duration = Duration::from_secs(4);
/// How long it may take to answer, which it does when it has reached the target. Both are less than whoever dials waits.
const ANSWER: Duration = Duration::from_secs(5);
/// The largest answer that is read: its status and all its fields.
const MOST_ANSWER_BYTES: usize = 8 * 1_024;
/// The most fields that an answer may have.
const MOST_FIELDS: usize = 64;

/// What a proxy makes of being asked for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// From now on the target answers.
    Open,
    /// It lets in who has a name and a password.
    WantsPassword,
    /// It does not lead there.
    Forbids,
    /// It tried, and did not get there.
    Fails,
    /// It is none, or speaks otherwise.
    NoProxy,
}

impl Answer {
    /// By the status (RFC 9110 §15). A server that is no proxy answers with 400, 404, 405 or 501.
    const fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Open,
            407 => Self::WantsPassword,
            401 | 402 | 403 | 423 | 429 | 451 => Self::Forbids,
            500 | 502..=599 | 408 => Self::Fails,
            _ => Self::NoProxy,
        }
    }

    fn judge(self, proxy: &Proxy) -> Result<(), Cause> {
        let name = || proxy.name();
        match self {
            Self::Open => Ok(()),
            Self::WantsPassword => Err(Cause::ProxyWantsPassword { proxy: name() }),
            Self::Forbids => Err(Cause::ProxyForbids { proxy: name() }),
            Self::Fails => Err(Cause::ProxyFails { proxy: name() }),
            Self::NoProxy => Err(Cause::NoProxy { proxy: name() }),
        }
    }
}

/// What these first bytes of an answer to CONNECT say; `None` while more must come. Total, and says something at the latest
/// when there are 8 KiB.
pub fn answer(mut bytes: &[u8]) -> Option<Answer> {
    let is_full = bytes.len() >= MOST_ANSWER_BYTES;
    loop {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => {
                bytes = &bytes[length..];
                match response.code.map_or(Answer::NoProxy, Answer::of) {
                    // Word that it will take a while (RFC 9110 §15.2).
                    Answer::NoProxy if matches!(response.code, Some(100..=199)) => {}
                    // Where it leads nobody speaks before us.
                    Answer::Open if !bytes.is_empty() => return Some(Answer::NoProxy),
                    answer => return Some(answer),
                }
            }
            Ok(httparse::Status::Partial) if !is_full => return None,
            Ok(httparse::Status::Partial) | Err(_) => return Some(Answer::NoProxy),
        }
    }
}

/// A connection to the target through a proxy.
pub(super) async fn through(proxy: &Proxy, target: &Target) -> Result<TcpStream, Cause> {
    if proxy.kind == Kind::Other {
        return Err(Cause::NoProxy { proxy: proxy.name() });
    }
    let reached = async { direct::connect(&direct::addresses(&proxy.host, proxy.port).await?).await };
    let mut stream = match timeout(REACH, reached).await {
        Ok(Ok(stream)) => stream,
        failed => {
            info!(proxy = proxy.name(), ?failed, "a proxy cannot be reached");
            return Err(Cause::ProxyUnreachable { proxy: proxy.name() });
        }
    };
    let asked = async {
        match proxy.kind {
            Kind::Socks5 => ask_socks(&mut stream, proxy, target).await,
            _ => ask(&mut stream, proxy, target).await,
        }
    };
    let answer = match timeout(ANSWER, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            info!(proxy = proxy.name(), %error, "the connection to a proxy broke");
            Answer::Fails
        }
        Err(_) => Answer::Fails,
    };
    answer.judge(proxy).map(|()| stream)
}

/// Asks by CONNECT (RFC 9110 §9.3.6).
async fn ask(stream: &mut TcpStream, proxy: &Proxy, target: &Target) -> io::Result<Answer> {
    let authority = format!("{}:{}", target.host, target.port);
    let mut request =
        Zeroizing::new(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes());
    if let Some(Login::Basic(value)) = &proxy.login {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await?;
    read(stream).await
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Answer> {
    let mut bytes = [0; MOST_ANSWER_BYTES];
    let mut length = 0;
    loop {
        let read = stream.read(&mut bytes[length..]).await?;
        length += read;
        match answer(&bytes[..length]) {
            Some(answer) => return Ok(answer),
            None if read == 0 => return Ok(Answer::NoProxy),
            None => {}
        }
    }
}

/// Asks by SOCKS 5 (RFC 1928). The proxy looks the name up.
async fn ask_socks(stream: &mut TcpStream, proxy: &Proxy, target: &Target) -> io::Result<Answer> {
    let there = match &target.host {
        Host::Domain(name) => TargetAddr::Domain(name.into(), target.port),
        Host::Ipv4(ip) => TargetAddr::Ip((*ip, target.port).into()),
        Host::Ipv6(ip) => TargetAddr::Ip((*ip, target.port).into()),
    };
    let asked = match &proxy.login {
        Some(Login::Plain(name, password)) => {
            Socks5Stream::connect_with_password_and_socket(stream, there, name, password).await
        }
        _ => Socks5Stream::connect_with_socket(stream, there).await,
    };
    match asked {
        Ok(_) => Ok(Answer::Open),
        Err(SocksError::Io(error)) => Err(error),
        Err(error) => {
            info!(proxy = proxy.name(), %error, "a proxy refused");
            Ok(by_socks(&error))
        }
    }
}

const fn by_socks(error: &SocksError) -> Answer {
    match error {
        SocksError::NoAcceptableAuthMethods
        | SocksError::AuthorizationRequired
        | SocksError::PasswordAuthFailure(_)
        // Longer than this protocol has room for.
        | SocksError::InvalidAuthValues(_) => Answer::WantsPassword,
        SocksError::ConnectionNotAllowedByRuleset | SocksError::CommandNotSupported => Answer::Forbids,
        SocksError::GeneralSocksServerFailure
        | SocksError::NetworkUnreachable
        | SocksError::HostUnreachable
        | SocksError::ConnectionRefused
        | SocksError::TtlExpired
        | SocksError::AddressTypeNotSupported => Answer::Fails,
        _ => Answer::NoProxy,
    }
}

#[cfg(test)]
mod tests;
