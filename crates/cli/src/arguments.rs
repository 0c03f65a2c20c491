use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A LAN with your friends over the internet.
#[derive(Debug, Parser)]
#[command(name = "lanrage", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Log what happens to standard error (LANRAGE_LOG=debug does the same, with filters)
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 2 wrong arguments, 3 LANrage is not running, 4 the command was refused, 5 LANrage cannot start.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a party, print its link, and stay in it until Ctrl-C
    #[command(after_help = "\
Examples:
  lanrage create --control wss://play.example.org --party-name \"Friday LAN\"
  lanrage create --control ws://192.168.1.5:8787 --json")]
    Create(Create),
    /// Join the party of a link, and stay in it until Ctrl-C
    #[command(after_help = "\
Example:
  lanrage join lanrage://join/AXsicCI6…")]
    Join(Join),
    /// Leave the party of the LANrage that runs now
    Leave(Target),
    /// Show the party of the LANrage that runs now
    #[command(after_help = "\
Examples:
  lanrage status --watch
  lanrage status --json | jq '.party.peers[].latency_ms'")]
    Status(Status),
}

/// Which LANrage is meant.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Folder of everything that LANrage keeps; the system's usual place if not given
    #[arg(long, env = "LANRAGE_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Answer in JSON, one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// How the player takes part.
#[derive(Debug, Args)]
pub(crate) struct Player {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Your name as friends see it; the account's name if not given
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// UDP port for all traffic to friends; any free one if not given
    #[arg(long, default_value_t = 0, value_name = "PORT", hide_default_value = true)]
    pub(crate) udp_port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) player: Player,
    /// Name of the party
    #[arg(long, default_value = "LAN party", value_name = "NAME")]
    pub(crate) party_name: String,
    /// Control server through which friends find the party: ws://, wss://, http:// or https://
    #[arg(long, env = "LANRAGE_CONTROL", value_name = "URL")]
    pub(crate) control: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The invitation link
    pub(crate) link: String,
    #[command(flatten)]
    pub(crate) player: Player,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Go on showing every change until Ctrl-C
    #[arg(long, short)]
    pub(crate) watch: bool,
}
