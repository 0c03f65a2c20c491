//! Commands for the LANrage that runs already.

pub(crate) mod open;
pub(crate) mod status;
pub(crate) mod stop;

use lanrage_base::clock::{UnixMillis, now};
use lanrage_engine::{
    Admission, CommandError, Engine, LocalClient, PartyView, Role,
    api::{
        self, ExportDiagnostics, LeaveParty, MadeLink, MakeCode, MakeLink, NewInvitation, PauseParty,
        RecentParties, ResumeParty, TakeReply, TrustServer,
    },
    web_form,
};

use serde::Serialize;

use crate::{
    arguments::{Diagnostics, Resume, Target, people::Invite},
    failure::Failure,
    link,
    output::{Event, Output, look::Look, qr, report_as, report_done},
    party,
    say::person,
};

pub(crate) async fn connect(target: &Target) -> Result<LocalClient, Failure> {
    let data_dir = Engine::data_dir(target.data_dir())?;
    Ok(LocalClient::connect(&data_dir).await?)
}

pub(crate) async fn leave(target: &Target) -> Result<(), Failure> {
    connect(target).await?.ask(LeaveParty {}).await?;
    Output { json: target.json }.say(&Event::Left);
    Ok(())
}

pub(crate) async fn pause(target: &Target) -> Result<(), Failure> {
    connect(target).await?.ask(PauseParty {}).await?;
    report_done(Output { json: target.json });
    Ok(())
}

pub(crate) async fn trust_server(target: &Target) -> Result<(), Failure> {
    connect(target).await?.ask(TrustServer {}).await?;
    report_done(Output { json: target.json });
    Ok(())
}

pub(crate) async fn resume(resume: Resume, target: &Target) -> Result<(), Failure> {
    let mut client = connect(target).await?;
    let parties = client.ask(RecentParties {}).await?;
    let party = match &resume.party {
        Some(wanted) => party::find(&parties, wanted)?,
        None => party::last_paused(&parties)?,
    };
    client.ask(ResumeParty { party: party.id.clone() }).await?;
    let snapshot = client.ask(api::Status {}).await?;
    if let Some(party) = &snapshot.party {
        let joined = Event::Joined { party: &party.name, virtual_ip: &party.virtual_ip };
        Output { json: target.json }.say(&joined);
    }
    Ok(())
}

/// Lets somebody in who has sent a reply.
pub(crate) async fn reply(given: &str, target: &Target) -> Result<(), Failure> {
    let reply = link::read(Some(given), None)?.0;
    connect(target).await?.ask(TakeReply { reply }).await?;
    report_as(Output { json: target.json }, "terminal-reply-taken");
    Ok(())
}

/// A link, for a script with how long it is valid.
#[derive(Serialize)]
struct Link<'a> {
    link: &'a str,
    expires_in_hours: Option<u32>,
    /// Of a limited one: its serial, how many it lets in, and whether somebody is asked each time.
    serial: Option<&'a str>,
    uses: Option<u16>,
    needs_approval: bool,
    for_guests: bool,
}

pub(crate) async fn invite(invite: Invite, target: &Target) -> Result<(), Failure> {
    let Invite { hours: expires_in_hours, uses, approve: needs_approval, guests: for_guests, qr, code } =
        invite;
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    let party = client.ask(api::Status {}).await?.party.ok_or(CommandError::NotInParty)?;
    let may_limit = party.role >= Role::Moderator;
    if code {
        return short_code(&mut client, output, &party).await;
    }
    if uses.is_none() && !needs_approval && !for_guests && (expires_in_hours.is_none() || !may_limit) {
        let link = client.ask(NewInvitation { expires_in_hours }).await?;
        let link = web_form(&link, party.page.as_deref());
        let plain = Link { link: &link, expires_in_hours, serial: None, uses, needs_approval, for_guests };
        output.write(&shown(&link, qr)?, &plain);
        return Ok(());
    }
    warn_of_asking(&party);
    let MadeLink { link, serial } =
        client.ask(MakeLink { uses, expires_in_hours, needs_approval, for_guests }).await?;
    let link = web_form(&link.0, party.page.as_deref());
    let limited =
        Link { link: &link, expires_in_hours, serial: Some(&serial), uses, needs_approval, for_guests };
    output.write(&shown(&link, qr)?, &limited);
    Ok(())
}

/// Makes a short code and shows it.
async fn short_code(client: &mut LocalClient, output: Output, party: &PartyView) -> Result<(), Failure> {
    warn_of_asking(party);
    let code = client.ask(MakeCode {}).await?;
    let minutes = UnixMillis(code.expires_at_ms).since(now().wall).div_ceil(60_000);
    let facts = [
        ("code", code.code.0.as_str().into()),
        ("minutes", minutes.into()),
        ("serial", code.serial.as_str().into()),
    ];
    output.write(&(person().say_with("terminal-code", facts) + "\n"), &code);
    Ok(())
}

/// Says what a limited link changes in an open party: before it is so, and beside the link, which a script may read.
fn warn_of_asking(party: &PartyView) {
    if party.admission == Admission::Open && party.role >= Role::Moderator {
        eprintln!("{}", person().say("terminal-link-asks"));
    }
}

/// A link for a person, with its code if that is wished.
fn shown(link: &str, with_code: bool) -> Result<String, Failure> {
    let code = match with_code {
        true => qr::code(link, Look::of_output().colours)
            .ok_or_else(|| Failure::Argument(person().say("terminal-no-code")))?,
        false => String::new(),
    };
    Ok(format!("{code}{link}\n"))
}

pub(crate) async fn diagnostics(diagnostics: Diagnostics, target: &Target) -> Result<(), Failure> {
    let path =
        std::path::absolute(&diagnostics.file).map_err(|error| Failure::Argument(error.to_string()))?;
    let path = connect(target).await?.ask(ExportDiagnostics { path }).await?;
    let text = person().say_with("terminal-bundle-ready", [("path", path.display().to_string().into())]);
    Output { json: target.json }.write(&(text + "\n"), &path);
    Ok(())
}
