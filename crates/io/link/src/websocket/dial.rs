use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_base::system_roots;
use lanrage_party::limits::CONTROL_FRAME_BYTES;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{self, protocol::WebSocketConfig},
};
use url::{Host, Url};

use lanrage_control::{LinkClosed, protocol::WRITE_BUFFER_BYTES};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Head start of each address over the next one (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Makes a WebSocket connection.
pub(super) async fn dial(url: &Url) -> Result<Socket, LinkClosed> {
    let stream = connect(&addresses(url).await?).await?;
    // Frames are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let config = WebSocketConfig::default()
        .max_message_size(Some(CONTROL_FRAME_BYTES))
        .max_frame_size(Some(CONTROL_FRAME_BYTES))
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES);
    let connector = if url.scheme() == "wss" { Connector::Rustls(tls()?) } else { Connector::Plain };
    let dialled = client_async_tls_with_config(url.as_str(), stream, Some(config), Some(connector)).await;
    dialled.map(|(socket, _)| socket).map_err(|error| match error {
        tungstenite::Error::Http(response) => LinkClosed::Http(response.status().as_u16()),
        error => LinkClosed::Unreachable(error.to_string()),
    })
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, LinkClosed> {
    let port = url.port_or_known_default().unwrap_or(443);
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![(ip, port).into()]),
        Some(Host::Ipv6(ip)) => Ok(vec![(ip, port).into()]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let found = found.map_err(|error| LinkClosed::UnknownHost(error.to_string()))?;
            Ok(interleave(found.collect()))
        }
        None => Err(LinkClosed::UnknownHost("the URL has no host".into())),
    }
}

/// Families in turn, beginning with the system's first choice (RFC 8305 §4).
fn interleave(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let before = ordered.len();
        ordered.extend(first.next());
        ordered.extend(second.next());
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// The first of the addresses that answers. The next one is tried when one fails, or after a short head start:
/// an address that swallows packets costs a quarter of a second instead of minutes.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, LinkClosed> {
    let mut untried = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut reason = LinkClosed::UnknownHost("the name has no address".into());
    loop {
        attempts.extend(untried.next().map(TcpStream::connect));
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => reason = LinkClosed::Unreachable(error.to_string()),
                None => return Err(reason),
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if untried.len() > 0 => {}
        }
    }
}

/// TLS with the web's root certificates and the system's, and with this provider whatever else the process uses.
fn tls() -> Result<Arc<ClientConfig>, LinkClosed> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let system = system_roots::pem();
    // One that cannot be read is left out.
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&system).filter_map(Result::ok));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LinkClosed::Unreachable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        let found = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let found = found.map(|text| text.parse().unwrap()).to_vec();
        let ordered: Vec<String> = interleave(found).iter().map(ToString::to_string).collect();
        assert_eq!(ordered, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }
}
