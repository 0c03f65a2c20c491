//! What a host shows: one value that says everything, replaced as a whole.

mod shield;
mod together;

use lanrage_nat::{FilteringBehaviour, MappingBehaviour, NatSummary};
use lanrage_party::facts::{
    AdapterFault, DropReason, Fault, HostHint, Meeting, News, PortMappingFault, RelayFault, Remedy,
    ServerFault, Situation, StoreEngine,
};
use serde::{Deserialize, Serialize};

pub use lanrage_party::facts::CommandError;
pub use shield::{DoorView, RefusedView, ShieldView};
pub use together::{Readiness, ReadyCheckState, ReadyCheckView, VoiceView};

/// The whole state, as the window, the CLI and scripts see it. `revision` grows with every change, so that
/// whoever holds a snapshot and then hears of another knows which is newer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// This device's peer id (32 hexadecimal digits).
    pub peer_id: String,
    /// The player's name, as friends see it.
    pub player_name: String,
    /// How this device's network treats its traffic.
    pub nat_type: lanrage_party::NatType,
    /// The way to the internet, and the relays.
    pub network: NetworkView,
    /// The control plane.
    pub control: ControlView,
    /// What the operator of the server in use tells everybody: a line that anybody may have written.
    #[cfg_attr(feature = "bindings", ts(type = "string | null"))]
    pub announcement: Option<lanrage_party::Announcement>,
    /// The virtual network device.
    pub adapter: AdapterView,
    /// The party, while there is one.
    pub party: Option<PartyView>,
    /// The party that a link leads to, while nobody of it has answered.
    pub joining: Option<JoiningView>,
    /// The short code that is looked up, before there is a link to follow.
    pub code_search: Option<CodeSearchView>,
    /// What the data plane could not deliver, and how long packets waited in it.
    pub data_plane: DataPlaneView,
    /// What is missing or wrong now, worst first, each with what the user can do.
    pub problems: Vec<Problem>,
}

/// The way to the internet, as measured, and who helps where there is no straight path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct NetworkView {
    /// How the last measurement of the router ended; `None` until there is one.
    pub nat_summary: Option<NatSummary>,
    /// How the router chooses ports (RFC 4787 §4.1); `None` until measured.
    pub mapping_behaviour: Option<MappingBehaviour>,
    /// Whom the router lets in (RFC 4787 §5); `None` until measured.
    pub filtering_behaviour: Option<FilteringBehaviour>,
    /// Whether two devices behind it can meet at its outside address; `None` until measured.
    pub hairpinning: Option<bool>,
    /// Where the outside sees this device.
    pub public_address: Option<String>,
    /// Nothing but TCP gets through.
    pub udp_is_blocked: bool,
    /// Friends learn no address of this device, and are reached by relays alone.
    pub relay_only: bool,
    /// The player pays for what passes the connection, so nothing is passed on for friends, though the settings allow it.
    pub spares_connection: bool,
    /// The port that the router was asked to open.
    pub port_mapping: PortMappingView,
    /// The relays on offer, nearest first.
    pub relays: Vec<RelayView>,
    /// What came from outside and was not believed.
    pub dropped: DroppedView,
}

/// What came from outside and was dropped, counted since the party was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DroppedView {
    /// Signals that were forged, replayed or malformed.
    pub signals: u64,
    /// STUN answers that nobody had asked for; since the start.
    pub stun_answers: u64,
    /// Probes that were malformed or answered nothing.
    pub probes: u64,
    /// Candidates that were unusable or too many.
    pub candidates: u64,
    /// Tries to reach a friend that were too many for one address.
    pub checks: u64,
    /// Knocks of whoever has no link to the party, or of another day.
    pub knocks: u64,
}

/// The port that the router was asked to open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PortMappingView {
    /// The setting says no.
    #[default]
    Off,
    /// No answer yet.
    Searching,
    /// It is open.
    Open {
        /// The address outside.
        external: String,
    },
    /// The router does not do it.
    Unavailable {
        /// Why.
        fault: PortMappingFault,
    },
}

/// A relay as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RelayView {
    /// Its name.
    pub name: String,
    /// Where it stands; may be empty.
    pub region: String,
    /// Round-trip time to it (milliseconds).
    pub rtt_ms: Option<f64>,
    /// Share of its capacity in use, 0 to 100.
    pub load_percent: u8,
    /// Whether it is held ready for the party.
    pub is_held: bool,
    /// What is the matter with it, if something is.
    pub fault: Option<RelayFault>,
}

/// State of the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ControlView {
    /// No server is used: the party lives on this device alone.
    #[default]
    Local,
    /// Dialling for the first time.
    Connecting {
        /// The server.
        server: String,
    },
    /// In session with the server.
    Connected {
        /// The server.
        server: String,
    },
    /// The server cannot be reached; the party runs on without it.
    Disconnected {
        /// The server.
        server: String,
        /// Why.
        why: ServerFault,
        /// Wall-clock time of the next try (Unix milliseconds).
        retry_at_ms: u64,
    },
}

impl ControlView {
    /// The server that is used, if one is.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Local => None,
            Self::Connecting { server } | Self::Connected { server } | Self::Disconnected { server, .. } => {
                Some(server)
            }
        }
    }
}

/// State of the virtual network device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AdapterView {
    /// No party, so no device.
    #[default]
    Closed,
    /// It is there.
    Open {
        /// Name of the interface.
        name: String,
        /// Whether packets pass it, by a test; `None` until there was one, and while it is not certain.
        works: Option<bool>,
    },
    /// It could not be opened; friends are connected, but games cannot see them.
    Unavailable {
        /// Why.
        fault: AdapterFault,
        /// What the user can do.
        remedy: Remedy,
        /// Wall-clock time of the next try (Unix milliseconds).
        retry_at_ms: u64,
    },
}

impl AdapterView {
    /// Name of the interface; the usual one where it is not there.
    pub fn name_or_usual(&self) -> &str {
        match self {
            Self::Open { name, .. } => name,
            Self::Closed | Self::Unavailable { .. } => "lanrage0",
        }
    }
}

/// A party as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PartyView {
    /// Identity of the party (32 hexadecimal digits).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether this device made it.
    pub is_host: bool,
    /// This device's address in the party.
    pub virtual_ip: String,
    /// The party's network.
    pub subnet: String,
    /// The invitation link. Whoever has it can join.
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub invitation: InvitationLink,
    /// What stands in place of `lanrage://join/` in the web form of any link of it; `None` where its server has no page for that.
    pub page: Option<String>,
    /// How friends who have the link find this device.
    pub meeting: Meeting,
    /// What goes on in the public store by which friends find each other; `None` where it is not used.
    pub store: Option<StoreView>,
    /// Who should host the game; `None` where any would do, and where it is not known.
    pub host_hint: Option<HostHint>,
    /// What this device's player may do in it.
    pub role: lanrage_party::Role,
    /// Who may come in by the link.
    pub admission: lanrage_party::Admission,
    /// Whether links from before somebody was removed only ask, though the party is open: the present link lets in at once.
    pub older_links_ask: bool,
    /// Who has the link and waits to be let in, the one who waits longest first.
    pub requests: Vec<RequestView>,
    /// Who was kicked or banned, the last one first.
    pub removed: Vec<RemovedView>,
    /// The removal that can be taken back by one word, while that is a moment ago.
    pub undo: Option<UndoView>,
    /// Limited links, the newest first.
    pub links: Vec<LinkView>,
    /// Short codes that this device has made and that let somebody in, the oldest first.
    pub codes: Vec<CodeView>,
    /// When it was made (Unix milliseconds).
    pub created_at_ms: u64,
    /// What this device's player plays and hosts, as friends are told.
    pub games: Vec<GameView>,
    /// What was said to the party, the oldest first: the last lines, for as long as somebody is there who has heard them.
    pub chat: Vec<ChatLineView>,
    /// Whether everybody is ready, while somebody asks or has a moment ago.
    pub ready_check: Option<ReadyCheckView>,
    /// Where the party talks, as its owner or a moderator has pinned it.
    pub voice: Option<VoiceView>,
    /// What friends reach of this computer.
    pub shield: ShieldView,
    /// The friends, in the order they joined; this device is not among them.
    pub peers: Vec<PeerView>,
}

/// The public store by which friends find each other, as this device sees it. Nothing in here says where or what anything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct StoreView {
    /// By what it is asked.
    pub engine: StoreEngine,
    /// Whether it serves this device; `None` until this device has stored something.
    pub serves: Option<bool>,
    /// How many computers keep what this device stored last, if it serves.
    pub holders: Option<u8>,
    /// When a look came to its end last (Unix milliseconds).
    pub looked_at_ms: Option<u64>,
    /// When something was stored last (Unix milliseconds).
    pub stored_at_ms: Option<u64>,
    /// Whether this device looks after what is there of the party.
    pub is_keeper: bool,
}

/// A party that this device is not in yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct JoiningView {
    /// Its name, by the link.
    pub party: String,
    /// Since when somebody is looked for (Unix milliseconds).
    pub since_ms: u64,
    /// What a member can be sent by chat, who then lets this device in; `None` where that leads nowhere.
    pub reply: Option<String>,
    /// Whether it was sent: it is waited for half an hour.
    pub is_replied: bool,
}

/// A short code that is being looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct CodeSearchView {
    /// Since when (Unix milliseconds).
    pub since_ms: u64,
}

/// A short code that leads to the party.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct CodeView {
    /// The code, in groups. Whoever has it can join, as with a link.
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub code: InvitationLink,
    /// The serial of the limited link behind it, by which it is revoked.
    pub serial: String,
    /// When it stops to lead anywhere (Unix milliseconds).
    pub expires_at_ms: u64,
    /// Whether it lies in the public store, so that a friend finds it.
    pub is_stored: bool,
}

/// Somebody who waits to be let in, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RequestView {
    /// Peer id (32 hexadecimal digits).
    pub id: String,
    /// The name that they give themselves.
    pub name: String,
    /// Since when (Unix milliseconds).
    pub since_ms: u64,
    /// The serial of the limited link that they show; `None` where they have the party's own.
    pub link: Option<String>,
}

/// A removal by this device's player that can still be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct UndoView {
    /// What they are called.
    pub name: String,
    /// Whether they were banned, not kicked.
    pub is_banned: bool,
    /// Until when (Unix milliseconds).
    pub until_ms: u64,
}

/// A limited link, as shown. The link itself is not among this: whoever has made it can have it made once more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct LinkView {
    /// Its serial (8 hexadecimal digits).
    pub serial: String,
    /// Who has made it; the first digits of the id where nobody knows the name.
    pub made_by: String,
    /// Whether this device has made it.
    pub is_own: bool,
    /// When it was made (Unix milliseconds), by the clock of whoever has.
    pub made_at_ms: u64,
    /// How many players it is good for; `None` for any number.
    pub uses: Option<u16>,
    /// When it stops being valid (Unix milliseconds); `None` for never.
    pub expires_at_ms: Option<u64>,
    /// Whether the owner or a moderator is asked each time.
    pub needs_approval: bool,
    /// Whether whoever comes by it is a guest, until they leave.
    pub for_guests: bool,
    /// Why it lets nobody in any more; `None` while it does.
    pub fault: Option<lanrage_party::LinkFault>,
    /// Who has come by it, in the order in which they came.
    pub came: Vec<String>,
}

/// Somebody who was removed from the party, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RemovedView {
    /// Peer id (32 hexadecimal digits).
    pub id: String,
    /// What they were called then; the first digits of the id where nobody knows.
    pub name: String,
    /// Whether for good.
    pub is_banned: bool,
    /// When (Unix milliseconds), by the clock of whoever did it.
    pub at_ms: u64,
}

/// An invitation link. Whoever has it can join, so it is shown to its user and never printed for debugging.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvitationLink(pub String);

impl std::fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationLink(..)")
    }
}

impl std::fmt::Display for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A friend as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PeerView {
    /// Peer id (32 hexadecimal digits).
    pub id: String,
    /// Name; behind it the first digits of the id where another player's name looks the same.
    pub name: String,
    /// Whether this peer is the party's host.
    pub is_host: bool,
    /// What it may do in the party.
    pub role: lanrage_party::Role,
    /// Whether what it sends to everybody is dropped on this device.
    pub is_muted: bool,
    /// Address in the party.
    pub virtual_ip: String,
    /// State of the connection to it.
    pub state: ConnectionState,
    /// How packets travel; with a peer that is away, how they travelled last.
    pub connection_type: lanrage_party::ConnectionType,
    /// What explains state and path.
    pub situation: Situation,
    /// Where its datagrams come from, once a path is proven.
    pub endpoint: Option<String>,
    /// Smoothed round-trip time (milliseconds).
    pub latency_ms: Option<f64>,
    /// Mean deviation of the round-trip time (milliseconds).
    pub jitter_ms: Option<f64>,
    /// Share of probes lost recently, 0 to 1.
    pub loss: Option<f64>,
    /// How good the line is.
    pub quality: Option<lanrage_party::Quality>,
    /// Round-trip times of the last minute, one a second, oldest first (milliseconds); `None` where every probe
    /// was lost.
    pub history_ms: Vec<Option<f64>>,
    /// Whether packets of games go to it by a second way too, as the path loses some.
    pub is_sent_twice: bool,
    /// Largest packet that the path is known to carry (bytes).
    pub mtu: Option<u16>,
    /// When a direct path is tried for again, while a relay carries (Unix milliseconds).
    pub next_direct_try_at_ms: Option<u64>,
    /// Its NAT type.
    pub nat_type: lanrage_party::NatType,
    /// Whether it is there, by its own word or the control server's; `None` where nobody says.
    pub online: Option<bool>,
    /// How the player trusts it.
    pub trust: lanrage_shield::Trust,
    /// When it was last here, while it is away by its own doing (Unix milliseconds).
    pub away_since_ms: Option<u64>,
    /// When it joined (Unix milliseconds).
    pub joined_at_ms: u64,
    /// From hearing of the peer to its first authenticated packet (milliseconds).
    pub first_packet_ms: Option<f64>,
    /// What they play and host: by their own word first, what is hosted before what is played; then what else was heard of.
    pub games: Vec<GameView>,
    /// What they answer to the check of the party; `None` where there is none, or they were not here.
    pub readiness: Option<Readiness>,
    /// Packets and bytes inside the tunnel.
    pub traffic: Traffic,
}

impl PeerView {
    /// Whether the peer is not there, by its own word or a server's. A path says more than a server.
    pub fn is_away(&self) -> bool {
        self.online == Some(false) && !self.state.has_path()
    }
}

/// Something that was said to the whole party.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ChatLineView {
    /// Tells it from all others.
    pub id: String,
    /// The author's peer id.
    pub peer: String,
    /// What they were called then.
    pub name: String,
    /// Whether this device's player has said it.
    pub is_own: bool,
    /// When, by this device's clock (Unix milliseconds).
    pub at_ms: u64,
    /// What: one line of visible text.
    pub text: String,
}

/// A game that somebody plays, or hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct GameView {
    /// By which name all know it.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// By whom this is known.
    pub source: GameSource,
    /// Where, if it is hosted.
    pub hosted: Option<HostedView>,
}

/// How it is known what somebody plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GameSource {
    /// Their LANrage says so.
    #[default]
    Told,
    /// The game announces itself to everybody; their LANrage says nothing of it.
    Announced,
    /// The game's server answers whoever looks for games; their LANrage says nothing of it.
    Answers,
}

/// A game that somebody hosts. What its server says of itself can be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HostedView {
    /// Where it is reached: the player's address in the party, and the port.
    pub address: String,
    /// What the host calls it.
    pub title: Option<String>,
    /// The map.
    pub map: Option<String>,
    /// The version of the game.
    pub version: Option<String>,
    /// How many play.
    pub players: Option<u16>,
    /// How many can.
    pub max_players: Option<u16>,
    /// Whether it asks for a password.
    pub is_locked: bool,
    /// Whether it is known how the game is started into it.
    pub can_join: bool,
}

/// What the data plane did with packets since the program started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DataPlaneView {
    /// Packets and datagrams that were dropped, by reason; reasons with a count of zero are left out.
    pub dropped: Vec<DroppedPackets>,
    /// How long packets to friends were here until they were sent, in the lane of games.
    pub express_waits: Vec<Waits>,
    /// The same in the lane of everything else.
    pub bulk_waits: Vec<Waits>,
    /// What this device passes on for friends that do not reach each other straight.
    pub forwarded: Vec<ForwardedView>,
}

/// What is passed on between two friends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ForwardedView {
    /// Their peer ids (32 hexadecimal digits).
    pub peers: [String; 2],
    /// How much in the last second, in both directions together (kbit/s).
    pub kbits: u32,
    /// How much since it began (bytes).
    pub bytes: u64,
}

/// Packets and datagrams dropped for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DroppedPackets {
    /// Why they were.
    pub reason: DropReason,
    /// How many.
    pub packets: u64,
}

/// Packets that waited about equally long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Waits {
    /// They waited less than so long, and at least half of it (microseconds). From 32,768 on: or longer.
    pub below_us: u64,
    /// How many.
    pub packets: u64,
}

/// Packets and bytes exchanged with a friend since the connection began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Traffic {
    /// Packets to the friend.
    pub sent_packets: u64,
    /// Bytes to the friend.
    pub sent_bytes: u64,
    /// Packets from the friend.
    pub received_packets: u64,
    /// Bytes from the friend.
    pub received_bytes: u64,
    /// Whether games have a lane of their own to the friend now. An older LANrage, or another WireGuard, has one lane.
    pub has_express_lane: bool,
    /// The part of the packets to the friend that went in it.
    pub sent_express_packets: u64,
    /// The part of the packets from the friend that came in it.
    pub received_express_packets: u64,
    /// The part of the bytes to the friend that went by a relay.
    pub sent_relayed_bytes: u64,
    /// The part of the bytes from the friend that came by a relay.
    pub received_relayed_bytes: u64,
}

/// State of the connection to one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// First attempts are under way.
    #[default]
    Connecting,
    /// A path is proven both ways.
    Connected,
    /// A path is proven, and loses or delays packets.
    Degraded,
    /// The path is gone; another is being sought.
    Reconnecting,
    /// This round of attempts found no path; the next one is scheduled.
    Failed,
}

impl ConnectionState {
    /// Whether packets reach the peer.
    pub const fn has_path(self) -> bool {
        matches!(self, Self::Connected | Self::Degraded)
    }
}

/// Something that the user should know, with what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// What the user can do, if anything.
    pub remedy: Option<Remedy>,
}

impl Problem {
    /// A fault with the remedy that it always has.
    pub fn new(severity: Severity, fault: Fault) -> Self {
        Self { severity, remedy: fault.remedy(), fault }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The party does not work for this player.
    Error,
    /// Something works less well than it could.
    Warning,
}

/// Something that happened, for a feed or a notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Notice {
    /// When (Unix milliseconds).
    pub at_ms: u64,
    /// The id of the party in which it happened; `None` outside of any.
    pub party: Option<String>,
    /// What.
    #[serde(flatten)]
    pub news: News,
}

/// What an invitation link says, for the question before joining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct InvitationPreview {
    /// The party's name.
    pub party_name: String,
    /// Peer id of the player who made the party.
    pub host_id: String,
    /// The party's network.
    pub subnet: String,
    /// The network once more, if it is out of the ordinary: whoever joins is asked whether the party may have it.
    pub unusual_network: Option<String>,
    /// Its control servers.
    pub control: Vec<String>,
    /// When the link stops being valid (Unix milliseconds); `None` for never.
    pub expires_at_ms: Option<u64>,
    /// The host's name when the link was made, as whoever made it says; `None` where the link does not tell.
    pub host_name: Option<String>,
    /// How many players were in the party when the link was made, as whoever made it says; `None` where the link
    /// does not tell.
    pub members: Option<u16>,
}
