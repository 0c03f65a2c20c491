//! Short codes, in place of links.

use std::num::NonZeroU16;

use lanrage_base::clock::now;
use lanrage_party::{Invitation, LinkTerms};
use lanrage_session::{CodeKeys, NewCode, ShortCode};
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{
    CodeView, CommandError, Handle, InvitationLink,
    api::{LinkCopied, MakeCode, Serve},
    handle::Command,
};

/// How long a code leads to a party, in milliseconds: as long as two people talk of it.
const VALIDITY_MS: u64 = 15 * 60_000;

impl Serve<MakeCode> for Handle {
    async fn serve(&self, MakeCode {}: MakeCode) -> Result<CodeView, CommandError> {
        let own = self.own_link()?;
        let mut random = [0; 10];
        getrandom::fill(&mut random)
            .map_err(|error| CommandError::Unexpected { detail: error.to_string() })?;
        let code = ShortCode::from_random(random);
        let keys = slow_keys(code.clone()).await?;
        let (serial, pass) = self.new_pass(&own);
        let ends = now().wall.plus(VALIDITY_MS);
        let terms = LinkTerms {
            serial,
            key: pass.key(),
            uses: Some(NonZeroU16::MIN),
            ends: Some(ends),
            needs_approval: false,
            for_guests: false,
        };
        let made = CodeView {
            code: InvitationLink(code.to_string()),
            serial: serial.to_string(),
            expires_at_ms: ends.0,
            is_stored: true,
        };
        let new = Box::new(NewCode { code, keys, pass, terms });
        self.command(|answer| Command::MakeCode { new, answer }).await?;
        let _ = self.serve(LinkCopied {}).await;
        Ok(made)
    }
}

impl Handle {
    /// Where a code leads, by the public store.
    pub(super) async fn open_code(&self, code: ShortCode) -> Result<Box<Invitation>, CommandError> {
        let keys = Box::new(slow_keys(code).await?);
        let (opened, invitation) = oneshot::channel();
        self.command(|answer| Command::FindCode { keys, opened, answer }).await?;
        invitation.await.map_err(|_| CommandError::Stopped)
    }
}

/// Hashing takes longer than anything else may wait.
async fn slow_keys(code: ShortCode) -> Result<CodeKeys, CommandError> {
    let hashed = spawn_blocking(move || CodeKeys::of(&code)).await;
    hashed.map_err(|error| CommandError::Unexpected { detail: error.to_string() })
}
