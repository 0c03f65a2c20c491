//! One HTTP request and its answer, over a connection of its own, through the proxy where one is set.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lanrage_party::facts::Cause;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use url::{Position, Url};

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
    let request = Request::builder().method(method).uri(url.as_str()).body(body);
    let answer = send(request.map_err(|_| Cause::NoAddress)?, most).await?;
    Ok(Answer { status: answer.status().as_u16(), body: answer.into_body() })
}

/// As [`exchange`], with fields of the request and of the answer.
///
/// # Errors
/// Why there is no answer.
pub async fn send(request: Request<Vec<u8>>, most: usize) -> Result<Response<Vec<u8>>, Cause> {
    let url: Url = request.uri().to_string().parse().map_err(|_| Cause::NoAddress)?;
    let target = Target::of(&url).ok_or(Cause::NoAddress)?;
    let stream = dial::dial(&target).await.map_err(|error| match error {
        DialError::UnknownHost(cause) | DialError::Unreachable(cause) => cause,
    })?;
    if !target.is_encrypted {
        return speak(stream, &url, request, most).await;
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|_| Cause::NoAddress)?;
    let config = tls::client().map_err(|error| tls::refusal(&error))?;
    let stream =
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| tls::cause(&error))?;
    speak(stream, &url, request, most).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    request: Request<Vec<u8>>,
    most: usize,
) -> Result<Response<Vec<u8>>, Cause> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Cause::ConnectionBroken)?;
    let mut request = request.map(|body| Full::new(Bytes::from(body)));
    let host = HeaderValue::try_from(url.authority()).map_err(|_| Cause::NoAddress)?;
    request.headers_mut().insert(header::HOST, host);
    *request.uri_mut() =
        url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| Cause::NoAddress)?;
    let asked = async {
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = Limited::new(body, most).collect().await;
        let body = body.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Some(Response::from_parts(parts, body))
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
