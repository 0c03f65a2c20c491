//! Who is in the party, what each may do there, and who may come in.

use std::fmt::Write;

use lanrage_base::clock::{UnixMillis, now};
use lanrage_engine::{
    Admission, CommandError, LinkView, PartyView, PeerView, Standing, VoiceView,
    api::{self, HandOver, MuteBroadcasts, PinVoiceLink, RevokeLink, SetAdmission, SetStanding, UndoRemoval},
};

use crate::{
    arguments::{
        Target,
        people::{AdmissionArgument, Party, PartyAction, RoleArgument},
    },
    failure::Failure,
    meant::{meant, unknown},
    output::{Output, report_done, table::columns},
    running::connect,
    say::person,
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
        PartyAction::Mute { player, undo } => {
            client.ask(MuteBroadcasts { peer: find(&player)?, muted: !undo }).await?;
        }
        PartyAction::Undo => client.ask(UndoRemoval {}).await?,
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
        PartyAction::Voice { text, clear } if clear || !text.is_empty() => {
            client.ask(PinVoiceLink { text: text.join(" ") }).await?;
        }
        PartyAction::Voice { .. } => {
            let Some(party) = present else { return Err(CommandError::NotInParty.into()) };
            output.write(&voice(party), &party.voice);
            return Ok(());
        }
        PartyAction::Links => {
            let Some(party) = present else { return Err(CommandError::NotInParty.into()) };
            output.write(&links(party, now().wall), &party.links);
            return Ok(());
        }
        PartyAction::Revoke { serial, undo } => {
            let Some(party) = present else { return Err(CommandError::NotInParty.into()) };
            let serial = find_link(party, &serial)?;
            client.ask(RevokeLink { serial, revoked: !undo }).await?;
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
        [] => {
            let sentence = person().refusal(&CommandError::UnknownPeer);
            Err(unknown(sentence, all.iter().map(|(_, name)| *name), player))
        }
        several => {
            let ids = several.iter().map(|at| all[*at].0).collect::<Vec<_>>().join(", ");
            let facts = [("player", player.trim().into()), ("ids", ids.into())];
            Err(Failure::Argument(person().say_with("terminal-several-players", facts)))
        }
    }
}

/// The member that is meant.
pub(crate) fn friend<'a>(party: &'a PartyView, player: &str) -> Result<&'a PeerView, Failure> {
    let id = find(party, player)?;
    Ok(party.peers.iter().find(|friend| friend.id == id).ok_or(CommandError::UnknownPeer)?)
}

/// The serial of the link that is meant, by all of it or its beginning.
fn find_link(party: &PartyView, serial: &str) -> Result<String, Failure> {
    let wanted = serial.trim().to_lowercase();
    let fits = |link: &&LinkView| !wanted.is_empty() && link.serial.starts_with(&wanted);
    match &party.links.iter().filter(fits).collect::<Vec<_>>()[..] {
        [one] => Ok(one.serial.clone()),
        _ => Err(CommandError::UnknownLink.into()),
    }
}

/// The limited links, as a person reads them.
fn links(party: &PartyView, wall: UnixMillis) -> String {
    let say = person();
    if party.links.is_empty() {
        return say.say("terminal-no-links") + "\n";
    }
    let row = |link: &LinkView| {
        let came = link.came.len();
        [
            link.serial.clone(),
            link.made_by.clone(),
            link.uses.map_or_else(|| came.to_string(), |uses| format!("{came}/{uses}")),
            link.expires_at_ms.map_or_else(|| "–".to_owned(), |at| left(UnixMillis(at).since(wall))),
            match &link.fault {
                Some(fault) => say.word("link-fault", fault),
                None if link.needs_approval => say.say("links-approval"),
                None if link.for_guests => say.say("links-guests"),
                None => say.say("links-good"),
            },
            link.came.join(", "),
        ]
    };
    let rows: Vec<[String; 6]> = party.links.iter().map(row).collect();
    columns(["link", "by", "used", "left", "state", "came_in"], &rows)
}

/// Where the party talks, as a person reads it.
fn voice(party: &PartyView) -> String {
    let say = person();
    party.voice.as_ref().map_or_else(
        || say.say("terminal-voice-none"),
        |VoiceView { text, by, .. }| {
            say.say_with("terminal-voice", [("text", text.as_str().into()), ("name", by.as_str().into())])
        },
    ) + "\n"
}

/// How much time is left (milliseconds), in the unit in which a person reads it.
fn left(ms: u64) -> String {
    let minutes = ms.div_ceil(60_000);
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes.div_ceil(60)),
        _ => format!("{} d", minutes.div_ceil(24 * 60)),
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
    if party.voice.is_some() {
        text += &voice(party);
    }
    if party.older_links_ask {
        let _ = writeln!(text, "{}", say.say("who-older-links"));
    }
    for waiting in &party.requests {
        let name = ("name", waiting.name.as_str().into());
        let waits = match &waiting.link {
            Some(link) => say.say_with("who-waits-by", [name, ("link", link.as_str().into())]),
            None => say.say_with("who-waits", [name]),
        };
        let _ = writeln!(text, "{waits}  {}", short(&waiting.id));
    }
    for removed in &party.removed {
        let key = if removed.is_banned { "who-banned" } else { "who-kicked" };
        let facts = [("name", removed.name.as_str().into())];
        let _ = writeln!(text, "{}  {}", say.say_with(key, facts), short(&removed.id));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_meant_by_the_beginning_of_its_number_if_that_is_clear() {
        let link = |serial: &str| LinkView { serial: serial.to_owned(), ..LinkView::default() };
        let links = vec![link("3f9a12cd"), link("3f00aa11"), link("bb22cc33")];
        let party = PartyView { links, ..PartyView::default() };
        for (wanted, serial) in [("3F9A", "3f9a12cd"), (" bb22cc33 ", "bb22cc33")] {
            assert_eq!(find_link(&party, wanted).unwrap(), serial);
        }
        for none in ["", "3f", "zz"] {
            assert!(find_link(&party, none).is_err(), "{none}");
        }
    }

    #[test]
    fn every_head_of_the_links_is_a_word() {
        let link =
            LinkView { serial: "3f9a12cd".to_owned(), made_by: "Anna".to_owned(), ..LinkView::default() };
        let shown = links(&PartyView { links: vec![link], ..PartyView::default() }, UnixMillis(0));
        let heads: Vec<&str> = shown
            .lines()
            .next()
            .unwrap()
            .split("  ")
            .map(str::trim)
            .filter(|head| !head.is_empty())
            .collect();
        assert_eq!(heads, ["link", "made by", "used", "time left", "state", "came in"]);
    }

    #[test]
    fn what_is_left_of_a_link_is_said_in_one_unit() {
        for (ms, said) in [(0, "0 min"), (3_540_001, "60 min"), (7_200_000, "2 h"), (7 * 86_400_000, "7 d")] {
            assert_eq!(left(ms), said);
        }
    }
}
