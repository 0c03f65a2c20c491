//! `lanrage status`: the party as it is, once or all the time.

use std::io::{self, IsTerminal};

use lanrage_engine::{InvitationLink, Snapshot, api};

use super::{connect, stop::stop_signal};
use crate::{
    arguments::{Status, Target},
    failure::Failure,
    output::{
        Output,
        look::{Look, height},
        screen::Screen,
        table,
    },
};

pub(crate) async fn status(status: Status, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    if status.watch && !output.json && io::stdout().is_terminal() {
        return watch(&status, target).await;
    }
    let mut client = connect(target).await?;
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
        output.show(&without_link(client.next_snapshot().await?, &status));
    }
}

/// Shows every change on a screen of its own until Ctrl-C.
async fn watch(status: &Status, target: &Target) -> Result<(), Failure> {
    let mut client = connect(target).await?;
    client.watch().await?;
    let mut screen = Screen::enter(io::stdout())?;
    let mut stop = std::pin::pin!(stop_signal());
    let mut resized = Resizes::new();
    let mut last = None;
    let render = |snapshot: &Snapshot| {
        let shown = table::render(snapshot, Look::of_output());
        match snapshot.party.as_ref().filter(|_| status.show_link) {
            Some(party) => format!("{shown}{}\n", party.invitation.0),
            None => shown,
        }
    };
    loop {
        // Half a state that was read is not thrown away when the window changes its size.
        let mut next = std::pin::pin!(client.next_snapshot());
        let snapshot = loop {
            tokio::select! {
                snapshot = &mut next => break snapshot?,
                _ = &mut stop => return Ok(()),
                () = resized.next() => {
                    // Its lines end elsewhere now.
                    screen.show(&last.as_ref().map(render).unwrap_or_default(), height())?;
                }
            }
        };
        let snapshot = without_link(snapshot, status);
        screen.show(&render(&snapshot), height())?;
        last = Some(snapshot);
    }
}

/// Tells when the terminal has another size.
struct Resizes {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Resizes {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { signal: signal(SignalKind::window_change()).ok() }
    }

    async fn next(&mut self) {
        match &mut self.signal {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Resizes {
    const fn new() -> Self {
        Self {}
    }

    /// The next state is shown in the new size.
    async fn next(&mut self) {
        std::future::pending().await
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
