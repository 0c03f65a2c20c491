//! One HTTP request and its answer, over a connection of its own, through the proxy where one is set.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lanrage_party::facts::Cause;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use url::Url;

use crate::{
    dial::{self, DialError, Target},
    tls,
};

/// What a server said.
#[derive(Debug)]
pub struct Answer {
    /// The status (RFC 9110 §15).
    pub status: u16,
    /// Of an answer that is too long, nothing.
    pub body: Vec<u8>,
}

/// Sends a request, and reads at most so many bytes of an answer's body. Redirections are not followed, and how long it may
/// take is the caller's business.
///
/// # Errors
/// Why there is no answer.
pub async fn exchange(url: &Url, method: Method, body: Vec<u8>, most: usize) -> Result<Answer, Cause> {
    let target = Target::of(url).ok_or(Cause::NoAddress)?;
    let stream = dial::dial(&target).await.map_err(|error| match error {
        DialError::UnknownHost(cause) | DialError::Unreachable(cause) => cause,
    })?;
    if !target.is_encrypted {
        return speak(stream, url, method, body, most).await;
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|_| Cause::NoAddress)?;
    let config = tls::client().map_err(|error| tls::refusal(&error))?;
    let stream =
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| tls::cause(&error))?;
    speak(stream, url, method, body, most).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    method: Method,
    body: Vec<u8>,
    most: usize,
) -> Result<Answer, Cause> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Cause::ConnectionBroken)?;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let authority = url.authority().to_owned();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, authority)
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| Cause::NoAddress)?;
    let asked = async {
        let response = sender.send_request(request).await.ok()?;
        let status: StatusCode = response.status();
        let body = Limited::new(response.into_body(), most).collect().await;
        let body = body.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Some(Answer { status: status.as_u16(), body })
    };
    tokio::pin!(asked, connection);
    let mut is_open = true;
    // A server that closes behind its answer ends the connection before the answer is read here.
    loop {
        tokio::select! {
            biased;
            answer = &mut asked => return answer.ok_or(Cause::ConnectionBroken),
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}
