//! What friends reach.

use std::ops::RangeInclusive;

use clap::{Args, Subcommand};

use super::games::ports;

#[derive(Debug, Args)]
pub(crate) struct Shield {
    #[command(subcommand)]
    pub(crate) action: Option<ShieldAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ShieldAction {
    /// Say how much all friends reach: the setting `shield`
    Level {
        /// open, guarded, games or closed
        level: String,
    },
    /// Say how a friend is trusted, in every party
    Trust {
        /// A name, or the beginning of an id
        player: String,
        /// With what
        trust: TrustArgument,
    },
    /// Open ports for friends, whatever listens there
    Open(ShieldPorts),
    /// Close ports to friends, though your programs listen there
    Close(ShieldPorts),
    /// Forget what you have decided of ports
    Forget(ShieldPorts),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true, args = ["udp", "tcp"])]
pub(crate) struct ShieldPorts {
    /// UDP ports, as 27960 or 27960-27969; may be given several times
    #[arg(long, value_name = "PORTS", value_parser = ports)]
    pub(crate) udp: Vec<RangeInclusive<u16>>,
    /// TCP ports
    #[arg(long, value_name = "PORTS", value_parser = ports)]
    pub(crate) tcp: Vec<RangeInclusive<u16>>,
    /// For this friend alone: a name, or the beginning of an id
    #[arg(long = "for", value_name = "FRIEND")]
    pub(crate) player: Option<String>,
}

/// How a friend is trusted.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum TrustArgument {
    /// With everything, remote login and shares too
    Full,
    /// With what friends reach
    Friend,
    /// With nothing
    Mute,
}
