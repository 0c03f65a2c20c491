//! Certificates of an authority: the program as it is installed, against pebble, the authority that others test with.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::{interval, timeout},
};

/// Longer than any of them takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
const NAME: &str = "play.example.org";

/// A port of loopback that nobody has, for TCP and for UDP.
fn free_port() -> u16 {
    let pair = || {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        UdpSocket::bind(("127.0.0.1", port)).ok().map(|_| port)
    };
    std::iter::repeat_with(pair).flatten().next().unwrap()
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

async fn listens(port: u16) {
    let listens = async {
        let mut again = interval(Duration::from_millis(20));
        while TcpStream::connect(local(port)).is_err() {
            again.tick().await;
        }
    };
    timeout(PATIENCE, listens).await.expect("somebody listens");
}

/// An authority for which every name leads to this machine, and which looks at this port.
struct Authority {
    folder: TempDir,
    directory: String,
    looks_at: u16,
    _running: [Child; 2],
}

impl Authority {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [chain, key, config] =
            ["chain.pem", "key.pem", "config.json"].map(|name| folder.path().join(name));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&chain, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let [port, management, looks_at, names, other] = [(); 5].map(|()| free_port());
        let settings = serde_json::json!({ "pebble": {
            "listenAddress": local(port), "managementListenAddress": local(management),
            "certificate": chain, "privateKey": key, "httpPort": other, "tlsPort": looks_at,
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        fs::write(&config, settings.to_string()).unwrap();
        let dns = Command::new("pebble-challtestsrv")
            .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", &local(names)])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", &local(other)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Debian's pebble is installed");
        let authority = Command::new("pebble")
            .arg("-config")
            .arg(&config)
            .args(["-dnsserver", &local(names)])
            // It does not wait before it looks, and refuses every fifth nonce, as it may.
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "20"), ("PEBBLE_AUTHZREUSE", "0")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Debian's pebble is installed");
        listens(port).await;
        let directory = format!("https://localhost:{port}/dir");
        Self { folder, directory, looks_at, _running: [dns, authority] }
    }

    /// A server whose data is in `data`, and the lines that it writes from its start on.
    fn server(&self, data: &Path, https: u16, names: &[&str]) -> (Child, Lines<BufReader<ChildStderr>>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanrage-server"));
        command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--no-stun",
                "--https",
                &local(https),
                "--acme",
                "--acme-directory",
            ])
            .arg(&self.directory)
            .arg("--data-dir")
            .arg(data);
        for name in names {
            command.args(["--name", &format!("{name}:443")]);
        }
        let mut child = command
            .env("SSL_CERT_FILE", self.folder.path().join("chain.pem"))
            .env("RUST_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        (child, lines)
    }
}

async fn wait_for(lines: &mut Lines<BufReader<ChildStderr>>, what: &str) -> String {
    let mut before = Vec::new();
    let found = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(what) {
                return Some(line);
            }
            before.push(line);
        }
        None
    };
    let found = timeout(PATIENCE, found).await.ok().flatten();
    found.unwrap_or_else(|| panic!("{what:?} was not written:\n{}", before.join("\n")))
}

fn files(data: &Path) -> [PathBuf; 3] {
    ["chain.pem", "key.pem", "account.json"].map(|name| data.join("tls").join(name))
}

/// The certificate that this port shows to whom believes the authority, and comes for this name.
fn shown(port: u16, name: &str, chain: &Path) -> Result<CertificateDer<'static>, String> {
    let mut roots = RootCertStore::empty();
    for above in CertificateDer::pem_file_iter(chain).unwrap().skip(1) {
        roots.add(above.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).map_err(|error| error.to_string())?;
    }
    Ok(tls.peer_certificates().unwrap()[0].clone().into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_by_itself_is_kept_and_comes_anew_when_names_are_others() {
    let authority = Authority::start().await;
    let data = tempfile::tempdir().unwrap();
    let port = authority.looks_at;
    let [chain, key, account] = files(data.path());

    let (mut server, mut lines) = authority.server(data.path(), port, &[NAME]);
    wait_for(&mut lines, "the authority has given a certificate").await;
    let first = shown(port, NAME, &chain).unwrap();
    assert_eq!(
        Some(first.clone()),
        CertificateDer::pem_file_iter(&chain).unwrap().next().map(Result::unwrap)
    );
    for file in [&key, &account] {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o077,
            0,
            "{} is a secret",
            file.display()
        );
    }
    server.kill().await.unwrap();

    // Again: the same certificate from the first moment, and the authority is not asked.
    let known = fs::read(&account).unwrap();
    let (mut server, mut lines) = authority.server(data.path(), port, &[NAME]);
    wait_for(&mut lines, "this server's key").await;
    listens(port).await;
    assert_eq!(shown(port, NAME, &chain).unwrap(), first);
    server.kill().await.unwrap();

    let names = [NAME, "lan.example.org"];
    let (mut server, mut lines) = authority.server(data.path(), port, &names);
    wait_for(&mut lines, "the authority has given a certificate").await;
    let renewed = fs::read(&chain).unwrap();
    assert_eq!(fs::read(&account).unwrap(), known, "it is known there");
    server.kill().await.unwrap();
    let (_server, mut lines) = authority.server(data.path(), port, &names);
    wait_for(&mut lines, "this server's key").await;
    listens(port).await;
    for name in names {
        let now = shown(port, name, &chain).unwrap();
        assert_ne!(now, first, "{name}");
    }
    assert_eq!(fs::read(&chain).unwrap(), renewed, "it is asked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_elsewhere_is_told_and_all_else_is_served() {
    let authority = Authority::start().await;
    let data = tempfile::tempdir().unwrap();
    // The authority looks at another port than this one.
    let (_server, mut lines) = authority.server(data.path(), free_port(), &[NAME]);
    let told = wait_for(&mut lines, "there is no new certificate").await;
    assert!(told.contains("did not find this server at play.example.org"), "{told}");
    assert!(!files(data.path())[0].exists());
}
