//! The one port for all that needs TCP: what each client gets there, and what a stranger does.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use lanrage_control_server::{Server, ServerSettings};

use crate::{
    relay::{https, secured},
    support::settings,
};

async fn start(change: impl FnOnce(&mut ServerSettings)) -> (Server, SocketAddr, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.https = Some(https());
    change(&mut settings);
    let server = Server::start(settings).await.unwrap();
    let address = server.https_addr().unwrap();
    (server, address, directory)
}

/// What is answered to a request until the connection ends, or an upgrade begins.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = secured(TcpStream::connect(address).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
        }
        if answer.starts_with(b"HTTP/1.1 101") {
            break;
        }
    }
    String::from_utf8(answer).unwrap()
}

fn page(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn players_and_browsers_are_served_over_tls() {
    let (server, address, _directory) = start(|settings| {
        settings.downloads = Some("https://example.org/lanrage".to_owned());
    })
    .await;
    let upgrade = ask(
        address,
        "GET /v1/session HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert!(upgrade.starts_with("HTTP/1.1 101"), "{upgrade}");
    assert!(page(address, "/healthz").starts_with("HTTP/1.1 200"));

    let invitation = page(address, "/join");
    assert!(invitation.starts_with("HTTP/1.1 200") && invitation.contains("lanrage://join/"), "{invitation}");
    assert!(invitation.contains("data-downloads=\"https://example.org/lanrage\""), "{invitation}");
    for shield in
        ["content-security-policy: default-src 'none'; script-src 'self'", "referrer-policy: no-referrer"]
    {
        assert!(invitation.contains(shield), "{shield}: {invitation}");
    }
    assert!(
        !invitation.contains("<script>") && !invitation.contains(" style="),
        "nothing that its policy forbids"
    );
    for (part, kind) in [("/join.js", "text/javascript"), ("/join.css", "text/css")] {
        assert!(page(address, part).contains(&format!("content-type: {kind}; charset=utf-8")), "{part}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_neither_tls_nor_turn_gets_no_byte() {
    let (server, address, _directory) = start(|_| {}).await;
    let requests: [&[u8]; 4] =
        [b"GET /join HTTP/1.1\r\nhost: localhost\r\n\r\n", b"\x00\x03", b"\x16\x03\x01\x00\x01\xff", b"\xff"];
    for request in requests {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request).unwrap();
        // It may be closed or reset by now.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // An alert is what TLS says to whom it does not understand.
        assert!(answer.is_empty() || answer[0] == 21, "{request:?}: {answer:?}");
    }
    // Without a relay, TURN inside TLS is nobody's.
    let mut turn = secured(TcpStream::connect(address).unwrap());
    turn.write_all(&[0, 3, 0, 0]).unwrap();
    assert!(matches!(turn.read(&mut [0; 64]), Ok(0) | Err(_)));
    assert!(page(address, "/healthz").starts_with("HTTP/1.1 200"), "the others are served");
    server.shutdown().await;
}
