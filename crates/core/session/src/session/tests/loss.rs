//! Friends who are lost, are away, or have left.

mod signals;

use std::time::Duration;

use lanrage_control::protocol::Change;
use lanrage_nat::{NatReport, NatVerdict, Probe};
use lanrage_party::{ConnectionType, PeerId, Remote, TunnelEvent};

use super::stage::{Somebody, Stage, somewhere};
use crate::{Command, ConnectionState, Input, Output};

/// The friend's program runs and answers whatever is asked of it: for so long, and then until the next probe.
fn answer_for(stage: &mut Stage, peer: PeerId, duration: Duration) {
    let (mut seen, end) = (stage.tunnel.len(), stage.now().instant + duration);
    loop {
        stage.pass(Duration::from_millis(10));
        let is_asked = answer_asked(stage, peer, &mut seen);
        if stage.now().instant >= end && is_asked {
            return;
        }
    }
}

/// The friend answers what it was asked by what has gone to the data plane since `seen`. False if that is nothing.
fn answer_asked(stage: &mut Stage, peer: PeerId, seen: &mut usize) -> bool {
    let asked: Vec<_> = stage.tunnel[*seen..]
        .iter()
        .filter_map(|action| match action {
            Output::Probe { payload, .. } => Probe::parse(payload).ok(),
            _ => None,
        })
        .collect();
    *seen = stage.tunnel.len();
    for probe in &asked {
        let Probe::Request { id } = probe else { continue };
        let payload = Probe::Response { id: *id, observed: somewhere() }.to_bytes();
        let from = Remote::straight(somewhere());
        stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
    }
    !asked.is_empty()
}

/// A friend whose path is at rest: it has just been asked, and will not be again for seconds.
fn at_rest() -> (Stage, PeerId) {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let peer = bob.identity.peer_id();
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.prove_path(peer, somewhere());
    answer_for(&mut stage, peer, Duration::from_secs(20));
    assert_eq!(state(&stage), ConnectionState::Connected);
    (stage, peer)
}

fn state(stage: &Stage) -> ConnectionState {
    stage.snapshot().party.unwrap().peers[0].state
}

#[test]
fn a_friend_who_dies_together_with_the_control_server_is_missed_within_a_second() {
    let (mut stage, _) = at_rest();
    stage.lose_server();
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
}

#[test]
fn a_friend_of_whom_the_server_says_that_they_are_gone_is_missed_within_a_second() {
    let (mut stage, peer) = at_rest();
    stage.say_change(Change::PeerOnline { peer, online: false });
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
}

#[test]
fn a_friend_who_pauses_is_away_and_back_again_and_no_broken_line() {
    let (mut stage, peer) = at_rest();
    let party = stage.snapshot().party.unwrap().id;
    stage.notices.clear();
    let news = |stage: &Stage| stage.notices.iter().map(|notice| notice.news.code()).collect::<Vec<_>>();
    stage.say_change(Change::PeerOnline { peer, online: false });
    stage.pass(Duration::from_secs(120));
    let shown = stage.snapshot().party.unwrap().peers.remove(0);
    assert_eq!(shown.situation.code(), "away", "whatever was tried meanwhile");
    let away_for = stage.now().wall.0 - shown.away_since_ms.unwrap();
    assert!((118_000..120_000).contains(&away_for), "{away_for}");
    assert_eq!(shown.connection_type, ConnectionType::Direct, "as it was last");
    assert_eq!(news(&stage), ["peer_away"]);
    stage.say_change(Change::PeerOnline { peer, online: true });
    stage.prove_path(peer, somewhere());
    assert_eq!(news(&stage), ["peer_away", "peer_back"]);
    assert_eq!(stage.snapshot().party.unwrap().peers[0].away_since_ms, None);
    assert!(stage.notices.iter().all(|notice| notice.party.as_deref() == Some(party.as_str())));
}

/// Says farewell in the friend's name, as an answer to what was asked of them last.
fn say_farewell(stage: &mut Stage, peer: PeerId, leaves: bool) {
    let asked = stage.tunnel.iter().rev().find_map(|action| match action {
        Output::Probe { payload, .. } => match Probe::parse(payload) {
            Ok(Probe::Request { id }) => Some(id),
            _ => None,
        },
        _ => None,
    });
    let payload = Probe::Farewell { id: asked.expect("something was asked"), leaves }.to_bytes();
    let from = Remote::straight(somewhere());
    stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
}

#[test]
fn a_friend_who_says_farewell_is_away_at_once_whatever_the_server_knows_and_back_with_a_handshake() {
    let (mut stage, peer) = at_rest();
    stage.lose_server();
    answer_for(&mut stage, peer, Duration::from_secs(1));
    stage.notices.clear();
    let news = |stage: &Stage| stage.notices.iter().map(|notice| notice.news.code()).collect::<Vec<_>>();
    let digest = stage.session.digest();
    say_farewell(&mut stage, peer, false);
    assert_ne!(stage.session.digest(), digest, "it is shown at once");
    for _ in 0..2 {
        let shown = stage.snapshot().party.unwrap().peers.remove(0);
        assert_eq!((shown.situation.code(), shown.online), ("away", Some(false)));
        assert!(shown.away_since_ms.is_some() && shown.history_ms.is_empty(), "{shown:?}");
        assert_eq!(news(&stage), ["peer_away"]);
        stage.pass(Duration::from_secs(90));
    }
    let from = Remote::straight(somewhere());
    stage.input(Input::Tunnel(TunnelEvent::SessionEstablished { peer, from }));
    assert_ne!(stage.snapshot().party.unwrap().peers[0].online, Some(false), "a handshake is a sign");
    stage.pass(Duration::from_millis(160));
    stage.prove_path(peer, somewhere());
    assert_eq!(news(&stage), ["peer_away", "peer_back"]);
}

#[test]
fn a_friend_who_says_farewell_and_whom_the_server_misses_as_well_is_told_away_once() {
    let (mut stage, peer) = at_rest();
    stage.notices.clear();
    say_farewell(&mut stage, peer, false);
    stage.say_change(Change::PeerOnline { peer, online: false });
    stage.pass(Duration::from_secs(5));
    let news: Vec<_> = stage.notices.iter().map(|notice| notice.news.code()).collect();
    assert_eq!(news, ["peer_away"]);
    stage.say_change(Change::PeerOnline { peer, online: true });
    assert_eq!(stage.snapshot().party.unwrap().peers[0].online, Some(true));
}

#[test]
fn a_friend_who_leaves_is_told_to_have_left_once_whoever_says_so_first() {
    let (mut stage, peer) = at_rest();
    stage.notices.clear();
    say_farewell(&mut stage, peer, true);
    let shown = stage.snapshot().party.unwrap().peers.remove(0);
    assert_eq!((shown.situation.code(), shown.online), ("left", Some(false)));
    stage.say_change(Change::PeerLeft { peer, leave: None });
    let news: Vec<_> = stage.notices.iter().map(|notice| notice.news.code()).collect();
    assert_eq!(news, ["peer_left"]);
    assert!(stage.snapshot().party.unwrap().peers.is_empty());
}

#[test]
fn whoever_goes_says_so_three_times_to_every_friend_before_the_data_plane_is_closed() {
    for (command, leaves) in
        [(Command::PauseParty, false), (Command::LeaveParty, true), (Command::Suspend, false)]
    {
        let (mut stage, peer) = at_rest();
        // The friend has asked something: without that there is nothing to name.
        let payload = Probe::Request { id: 77 }.to_bytes();
        let from = Remote::straight(somewhere());
        stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
        stage.tunnel.clear();
        stage.command(8, command);
        assert!(matches!(stage.results.pop(), Some((8, Ok(())))), "nobody waits for it");
        assert!(stage.snapshot().party.is_none());
        assert!(stage.session.is_parting());
        stage.pass(Duration::from_millis(60));
        assert!(!stage.session.is_parting());
        let said = |output: &Output| match output {
            Output::Probe { payload, .. } => Probe::parse(payload) == Ok(Probe::Farewell { id: 77, leaves }),
            _ => false,
        };
        assert_eq!(stage.tunnel.iter().filter(|output| said(output)).count(), 3, "{:?}", stage.tunnel);
        assert!(matches!(stage.tunnel.last(), Some(Output::Leave)), "{:?}", stage.tunnel);
    }
}

#[test]
fn who_enters_another_party_at_once_has_left_the_one_before() {
    let (mut stage, peer) = at_rest();
    let payload = Probe::Request { id: 77 }.to_bytes();
    let from = Remote::straight(somewhere());
    stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
    stage.command(8, Command::LeaveParty);
    stage.tunnel.clear();
    stage.make_party(9);
    stage.pass(Duration::from_secs(1));
    let order: Vec<_> =
        stage.tunnel.iter().filter(|o| matches!(o, Output::Leave | Output::Enter(_))).collect();
    assert!(matches!(order[..], [Output::Leave, Output::Enter(_)]), "{order:?}");
}

#[test]
fn a_friend_whose_line_broke_before_the_server_missed_them_is_away_from_then_on() {
    let (mut stage, peer) = at_rest();
    stage.input(Input::Traffic(vec![peer]));
    stage.pass(Duration::from_millis(1_200));
    assert_eq!(stage.snapshot().party.unwrap().peers[0].situation.code(), "reconnecting");
    stage.say_change(Change::PeerOnline { peer, online: false });
    assert_eq!(stage.snapshot().party.unwrap().peers[0].situation.code(), "away");
    assert_eq!(stage.notices.last().unwrap().news.code(), "peer_away");
}

#[test]
fn who_is_away_stands_behind_those_who_are_there() {
    let mut stage = Stage::in_party();
    let invitation = stage.invitation();
    let [bob, cleo] = [2, 3].map(|seed| Somebody::new(seed, invitation.party));
    stage.say_party(&[&bob, &cleo].map(|friend| friend.sign(&invitation.secret)));
    let order = |stage: &Stage| -> Vec<String> {
        stage.snapshot().party.unwrap().peers.into_iter().map(|peer| peer.id).collect()
    };
    let before = order(&stage);
    let first = before[0].parse().unwrap();
    stage.say_change(Change::PeerOnline { peer: first, online: false });
    assert_eq!(order(&stage), [before[1].clone(), before[0].clone()]);
    stage.say_change(Change::PeerOnline { peer: first, online: true });
    assert_eq!(order(&stage), before);
}

#[test]
fn whoever_becomes_the_host_is_told_of_it_once() {
    let (mut stage, peer) = at_rest();
    let own = stage.snapshot().peer_id.parse().unwrap();
    stage.notices.clear();
    for host in [peer, peer, own] {
        stage.say_change(Change::HostChanged { host });
    }
    let news: Vec<_> = stage.notices.iter().map(|notice| notice.news.code()).collect();
    assert_eq!(news, ["new_host", "now_host"]);
}

#[test]
fn whoever_wants_it_measured_again_is_answered_when_it_is() {
    let (mut stage, _) = at_rest();
    stage.measurements = 0;
    for ticket in [91, 92] {
        stage.command(ticket, Command::MeasureAgain);
    }
    let answered = |stage: &Stage| {
        stage.results.iter().map(|(ticket, _)| *ticket).filter(|ticket| *ticket > 90).collect::<Vec<_>>()
    };
    assert_eq!((stage.measurements, answered(&stage)), (1, vec![]), "the second waits for the first");
    stage.input(Input::NatReport(NatReport::without_behaviour(NatVerdict::NoServers)));
    assert_eq!(answered(&stage), [91, 92]);
    // Nobody waits for ever.
    stage.command(93, Command::MeasureAgain);
    stage.pass(Duration::from_secs(30));
    assert_eq!((stage.measurements, answered(&stage)), (2, vec![91, 92, 93]));
}

#[test]
fn a_friend_who_lives_stays_connected_whatever_happens_to_the_control_server() {
    let (mut stage, peer) = at_rest();
    stage.say_change(Change::PeerOnline { peer, online: false });
    answer_for(&mut stage, peer, Duration::from_secs(2));
    stage.lose_server();
    answer_for(&mut stage, peer, Duration::from_secs(2));
    assert_eq!(state(&stage), ConnectionState::Connected);
}

#[test]
fn what_changes_in_a_state_is_shown_at_once_and_figures_are_not() {
    let (mut stage, peer) = at_rest();
    let (digest, figures) = (stage.session.digest(), stage.snapshot());
    answer_for(&mut stage, peer, Duration::from_secs(10));
    assert_ne!(stage.snapshot(), figures);
    assert_eq!(stage.session.digest(), digest);
    stage.lose_server();
    let without_server = stage.session.digest();
    assert_ne!(without_server, digest);
    stage.pass(Duration::from_secs(1));
    assert_eq!(state(&stage), ConnectionState::Reconnecting);
    assert_ne!(stage.session.digest(), without_server);
}

#[test]
fn a_probe_that_is_due_because_packets_move_leaves_in_the_same_step() {
    let (mut stage, peer) = at_rest();
    // Long enough that a busy path would have been asked, and a resting one is not yet.
    let due = stage.session.poll_timeout().unwrap().0;
    let until = due.saturating_duration_since(stage.now().instant);
    stage.pass(until.min(Duration::from_millis(400)).saturating_sub(Duration::from_millis(1)));
    let before = stage.tunnel.len();
    stage.input(Input::Traffic(vec![peer]));
    let asked = |output: &Output| matches!(output, Output::Probe { peer: to, .. } if *to == peer);
    assert!(stage.tunnel[before..].iter().any(asked), "{:?}", &stage.tunnel[before..]);
    assert!(stage.session.poll_output().is_none(), "nothing waits");
}

#[test]
fn what_a_friend_is_shown_as_follows_from_the_path() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let peer = bob.identity.peer_id();
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    assert_eq!(state(&stage), ConnectionState::Connecting);
    stage.prove_path(peer, somewhere());
    assert_eq!(state(&stage), ConnectionState::Connected);
    assert_eq!(stage.notices.last().unwrap().news.code(), "connected");
    // Nobody answers any more.
    let mut seen = vec![ConnectionState::Connected];
    for _ in 0..600 {
        stage.pass(Duration::from_millis(100));
        if seen.last() != Some(&state(&stage)) {
            seen.push(state(&stage));
        }
    }
    assert!(
        matches!(
            seen[..],
            [
                ConnectionState::Connected,
                ConnectionState::Degraded,
                ConnectionState::Reconnecting,
                ConnectionState::Failed
            ] | [ConnectionState::Connected, ConnectionState::Reconnecting, ConnectionState::Failed]
        ),
        "{seen:?}"
    );
    stage.prove_path(peer, somewhere());
    // The losses of a while ago do not count any more.
    assert_eq!(state(&stage), ConnectionState::Connected);
    assert_eq!(stage.notices.last().unwrap().news.code(), "reconnected");
}
