//! The table of requests.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;

use lanrage_games::{Fix, Start};
use lanrage_party::{Admission, Standing, Transport};
use lanrage_shield::Trust;

use super::{
    Changed, DataSummary, FavoriteView, GameExplanation, KnownGameView, MadeLink, ProfileView,
    RecentPartyView, Restored, ServerConfigView, SettingView, ShieldRulesView, VersionView,
};
use crate::{CodeView, DoctorReport, InvitationLink, InvitationPreview, Snapshot};

crate::requests! {
    /// What a host may ask of LANrage.
    Request;

    /// The state now.
    Status {} -> Snapshot;

    /// Makes a party and becomes its host. Its link is in the snapshot afterwards. When the control server cannot be
    /// reached, the party is made all the same and registered as soon as the server is back.
    CreateParty {
        /// Its name.
        name: String,
    } -> ();

    /// Joins the party of an invitation, or of a short code: where that leads is looked up first.
    JoinParty {
        /// The invitation link, or the code.
        #[cfg_attr(feature = "bindings", ts(type = "string"))]
        link: InvitationLink,
        /// The party's network as the preview names it, if it is out of the ordinary and the user takes it all the same.
        accepted_network: Option<String>,
    } -> ();

    /// Leaves the party; its keys are forgotten.
    LeaveParty {} -> ();

    /// Leaves the party's network without giving up the membership.
    PauseParty {} -> ();

    /// Enters a party of which this device is still a member; a party that it is in is paused.
    ResumeParty {
        /// The party's id.
        party: String,
    } -> ();

    /// Takes the server that answers for the party's, though it has another key than the one that is known: it was set up
    /// anew. Until then it is not believed.
    TrustServer {} -> ();

    /// What a link says, without joining. A short code says nothing by itself, and is refused as one.
    PreviewInvitation {
        /// The invitation link.
        #[cfg_attr(feature = "bindings", ts(type = "string"))]
        link: InvitationLink,
    } -> InvitationPreview;

    /// A link of the present party. Whoever is a member by a link that ends can pass on none that lasts longer.
    NewInvitation {
        /// After how many hours it stops being valid; `None` for never.
        expires_in_hours: Option<u32>,
    } -> String;

    /// Makes a link to the present party that is limited, can be revoked, and lets whoever comes by it in at once. For the owner and
    /// moderators. In an open party it would limit nothing, so newcomers without one have to ask from then on.
    MakeLink {
        /// How many players it lets in; `None` for any number.
        uses: Option<u16>,
        /// After how many hours it stops being valid; `None` for never.
        expires_in_hours: Option<u32>,
        /// Whether the owner or a moderator is asked each time.
        needs_approval: bool,
        /// Whether whoever comes by it is a guest, until they leave.
        for_guests: bool,
    } -> MadeLink;

    /// Makes a short code, which a friend types in place of a link: it lets one player in, within a quarter of an hour. What
    /// [`MakeLink`] says holds for it too, as a limited link stands behind it. Answered when a friend would find it.
    MakeCode {} -> CodeView;

    /// A limited link once more, as the one who has made it.
    LinkAgain {
        /// Its serial.
        serial: String,
    } -> MadeLink;

    /// Revokes a limited link, or takes that back. For the owner and moderators.
    RevokeLink {
        /// Its serial.
        serial: String,
        /// Whether it lets nobody in from now on.
        revoked: bool,
    } -> ();

    /// Makes somebody something else in the party: lets in who waits or was removed, makes a moderator or takes that back, kicks, bans.
    SetStanding {
        /// Their peer id.
        peer: String,
        /// What from now on.
        standing: Standing,
    } -> ();

    /// Takes back that this device's player has kicked or banned somebody, for ten seconds after that.
    UndoRemoval {} -> ();

    /// Says who may come in by the link from now on.
    SetAdmission {
        /// Who.
        admission: Admission,
    } -> ();

    /// Gives the party to a friend for good.
    HandOver {
        /// Their peer id.
        peer: String,
    } -> ();

    /// Measures the path to a friend once, inside the tunnel. The answer is the round-trip time in milliseconds; `None` if nothing
    /// came back within two seconds.
    Ping {
        /// The friend's peer id.
        peer: String,
    } -> Option<f64>;

    /// Says something to all who are in the party, or come later while somebody is there. It is one line; what is too long is cut.
    Say {
        /// What.
        text: String,
    } -> ();

    /// Asks everybody in the party whether they are ready. Where somebody asks already, it is the answer that this player is.
    AskReady {} -> ();

    /// Answers whoever asks whether everybody is ready; to be changed until that is over.
    AnswerReady {
        /// Whether this player is.
        is_ready: bool,
    } -> ();

    /// Pins where the party talks: a link, or a few words. Empty, there is none any more. Only the owner and moderators may.
    PinVoiceLink {
        /// What everybody sees: one line of at most 200 bytes.
        text: String,
    } -> ();

    /// Says that the party's link was passed on in another way than by [`NewInvitation`]: whoever follows it is looked for more
    /// often for a while, where there is no server.
    LinkCopied {} -> ();

    /// Says that the reply of the party that is being joined was passed on to a member: it is waited for half an hour.
    ReplyCopied {} -> ();

    /// Lets somebody in who found nobody by the party's link, and has sent a reply by chat: it is knocked at where that says.
    TakeReply {
        /// The reply, as it was copied.
        reply: String,
    } -> ();

    /// Judges everything that may keep a player from playing.
    RunDoctor {} -> DoctorReport;

    /// Looks for a newer version of LANrage, now.
    LookForUpdate {} -> VersionView;

    /// Writes a bundle for whoever helps: the state, the settings and the newest part of the log, anonymised. The answer
    /// is the file.
    ExportDiagnostics {
        /// The file, as an absolute path; in a folder the bundle gets a name of its own.
        path: PathBuf,
    } -> PathBuf;

    /// All settings with their declarations.
    Settings {} -> Vec<SettingView>;

    /// Changes settings; all or none.
    SetSettings {
        /// New values by key.
        #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
        values: BTreeMap<String, Value>,
    } -> Changed;

    /// Changes one setting, given as a person writes it.
    SetText {
        /// The setting's key.
        key: String,
        /// The value.
        text: String,
    } -> Changed;

    /// Gives one setting its default.
    ResetSetting {
        /// The setting's key.
        key: String,
    } -> Changed;

    /// Gives all settings their defaults.
    ResetSettings {} -> Changed;

    /// All settings that were chosen, as JSON text.
    ExportSettings {} -> String;

    /// Takes an export; all or nothing.
    ImportSettings {
        /// The export.
        text: String,
    } -> Changed;

    /// The saved sets of settings.
    ServerConfigs {} -> Vec<ServerConfigView>;

    /// Saves the settings as they are now under a name.
    SaveServerConfig {
        /// The set's name.
        name: String,
    } -> ();

    /// Makes a saved set the settings; all or nothing.
    ActivateServerConfig {
        /// The set's name.
        name: String,
    } -> Changed;

    /// Deletes a saved set.
    DeleteServerConfig {
        /// The set's name.
        name: String,
    } -> ();

    /// The favourite control servers.
    Favorites {} -> Vec<FavoriteView>;

    /// Adds or renames a favourite control server.
    SaveFavorite {
        /// Its URL.
        url: String,
        /// What the user calls it; as its host, if empty.
        name: String,
    } -> ();

    /// Removes a favourite control server.
    DeleteFavorite {
        /// Its URL, or its name.
        url: String,
    } -> ();

    /// The games that are known, by their slugs.
    Games {} -> Vec<KnownGameView>;

    /// Adds a game, or changes one: what it is called, its programs and its ports. What else is known of it stays.
    SaveGame {
        /// Which; `None` for a new one.
        slug: Option<String>,
        /// What it is called.
        name: String,
        /// The programs in which it is played: file names, or `java with` and a part of an argument.
        programs: Vec<String>,
        /// The programs that only host.
        servers: Vec<String>,
        /// What a host listens on: `udp 8303-8310`.
        ports: Vec<String>,
    } -> ();

    /// Says whether friends are told of a game.
    HideGame {
        /// Which.
        slug: String,
        /// Whether they are not.
        hidden: bool,
    } -> ();

    /// Says whether a game's search by multicast DNS is let through to the party. Friends' LANrage must let it too.
    LetSearch {
        /// Which.
        slug: String,
        /// Whether it is.
        through: bool,
    } -> ();

    /// Says whether searches of friends come to the port where a game is hosted here, while their lists ask others.
    BringSearches {
        /// Which.
        slug: String,
        /// Whether they do.
        bring: bool,
    } -> ();

    /// Makes a game what it is by the program again; one that the user has made is forgotten.
    ResetGame {
        /// Which.
        slug: String,
    } -> ();

    /// The games that the user has made or changed, as JSON text.
    ExportGames {} -> String;

    /// Takes an export of games; all or none. The answer is how many.
    ImportGames {
        /// The export.
        text: String,
    } -> u64;

    /// What can be started to be in a game that a friend hosts, the best first.
    WaysIntoGame {
        /// The friend's peer id.
        peer: String,
        /// Where the game is, as [`HostedView`](crate::HostedView) says.
        address: String,
    } -> Vec<Start>;

    /// Asks the party for games of which their hosts' LANrage says nothing. What answers is in the snapshot some three seconds later,
    /// and for 25 s. Not again within eight seconds.
    LookForGames {} -> ();

    /// Why a game is not seen: what runs, listens and stands in the way on both computers. Takes some seconds.
    ExplainGame {
        /// The friend's peer id.
        peer: String,
        /// The game's slug.
        game: String,
        /// Whether this device hosts it, and the friend does not see it; else the friend hosts it.
        is_own: bool,
    } -> GameExplanation;

    /// Does what a fix of a [`GameExplanation`] stands for. To start a game is its host's: then, and where there is only something to copy or
    /// to look at, nothing is done.
    MendGame {
        /// The friend's peer id.
        peer: String,
        /// What they are called.
        name: String,
        /// The game's slug.
        game: String,
        /// What is to be done.
        fix: Fix,
    } -> ();

    /// What can be started to play a game, the best first.
    WaysToStart {
        /// The game's slug.
        game: String,
    } -> Vec<Start>;

    /// What the user has decided of who reaches what of this computer; the level is a setting.
    ShieldRules {} -> ShieldRulesView;

    /// Says how a friend is trusted, in every party.
    TrustFriend {
        /// The friend's peer id.
        peer: String,
        /// What they are called, to be shown when they are not there.
        name: String,
        /// How.
        trust: Trust,
    } -> ();

    /// Hears nothing, or again, of what a friend's programs send to everybody: on this device alone, in every party.
    MuteBroadcasts {
        /// Their peer id.
        peer: String,
        /// Whether it is dropped from now on.
        muted: bool,
    } -> ();

    /// Opens or closes ports for friends, whatever listens there. Ports of remote login, shares and the like are not opened.
    DecidePorts {
        /// The protocol.
        transport: Transport,
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// The peer id of the friend for whom; `None` for all.
        peer: Option<String>,
        /// What they are called; empty for all.
        name: String,
        /// Whether they are open from now on, or closed.
        is_open: bool,
    } -> ();

    /// Forgets what was decided of ports: what listens there decides again.
    ForgetPorts {
        /// The protocol.
        transport: Transport,
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// The peer id of the friend for whom it was; `None` for all.
        peer: Option<String>,
    } -> ();

    /// The game profiles.
    Profiles {} -> Vec<ProfileView>;

    /// Adds or changes a game profile.
    SaveProfile {
        /// The profile.
        profile: ProfileView,
    } -> ();

    /// Removes a game profile.
    DeleteProfile {
        /// The game's name.
        name: String,
    } -> ();

    /// The parties that this device is or was in, the newest first.
    RecentParties {} -> Vec<RecentPartyView>;

    /// Puts a party among the favourites, or takes it out.
    SetFavoriteParty {
        /// The party's id.
        party: String,
        /// Whether it is one from now on.
        favorite: bool,
    } -> ();

    /// Forgets a party in which this device is not now, with its keys if this device is still a member: only a link leads
    /// back.
    ForgetParty {
        /// The party's id.
        party: String,
    } -> ();

    /// Size of the database, and its backups.
    Summary {} -> DataSummary;

    /// Checks the database. The answer is how many faults it has; a running engine's log says what they are.
    Check {} -> u64;

    /// Backs the database up into a new file.
    BackUp {
        /// The file, as an absolute path.
        path: PathBuf,
    } -> ();

    /// Backs the database up into its own folder of backups.
    BackUpNow {} -> DataSummary;

    /// Restores the database from a backup; what it held is backed up first. An engine that runs enters the party that was
    /// active then.
    Restore {
        /// The backup, as an absolute path.
        path: PathBuf,
        /// Whether a backup is taken whose hash file is not beside it, so that nobody knows whether it is as it was made.
        #[serde(default)]
        without_hash: bool,
    } -> Restored;
}
