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
pub(crate) async fn join(handle: &Handle, request: JoinParty, output: Output) -> Result<(), CommandError> {
    tokio::select! {
        joined = handle.ask(request) => joined,
        never = offer_of(handle, output) => match never {},
    }
}

async fn offer_of(handle: &Handle, output: Output) -> Infallible {
    let mut offer = Offer::default();
    tokio::time::sleep(PATIENCE).await;
    loop {
        let snapshot = handle.snapshots().borrow().clone();
        if offer.is_news(&snapshot, output) {
            let _ = handle.ask(ReplyCopied {}).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Offers the reply of the LANrage that runs already, for ever. Who cannot be asked offers nothing.
pub(crate) async fn offer_of_running(target: &Target, output: Output) -> Infallible {
    let mut offer = Offer::default();
    tokio::time::sleep(PATIENCE).await;
    loop {
        if let Ok(mut client) = running::connect(target).await {
            let _ = ask(&mut client, &mut offer, output).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn ask(
    client: &mut LocalClient,
    offer: &mut Offer,
    output: Output,
) -> Result<(), lanrage_engine::LocalError> {
    let snapshot = client.ask(Status {}).await?;
    if offer.is_news(&snapshot, output) {
        client.ask(ReplyCopied {}).await?;
    }
    Ok(())
}

/// What was offered last.
#[derive(Debug, Default)]
struct Offer(Option<String>);

impl Offer {
    /// Shows the reply, if there is one that was not shown yet.
    fn is_news(&mut self, snapshot: &Snapshot, output: Output) -> bool {
        let Some(joining) = &snapshot.joining else { return false };
        let Some(reply) = joining.reply.as_ref().filter(|reply| self.0.as_ref() != Some(reply)) else {
            return false;
        };
        output.say(&Event::Reply { party: &joining.party, reply });
        self.0 = Some(reply.clone());
        true
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
        let output = Output { json: true };
        let mut offer = Offer::default();
        assert!(!offer.is_news(&Snapshot::default(), output) && !offer.is_news(&snapshot(None), output));
        assert!(offer.is_news(&snapshot(Some("lanrage://reply/a")), output));
        assert!(!offer.is_news(&snapshot(Some("lanrage://reply/a")), output));
        assert!(offer.is_news(&snapshot(Some("lanrage://reply/b")), output), "the address is another");
        assert!(is_reply("he says: lanrage://reply/a") && !is_reply("lanrage://join/a"));
    }
}
