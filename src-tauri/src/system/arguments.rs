use std::path::PathBuf;

use clap::{CommandFactory, Parser, error::ErrorKind};
use lanrage_engine::{EngineOptions, LogLevel};

/// How the app is started. A double click gives none of these.
#[derive(Debug, Clone, Parser)]
#[command(name = "lanrage-desktop", version, about = "A LAN with your friends over the internet")]
pub struct Arguments {
    /// An invitation link to look at; nothing is joined without a question
    #[arg(value_name = "LINK")]
    pub link: Option<String>,
    /// Folder of everything that LANrage keeps; the system's usual place if not given
    #[arg(long, env = "LANRAGE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Control server for new parties, in place of the setting: ws://, wss://, http:// or https://
    #[arg(long, env = "LANRAGE_CONTROL", value_name = "URL")]
    pub control: Option<String>,
    /// Start in the tray, without a window
    #[arg(long)]
    pub hidden: bool,
}

impl Arguments {
    /// What they mean for the engine.
    ///
    /// # Errors
    /// The control server's address is not one.
    pub fn engine_options(&self) -> Result<EngineOptions, clap::Error> {
        let control = self.control.as_deref().map(str::parse).transpose().map_err(|error| {
            Self::command().error(ErrorKind::ValueValidation, format!("--control: {error}"))
        })?;
        Ok(EngineOptions {
            data_dir: self.data_dir.clone(),
            control,
            network_log: true,
            log_to_stderr: Some(LogLevel::Warn),
            ..EngineOptions::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Result<EngineOptions, clap::Error> {
        Arguments::try_parse_from([&["lanrage-desktop"], arguments].concat())?.engine_options()
    }

    #[test]
    fn a_double_click_means_the_usual_place_and_what_the_settings_say() {
        let options = options(&[]).unwrap();
        assert_eq!(options.data_dir, None);
        assert!(options.control.is_none() && options.restore.is_none() && options.udp_port.is_none());
        assert!(options.network_log);
    }

    #[test]
    fn a_control_server_must_be_an_address() {
        let options_of = |url: &str| options(&["--data-dir", "x", "--control", url]);
        for url in ["wss://play.example", "play.example"] {
            assert_eq!(options_of(url).unwrap().control.unwrap().to_string(), "wss://play.example/");
        }
        assert!(options_of("ftp://play.example").unwrap_err().to_string().contains("--control"));
    }

    #[test]
    fn a_link_stands_alone_or_beside_the_other_arguments() {
        let parse = |arguments: &[&str]| {
            Arguments::try_parse_from([&["lanrage-desktop"], arguments].concat()).unwrap()
        };
        let link = "lanrage://join/AXsi";
        assert_eq!(parse(&[link]).link.as_deref(), Some(link));
        let beside = parse(&["--hidden", "--data-dir", "x", link]);
        assert_eq!((beside.link.as_deref(), beside.hidden), (Some(link), true));
    }
}
