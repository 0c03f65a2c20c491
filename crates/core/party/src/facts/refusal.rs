use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::{Cause, ServerFault, ServerRefusal, SettingRule};
use crate::{InvitationError, IpamError, LinkFault, NotYours, limits};

/// Why a command was refused.
#[derive(
    Debug, Clone, PartialEq, Eq, Default, thiserror::Error, Serialize, Deserialize, EnumIter, IntoStaticStr,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[error("refused: {}", self.code())]
pub enum CommandError {
    /// This device is in a party already.
    AlreadyInParty,
    /// This device is in no party.
    NotInParty,
    /// The invitation names neither a server nor an address of a member.
    NoControlServer,
    /// Nobody of the party answers, where the link says or the public store.
    NobodyAnswers {
        /// Why, as far as is known.
        because: Unanswered,
    },
    /// The player called it off.
    Cancelled,
    /// A text is a friend's reply to a link, and was taken for an invitation.
    ReplyOutside,
    /// A text is no reply.
    ReplyNotALink,
    /// A reply is damaged.
    ReplyDamaged,
    /// A reply was made by a newer program.
    ReplyVersion {
        /// The version of the reply's format.
        version: u64,
    },
    /// A reply is to another party, or was made by somebody who has not its link.
    ReplyToAnother,
    /// A reply is of another day.
    ReplyExpired,
    /// A reply names no address that can be reached from here.
    ReplyLeadsNowhere,
    /// Who tells its addresses to nobody cannot knock at whoever replied.
    ReplyWhileHidden,
    /// The owner or a moderator of the party has removed this device's player.
    RemovedFromParty,
    /// The owner or a moderator of the party was asked to let this device in, and has not.
    NotLetIn,
    /// Only the party's owner may do that, or a moderator where it is about a member.
    NotYours,
    /// What was ruled in the party while this device was away is not known to it yet.
    RulingsUnheard,
    /// Nothing of what was to be said can be shown.
    NothingSaid,
    /// More was said in the chat than friends hear.
    SaidTooMuch,
    /// Nobody asks whether everybody is ready.
    NobodyAsks,
    /// This device's player has asked that often enough.
    AskedTooOften,
    /// What was to be pinned is too long.
    BadVoiceLink {
        /// How long it may be at most (bytes).
        most: u64,
    },
    /// Something else is pinned than what the player was shown, or nothing that may be opened.
    VoiceLinkIsAnother,
    /// No program opens what is pinned.
    VoiceLinkNotOpened,
    /// Nobody of the party has this id.
    UnknownPeer,
    /// Nobody was removed a moment ago.
    NothingToUndo,
    /// A game cannot be known so. Nothing was changed.
    BadGame {
        /// What is wrong with it.
        cause: GameFault,
    },
    /// Ports that are none, or too many.
    BadPorts {
        /// Most that they can be.
        most: u64,
    },
    /// A port that nobody reaches but whom the user trusts with everything: remote login, shares and the like.
    PortNeverOpened {
        /// Which.
        port: u16,
    },
    /// Nobody hosts a game there any more.
    NoGameThere,
    /// A game cannot be started into somebody else's: it is not installed, or nobody knows how.
    GameNotStarted {
        /// The game.
        game: String,
    },
    /// The party has as many limited links that let somebody in as it can have.
    TooManyLinks {
        /// How many that are.
        most: u64,
    },
    /// The party has no limited link of this serial.
    UnknownLink,
    /// A limited link cannot be good for so many players.
    BadUses {
        /// For how many at most.
        most: u64,
    },
    /// The party takes a network that LANrage never proposes, and the user was not asked.
    UnusualNetwork {
        /// The party's network.
        network: String,
    },
    /// There is no address for this device in the party's network.
    NoAddress {
        /// Why there is none.
        why: LeaseFault,
    },
    /// The party's server cannot be reached.
    ControlUnreachable {
        /// Why.
        why: ServerFault,
    },
    /// Another server answers where the link's should.
    OtherServer,
    /// The party's server is the one that is known.
    SameServer,
    /// This device is no member of the party any more.
    NotAMember,
    /// This device is in the party now.
    StillAMember,
    /// This device is a member of the party, and has not all of its keys.
    KeysMissing,
    /// The keys of a party cannot be read or deleted.
    KeysNotUsable {
        /// Why.
        cause: Cause,
    },
    /// Every network that a party could use overlaps one of this computer's.
    NoFreeSubnet,
    /// A text is no party's id.
    BadPartyId,
    /// A text is no name.
    BadName {
        /// Most bytes that a name has.
        most_bytes: u64,
    },
    /// A text is no server's address.
    BadServer,
    /// An invitation cannot be valid for so long.
    BadExpiry {
        /// Most hours for which it can.
        most_hours: u64,
    },
    /// A text is a short code, which does not say what a link does.
    ShortCode,
    /// A text looks like a short code, and is mistyped.
    CodeMistyped,
    /// Nobody has left anything behind a short code.
    CodeUnknown,
    /// A short code was used or taken back, or its time is over.
    CodeGone,
    /// Nobody could be asked where a short code leads.
    CodeUnanswered,
    /// Where a short code leads could not be left for whoever is told it.
    CodeNotStored,
    /// Short codes cannot be used, by the settings.
    CodesOff {
        /// By which.
        because: CodesOff,
    },
    /// Short codes were looked up often enough for now.
    CodesTooOften,
    /// This device has made as many short codes for the party as there can be at a time.
    TooManyCodes {
        /// How many that are.
        most: u64,
    },
    /// A link is too long to be an invitation.
    InvitationTooLong,
    /// A text is no invitation link.
    InvitationNotALink,
    /// A link is damaged.
    InvitationDamaged,
    /// A link was made by a newer program.
    InvitationVersion {
        /// The version of the link's format.
        version: u64,
    },
    /// The time of an invitation is over.
    InvitationExpired,
    /// As many have come by a limited link as it is good for.
    InvitationUsedUp,
    /// The owner or a moderator has revoked a limited link.
    InvitationRevoked,
    /// A limited link is not the party's, or was made up.
    InvitationNotValid,
    /// A setting does not take the value. Nothing was changed.
    BadSetting {
        /// The setting.
        key: String,
        /// The value, as JSON.
        value: String,
        /// What it must be.
        rule: SettingRule,
        /// Whether it may be empty as well.
        or_empty: bool,
        /// Keys of the other settings that do not take theirs, joined by commas; `None` if there is no other.
        others: Option<String>,
    },
    /// No setting has this key.
    UnknownSetting {
        /// The key.
        key: String,
    },
    /// Nothing is stored under this name.
    NotFound {
        /// The name.
        name: String,
    },
    /// No favourite server has this address or name.
    UnknownFavorite {
        /// What was given.
        name: String,
    },
    /// A text is no export of settings.
    NotAnExport {
        /// What is wrong with it.
        cause: ExportFault,
    },
    /// There is a file where the backup should go.
    BackupExists {
        /// The file.
        path: String,
    },
    /// A file cannot be restored.
    NotABackup {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: Cause,
    },
    /// A backup's hash is not beside it: whether it is as it was made, nobody knows.
    BackupWithoutHash {
        /// The backup.
        path: String,
    },
    /// The database was made by a newer program.
    DatabaseNewer {
        /// The first migration that this program does not know.
        found: String,
    },
    /// The database is damaged.
    DatabaseDamaged {
        /// Why.
        cause: Cause,
    },
    /// The database failed otherwise.
    DatabaseFailed {
        /// Why.
        cause: Cause,
    },
    /// The disk is full.
    DiskFull,
    /// The data folder cannot be written.
    DataNotWritable {
        /// Why.
        cause: Cause,
    },
    /// The diagnostics could not be written.
    BundleNotWritten {
        /// Why.
        cause: Cause,
    },
    /// A file that the player chose cannot be written.
    FileNotWritten {
        /// Where.
        path: String,
        /// What kept it from being written.
        cause: Cause,
    },
    /// A file or folder that the player chose cannot be read.
    FileNotRead {
        /// Where.
        path: String,
        /// What kept it from being read.
        cause: Cause,
    },
    /// What the newest version is cannot be read.
    VersionNotTold {
        /// Why.
        cause: Cause,
    },
    /// What the newest version is was signed by nobody, or by somebody else.
    VersionNotSigned,
    /// A page does not open in the browser.
    PageNotOpened {
        /// Which.
        page: String,
    },
    /// A request is malformed.
    BadRequest {
        /// What is wrong with it.
        cause: Cause,
    },
    /// The program that runs and the one that asks are of two versions.
    OtherVersion {
        /// The version of the one that runs.
        running: String,
        /// The version of the one that asks.
        asking: String,
    },
    /// The program is shutting down.
    #[default]
    Stopped,
    /// Another program uses the data folder.
    AlreadyRunning,
    /// The data folder cannot be used.
    DataDir {
        /// Why.
        cause: Cause,
    },
    /// This device's identity cannot be read or kept.
    Identity {
        /// Why.
        cause: Cause,
    },
    /// The database cannot be used.
    Database {
        /// Why.
        cause: Cause,
    },
    /// No UDP socket or packet thread.
    Socket {
        /// The port asked for.
        port: String,
        /// Why.
        cause: Cause,
    },
    /// The clipboard did not take the text.
    Clipboard {
        /// Why.
        cause: Cause,
    },
    /// The log cannot be read.
    LogNotRead {
        /// Why.
        cause: Cause,
    },
    /// On this system the installer sets everything up.
    NotNeeded,
    /// The helper is not installed.
    HelperMissing,
    /// The user did not allow the set-up of the helper.
    SetupDeclined,
    /// The set-up of the helper failed.
    SetupFailed {
        /// Why; `None` if nobody could be asked for permission.
        cause: Option<Cause>,
        /// Does it by hand.
        command: String,
    },
    /// Something went wrong in the program itself.
    Unexpected {
        /// What was thrown.
        detail: String,
    },
    /// The server refused.
    #[serde(untagged)]
    Server(ServerRefusal),
}

impl CommandError {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Server(refusal) => refusal.into(),
            other => other.into(),
        }
    }

    /// A text that is no name.
    pub const fn bad_name() -> Self {
        Self::BadName { most_bytes: limits::NAME_BYTES as u64 }
    }
}

impl From<NotYours> for CommandError {
    fn from(NotYours: NotYours) -> Self {
        Self::NotYours
    }
}

impl From<LinkFault> for CommandError {
    fn from(fault: LinkFault) -> Self {
        match fault {
            LinkFault::Expired => Self::InvitationExpired,
            LinkFault::UsedUp => Self::InvitationUsedUp,
            LinkFault::Revoked => Self::InvitationRevoked,
            LinkFault::NotValid => Self::InvitationNotValid,
        }
    }
}

impl From<InvitationError> for CommandError {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::TooLong => Self::InvitationTooLong,
            InvitationError::NotALink => Self::InvitationNotALink,
            InvitationError::Reply => Self::ReplyOutside,
            InvitationError::Damaged => Self::InvitationDamaged,
            InvitationError::Version(version) => Self::InvitationVersion { version: version.into() },
            InvitationError::Expired => Self::InvitationExpired,
            InvitationError::Validity => Self::BadExpiry { most_hours: limits::INVITATION_HOURS.into() },
        }
    }
}

impl From<IpamError> for CommandError {
    fn from(error: IpamError) -> Self {
        Self::NoAddress {
            why: match error {
                IpamError::Taken(address) => LeaseFault::Taken { address: address.to_string() },
                IpamError::Outside(address) => LeaseFault::Outside { address: address.to_string() },
                IpamError::Full => LeaseFault::Full,
            },
        }
    }
}

/// By which setting short codes cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CodesOff {
    /// Friends are found by their links alone.
    #[default]
    NoStore,
    /// Nobody is told an address of this device.
    Hidden,
}

/// Why nobody of a party answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// Nothing is known: the link may be old, or nobody there.
    #[default]
    NotKnown,
    /// This device's network lets no UDP through.
    UdpBlocked,
    /// One router, this device's or a member's, uses a new port for every destination, and what the other does is not known.
    OneSymmetric,
    /// As [`NatObstacle::BothSymmetric`](super::NatObstacle::BothSymmetric), with every member that is known of.
    BothSymmetric,
    /// As [`NatObstacle::SymmetricAndStrict`](super::NatObstacle::SymmetricAndStrict), with every member that is known of.
    SymmetricAndStrict,
}

/// Why a text is no export of settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ExportFault {
    /// It is longer than any export.
    ExportTooLong {
        /// Most bytes that an export has.
        most_bytes: u64,
    },
    /// It is no JSON.
    NotJson {
        /// Where it ends to be, from 1.
        line: u64,
        /// Where in that line, from 1.
        column: u64,
    },
    /// It is JSON of something else.
    #[default]
    NoExport,
    /// A newer version of this program has made it.
    ExportNewer {
        /// The version of its format.
        version: u64,
    },
    /// A field of it is missing or of another kind.
    ExportField {
        /// The field.
        field: String,
    },
}

/// Why something is no game's profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum GameFault {
    /// A range of ports cannot be read.
    GamePorts,
    /// A program is no file name.
    GameProgram,
    /// There are more entries or ports than a profile has.
    GameTooMany,
    /// A port serves the computer itself.
    GameNeverOpened,
    /// There is such a game already.
    GameTwice {
        /// Its short name.
        slug: String,
    },
    /// It is no export of games.
    #[default]
    GameNoExport,
    /// A line of an export is not as it should be.
    GameMalformed {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
    },
    /// A newer version of this program has made it.
    GamesNewer {
        /// The version of its format.
        version: u64,
    },
}

/// Why this device cannot have an address in a party's network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LeaseFault {
    /// Another peer holds the address.
    Taken {
        /// The address.
        address: String,
    },
    /// The address is not in the party's network.
    Outside {
        /// The address.
        address: String,
    },
    /// No address is left.
    #[default]
    Full,
}
