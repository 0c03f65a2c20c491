//! What two people tell each other by chat where nobody answers at a link.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::Player;

impl Player {
    /// What this player is offered to send to a friend, as nobody answers.
    ///
    /// # Errors
    /// If it is offered nothing within `limit`.
    pub fn offered_reply(&self, limit: Duration) -> Result<String> {
        self.program().wait_for("reply for a friend", limit, |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            let reply = event["reply"].as_str().filter(|_| event["event"] == "reply")?;
            Some(reply.to_owned())
        })
    }

    /// Has this player's LANrage let in whoever has sent the reply.
    ///
    /// # Errors
    /// If it refuses.
    pub fn take_reply(&self, reply: &str) -> Result<()> {
        self.tell(&["reply", reply])
    }

    /// Follows a newer link with this player's LANrage, which looks for the party still.
    ///
    /// # Errors
    /// If it does not come in.
    pub fn follow_newer(&self, link: &str) -> Result<()> {
        self.tell(&["join", link])
    }
}
