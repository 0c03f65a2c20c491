//! On loopback, with proxies that say what a test wants.

use tokio::net::TcpListener;

use super::*;

/// What a proxy that reads a whole request answers with these bytes makes of a connection, and what it was asked.
async fn answered_with(kind: Kind, login: Option<Login>, said: &[u8]) -> (Result<TcpStream, Cause>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = proxy_at(kind, login, listener.local_addr().unwrap().port());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 1_024];
        let mut length = 0;
        while kind == Kind::Http && !asked[..length].ends_with(b"\r\n\r\n") {
            length += stream.read(&mut asked[length..]).await.unwrap();
        }
        // Whoever has heard enough hangs up.
        let _ = stream.write_all(said).await;
        let _ = stream.shutdown().await;
        (String::from_utf8(asked[..length].to_vec()).unwrap(), stream)
    };
    let target = Target::of(&"wss://play.example".parse().unwrap()).unwrap();
    let (dialled, (asked, _open)) = tokio::join!(through(&proxy, &target), serve);
    (dialled, asked)
}

fn proxy_at(kind: Kind, login: Option<Login>, port: u16) -> Proxy {
    Proxy { kind, host: Host::parse("127.0.0.1").unwrap(), port, login }
}

/// Passes one connection on, like a proxy for HTTP, and returns how many bytes went to the target and back.
async fn pass_one_on(listener: &TcpListener) -> (u64, u64) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        asked.push(client.read_u8().await.unwrap());
    }
    let asked = String::from_utf8(asked).unwrap();
    let there = asked.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap();
    let mut target = TcpStream::connect(there).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await.unwrap();
    tokio::io::copy_bidirectional(&mut client, &mut target).await.unwrap()
}

#[tokio::test]
async fn a_connection_through_a_proxy_carries_what_both_ends_say() {
    let (server, proxy) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("ws://{}", server.local_addr().unwrap()).parse().unwrap();
    let way = proxy_at(Kind::Http, None, proxy.local_addr().unwrap().port());
    let talk = async {
        let mut stream = through(&way, &Target::of(&url).unwrap()).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut heard = [0; 3];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"you");
    };
    let serve = async {
        let (mut stream, _) = server.accept().await.unwrap();
        let mut heard = [0; 5];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        stream.write_all(b"you").await.unwrap();
    };
    let ((), (), passed) = tokio::join!(talk, serve, pass_one_on(&proxy));
    assert_eq!(passed, (5, 3));
}

#[tokio::test]
async fn a_proxy_is_told_the_name_and_who_asks() {
    let login = Login::Basic(Zeroizing::new(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_vec()));
    let (dialled, asked) = answered_with(Kind::Http, Some(login), b"HTTP/1.1 200 OK\r\n\r\n").await;
    assert!(dialled.is_ok());
    let wanted = "CONNECT play.example:443 HTTP/1.1\r\nHost: play.example:443\r\n\
                  Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
    assert_eq!(asked, wanted);
}

/// A cause with its proxy's port left out, which is another in every test.
async fn refused_with(kind: Kind, said: &[u8]) -> String {
    let cause = answered_with(kind, None, said).await.0.expect_err("it leads nowhere");
    let named = serde_json::to_value(&cause).unwrap();
    assert!(named["proxy"].as_str().unwrap().starts_with("127.0.0.1:"), "{named}");
    cause.code().to_owned()
}

#[tokio::test]
async fn a_refusal_says_what_the_proxy_wants() {
    for (said, code) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nwho?",
            "proxy_wants_password",
        ),
        ("HTTP/1.0 403 Forbidden\r\n\r\n", "proxy_forbids"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy_fails"),
        ("HTTP/1.1 504 Gateway Timeout\r\n\r\n", "proxy_fails"),
        // A web server.
        ("HTTP/1.1 405 Method Not Allowed\r\n\r\n", "no_proxy"),
        ("HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", "no_proxy"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "no_proxy"),
        ("", "no_proxy"),
        ("HTTP/1.1 200 OK\r\n", "no_proxy"),
        // Somebody speaks in the target's name before it can have been asked.
        ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n", "no_proxy"),
    ] {
        assert_eq!(refused_with(Kind::Http, said.as_bytes()).await, code, "{said:?}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut() {
    let endless = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; 4 * MOST_ANSWER_BYTES]].concat();
    assert_eq!(refused_with(Kind::Http, &endless).await, "no_proxy");
    // The last byte that is read is the last that may be needed.
    let of = |length: usize| {
        let mut said = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        said.resize(length - 4, b'a');
        said.extend_from_slice(b"\r\n\r\n");
        said
    };
    assert_eq!(answer(&of(MOST_ANSWER_BYTES)), Some(Answer::Open));
    assert_eq!(answer(&of(MOST_ANSWER_BYTES)[..MOST_ANSWER_BYTES - 1]), None);
    assert_eq!(answer(&of(MOST_ANSWER_BYTES + 1)[..MOST_ANSWER_BYTES]), Some(Answer::NoProxy));
}

#[tokio::test]
async fn a_proxy_for_socks_opens_or_says_why_not() {
    // No login wanted; it stands, as if from 0.0.0.0:0 (RFC 1928 §6).
    let open = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    assert!(answered_with(Kind::Socks5, None, &open).await.0.is_ok());
    let refused = |code: u8| [5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(refused_with(Kind::Socks5, &refused(2)).await, "proxy_forbids");
    assert_eq!(refused_with(Kind::Socks5, &refused(5)).await, "proxy_fails");
    assert_eq!(refused_with(Kind::Socks5, &[5, 0xFF]).await, "proxy_wants_password");
    assert_eq!(refused_with(Kind::Socks5, b"HTTP/1.1 400 Bad Request\r\n\r\n").await, "no_proxy");
    // A login that is refused (RFC 1929 §2).
    let login = || Some(Login::Plain("Aladdin".to_owned(), Zeroizing::new("open sesame".to_owned())));
    let wrong = answered_with(Kind::Socks5, login(), &[5, 2, 1, 1]).await.0.expect_err("a wrong password");
    assert_eq!(wrong.code(), "proxy_wants_password");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_speaks_otherwise_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let target = Target::of(&"wss://play.example".parse().unwrap()).unwrap();
    let name = format!("127.0.0.1:{port}");
    let absent = through(&proxy_at(Kind::Http, None, port), &target).await.expect_err("nobody listens");
    assert_eq!(absent, Cause::ProxyUnreachable { proxy: name.clone() });
    let other = through(&proxy_at(Kind::Other, None, port), &target).await.expect_err("not spoken");
    assert_eq!(other, Cause::NoProxy { proxy: name });
}
