//! Who is in the party, who comes in, and how far they are.

use std::time::Duration;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Party {
    #[command(subcommand)]
    pub(crate) action: PartyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PartyAction {
    /// List what each may do, who waits to be let in, and who was removed
    List,
    /// Put somebody out; they can be let in again
    Kick {
        /// Who: a name, or the beginning of an id
        player: String,
    },
    /// Put somebody out for good, and revoke the limited link they came by; without one, new players have to ask from then on
    Ban {
        /// Who: a name, or the beginning of an id
        player: String,
    },
    /// Let somebody in who waits, was kicked, or is banned
    #[command(visible_aliases = ["approve", "unban"])]
    LetIn {
        /// Who: a name, or the beginning of an id
        player: String,
    },
    /// Make somebody something else
    Role {
        /// Who: a name, or the beginning of an id
        player: String,
        /// What from now on
        role: RoleArgument,
    },
    /// Say who may come in
    Admission {
        /// Who
        admission: AdmissionArgument,
    },
    /// Let nobody in by any link; the same as `admission closed`
    Lock,
    /// Show where the party talks, or pin that: a link or a few words that everybody sees
    #[command(after_help = "\
Examples:
  lanrage party voice
  lanrage party voice https://discord.gg/abc
  lanrage party voice --clear")]
    Voice {
        /// What to pin; nothing shows what is pinned
        #[arg(value_name = "TEXT", conflicts_with = "clear")]
        text: Vec<String>,
        /// Take it away
        #[arg(long)]
        clear: bool,
    },
    /// List the limited links: who has made them, what they are good for, and who has come by them
    Links,
    /// Hear nothing of what a friend's programs send to everybody, on this device and in every party, until you take it back
    Mute {
        /// Who: a name, or the beginning of an id as `lanrage party list` shows it
        player: String,
        /// Hear it again
        #[arg(long)]
        undo: bool,
    },
    /// Take back that you have kicked or banned somebody, within ten seconds
    Undo,
    /// Let nobody in by a limited link any more; who has come by it stays
    Revoke {
        /// Which: its number as `lanrage party links` shows it, or the beginning of that
        serial: String,
        /// Take that back
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum RoleArgument {
    /// May play
    Member,
    /// May also let in, kick and ban members, and say who may come in
    Moderator,
    /// Has the party, for good
    Host,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum AdmissionArgument {
    /// Whoever has a link
    Open,
    /// Whoever has a limited link, and whom the host or a moderator lets in
    Ask,
    /// Nobody
    Closed,
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// How long the link is valid, as 12h, 7d or 2w; for ever if not given
    #[arg(long = "for", visible_alias = "expires", value_name = "TIME", value_parser = hours)]
    pub(crate) hours: Option<u32>,
    /// How many players it lets in; any number if not given
    #[arg(long, value_name = "NUMBER", value_parser = |text: &str| number::<u16>(text, 1))]
    pub(crate) uses: Option<u16>,
    /// Ask the host and moderators each time somebody comes by it
    #[arg(long)]
    pub(crate) approve: bool,
    /// Let whoever comes by it in as guests, until they leave
    #[arg(long)]
    pub(crate) guests: bool,
    /// Draw it as a code too, that a telephone reads from the screen
    #[arg(long)]
    pub(crate) qr: bool,
    /// Make a short code in place of a link: 16 symbols that one friend types within 15 minutes
    #[arg(long, conflicts_with_all = ["hours", "uses", "approve", "guests", "qr"])]
    pub(crate) code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ping {
    /// Whom: a name, or the beginning of an id as `lanrage party list` shows it
    pub(crate) friend: String,
    /// How many times
    #[arg(long, short, value_name = "NUMBER", default_value_t = 5, value_parser = |text: &str| number::<u32>(text, 1), conflicts_with = "follow")]
    pub(crate) count: u32,
    /// Go on until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// How many seconds from one to the next, from 0.2 to 60
    #[arg(long, short, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    pub(crate) interval: Duration,
}

/// A pause between two pings.
fn interval(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let within = seconds.filter(|seconds| (0.2..=60.0).contains(seconds));
    within.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds from 0.2 to 60".to_owned())
}

/// A whole number that is not below the least one.
pub(super) fn number<N: TryFrom<u64>>(text: &str, least: u64) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| *number >= least);
    number.and_then(|number| N::try_from(number).ok()).ok_or_else(|| {
        let most = (1..=64).map(|bits| u64::MAX >> (64 - bits)).rev().find(|most| N::try_from(*most).is_ok());
        format!("expected a whole number from {least} to {}", most.unwrap_or(least))
    })
}

fn hours(text: &str) -> Result<u32, String> {
    let refused = || "expected a whole number with h, d or w behind it, as 12h, 7d or 2w".to_owned();
    let (number, unit) = text.split_at_checked(text.len().wrapping_sub(1)).ok_or_else(refused)?;
    let each = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 7 * 24,
        _ => return Err(refused()),
    };
    let number: u32 = number.parse().map_err(|_| refused())?;
    number.checked_mul(each).filter(|hours| *hours > 0).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_of_hours_days_or_weeks() {
        for (text, expected) in [("1h", 1), ("7d", 168), ("2w", 336)] {
            assert_eq!(hours(text), Ok(expected));
        }
        for bad in ["", "h", "0h", "-1h", "1", "1m", "1.5h", "5000000000h", "4000000000w", "1ü"] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_and_a_pause_say_what_they_may_be() {
        assert_eq!((number::<u16>("8", 1), interval("0.2")), (Ok(8), Ok(Duration::from_millis(200))));
        for bad in ["", "x", "-1", "0", "65536", "1.5"] {
            assert_eq!(
                number::<u16>(bad, 1),
                Err("expected a whole number from 1 to 65535".to_owned()),
                "{bad}"
            );
        }
        for bad in ["", "x", "0.1", "61", "NaN", "inf", "-1"] {
            assert_eq!(interval(bad), Err("expected seconds from 0.2 to 60".to_owned()), "{bad}");
        }
    }
}
