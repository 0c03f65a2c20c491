//! Whether everybody is ready.

use std::fmt::Write;

use lanrage_engine::{
    CommandError, PartyView, Readiness, ReadyCheckState, ReadyCheckView, Snapshot,
    api::{AnswerReady, AskReady, Status},
};
use serde::Serialize;

use crate::{
    arguments::{Ready, Target},
    failure::Failure,
    output::{Output, table::columns},
    running::connect,
    say::person,
};

/// What a script reads.
#[derive(Debug, PartialEq, Serialize)]
struct Report {
    check: Option<ReadyCheckView>,
    /// Who is asked, this device's player first.
    players: Vec<Player>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Player {
    id: String,
    name: String,
    readiness: Readiness,
}

pub(crate) async fn ready(ready: Ready, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    match ready {
        Ready { show: true, .. } => {}
        Ready { ask: true, .. } => client.ask(AskReady {}).await?,
        Ready { not_yet, .. } => client.ask(AnswerReady { is_ready: !not_yet }).await?,
    }
    let mut report = report(client.ask(Status {}).await?)?;
    output.write(&text(&report), &report);
    if !ready.follow {
        return Ok(());
    }
    client.watch().await?;
    while report.check.as_ref().is_some_and(|check| check.state == ReadyCheckState::Asking) {
        let next = self::report(client.next_snapshot().await?)?;
        if next != report {
            output.write(&text(&next), &next);
        }
        report = next;
    }
    Ok(())
}

fn report(snapshot: Snapshot) -> Result<Report, CommandError> {
    let PartyView { ready_check: check, peers, .. } = snapshot.party.ok_or(CommandError::NotInParty)?;
    let own = check.as_ref().map(|check| Player {
        id: snapshot.peer_id,
        name: snapshot.player_name,
        readiness: check.own,
    });
    let friends = peers
        .into_iter()
        .filter_map(|peer| Some(Player { id: peer.id, name: peer.name, readiness: peer.readiness? }));
    Ok(Report { players: own.into_iter().chain(friends).collect(), check })
}

fn text(report: &Report) -> String {
    let say = person();
    let Some(check) = &report.check else { return say.say("terminal-ready-none") + "\n" };
    let ready = report.players.iter().filter(|player| player.readiness == Readiness::Ready).count();
    let all = report.players.len();
    let counts = || [("ready", ready.to_string().into()), ("all", all.to_string().into())];
    let mut text = match check.state {
        ReadyCheckState::Asking if check.is_own => say.say("ready-asks-own"),
        ReadyCheckState::Asking => say.say_with("ready-asks", [("name", check.name.as_str().into())]),
        ReadyCheckState::EverybodyReady => say.say("ready-everybody"),
        ReadyCheckState::TimeIsUp => say.say_with("ready-time-is-up", counts()),
    };
    text.push('\n');
    let row = |player: &Player| [player.name.clone(), say.word("readiness", &player.readiness)];
    let rows: Vec<[String; 2]> = report.players.iter().map(row).collect();
    let _ = write!(text, "{}", columns(["player", "answer"], &rows));
    text
}

#[cfg(test)]
mod tests {
    use lanrage_engine::PeerView;

    use super::*;

    #[test]
    fn who_is_asked_and_what_they_answer_is_said_and_nobody_else() {
        let peer = |id: &str, readiness| PeerView {
            id: id.to_owned(),
            name: id.to_owned(),
            readiness,
            ..PeerView::default()
        };
        let check =
            ReadyCheckView { name: "bo".to_owned(), own: Readiness::Ready, ..ReadyCheckView::default() };
        let peers = vec![
            peer("bo", Some(Readiness::Ready)),
            peer("cem", Some(Readiness::NotYet)),
            peer("away", None),
        ];
        let party = PartyView { ready_check: Some(check), peers, ..PartyView::default() };
        let snapshot = |party| Snapshot { player_name: "ann".to_owned(), party, ..Snapshot::default() };
        let said = text(&report(snapshot(Some(party))).unwrap());
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        assert_eq!(lines[0], "bo asks: is everybody ready?");
        assert!(lines[2].starts_with("ann") && lines[2].ends_with("ready"), "{said}");
        assert!(lines[4].starts_with("cem") && lines[4].ends_with("not yet") && lines.len() == 5, "{said}");
        let none = report(snapshot(Some(PartyView::default()))).unwrap();
        assert!(none.players.is_empty() && text(&none).starts_with("Nobody is asking"));
        assert!(report(snapshot(None)).is_err());
    }
}
