//! What the session hears.

use std::time::Duration;

use ipnet::Ipv4Net;
use lanrage_control::LinkEvent;
use lanrage_games::{Door, Examined, Slug, Statement};
use lanrage_nat::{
    Found, NatReport, NetworkState, port_mapping::PortMapping, relay_stream::RelayStreamEvent,
};
use lanrage_party::{
    AccessKey, AdapterLook, Admission, AllocationId, ControlEndpoint, ForwardLimits, Invitation, LinkTerms,
    Name, PartyId, Pass, PeerId, QualityThresholds, SearchRedirect, Serial, Standing, Subnet, TunnelEvent,
    VirtualIp, facts::Cause,
};
use lanrage_rendezvous::{
    Event,
    code::{CodeKeys, ShortCode},
};
use lanrage_shield::Rules;

use crate::{facts::CommandError, network::adapter::AdapterFailure, party::membership::Kept};

/// Tells one command from another until it is answered.
pub type Ticket = u64;

/// Everything that can happen to a session.
#[derive(Debug)]
pub enum Input {
    /// The user wants something; answered by [`Output::Complete`](crate::Output::Complete).
    Command(Ticket, Command),
    /// Settings have changed.
    Configure(Settings),
    /// What the data plane reports.
    Tunnel(TunnelEvent),
    /// Packets of these peers have moved since the last time.
    Traffic(Vec<PeerId>),
    /// What became of the connection to the control server.
    Link(LinkEvent),
    /// Something of a connection to a relay over TCP or TLS.
    RelayStream(AllocationId, RelayStreamEvent),
    /// What came of [`Output::OpenAdapter`](crate::Output::OpenAdapter): the name of the interface.
    Adapter(Result<String, AdapterFailure>),
    /// What a look at the open device found; every few seconds, and when the system tells of changes.
    AdapterLook(AdapterLook),
    /// The networks that this device has routes to, the default route apart.
    Routes(Vec<Ipv4Net>),
    /// The device's own addresses and its way to the internet.
    Network(NetworkState),
    /// Whether the player pays for what passes the connection to the internet.
    Metered(bool),
    /// The device has slept, or this program was stopped, for so long.
    Woken(Duration),
    /// Addresses of servers whose names were to be looked up.
    Names(Found),
    /// What was measured of the way to the internet.
    NatReport(NatReport),
    /// What the router says to the wish for an open port.
    PortMapping(PortMapping),
    /// What came of an [`Output::Rendezvous`](crate::Output::Rendezvous).
    Rendezvous(Event),
    /// The party of the last run, to be entered again.
    Restore(Kept),
    /// What came of [`Output::Load`](crate::Output::Load); or why there is none.
    Kept(Ticket, Result<Kept, CommandError>),
    /// What is played and hosted on this device, after [`Output::WatchPrograms`](crate::Output::WatchPrograms): whenever that
    /// changes.
    Games {
        /// What friends are told.
        statements: Vec<Statement>,
        /// Where their searches go for what is hosted where no list asks.
        redirects: Vec<SearchRedirect>,
    },
    /// What listens on this device, after the same: whenever that changes, and after each
    /// [`Output::LookAgain`](crate::Output::LookAgain).
    Doors {
        /// The number of the last look that was asked for before this one.
        look: u64,
        /// All that listens; `None` if that cannot be seen.
        doors: Option<Vec<Door>>,
    },
    /// What came of [`Output::ExamineGame`](crate::Output::ExamineGame).
    GameExamined {
        /// The number of the wish.
        number: u64,
        /// What was seen.
        examined: Box<Examined>,
        /// Whether friends are told nothing of the game.
        is_hidden: bool,
    },
    /// What servers in the party have answered to [`Output::SearchGames`](crate::Output::SearchGames), and at which address.
    GamesFound {
        /// Who hosts what.
        found: Vec<(VirtualIp, Statement)>,
        /// Whether nothing more comes of this search.
        is_over: bool,
    },
    /// Why nothing can be kept for the next start, while that is so.
    StoreTrouble(Option<Cause>),
    /// Why the log cannot be written, while that is so.
    LogTrouble(Option<Cause>),
    /// The time that [`Session::poll_timeout`](crate::Session::poll_timeout) gave has come. Early or late does no harm.
    Timeout,
    /// The program ends. The membership stays, and the next start brings it back.
    Suspend,
}

/// What a user can want.
#[derive(Debug)]
pub enum Command {
    /// Make a party and be its host.
    CreateParty {
        /// Its name.
        name: Name,
    },
    /// Join the party of an invitation.
    JoinParty(Box<Invitation>),
    /// Make a limited link and leave it in the public store, for whoever is told a short code.
    MakeCode(Box<NewCode>),
    /// Look up where a short code leads; [`Output::CodeOpened`](crate::Output::CodeOpened) comes before the answer. Called off by
    /// [`Self::LeaveParty`].
    FindCode(CodeKeys),
    /// Leave the party; its keys are forgotten.
    LeaveParty,
    /// Leave the party's network without giving up the membership.
    PauseParty,
    /// Take the server that answers for the party's, though it has another key than the one that is known.
    TrustServer,
    /// Enter a party again of which this device is still a member; one that it is in is paused.
    ResumeParty(PartyId),
    /// Decide something about the party, if this device's player may.
    Rule(Wish),
    /// The party's link was passed on: somebody will come soon.
    LinkCopied,
    /// The reply of [`JoiningView`](crate::JoiningView) was passed on: somebody will take it, as soon as people do such things.
    ReplyCopied,
    /// Knock at whoever has sent this reply.
    TakeReply(String),
    /// Find out why a game is not seen that this device hosts, or the friend; [`Output::GameExplained`](crate::Output::GameExplained)
    /// comes before the answer.
    ExplainGame {
        /// The friend.
        peer: PeerId,
        /// The game.
        slug: Slug,
        /// Whether this device hosts it, and the friend does not see it.
        is_own: bool,
    },
    /// Measure the path to a member once. Answered as soon as that is asked; [`Output::Pong`](crate::Output::Pong) comes later, or
    /// never.
    Ping(PeerId),
    /// Say something to the whole party.
    Say(String),
    /// Ask everybody in the party whether they are ready. Where somebody asks already, the answer that this player is.
    AskReady,
    /// Answer that: whether this player is.
    AnswerReady(bool),
    /// Pin where the party talks; an empty text takes it away.
    PinVoiceLink(String),
    /// Ask everybody in the party for games of which their hosts say nothing. Not again within eight seconds.
    LookForGames,
    /// Measure again whatever keeps friends from coming in: the router, its port, the relays. Answered when the router is
    /// measured.
    MeasureAgain,
    /// Be told whether the party is another one than the present; refused if it is this one.
    CheckAway(PartyId),
    /// Leave the party's network and keep nothing of that: what is stored is about to be replaced.
    Suspend,
}

/// A short code, and the limited link that is to stand behind it.
#[derive(Debug)]
pub struct NewCode {
    /// The code.
    pub code: ShortCode,
    /// Its keys.
    pub keys: CodeKeys,
    /// What the link carries.
    pub pass: Pass,
    /// The link's terms, with an end.
    pub terms: LinkTerms,
}

/// What the owner of a party or a moderator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That somebody is this to the party from now on: let in, made moderator, kicked, banned.
    Standing(PeerId, Standing),
    /// That what was last ruled of somebody's removal is as before, while that is a few seconds ago.
    Undo,
    /// Who may come in by the link.
    Admission(Admission),
    /// That the party is somebody else's.
    HandOver(PeerId),
    /// That there is a limited link with these terms.
    Link(LinkTerms),
    /// That a limited link lets nobody in any more, or does again.
    Revoke {
        /// Which.
        serial: Serial,
        /// Whether it lets nobody in from now on.
        is_revoked: bool,
    },
}

/// The settings that decisions depend on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name that friends see.
    pub player_name: Name,
    /// The control server of new parties.
    pub server: Option<ControlEndpoint>,
    /// What that server wants of who makes parties there, if it is a private one.
    pub server_key: Option<AccessKey>,
    /// STUN servers for where the control server names too few.
    pub stun_servers: Vec<(String, u16)>,
    /// How connections are graded.
    pub quality_thresholds: QualityThresholds,
    /// The network that new parties take where nothing is in the way.
    pub default_subnet: Subnet,
    /// Whether friends learn none of this device's addresses: they are reached by relays alone.
    pub relay_only: bool,
    /// Whether packets of games are sent twice, by two paths, while one loses some. Not where the player pays for what passes.
    pub sends_twice: bool,
    /// Whether friends of a party without a server may be found by sealed items in a public store.
    pub uses_rendezvous: bool,
    /// How much this device passes on for friends that do not reach each other.
    pub forward_limits: ForwardLimits,
    /// Whether friends are told which games are played and hosted here.
    pub shares_games: bool,
    /// What of this device friends reach.
    pub shield: Rules,
}
