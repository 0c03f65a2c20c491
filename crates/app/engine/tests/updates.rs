//! A newer version as players hear of it: from a signed file, at whatever address the build names.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use lanrage_engine::{
    CommandError, Engine, EngineOptions, UpdateSource,
    api::{LookForUpdate, VersionView},
};

/// As minisign wrote them, with a key that was made for this test.
const KEY: &str = "RWRsYW5yYWdlN+pKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const FILE: &str = r#"{"version":"9.0.0","page":"https://example.org/lanrage"}"#;
const SIGNATURE: &str = "untrusted comment: test
RURsYW5yYWdlN91XadZuR+WiRbmrVtX/qSzaOgckDJ1zDvXfjPcdPG7ZCJtqv3lidonL3QEtLSB4DaCR+UUTzbNLPTv/Z/UIeQA=
trusted comment: timestamp:1795000000
6wVaoeRfettQryPwMaRDOv7yBlZr6WL7Cu9pDqU+kEP9TOKz7MuWlAf3DGyQ10J/4cln9sWpjDIrbJJFCxN5AQ==
";

/// A server that has the signature and this file, until the test ends; answers its address.
fn server(file: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/newest.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4_096];
            let length = stream.read(&mut asked).unwrap();
            let is_signature = String::from_utf8_lossy(&asked[..length]).contains(".minisig ");
            let body = if is_signature { SIGNATURE } else { file };
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// What an engine says that asks there.
async fn said(updates: Option<UpdateSource>) -> Result<VersionView, CommandError> {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions { data_dir: Some(folder.path().to_owned()), updates, ..Default::default() };
    let engine = Engine::start(options).await.unwrap();
    let said = engine.ask(LookForUpdate {}).await;
    engine.shutdown().await;
    said
}

#[tokio::test]
async fn a_newer_version_is_told_with_its_page_only_if_it_is_signed() {
    let own = env!("CARGO_PKG_VERSION").to_owned();
    let source = |file| UpdateSource::new(&server(file), KEY);
    let newer = VersionView {
        own: own.clone(),
        is_told: true,
        newer: Some("9.0.0".to_owned()),
        page: Some("https://example.org/lanrage".to_owned()),
    };
    assert_eq!(said(source(FILE)).await, Ok(newer));
    let other = r#"{"version":"9.0.1","page":"https://example.org/lanrage"}"#;
    assert_eq!(said(source(other)).await, Err(CommandError::VersionNotSigned));
    let silent = UpdateSource::new("http://127.0.0.1:9/newest.json", KEY);
    assert!(matches!(said(silent).await, Err(CommandError::VersionNotTold { .. })));
    // Nobody is asked by a build that names nobody.
    assert_eq!(said(None).await, Ok(VersionView { own, is_told: false, newer: None, page: None }));
}
