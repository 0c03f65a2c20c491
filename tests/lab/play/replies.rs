//! What two people tell each other in place of a link, and where nobody answers at one.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
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

    /// A short code as `lanrage invite --code` makes it, and the number of the link behind it.
    ///
    /// # Errors
    /// If it is refused.
    pub fn short_code(&self) -> Result<(String, String)> {
        let output = self.command(&["invite", "--code"]).output().context("lanrage")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "no code of {}: {}, {}", self.name(), output.status, said.trim());
        let made: Value = serde_json::from_slice(&output.stdout)?;
        let text = |key: &str| made[key].as_str().map(ToOwned::to_owned).context("a code with its number");
        Ok((text("code")?, text("serial")?))
    }
}
