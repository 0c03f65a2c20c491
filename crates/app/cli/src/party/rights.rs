//! Who is in the party, what each may do there, and who may come in.

use std::fmt::Write;

use lanrage_engine::{
    Admission, CommandError, PartyView, Standing,
    api::{self, HandOver, SetAdmission, SetStanding},
};

use crate::{
    arguments::{AdmissionArgument, Party, PartyAction, RoleArgument, Target},
    failure::Failure,
    output::{Output, report_done},
    party::meant,
    running::connect,
    say::person,
    table::columns,
};

pub(crate) async fn party(party: Party, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    let snapshot = client.ask(api::Status {}).await?;
    let present = snapshot.party.as_ref();
    let find = |player: &str| find(present.ok_or(CommandError::NotInParty)?, player);
    match party.action {
        PartyAction::List => {
            let Some(party) = present else { return Err(CommandError::NotInParty.into()) };
            output.write(&list(&snapshot.player_name, party), party);
            return Ok(());
        }
        PartyAction::Kick { player } => {
            client.ask(SetStanding { peer: find(&player)?, standing: Standing::Kicked }).await?;
        }
        PartyAction::Ban { player } => {
            client.ask(SetStanding { peer: find(&player)?, standing: Standing::Banned }).await?;
        }
        PartyAction::LetIn { player } => {
            client.ask(SetStanding { peer: find(&player)?, standing: Standing::Member }).await?;
        }
        PartyAction::Role { player, role } => {
            let peer = find(&player)?;
            match role {
                RoleArgument::Member => client.ask(SetStanding { peer, standing: Standing::Member }).await?,
                RoleArgument::Moderator => {
                    client.ask(SetStanding { peer, standing: Standing::Moderator }).await?;
                }
                RoleArgument::Host => client.ask(HandOver { peer }).await?,
            }
        }
        PartyAction::Admission { admission } => {
            let admission = match admission {
                AdmissionArgument::Open => Admission::Open,
                AdmissionArgument::Ask => Admission::Ask,
                AdmissionArgument::Closed => Admission::Closed,
            };
            client.ask(SetAdmission { admission }).await?;
        }
        PartyAction::Lock => client.ask(SetAdmission { admission: Admission::Closed }).await?,
    }
    report_done(output);
    Ok(())
}

/// The id of whoever is meant: a member, somebody who waits, or somebody who was removed.
pub(crate) fn find(party: &PartyView, player: &str) -> Result<String, Failure> {
    let members = party.peers.iter().map(|peer| (peer.id.as_str(), peer.name.as_str()));
    let waiting = party.requests.iter().map(|waiting| (waiting.id.as_str(), waiting.name.as_str()));
    let removed = party.removed.iter().map(|removed| (removed.id.as_str(), removed.name.as_str()));
    let all: Vec<(&str, &str)> = members.chain(waiting).chain(removed).collect();
    match &meant(all.iter().copied(), player)[..] {
        [one] => Ok(all[*one].0.to_owned()),
        [] => Err(CommandError::UnknownPeer.into()),
        several => {
            let ids = several.iter().map(|at| all[*at].0).collect::<Vec<_>>().join(", ");
            let facts = [("player", player.trim().into()), ("ids", ids.into())];
            Err(Failure::Argument(person().say_with("terminal-several-players", facts)))
        }
    }
}

fn list(own_name: &str, party: &PartyView) -> String {
    let say = person();
    let own = [own_name.to_owned(), say.word("role", &party.role), String::new()];
    let short = |id: &str| id.get(..8).unwrap_or(id).to_owned();
    let others =
        party.peers.iter().map(|peer| [peer.name.clone(), say.word("role", &peer.role), short(&peer.id)]);
    let rows: Vec<[String; 3]> = [own].into_iter().chain(others).collect();
    let mut text = columns(["player", "role", "id"], &rows);
    let admission = [("admission", say.word("admission", &party.admission).into())];
    let _ = writeln!(text, "{}", say.say_with("terminal-admission", admission));
    for waiting in &party.requests {
        let facts = [("name", waiting.name.as_str().into())];
        let _ = writeln!(text, "{}  {}", say.say_with("who-waits", facts), short(&waiting.id));
    }
    for removed in &party.removed {
        let key = if removed.is_banned { "who-banned" } else { "who-kicked" };
        let facts = [("name", removed.name.as_str().into())];
        let _ = writeln!(text, "{}  {}", say.say_with(key, facts), short(&removed.id));
    }
    text
}
