//! Games that are played, known, and not seen.

use std::ops::RangeInclusive;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Games {
    #[command(subcommand)]
    pub(crate) action: Option<GamesAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GamesAction {
    /// Ask the party for games too of which their hosts' LANrage says nothing, and show who plays and hosts what
    Look,
    /// List the games that are known
    List,
    /// Show what is known of a game
    Show {
        /// Its name, or its short name as `list` shows it
        game: String,
    },
    /// Add a game, or change the programs and ports of one; what is not given stays
    Save {
        /// Its name, or its short name
        game: String,
        /// File name of a program in which it is played; may be given several times
        #[arg(long = "program", value_name = "FILE")]
        programs: Vec<String>,
        /// File name of a program that only hosts; may be given several times
        #[arg(long = "server", value_name = "FILE")]
        servers: Vec<String>,
        /// UDP ports that a host listens on, as 27960 or 27960-27969; may be given several times
        #[arg(long, value_name = "PORTS", value_parser = ports)]
        udp: Vec<RangeInclusive<u16>>,
        /// TCP ports that a host listens on
        #[arg(long, value_name = "PORTS", value_parser = ports)]
        tcp: Vec<RangeInclusive<u16>>,
    },
    /// Tell friends nothing of a game
    Hide {
        /// Its name, or its short name
        game: String,
    },
    /// Tell friends of a game again
    Unhide {
        /// Its name, or its short name
        game: String,
    },
    /// Let the search of a game through to the party that looks for others by multicast DNS; friends must let it, too
    LetThrough {
        /// Its name, or its short name
        game: String,
    },
    /// Keep its search at home again
    KeepHome {
        /// Its name, or its short name
        game: String,
    },
    /// Have searches of friends come to the port where you host a game that their lists do not ask
    BringSearches {
        /// Its name, or its short name
        game: String,
    },
    /// Leave searches of friends where they go
    LeaveSearches {
        /// Its name, or its short name
        game: String,
    },
    /// Make a game what it is by LANrage again, and forget one that you have added
    Reset {
        /// Its name, or its short name
        game: String,
    },
    /// Write the games that you have added or changed, as JSON
    Export,
    /// Take games from an export on standard input; all or none
    Import,
    /// Start a game that a friend hosts, into it
    Join {
        /// Who hosts it: a name, or the beginning of an id
        player: String,
        /// Which, where they host several
        game: Option<String>,
    },
    /// Say why a game is not seen, by what both computers know
    #[command(after_help = "\
Examples:
  lanrage games why
  lanrage games why Anna teeworlds
  lanrage games why Anna factorio --mine --fix")]
    Why(Why),
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The friend: a name, or the beginning of an id; whoever hosts something, if none is given
    pub(crate) friend: Option<String>,
    /// The game: its name, or its short name; what they host, if none is given
    pub(crate) game: Option<String>,
    /// It is hosted here, and the friend does not see it
    #[arg(long)]
    pub(crate) mine: bool,
    /// Do what can be done about the first reason
    #[arg(long)]
    pub(crate) fix: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Profiles {
    #[command(subcommand)]
    pub(crate) action: ProfilesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfilesAction {
    /// List them
    List,
    /// Add one, or replace the one of that name
    Save {
        /// The game
        name: String,
        /// File name of a program of the game; may be given several times
        #[arg(long = "program", value_name = "FILE")]
        programs: Vec<String>,
        /// UDP ports it plays on, as 27960 or 27960-27969; may be given several times
        #[arg(long, value_name = "PORTS", value_parser = ports)]
        udp: Vec<RangeInclusive<u16>>,
        /// TCP ports it plays on
        #[arg(long, value_name = "PORTS", value_parser = ports)]
        tcp: Vec<RangeInclusive<u16>>,
    },
    /// Delete one
    Delete {
        /// The game
        name: String,
    },
}

pub(super) fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err("expected a port, or the first and the last with a hyphen between, as 27960 or 27960-27969"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_one_or_a_range_that_is_not_backwards() {
        assert_eq!(ports("27960"), Ok(27_960..=27_960));
        assert_eq!(ports("27960-27969"), Ok(27_960..=27_969));
        for bad in ["", "-", "x", "2-1", "1-", "70000", "1-2-3"] {
            assert!(ports(bad).is_err(), "{bad}");
        }
    }
}
