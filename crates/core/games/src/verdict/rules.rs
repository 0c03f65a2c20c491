//! What each verdict follows from, in the order in which causes stand before what they cause.

use lanrage_party::{Place, Transport};

use super::{
    Barrier, Facts, Fix, Found, Verdict,
    side::{Bound, Device, Reach, Server, Side, Sight, SystemFirewall},
};
use crate::profile::{DiscoveryKind, Hint};

type Rule = fn(&Facts<'_>) -> Option<Found>;

/// Every verdict, the one that explains others first.
pub(super) const RULES: &[Rule] = &[
    // Nothing else matters while these hold.
    not_connected,
    relay_only,
    no_adapter,
    muted,
    // What the host's computer can say at all.
    not_answering,
    not_shared,
    unseen,
    unknown_there,
    // The host's game.
    not_running,
    port_taken,
    loopback_only,
    wrong_address,
    not_hosting,
    server_silent,
    // The way there.
    shield_closed,
    firewall_drops,
    not_reached,
    // How the game is found.
    other_port,
    answer_closed,
    searches_lost,
    started_before,
    first_adapter,
    // What the game wants.
    other_version,
    full,
    needs_login,
    direct_play,
    ipx,
    by_address,
    // What is still to be done.
    not_told,
    not_opened,
    firewall_may_drop,
];

/// Something that only people can mend.
fn only(verdict: Verdict) -> Option<Found> {
    Some(Found { verdict, fix: None })
}

/// Something that is mended by a program on the computer where it lies.
fn mended(is_own: bool, verdict: Verdict, fix: Fix) -> Option<Found> {
    Some(Found { verdict, fix: is_own.then_some(fix) })
}

/// What gets somebody into the game who cannot see it in a list.
fn way_in(facts: &Facts<'_>) -> Option<Fix> {
    let address = facts.address().filter(|_| !facts.is_own)?;
    Some(match facts.profile.launch.is_empty() {
        true => Fix::CopyAddress { address },
        false => Fix::Join { game: facts.game(), address },
    })
}

fn open(facts: &Facts<'_>, place: Place) -> Fix {
    match facts.barrier {
        Barrier::Port => {
            Fix::OpenPort { peer: facts.peer(), port: place.port, is_tcp: place.transport == Transport::Tcp }
        }
        Barrier::Level => Fix::LetGames,
        Barrier::Mute => Fix::Trust { peer: facts.peer() },
    }
}

fn not_connected(facts: &Facts<'_>) -> Option<Found> {
    only(Verdict::NotConnected { peer: facts.peer() }).filter(|_| !facts.is_connected)
}

fn relay_only(facts: &Facts<'_>) -> Option<Found> {
    let discovery = &facts.profile.discovery;
    let is_so = !discovery.is_empty() && discovery.iter().all(|way| way.kind == DiscoveryKind::Relay);
    only(Verdict::RelayOnly { game: facts.game() }).filter(|_| is_so)
}

fn no_adapter(facts: &Facts<'_>) -> Option<Found> {
    let fails = |side: Option<&Side>| side.is_some_and(|side| side.adapter == Device::Fails);
    let is_own = fails(facts.own);
    let verdict = Verdict::NoAdapter { is_own, peer: facts.peer() };
    mended(is_own, verdict, Fix::Examine).filter(|_| is_own || fails(facts.friend))
}

fn muted(facts: &Facts<'_>) -> Option<Found> {
    let drops = |side: Option<&Side>| side.is_some_and(|side| side.is_muting);
    let is_own = drops(facts.own);
    let verdict = Verdict::Muted { is_own, peer: facts.peer() };
    mended(is_own, verdict, Fix::Hear { peer: facts.peer() }).filter(|_| is_own || drops(facts.friend))
}

fn not_answering(facts: &Facts<'_>) -> Option<Found> {
    only(Verdict::NotAnswering { peer: facts.peer() })
        .filter(|_| facts.is_connected && facts.friend.is_none())
}

/// Who looks for a game may keep it to themselves; who hosts it is asked for it.
fn not_shared(facts: &Facts<'_>) -> Option<Found> {
    let is_so = facts.hosting().is_some_and(|side| side.sight == Sight::NotShared) && !facts.is_own;
    only(Verdict::NotShared { peer: facts.peer(), game: facts.game() }).filter(|_| is_so)
}

fn unseen(facts: &Facts<'_>) -> Option<Found> {
    let host = facts.hosting();
    let is_so = host.map_or(facts.is_own, |side| side.sight == Sight::Unseen);
    let verdict = Verdict::Unseen { is_own: facts.is_own, peer: facts.peer(), game: facts.game() };
    only(verdict).filter(|_| is_so)
}

fn unknown_there(facts: &Facts<'_>) -> Option<Found> {
    let is_so = !facts.is_own && facts.hosting().is_some_and(|side| side.sight == Sight::Unknown);
    only(Verdict::UnknownThere { peer: facts.peer(), game: facts.game() }).filter(|_| is_so)
}

fn not_running(facts: &Facts<'_>) -> Option<Found> {
    let (is_own, game) = (facts.is_own, facts.game());
    let verdict = Verdict::NotRunning { is_own, peer: facts.peer(), game: game.clone() };
    mended(is_own, verdict, Fix::Start { game })
        .filter(|_| facts.host_seen().is_some_and(|side| !side.is_running))
}

/// A socket of the host's game that is reached from nowhere in the party, where it has none that is.
fn astray(facts: &Facts<'_>, reach: Reach) -> Option<Place> {
    let side = facts.host_runs().filter(|side| side.hosted().is_none())?;
    let first = side.sockets.iter().find(|bound| bound.is_hosting)?;
    (first.reach == reach).then_some(first.place)
}

/// Whether the host's game listens at no port of a host.
fn listens_nowhere<'a>(facts: &'a Facts<'_>) -> Option<&'a Side> {
    // Of some games nobody knows where they listen.
    let is_known = !facts.profile.ports.is_empty();
    facts.host_runs().filter(|side| is_known && !side.sockets.iter().any(|bound| bound.is_hosting))
}

fn port_taken(facts: &Facts<'_>) -> Option<Found> {
    let place = listens_nowhere(facts)?.taken?;
    only(Verdict::PortTaken {
        is_own: facts.is_own,
        peer: facts.peer(),
        game: facts.game(),
        place: place.to_string(),
        by: facts.taken_by.filter(|_| facts.is_own).map(str::to_owned),
    })
}

fn loopback_only(facts: &Facts<'_>) -> Option<Found> {
    let place = astray(facts, Reach::Loopback)?.to_string();
    only(Verdict::LoopbackOnly { is_own: facts.is_own, peer: facts.peer(), game: facts.game(), place })
}

fn wrong_address(facts: &Facts<'_>) -> Option<Found> {
    let (is_own, address) = (facts.is_own, facts.host.to_string());
    let place = astray(facts, Reach::Elsewhere)?.to_string();
    let (peer, game, fix) = (facts.peer(), facts.game(), Fix::CopyBind { address: address.clone() });
    mended(is_own, Verdict::WrongAddress { is_own, peer, game, place, address }, fix)
}

fn not_hosting(facts: &Facts<'_>) -> Option<Found> {
    listens_nowhere(facts).filter(|side| side.taken.is_none())?;
    only(Verdict::NotHosting { is_own: facts.is_own, peer: facts.peer(), game: facts.game() })
}

/// Where the game is hosted and something stands in its way, unless the other reaches it all the same.
fn unreached<'a>(facts: &'a Facts<'_>) -> Option<(&'a Side, &'a Bound)> {
    let side = facts.host_runs()?;
    let reached = facts.looking().and_then(|side| side.reached);
    side.hosted().filter(|_| reached != Some(true)).map(|bound| (side, bound))
}

fn server_silent(facts: &Facts<'_>) -> Option<Found> {
    let (_, bound) = unreached(facts).filter(|(side, _)| side.server == Server::Silent)?;
    only(Verdict::ServerSilent {
        is_own: facts.is_own,
        peer: facts.peer(),
        game: facts.game(),
        place: bound.place.to_string(),
    })
}

fn shield_closed(facts: &Facts<'_>) -> Option<Found> {
    let (_, bound) = unreached(facts).filter(|(_, bound)| !bound.is_open)?;
    let (is_own, peer, game) = (facts.is_own, facts.peer(), facts.game());
    let verdict = Verdict::ShieldClosed { is_own, peer, game, place: bound.place.to_string() };
    mended(is_own, verdict, open(facts, bound.place))
}

/// Where a server that is there and may be reached does not answer the other.
fn lost_on_the_way<'a>(facts: &'a Facts<'_>) -> Option<(&'a Side, &'a Bound)> {
    let was_tried = facts.looking().and_then(|side| side.reached) == Some(false);
    unreached(facts).filter(|(side, bound)| was_tried && bound.is_open && side.server != Server::Silent)
}

fn firewall_drops(facts: &Facts<'_>) -> Option<Found> {
    let drops = |(side, _): &(&Side, &Bound)| side.firewall == SystemFirewall::Drops;
    let may = |(side, _): &(&Side, &Bound)| side.firewall != SystemFirewall::Off;
    let is_seen = unreached(facts).filter(|found| found.1.is_open).filter(drops);
    let (_, bound) = is_seen.or_else(|| lost_on_the_way(facts).filter(may))?;
    let (is_own, peer, game) = (facts.is_own, facts.peer(), facts.game());
    let verdict = Verdict::FirewallDrops { is_own, peer, game, place: bound.place.to_string() };
    mended(is_own, verdict, Fix::AllowGames)
}

fn not_reached(facts: &Facts<'_>) -> Option<Found> {
    let (_, bound) = lost_on_the_way(facts).filter(|(side, _)| side.firewall == SystemFirewall::Off)?;
    only(Verdict::NotReached { peer: facts.peer(), game: facts.game(), place: bound.place.to_string() })
}

fn other_port(facts: &Facts<'_>) -> Option<Found> {
    let side = facts.host_runs().filter(|_| facts.profile.hints.contains(&Hint::FewPorts))?;
    let asked = || {
        let ways = facts.profile.discovery.iter().filter(|way| way.kind == DiscoveryKind::Ask);
        ways.filter_map(|way| way.ports)
    };
    let listed = asked().next()?;
    let hosted = side.hosted()?;
    let is_asked = side.sockets.iter().filter(|bound| bound.reach == Reach::Party).any(|bound| {
        let Place { transport, port } = bound.place;
        asked().any(|range| range.contains(transport, port))
    });
    let verdict = Verdict::OtherPort {
        is_own: facts.is_own,
        peer: facts.peer(),
        game: facts.game(),
        place: hosted.place.to_string(),
        listed: listed.to_string(),
    };
    let can_bring = facts.is_own && facts.profile.asked_ports().is_some();
    let fix = if can_bring { Some(Fix::BringSearches { game: facts.game() }) } else { way_in(facts) };
    Some(Found { verdict, fix }).filter(|_| !is_asked && !side.brings_searches)
}

fn answer_closed(facts: &Facts<'_>) -> Option<Found> {
    let place = facts.looking()?.refused.iter().find(|place| facts.profile.is_usual(**place))?;
    let is_own = !facts.is_own;
    let (peer, game) = (facts.peer(), facts.game());
    let verdict = Verdict::AnswerClosed { is_own, peer, game, place: place.to_string() };
    mended(is_own, verdict, open(facts, *place))
}

fn searches_lost(facts: &Facts<'_>) -> Option<Found> {
    let lost = |side: Option<&Side>| side.is_some_and(|side| side.adapter == Device::Searchless);
    let is_own = lost(facts.own);
    let verdict = Verdict::SearchesLost { is_own, peer: facts.peer(), game: facts.game() };
    let is_so = has_list(facts) && (is_own || lost(facts.friend));
    mended(is_own, verdict, Fix::Examine).filter(|_| is_so)
}

fn started_before(facts: &Facts<'_>) -> Option<Found> {
    let is_older = |side: Option<&Side>| side.is_some_and(|side| side.is_running && side.is_older);
    let is_own = is_older(facts.own);
    let is_so = facts.profile.hints.contains(&Hint::AfterParty) && (is_own || is_older(facts.friend));
    only(Verdict::StartedBefore { is_own, peer: facts.peer(), game: facts.game() }).filter(|_| is_so)
}

fn of_game(facts: &Facts<'_>, hint: Hint, verdict: fn(String) -> Verdict) -> Option<Found> {
    let is_so = facts.profile.hints.contains(&hint);
    is_so.then(|| Found { verdict: verdict(facts.game()), fix: way_in(facts) })
}

fn first_adapter(facts: &Facts<'_>) -> Option<Found> {
    let address = facts.first_address.filter(|first| *first != facts.lease);
    // Here the party's is the first, and at the friend nobody knows: only who looks, or hosts, here is told.
    let is_first = facts.first_address == Some(facts.lease);
    let address = address.map(|address| address.to_string());
    let is_so = facts.profile.hints.contains(&Hint::FirstAdapter) && !is_first;
    is_so
        .then(|| Found { verdict: Verdict::FirstAdapter { game: facts.game(), address }, fix: way_in(facts) })
}

fn other_version(facts: &Facts<'_>) -> Option<Found> {
    let version = |side: Option<&Side>| side.map(|side| side.version.clone()).filter(|one| !one.is_empty());
    let (here, there) = version(facts.own).zip(version(facts.friend))?;
    let is_so = here != there;
    only(Verdict::OtherVersion { game: facts.game(), peer: facts.peer(), here, there }).filter(|_| is_so)
}

fn full(facts: &Facts<'_>) -> Option<Found> {
    only(Verdict::Full { game: facts.game() }).filter(|_| facts.host_runs().is_some_and(|side| side.is_full))
}

fn needs_login(facts: &Facts<'_>) -> Option<Found> {
    of_game(facts, Hint::NeedsLogin, |game| Verdict::NeedsLogin { game })
}

fn direct_play(facts: &Facts<'_>) -> Option<Found> {
    of_game(facts, Hint::DirectPlay, |game| Verdict::DirectPlay { game })
}

fn ipx(facts: &Facts<'_>) -> Option<Found> {
    of_game(facts, Hint::Ipx, |game| Verdict::Ipx { game })
}

/// Whether the game has a list that others appear in.
fn has_list(facts: &Facts<'_>) -> bool {
    facts
        .profile
        .discovery
        .iter()
        .any(|way| matches!(way.kind, DiscoveryKind::Ask | DiscoveryKind::Announce | DiscoveryKind::Mdns))
}

fn by_address(facts: &Facts<'_>) -> Option<Found> {
    let is_typed = facts.profile.discovery.iter().any(|way| way.kind == DiscoveryKind::Address);
    let is_so = is_typed && !has_list(facts);
    is_so.then(|| Found { verdict: Verdict::ByAddress { game: facts.game() }, fix: way_in(facts) })
}

fn not_told(facts: &Facts<'_>) -> Option<Found> {
    mended(true, Verdict::NotTold { game: facts.game() }, Fix::Tell)
        .filter(|_| facts.is_own && !facts.is_told)
}

fn not_opened(facts: &Facts<'_>) -> Option<Found> {
    let is_so = facts.looking().is_some_and(|side| side.sight == Sight::Seen && !side.is_running);
    let verdict = Verdict::NotOpened { is_own: !facts.is_own, peer: facts.peer(), game: facts.game() };
    Some(Found { verdict, fix: way_in(facts) }).filter(|_| is_so)
}

fn firewall_may_drop(facts: &Facts<'_>) -> Option<Found> {
    let is_so = has_list(facts)
        && facts
            .looking()
            .is_some_and(|side| matches!(side.firewall, SystemFirewall::On | SystemFirewall::Drops));
    let is_own = !facts.is_own;
    let verdict = Verdict::FirewallMayDrop { is_own, peer: facts.peer(), game: facts.game() };
    mended(is_own, verdict, Fix::AllowGames).filter(|_| is_so)
}

/// What is said where no rule holds.
pub(super) fn nothing_found(facts: &Facts<'_>) -> Found {
    Found { verdict: Verdict::NothingFound { game: facts.game() }, fix: way_in(facts) }
}
