//! `lanrage-server init`: from a few answers to a file by which the server runs, and what is left to do.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use toml::{Table, Value};

/// Where a service looks for it.
const CONFIG: &str = "/etc/lanrage/server.toml";
const DATA: &str = "/var/lib/lanrage-server";
/// The key of a private server, beside its database.
const ACCESS_KEY: &str = "access.key";

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// Name or address by which players reach this server; asked for without it
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Get a certificate from Let's Encrypt and renew it, whose terms this accepts: players and a page for invitations are then
    /// served on port 443
    #[arg(long, conflicts_with = "tls_cert")]
    acme: bool,
    /// Certificate and its chain (PEM), for the same
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Do not relay between players whose routers do not get along
    #[arg(long)]
    no_relay: bool,
    /// Make the server private: parties are made by who has its key alone, and friends come by the link without it
    #[arg(long)]
    private: bool,
    /// Directory of the database
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data_dir: PathBuf,
    /// File to write; one that is there stays, unless --force is given
    #[arg(long, value_name = "FILE", default_value = CONFIG)]
    config: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answers {
    host: String,
    certificate: Option<Source>,
    relays: bool,
    is_private: bool,
    data_dir: PathBuf,
}

/// Where the certificate is from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// An authority gives it by itself.
    Authority,
    /// Somebody puts it there: its chain and its key.
    Files(PathBuf, PathBuf),
}

impl InitArguments {
    /// Asks for what was not said, writes the file, and says what is left to do.
    ///
    /// # Errors
    /// If something is missing and nobody can be asked, or the file cannot be written.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self { host, acme, tls_cert, tls_key, no_relay, private, data_dir, config, force } = self;
        let (mut input, output) = (io::stdin().lock(), io::stdout());
        let answers = match host {
            Some(host) => {
                let files = tls_cert.zip(tls_key).map(|(chain, key)| Source::Files(chain, key));
                let certificate = if acme { Some(Source::Authority) } else { files };
                Answers { host, certificate, relays: !no_relay, is_private: private, data_dir }
            }
            None if io::stdin().is_terminal() => asked(&mut input, &mut output.lock(), &data_dir)?,
            None => bail!("say --host, the name by which players reach this server"),
        };
        ensure!(is_host(&answers.host), "{:?} is no name or address of a host", answers.host);
        ensure!(
            answers.certificate != Some(Source::Authority) || is_public_name(&answers.host),
            "no authority gives a certificate for {:?}: it takes a name like play.example.org",
            answers.host
        );
        write(&config, &answers.file(), force)?;
        println!("{}", answers.advice(&config));
        Ok(())
    }
}

/// What somebody answers at a terminal.
fn asked(input: &mut impl BufRead, output: &mut impl Write, data_dir: &Path) -> anyhow::Result<Answers> {
    let mut ask = |question: &str, usual: &str| -> anyhow::Result<String> {
        let hint = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        write!(output, "{question}{hint}: ")?;
        output.flush()?;
        let mut line = String::new();
        ensure!(input.read_line(&mut line)? > 0, "the answers ended");
        let answer = line.trim();
        Ok(if answer.is_empty() { usual.to_owned() } else { answer.to_owned() })
    };
    let mut host = ask("Name or address by which players reach this server", "")?;
    while !is_host(&host) {
        host = ask("A name like play.example.org, or an address", "")?;
    }
    let usual = if is_public_name(&host) { "auto" } else { "none" };
    let chain = ask(
        "Certificate: auto for one from Let's Encrypt, whose terms you accept by that; a file with it and its chain (PEM); or none",
        usual,
    )?;
    let certificate = match chain.to_lowercase().as_str() {
        "none" => None,
        "auto" => Some(Source::Authority),
        _ => Some(Source::Files(chain.into(), ask("File of the certificate's key (PEM)", "")?.into())),
    };
    let relays = ask("Relay between players whose routers do not get along?", "yes")?;
    let private = ask("Private, so that parties are made only by who has the server's key?", "no")?;
    let data_dir = ask("Directory of the database", &data_dir.display().to_string())?;
    Ok(Answers {
        host,
        certificate,
        relays: !relays.to_lowercase().starts_with('n'),
        is_private: private.to_lowercase().starts_with('y'),
        data_dir: data_dir.into(),
    })
}

/// Whether it can be the name or the address of a host, and is nothing more.
fn is_host(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
        || (1..=253).contains(&text.len())
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                    && !label.starts_with('-')
            })
}

/// Whether an authority of the web may give it a certificate.
pub(crate) fn is_public_name(host: &str) -> bool {
    host.contains('.') && host.parse::<std::net::IpAddr>().is_err()
}

fn write(config: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", config.display());
    if let Some(folder) = config.parent().filter(|folder| !folder.exists()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        open_to_readers(folder, 0o755)?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let hint = if force { "" } else { " (--force replaces one that is there)" };
    let mut file = options.open(config).with_context(|| failed() + hint)?;
    file.write_all(text.as_bytes()).with_context(failed)?;
    open_to_readers(config, 0o644)
}

/// There is no secret in it, and the server's user reads it.
fn open_to_readers(path: &Path, mode: u32) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .with_context(|| format!("cannot let others read {}", path.display()))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

impl Answers {
    fn port(&self) -> u16 {
        if self.certificate.is_some() { 443 } else { 8787 }
    }

    /// The host as it stands before a port.
    fn authority(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    fn file(&self) -> String {
        let text = |path: &Path| Value::String(path.display().to_string());
        let mut table = Table::new();
        table.insert("data-dir".to_owned(), text(&self.data_dir));
        table.insert("name".to_owned(), Value::String(format!("{}:{}", self.authority(), self.port())));
        if let Some(source) = &self.certificate {
            // Who runs on the same machine reaches it without TLS; nobody else.
            table.insert("listen".to_owned(), Value::String("127.0.0.1:8787".to_owned()));
            table.insert("https".to_owned(), Value::String("[::]:443".to_owned()));
            match source {
                Source::Authority => {
                    table.insert("acme".to_owned(), Value::Boolean(true));
                }
                Source::Files(chain, key) => {
                    table.insert("tls-cert".to_owned(), text(chain));
                    table.insert("tls-key".to_owned(), text(key));
                }
            }
        }
        if !self.relays {
            table.insert("no-relay".to_owned(), Value::Boolean(true));
        }
        if self.is_private {
            table.insert("access-key-file".to_owned(), text(&self.access_key()));
        }
        format!(
            "# How lanrage-server runs. Each key is an option of `lanrage-server --help` without its dashes.\n{table}"
        )
    }

    fn access_key(&self) -> PathBuf {
        self.data_dir.join(ACCESS_KEY)
    }

    fn advice(&self, config: &Path) -> String {
        let scheme = if self.certificate.is_some() { "wss" } else { "ws" };
        let port = self.port();
        let suffix = if port == 443 { String::new() } else { format!(":{port}") };
        let mut ports = vec![format!("TCP {port}"), "UDP 3478 and 3479".to_owned()];
        if self.relays {
            ports.push("TCP 3478".to_owned());
            ports.push("UDP 49152–65535".to_owned());
        }
        let private = if self.is_private {
            format!(
                "\nWhoever may make parties enters its key there too, which is in {} after the first start.",
                self.access_key().display()
            )
        } else {
            String::new()
        };
        format!(
            "Written: {}\n\nOpen in the firewall, and forward to this machine in a router: {}.\n\
             Start it:         systemctl enable --now lanrage-server\n\
             or without systemd: lanrage-server --config {}\n\
             Players enter in the settings as control server: {scheme}://{}{suffix}{private}",
            config.display(),
            ports.join(", "),
            config.display(),
            self.authority(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(text: &str) -> anyhow::Result<Answers> {
        asked(&mut text.as_bytes(), &mut Vec::new(), Path::new(DATA))
    }

    #[test]
    fn six_answers_make_a_server_and_none_is_needed_but_its_name() {
        let least = answers("no host\nplay.example.org\n\n\n\n\n").unwrap();
        assert_eq!(
            least,
            Answers {
                host: "play.example.org".to_owned(),
                certificate: Some(Source::Authority),
                relays: true,
                is_private: false,
                data_dir: DATA.into()
            }
        );
        let most = answers("2001:db8::1\nchain.pem\nkey.pem\nNo\nYes\n/srv\n").unwrap();
        assert_eq!(
            most,
            Answers {
                host: "2001:db8::1".to_owned(),
                certificate: Some(Source::Files("chain.pem".into(), "key.pem".into())),
                relays: false,
                is_private: true,
                data_dir: "/srv".into(),
            }
        );
        assert!(answers("play.example.org\n").is_err(), "the answers ended");
    }

    #[test]
    fn the_file_is_what_the_command_line_takes_whatever_the_answers_are() {
        use clap::Parser;
        let folder = tempfile::tempdir().unwrap();
        for (n, text) in
            ["a\n\n\n\n\n", "a\n/c\"h'.pem\n/k.pem\nn\ny\n/tmp/a b\n", "::1\n\n\n\n\n", "a.b\nauto\n\n\n\n"]
                .into_iter()
                .enumerate()
        {
            let path = folder.path().join(format!("{n}.toml"));
            write(&path, &answers(text).unwrap().file(), false).unwrap();
            let words = crate::config_file::words(&path).unwrap();
            let parsed = crate::options::Arguments::try_parse_from(
                [std::ffi::OsString::new()].into_iter().chain(words),
            );
            assert!(parsed.is_ok(), "{text}: {:?}", parsed.err());
            assert!(write(&path, "", false).is_err(), "it is not written over");
            write(&path, "", true).unwrap();
        }
    }

    #[test]
    fn what_is_no_host_is_not_taken_for_one() {
        for host in ["play.example.org", "localhost", "192.0.2.1", "2001:db8::1", "xn--bcher-kva.example"] {
            assert!(is_host(host), "{host}");
        }
        for text in ["", "https://play.example.org", "play.example.org:443", "a..b", "-a.example", "a b"] {
            assert!(!is_host(text), "{text}");
        }
    }

    #[test]
    fn the_advice_names_every_port_and_where_players_go() {
        let advice = |text| answers(text).unwrap().advice(Path::new(CONFIG));
        let plain = advice("play.example.org\nnone\n\n\n\n");
        assert!(plain.contains("ws://play.example.org:8787") && plain.contains("TCP 8787"), "{plain}");
        let secure = advice("2001:db8::1\nc\nk\nno\nyes\n\n");
        assert!(secure.contains("/var/lib/lanrage-server/access.key") && !plain.contains("key"), "{secure}");
        assert!(secure.contains("wss://[2001:db8::1]") && !secure.contains("49152"), "{secure}");
    }
}
