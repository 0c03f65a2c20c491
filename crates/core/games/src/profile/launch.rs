//! How a game is started into somebody's game: a closed set of forms, into which an address and a port are put and nothing
//! else.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::ProfileFault;

/// The schemes that a form may open: each is a game's own, or Steam's.
const SCHEMES: &[&str] =
    &["ddnet:", "hwplay://", "minecraft://connect/", "mindustry://", "steam://connect/", "unreal://"];
/// Most arguments, and the longest.
const ARGUMENTS: usize = 8;
const BYTES: usize = 128;

/// How a game is started into a game that is hosted somewhere. As JSON a list of texts, the kind first, in which `{ip}` and
/// `{port}` stand for the address: `["program", "+connect", "{ip}:{port}"]`, `["url", "ddnet:{ip}:{port}"]`,
/// `["steam", "892970", "+connect", "{ip}:{port}"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Launch {
    kind: LaunchKind,
    words: Vec<String>,
}

/// By whom a game is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum LaunchKind {
    /// Its own program, with arguments.
    Program,
    /// Whoever opens an address of one of a few schemes.
    Url,
    /// Steam, with the arguments for the game of a number. Steam asks the player before.
    Steam,
}

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Start {
    /// The first of these programs that is there, with these arguments and without a shell.
    Program {
        /// File names.
        files: Vec<String>,
        /// The arguments.
        arguments: Vec<String>,
    },
    /// Whatever the system opens this with.
    Url {
        /// The address.
        url: String,
    },
}

impl Launch {
    /// By whom.
    pub const fn kind(&self) -> LaunchKind {
        self.kind
    }

    /// The words after the kind, with `{ip}` and `{port}` where the address goes.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// What to start for the game at this address. `files` are the game's programs.
    pub fn start(&self, address: Ipv4Addr, port: u16, files: impl Iterator<Item = String>) -> Start {
        let put =
            |word: &String| word.replace("{ip}", &address.to_string()).replace("{port}", &port.to_string());
        let words: Vec<String> = self.words.iter().map(put).collect();
        match self.kind {
            LaunchKind::Program => Start::Program { files: files.collect(), arguments: words },
            LaunchKind::Url => Start::Url { url: words.concat() },
            LaunchKind::Steam => {
                let (app, arguments) = words.split_first().expect("it was checked to have a number");
                Start::Url { url: format!("steam://run/{app}//{}", arguments.join("%20")) }
            }
        }
    }
}

impl TryFrom<Vec<String>> for Launch {
    type Error = ProfileFault;

    fn try_from(mut words: Vec<String>) -> Result<Self, Self::Error> {
        if words.is_empty() || words.len() > ARGUMENTS + 2 {
            return Err(ProfileFault::Launch);
        }
        let kind = words.remove(0).parse().map_err(|_| ProfileFault::Launch)?;
        let is_plain = |word: &String| {
            let rest = word.replace("{ip}", "").replace("{port}", "");
            (1..=BYTES).contains(&word.len())
                && rest.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
                && !rest.contains(['{', '}', '"', '\'', '`', '$', '%', '\\', ';', '|', '<', '>'])
        };
        let is_good = words.iter().all(is_plain)
            && words.iter().any(|word| word.contains("{ip}"))
            && match kind {
                LaunchKind::Program => true,
                LaunchKind::Url => {
                    let [url] = &words[..] else { return Err(ProfileFault::Launch) };
                    SCHEMES.iter().any(|scheme| url.starts_with(scheme)) && !url.contains(' ')
                }
                LaunchKind::Steam => {
                    words[0].parse::<u32>().is_ok()
                        && words.iter().all(|word| !word.contains(['/', ' ', '&']))
                }
            };
        if is_good { Ok(Self { kind, words }) } else { Err(ProfileFault::Launch) }
    }
}

impl From<Launch> for Vec<String> {
    fn from(launch: Launch) -> Self {
        let kind: &str = launch.kind.into();
        std::iter::once(kind.to_owned()).chain(launch.words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(words: &[&str]) -> Result<Launch, ProfileFault> {
        words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().try_into()
    }

    fn start(words: &[&str]) -> Start {
        let files = ["quake3".to_owned()].into_iter();
        launch(words).unwrap().start(Ipv4Addr::new(10, 66, 0, 7), 27_960, files)
    }

    #[test]
    fn address_and_port_are_put_into_a_form_and_nothing_else() {
        assert_eq!(
            start(&["program", "+connect", "{ip}:{port}"]),
            Start::Program {
                files: vec!["quake3".to_owned()],
                arguments: vec!["+connect".to_owned(), "10.66.0.7:27960".to_owned()],
            }
        );
        let url = |words: &[&str]| match start(words) {
            Start::Url { url } => url,
            other => panic!("{other:?}"),
        };
        assert_eq!(url(&["url", "ddnet:{ip}:{port}"]), "ddnet:10.66.0.7:27960");
        assert_eq!(
            url(&["steam", "892970", "+connect", "{ip}:{port}"]),
            "steam://run/892970//+connect%2010.66.0.7:27960"
        );
    }

    #[test]
    fn what_is_no_form_of_the_set_is_refused() {
        for bad in [
            &[][..],
            &["shell", "{ip}"],
            &["program"],
            &["program", "+connect"],
            &["program", "{ip};reboot"],
            &["program", "$(reboot)", "{ip}"],
            &["program", "{name}", "{ip}"],
            &["url", "file:///etc/passwd?{ip}"],
            &["url", "https://example.org/{ip}"],
            &["url", "ddnet:{ip}", "more"],
            &["url", "ddnet:{ip} more"],
            &["steam", "x", "{ip}"],
            &["steam", "1/../2", "{ip}"],
            &["program", "{ip}", "a", "a", "a", "a", "a", "a", "a", "a", "a"],
        ] {
            assert_eq!(launch(bad), Err(ProfileFault::Launch), "{bad:?}");
        }
    }
}
