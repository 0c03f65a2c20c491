// Named by their paths, as the manual is made by a program that has this file for itself.
#[path = "arguments/games.rs"]
pub(crate) mod games;
#[path = "arguments/people.rs"]
pub(crate) mod people;
#[path = "arguments/shield.rs"]
pub(crate) mod shield;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use games::{Games, Profiles};
use people::{Invite, Party, Ping, number};
use shield::Shield;

/// A LAN with your friends over the internet.
#[derive(Debug, Parser)]
#[command(
    name = "lanrage",
    version,
    after_help = "\
Exit codes:
  0  Done.
  1  Something does not work: the doctor found it, or nobody answered a ping.
  2  What was typed is wrong: an argument, a name that there is none of, or a link that is none.
  3  LANrage is not running.
  4  LANrage has refused the command.
  5  LANrage cannot start, or its window cannot."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) target: Target,
    /// Log what happens to standard error (LANRAGE_LOG=debug does the same, with filters)
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

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
Examples:
  lanrage join lanrage://join/AXsicCI6…
  lanrage join -                          # paste the link, so that it stands in no history
  lanrage join --link-file invitation.txt")]
    Join(Join),
    /// Bring the last party back, and stay in it until Ctrl-C; for a service or a headless machine
    #[command(after_help = "\
Examples:
  lanrage run
  systemctl --user enable --now lanrage   # with each login, by the package's unit")]
    Run(Player),
    /// Leave the party of the LANrage that runs now; its keys are forgotten
    Leave,
    /// Be in no party for now, and stay a member
    Pause,
    /// Enter a party again that was paused; the last one if none is named
    #[command(after_help = "\
Examples:
  lanrage resume
  lanrage resume \"Friday LAN\"
  lanrage resume fri
  lanrage resume 3f9a --json")]
    Resume(Resume),
    /// Forget a party in which you are not now; its keys go, and only a new link leads back
    #[command(after_help = "\
Examples:
  lanrage forget \"Friday LAN\"
  lanrage forget 3f9a --json")]
    Forget(Forget),
    /// Print a link to the present party: whoever reads it can join
    ///
    /// One that is limited lets in who comes by it, as often as it is good for, and is listed and revoked by `lanrage party`.
    /// With the first one, whoever has another link has to ask to be let in from then on; who is in stays. Only the host and
    /// moderators make one; what a member says with --for, the program of whoever reads the link looks at alone.
    #[command(after_help = "\
Examples:
  lanrage invite
  lanrage invite --uses 1 --expires 1h
  lanrage invite --code                   # 16 symbols to read to a friend
  lanrage invite --qr                     # to be read by a telephone
  lanrage invite --for 7d --approve --json | jq -r .link")]
    Invite(Invite),
    /// List the friends of the party: who is there, by which way, how far, and what they play
    #[command(after_help = "\
Examples:
  lanrage friends
  lanrage friends --json | jq -r '.[] | select(.is_here) | .name'")]
    Friends,
    /// Measure how far a friend is, inside the tunnel
    ///
    /// It is measured by LANrage itself, so no right is needed, and no firewall of the friend's computer is in the way. Nothing is told to
    /// the friend. Ends with 1 if nothing was answered.
    #[command(after_help = "\
Examples:
  lanrage ping Bo
  lanrage ping Bo --follow --interval 0.5
  lanrage ping Bo --count 20 --json | jq 'select(.rtt_ms) | .rtt_ms'")]
    Ping(Ping),
    /// Bring the window to the front, or start the app
    Open,
    /// Say what friends see you as from now on
    #[command(after_help = "\
Example:
  lanrage rename \"Anna the Second\"")]
    Rename {
        /// Your new name
        name: String,
    },
    /// Show what was said in the party's chat, or say something
    #[command(after_help = "\
Examples:
  lanrage chat                            # the last lines
  lanrage chat --follow
  lanrage chat who hosts?                 # say it
  lanrage chat -- --help                  # what begins with a dash")]
    Chat(Chat),
    /// Say that you are ready, or ask everybody in the party whether they are
    #[command(after_help = "\
Examples:
  lanrage ready --ask --follow            # ask, and show the answers as they come
  lanrage ready
  lanrage ready --not-yet
  lanrage ready --show --json | jq -r '.players[] | select(.readiness != \"ready\") | .name'")]
    Ready(Ready),
    /// Let a friend in who finds nobody by your link, and has sent you a reply
    #[command(after_help = "\
Examples:
  lanrage reply lanrage://reply/AYf2Qm…
  lanrage reply - --json                  # paste the reply")]
    Reply(Reply),
    /// Say who is in the party: kick, ban, let in, make moderator or host, who may come in, and which links hold
    #[command(after_help = "\
Examples:
  lanrage party kick Bo
  lanrage party let-in Bo                 # whoever waits, was kicked or is banned
  lanrage party role Anna moderator
  lanrage party admission ask
  lanrage party links
  lanrage party revoke 3f9a12cd")]
    Party(Party),
    /// Take the server that answers for the party's, though it has another key than before; ask its operator first
    TrustServer,
    /// List the parties that this device is or was in
    #[command(after_help = "\
Example:
  lanrage recent --json | jq -r '.[] | select(.can_resume) | .name'")]
    Recent,
    /// Show and change settings
    #[command(after_help = "\
Examples:
  lanrage settings list
  lanrage settings set control_server wss://play.example.org
  lanrage settings set server_key -          the key of a private server, asked for and in no history
  lanrage settings export > settings.json")]
    Settings(Settings),
    /// Show and change the favourite control servers
    #[command(after_help = "\
Examples:
  lanrage favorites add wss://play.example.org \"The club\"
  lanrage favorites remove \"The club\"
  lanrage favorites list --json")]
    Favorites(Favorites),
    /// Show who of the party plays and hosts what, and start a game into a friend's
    #[command(after_help = "\
Examples:
  lanrage games
  lanrage games --json | jq -r '.[] | select(.hosted) | .hosted.address'
  lanrage games join Anna
  lanrage games why Anna teeworlds
  lanrage games show factorio")]
    Games(Games),
    /// Show and say what friends reach of this computer
    #[command(after_help = "\
Examples:
  lanrage shield
  lanrage shield level games
  lanrage shield trust Anna full
  lanrage shield open --tcp 25570
  lanrage shield close --udp 5000-5010 --for Bo")]
    Shield(Shield),
    /// Show and change what is known of games
    #[command(after_help = "\
Example:
  lanrage profiles save \"Quake III\" --program quake3 --udp 27960-27969")]
    Profiles(Profiles),
    /// Look after the database: size, check, backups
    #[command(after_help = "\
Examples:
  lanrage data backup ~/lanrage-backup.db
  lanrage data restore ~/lanrage-backup.db")]
    Data(Data),
    /// Show the log
    #[command(after_help = "\
Examples:
  lanrage log --follow
  lanrage log -n 500 --json | jq 'select(.level == \"WARN\")'")]
    Log(Log),
    /// Write a bundle for whoever helps you: state, settings and log, without names and addresses
    Diagnostics(Diagnostics),
    /// Look for what keeps you from playing, and say what to do about it
    #[command(after_help = "\
Examples:
  lanrage doctor
  lanrage doctor --json | jq '.checks[] | select(.state == \"bad\")'")]
    Doctor,
    /// Show the version, and whether there is a newer one
    #[command(after_help = "\
Examples:
  lanrage version
  lanrage version --json | jq -r .page")]
    Version,
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
    /// Folder of everything that LANrage keeps; the system's usual place if not given [env: LANRAGE_DATA_DIR]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Answer in JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Target {
    /// The folder, if one is named. The variable is read here and not by clap, which would show the option as a needed one in
    /// every usage while the variable is set.
    pub(crate) fn data_dir(&self) -> Option<PathBuf> {
        let named = || std::env::var_os("LANRAGE_DATA_DIR").filter(|folder| !folder.is_empty());
        self.data_dir.clone().or_else(|| named().map(PathBuf::from))
    }
}

/// How the player takes part.
#[derive(Debug, Args)]
pub(crate) struct Player {
    /// Your name as friends see it; the account's name if not given
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// UDP port for all traffic to friends, in place of the setting
    #[arg(long, value_name = "PORT", value_parser = |text: &str| number::<u16>(text, 0))]
    pub(crate) udp_port: Option<u16>,
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
    /// The invitation link, or a short code; `-` reads it from the standard input
    #[arg(required_unless_present = "link_file")]
    pub(crate) link: Option<String>,
    /// Read the invitation link from a file
    #[arg(long, value_name = "FILE", conflicts_with = "link", env = "LANRAGE_LINK_FILE")]
    pub(crate) link_file: Option<PathBuf>,
    /// Let the party take this network although it is out of the ordinary, like 10.0.0.0/8
    #[arg(long, value_name = "NETWORK")]
    pub(crate) accept_network: Option<String>,
    /// With --json: wait half an hour for a friend to take the reply that is offered where nobody answers, as without --json
    #[arg(long)]
    pub(crate) await_reply: bool,
    #[command(flatten)]
    pub(crate) player: Player,
}

#[derive(Debug, Args)]
pub(crate) struct Reply {
    /// The reply; `-` reads it from the standard input
    pub(crate) reply: String,
}

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// What to say; nothing shows what was said
    #[arg(value_name = "WORDS", conflicts_with = "follow")]
    pub(crate) words: Vec<String>,
    /// Go on showing new lines until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ready {
    /// Ask everybody; where somebody asks already, it is the answer that you are ready
    #[arg(long, conflicts_with_all = ["not_yet", "show"])]
    pub(crate) ask: bool,
    /// Answer that you need a moment; you can say that you are ready later
    #[arg(long, conflicts_with = "show")]
    pub(crate) not_yet: bool,
    /// Say nothing, and show who is ready
    #[arg(long)]
    pub(crate) show: bool,
    /// Go on showing the answers until it is over
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Go on showing every change until Ctrl-C
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// Show the invitation link too: whoever reads it can join
    #[arg(long)]
    pub(crate) show_link: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The party: its name, its id as `lanrage recent` shows it, or the beginning of either
    pub(crate) party: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The party: its name, its id as `lanrage recent` shows it, or the beginning of either
    pub(crate) party: String,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    #[command(subcommand)]
    pub(crate) action: SettingsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsAction {
    /// List all settings with their values
    List,
    /// Show one setting
    Get {
        /// Which
        key: String,
    },
    /// Change a setting
    Set {
        /// Which
        key: String,
        /// The new value; of server_key, `-` reads it from the standard input
        value: String,
    },
    /// Give a setting its default, or all of them
    Reset {
        /// Which; all if not given
        key: Option<String>,
    },
    /// Write all chosen settings as JSON
    Export,
    /// Take settings from an export on standard input; all or none
    Import,
    /// List the saved sets of settings
    Sets,
    /// Save the settings as a set
    Save {
        /// Its name
        name: String,
    },
    /// Make a saved set the settings; all or none
    Activate {
        /// Its name
        name: String,
    },
    /// Delete a saved set
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Favorites {
    #[command(subcommand)]
    pub(crate) action: FavoritesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FavoritesAction {
    /// List them
    List,
    /// Add one, or change its name
    Add {
        /// Its URL
        url: String,
        /// What you call it; as its host if not given
        #[arg(default_value = "", hide_default_value = true)]
        name: String,
    },
    /// Remove one
    Remove {
        /// Its URL, or what you call it
        url: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    #[command(subcommand)]
    pub(crate) action: DataAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataAction {
    /// Show the database's size and its backups
    Size,
    /// Check the database
    Check,
    /// Back the database up, into a file or into its own folder of backups
    Backup {
        /// The new file
        file: Option<PathBuf>,
    },
    /// Restore the database from a backup; what it held is backed up first
    Restore {
        /// The backup
        file: PathBuf,
        /// Take a backup whose .sha256 file is not beside it
        #[arg(long)]
        without_hash: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Go on showing new lines until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// How many of the newest lines to begin with
    #[arg(long, short = 'n', default_value_t = 50, value_name = "LINES", value_parser = |text: &str| number::<usize>(text, 0))]
    pub(crate) lines: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Diagnostics {
    /// The new zip file
    pub(crate) file: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_named_before_or_after_the_command() {
        for line in ["lanrage --data-dir /x --json status", "lanrage status --data-dir /x --json"] {
            let Arguments { target, .. } = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert_eq!((target.data_dir(), target.json), (Some("/x".into()), true), "{line}");
        }
    }
}
