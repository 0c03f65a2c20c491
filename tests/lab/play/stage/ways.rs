//! The ways between two players, of which one after the other is closed: straight, and by the server's relay over UDP, TCP and
//! TLS.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{Host, Player, Process, Stage, expected::Path as Way, program, stage};

/// Where everything is served that needs TCP, and what is open in the end.
const HTTPS: u16 = 443;
/// How long a way may take to be found when the one before is closed.
const LIMIT: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// The certificate of a stage's server, which is its own authority.
#[derive(Debug)]
pub struct Certificate {
    file: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// Makes one for the server's address, in this folder.
    ///
    /// # Errors
    /// If `openssl` fails.
    pub fn make(server: &Host, folder: &Path) -> Result<Self> {
        let made = Self { file: folder.join("server.pem"), key: folder.join("server-key.pem") };
        let address = format!("subjectAltName=IP:{}", server.address());
        self_signed(&made.file, &made.key, &["basicConstraints=critical,CA:FALSE", &address])?;
        Ok(made)
    }

    /// The file by which it is trusted (`SSL_CERT_FILE`).
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Words that start `lanrage` as it was built, where it is trusted.
    #[must_use]
    pub fn starter(&self) -> Vec<OsString> {
        let mut trusted = OsString::from("SSL_CERT_FILE=");
        trusted.push(&self.file);
        vec!["env".into(), trusted, program("lanrage").into()]
    }

    /// Starts the stage's server with it, so that everything which needs TCP is had at port 443 too.
    ///
    /// # Errors
    /// As those of [`stage::start_server`].
    pub fn serve(&self, on: &Stage) -> Result<Process> {
        let words = [
            "--https".to_owned(),
            format!("0.0.0.0:{HTTPS}"),
            "--tls-cert".to_owned(),
            self.file.display().to_string(),
            "--tls-key".to_owned(),
            self.key.display().to_string(),
        ];
        stage::start_server(&on.server, &words)
    }

    /// The server's address for clients.
    #[must_use]
    pub fn control_url(on: &Stage) -> String {
        format!("wss://{}", on.server.address())
    }
}

/// Makes a certificate that is its own authority, with these extensions as `openssl req -addext` takes them, and its key.
///
/// # Errors
/// If `openssl` fails.
pub fn self_signed(certificate: &Path, key: &Path, extensions: &[&str]) -> Result<()> {
    let mut request = Command::new("openssl");
    request.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=LANrage test",
        "-days",
        "30",
    ]);
    request.args(extensions.iter().flat_map(|extension| ["-addext", extension]));
    let output = request.arg("-keyout").arg(key).arg("-out").arg(certificate).output();
    let output = output.context("cannot run `openssl`")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Closes one way after the other at the router of the stage's second home, and opens them all again. Packets of `two`, who is
/// there, pass to `one`, who is in the first home, by what is left; each is reported with the time from when nothing else was.
///
/// # Errors
/// If no packet passes within ten seconds.
pub fn close_one_by_one(
    on: &Stage,
    one: &Player,
    two: &Player,
    mut report: impl FnMut(&str, Duration),
) -> Result<()> {
    let router = on.home_of_two.router();
    let other = on.home_of_one.router().address();
    router.nft(&["add chain ip lab closed { type filter hook forward priority -5 ; }"])?;
    let direct = [format!("ip daddr {other} drop"), format!("ip saddr {other} drop")];
    let tcp = [
        format!("tcp dport {HTTPS} accept"),
        format!("tcp sport {HTTPS} accept"),
        "meta l4proto tcp drop".to_owned(),
    ];
    for (rules, left) in [
        (direct.as_slice(), "by the relay over UDP"),
        (&["meta l4proto udp drop".to_owned()], "by the relay over TCP"),
        (&tcp, "by the relay over TLS at the port of the web"),
    ] {
        let at = Instant::now();
        let close = |rule| router.nft(&["add rule ip lab closed", rule]).map(drop);
        rules.iter().try_for_each(|rule: &String| close(rule))?;
        wait_until_reached(one, two, Way::Relayed, at).context(left)?;
        report(left, at.elapsed());
    }
    let at = Instant::now();
    router.nft(&["delete chain ip lab closed"])?;
    wait_until_reached(one, two, Way::Direct, at)?;
    report("straight again", at.elapsed());
    Ok(())
}

fn wait_until_reached(one: &Player, two: &Player, way: Way, since: Instant) -> Result<()> {
    let address = one.wait_for_address(LIMIT)?;
    while one.path_to(two.name())? != Some(way) || !two.host().can_ping(address)? {
        ensure!(
            since.elapsed() < LIMIT,
            "no packet passes; {} said:\n{}{} said:\n{}",
            one.name(),
            one.tail(),
            two.name(),
            two.tail()
        );
        thread::sleep(LOOK);
    }
    Ok(())
}
