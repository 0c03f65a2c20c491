//! Commands for the LANrage that runs already.

use std::io::IsTerminal;

use lanrage_engine::{
    Engine, InvitationLink, LocalClient, Snapshot,
    api::{self, ExportDiagnostics, LeaveParty, PauseParty, ResumeParty, TrustServer},
};

use crate::{
    arguments::{Diagnostics, Resume, Status, Target},
    failure::Failure,
    output::{Event, Output},
    say::person,
};

pub(crate) async fn connect(target: &Target) -> Result<LocalClient, Failure> {
    let data_dir = Engine::data_dir(target.data_dir.clone())?;
    Ok(LocalClient::connect(&data_dir).await?)
}

pub(crate) async fn leave(target: Target) -> Result<(), Failure> {
    connect(&target).await?.ask(LeaveParty {}).await?;
    Output { json: target.json }.say(&Event::Left);
    Ok(())
}

pub(crate) async fn pause(target: Target) -> Result<(), Failure> {
    connect(&target).await?.ask(PauseParty {}).await?;
    Ok(())
}

pub(crate) async fn trust_server(target: Target) -> Result<(), Failure> {
    connect(&target).await?.ask(TrustServer {}).await?;
    Ok(())
}

pub(crate) async fn resume(resume: Resume) -> Result<(), Failure> {
    connect(&resume.target).await?.ask(ResumeParty { party: resume.party }).await?;
    Ok(())
}

pub(crate) async fn diagnostics(diagnostics: Diagnostics) -> Result<(), Failure> {
    let path =
        std::path::absolute(&diagnostics.file).map_err(|error| Failure::Argument(error.to_string()))?;
    let path = connect(&diagnostics.target).await?.ask(ExportDiagnostics { path }).await?;
    let text = person().say_with("terminal-bundle-ready", [("path", path.display().to_string().into())]);
    Output { json: diagnostics.target.json }.write(&(text + "\n"), &path);
    Ok(())
}

pub(crate) async fn status(status: Status) -> Result<(), Failure> {
    let output = Output { json: status.target.json };
    let mut client = connect(&status.target).await?;
    if !status.watch {
        let snapshot = without_link(client.ask(api::Status {}).await?, &status);
        output.show(&snapshot);
        if status.show_link
            && !output.json
            && let Some(party) = &snapshot.party
        {
            println!("{}", party.invitation.0);
        }
        return Ok(());
    }
    client.watch().await?;
    loop {
        let snapshot = without_link(client.next_snapshot().await?, &status);
        if !output.json && std::io::stdout().is_terminal() {
            // Clears the screen and goes to its first cell (ECMA-48 ED, CUP).
            print!("\x1b[2J\x1b[H");
        }
        output.show(&snapshot);
    }
}

/// What people copy from a terminal into a forum holds no link, unless they asked for it; a script that reads the output
/// gets it as ever.
fn without_link(mut snapshot: Snapshot, status: &Status) -> Snapshot {
    if std::io::stdout().is_terminal()
        && !status.show_link
        && let Some(party) = &mut snapshot.party
    {
        party.invitation = InvitationLink::default();
    }
    snapshot
}
