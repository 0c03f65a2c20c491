//! `lanrage shield`: what friends reach of this computer.

use std::{fmt::Write, ops::RangeInclusive};

use lanrage_engine::{
    CommandError, PartyView, ShieldView,
    api::{
        self, DecidePorts, ForgetPorts, SetText, ShieldRules, ShieldRulesView, Transport, Trust, TrustFriend,
    },
};
use serde::Serialize;

use crate::{
    arguments::{
        Target,
        shield::{Shield, ShieldAction, ShieldPorts, TrustArgument},
    },
    data::ask,
    failure::Failure,
    output::{Output, report_done, table},
    party::rights,
    running::connect,
    say::person,
};

/// All that there is to say, for a script.
#[derive(Debug, Serialize)]
struct Everything<'a> {
    #[serde(flatten)]
    shield: Option<&'a ShieldView>,
    #[serde(flatten)]
    rules: &'a ShieldRulesView,
}

pub(crate) async fn shield(shield: Shield, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    match shield.action {
        None => {
            let rules = ask(target, ShieldRules {}).await?;
            // Without a party there is nothing to reach, and what was decided is shown all the same.
            let snapshot = match connect(target).await {
                Ok(mut client) => Some(client.ask(api::Status {}).await?),
                Err(_) => None,
            };
            let party = snapshot.as_ref().and_then(|snapshot| snapshot.party.as_ref());
            let view = party.map(|party| &party.shield);
            output.write(&text(view, &rules), &Everything { shield: view, rules: &rules });
            return Ok(());
        }
        Some(ShieldAction::Level { level }) => {
            ask(target, SetText { key: "shield".to_owned(), text: level }).await?;
        }
        Some(ShieldAction::Trust { player, trust }) => {
            let (peer, name) = friend(target, &player).await?;
            ask(target, TrustFriend { peer, name, trust: trust.into() }).await?;
        }
        Some(ShieldAction::Open(ports)) => decide(target, ports, true).await?,
        Some(ShieldAction::Close(ports)) => decide(target, ports, false).await?,
        Some(ShieldAction::Forget(ports)) => {
            let (peer, _) = whom(target, &ports).await?;
            for (transport, range) in ranges(&ports) {
                let (first, last) = (*range.start(), *range.end());
                ask(target, ForgetPorts { transport, first, last, peer: peer.clone() }).await?;
            }
        }
    }
    report_done(output);
    Ok(())
}

impl From<TrustArgument> for Trust {
    fn from(argument: TrustArgument) -> Self {
        match argument {
            TrustArgument::Full => Self::Full,
            TrustArgument::Friend => Self::Friend,
            TrustArgument::Mute => Self::Mute,
        }
    }
}

async fn decide(target: &Target, ports: ShieldPorts, is_open: bool) -> Result<(), Failure> {
    let (peer, name) = whom(target, &ports).await?;
    for (transport, range) in ranges(&ports) {
        let (first, last) = (*range.start(), *range.end());
        ask(target, DecidePorts { transport, first, last, peer: peer.clone(), name: name.clone(), is_open })
            .await?;
    }
    Ok(())
}

fn ranges(ports: &ShieldPorts) -> impl Iterator<Item = (Transport, &RangeInclusive<u16>)> {
    let udp = ports.udp.iter().map(|range| (Transport::Udp, range));
    udp.chain(ports.tcp.iter().map(|range| (Transport::Tcp, range)))
}

/// The friend for whom ports are meant, and what they are called; nobody for all.
async fn whom(target: &Target, ports: &ShieldPorts) -> Result<(Option<String>, String), Failure> {
    match &ports.player {
        Some(player) => friend(target, player).await.map(|(peer, name)| (Some(peer), name)),
        None => Ok((None, String::new())),
    }
}

/// Somebody of the party, or of whom something was decided.
async fn friend(target: &Target, player: &str) -> Result<(String, String), Failure> {
    if let Ok(mut client) = connect(target).await
        && let Some(party) = client.ask(api::Status {}).await?.party
        && let Ok(peer) = rights::find(&party, player)
    {
        let name = named(&party, &peer).unwrap_or_else(|| player.to_owned());
        return Ok((peer, name));
    }
    let rules = ask(target, ShieldRules {}).await?;
    let trusted = rules.trusted.into_iter().map(|friend| (friend.peer, friend.name));
    let granted = rules.ports.into_iter().filter_map(|ports| Some((ports.peer?, ports.name?)));
    let wanted = player.trim().to_lowercase();
    let found = trusted
        .chain(granted)
        .find(|(peer, name)| name.to_lowercase() == wanted || peer.starts_with(&wanted));
    Ok(found.ok_or_else(|| CommandError::NotFound { name: player.to_owned() })?)
}

fn named(party: &PartyView, peer: &str) -> Option<String> {
    party.peers.iter().find(|friend| friend.id == peer).map(|friend| friend.name.clone())
}

fn place(transport: Transport, first: u16, last: u16) -> String {
    let transport: &str = transport.into();
    if first == last { format!("{transport} {first}") } else { format!("{transport} {first}-{last}") }
}

fn text(view: Option<&ShieldView>, rules: &ShieldRulesView) -> String {
    let mut text = String::new();
    let say = |key| person().say(key);
    if let Some(view) = view {
        let level = person().say(&format!("setting-choice-shield-{}", view.level.word()));
        let _ = writeln!(text, "{}", person().say_with("terminal-shield-level", [("level", level.into())]));
        if view.is_blind {
            let _ = writeln!(text, "{}", say("shield-blind"));
        } else if view.doors.is_empty() {
            let _ = writeln!(text, "{}", say("shield-no-doors"));
        } else {
            let rows: Vec<[String; 3]> = view
                .doors
                .iter()
                .map(|door| {
                    let owner = door.owner.clone().unwrap_or_else(|| say("shield-system"));
                    let reach = if door.is_open { "shield-reached" } else { "shield-closed" };
                    [place(door.transport, door.port, door.port), owner, say(reach)]
                })
                .collect();
            text += &table::columns(["place", "owner", "reach"], &rows);
        }
        for refused in &view.refused {
            let place = place(refused.transport, refused.port, refused.port);
            let tried = person()
                .say_with("shield-tried", [("peer", refused.name.as_str().into()), ("place", place.into())]);
            let times = person().say_with("shield-times", [("times", u64::from(refused.times).into())]);
            let _ = writeln!(text, "{tried}, {times}.");
        }
    }
    for friend in &rules.trusted {
        let _ = writeln!(text, "{}: {}", friend.name, person().word("trust", &friend.trust));
    }
    for ports in &rules.ports {
        let place = place(ports.transport, ports.first, ports.last);
        let peer = ports.name.clone().unwrap_or_else(|| say("shield-everybody"));
        let key = if ports.is_open { "shield-decided-open" } else { "shield-decided-closed" };
        let said = person().say_with(key, [("place", place.into()), ("peer", peer.into())]);
        let _ = writeln!(text, "{said}");
    }
    if text.is_empty() { say("shield-no-doors") + "\n" } else { text }
}
