//! While nobody answers at a link: what the player can send to a friend.

use std::{convert::Infallible, time::Duration};

use lanrage_engine::{
    CommandError, Handle, LocalClient, Snapshot,
    api::{JoinParty, ReplyCopied, Status},
};

use crate::{
    arguments::Target,
    output::{Event, Output},
    running,
};

/// With what a reply begins.
const PREFIX: &str = "lanrage://reply/";
/// How long somebody of the party has to answer before a reply is offered.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between two looks at whether the reply is another by now.
const LOOK: Duration = Duration::from_secs(1);

/// Whether what was given in place of a link is a reply.
pub(crate) fn is_reply(text: &str) -> bool {
    text.contains(PREFIX)
}

/// Joins by this engine, and offers a reply meanwhile.
pub(crate) async fn join(handle: &Handle, request: JoinParty, offer: Offer) -> Result<(), CommandError> {
    tokio::select! {
        joined = handle.ask(request) => joined,
        never = offer_of(handle, offer) => match never {},
    }
}

async fn offer_of(handle: &Handle, mut offer: Offer) -> Infallible {
    tokio::time::sleep(PATIENCE).await;
    loop {
        let snapshot = handle.snapshots().borrow().clone();
        if offer.is_passed_on(&snapshot) {
            let _ = handle.ask(ReplyCopied {}).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Offers the reply of the LANrage that runs already, for ever. Who cannot be asked offers nothing.
pub(crate) async fn offer_of_running(target: &Target, mut offer: Offer) -> Infallible {
    tokio::time::sleep(PATIENCE).await;
    loop {
        if let Ok(mut client) = running::connect(target).await {
            let _ = ask(&mut client, &mut offer).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn ask(client: &mut LocalClient, offer: &mut Offer) -> Result<(), lanrage_engine::LocalError> {
    let snapshot = client.ask(Status {}).await?;
    if offer.is_passed_on(&snapshot) {
        client.ask(ReplyCopied {}).await?;
    }
    Ok(())
}

/// To whom a reply is offered, and what was offered last.
#[derive(Debug)]
pub(crate) struct Offer {
    output: Output,
    /// Whoever reads it passes it on. Else joining lasts no longer than without a reply.
    is_awaited: bool,
    last: Option<String>,
}

impl Offer {
    /// People pass on what they read. A script may not even look, unless it says that it does.
    pub(crate) const fn new(output: Output, is_awaited: bool) -> Self {
        Self { output, is_awaited: is_awaited || !output.json, last: None }
    }

    /// Shows the reply, if there is one that was not shown yet. Returns whether that one is on its way to a friend now.
    fn is_passed_on(&mut self, snapshot: &Snapshot) -> bool {
        let Some(joining) = &snapshot.joining else { return false };
        let Some(reply) = joining.reply.as_ref().filter(|reply| self.last.as_ref() != Some(reply)) else {
            return false;
        };
        self.output.say(&Event::Reply { party: &joining.party, reply });
        self.last = Some(reply.clone());
        self.is_awaited
    }
}

#[cfg(test)]
mod tests {
    use lanrage_engine::JoiningView;

    use super::*;

    #[test]
    fn each_reply_is_offered_once() {
        let snapshot = |reply: Option<&str>| Snapshot {
            joining: Some(JoiningView { reply: reply.map(ToOwned::to_owned), ..JoiningView::default() }),
            ..Snapshot::default()
        };
        let mut offer = Offer::new(Output { json: true }, true);
        assert!(!offer.is_passed_on(&Snapshot::default()) && !offer.is_passed_on(&snapshot(None)));
        assert!(offer.is_passed_on(&snapshot(Some("lanrage://reply/a"))));
        assert!(!offer.is_passed_on(&snapshot(Some("lanrage://reply/a"))));
        assert!(offer.is_passed_on(&snapshot(Some("lanrage://reply/b"))), "the address is another");
        let mut unread = Offer::new(Output { json: true }, false);
        assert!(
            !unread.is_passed_on(&snapshot(Some("lanrage://reply/a"))),
            "a script passes nothing on by itself"
        );
        assert!(is_reply("he says: lanrage://reply/a") && !is_reply("lanrage://join/a"));
    }
}
