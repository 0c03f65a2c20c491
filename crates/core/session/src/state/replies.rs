//! The last way in: who looks for one sends a reply by chat, and the member who takes it knocks where it says.

use lanrage_party::{Epoch, facts::CommandError};
use lanrage_rendezvous::{Addresses, DoorEntry, ReplyKey, Token};
use tracing::info;

use super::State;
use crate::{
    output::Turn,
    party::active::{ActiveParty, OwnReply},
    peers::knocking::VALIDITY_MS,
};

impl State {
    /// What this device may send by chat while it looks for a way in follows its addresses. There is none where a server
    /// brings everybody together, where addresses are hidden, and while nobody elsewhere could reach it.
    pub(super) fn renew_reply(&mut self, turn: &mut Turn<'_>) {
        let addresses = self.replied_addresses();
        let may_reply = addresses.lead_anywhere() && !self.relay_only;
        let Some(party) = &mut self.party else { return };
        if !may_reply || !party.is_being_joined() || !party.membership.is_serverless() {
            party.reply = None;
        } else if party.reply.as_ref().is_none_or(|reply| reply.addresses != addresses) {
            let entry = DoorEntry {
                token: Token(turn.entropy.bytes()),
                at_s: u32::try_from(turn.now.wall.0 / 1_000).unwrap_or(u32::MAX),
                member: false,
                addresses,
            };
            let text = reply_key(party, party.membership.epochs.present()).seal(&entry, turn.entropy.bytes());
            party.reply = Some(OwnReply { addresses: entry.addresses, text });
        }
    }

    /// The reply is on its way to a member: it is waited for as long as people need for that.
    pub(super) fn await_reply(&mut self, turn: &Turn<'_>) -> Result<(), CommandError> {
        let joined = self.party.as_mut().filter(|party| party.is_being_joined());
        let Some(ActiveParty { pending: Some(pending), knocking, .. }) = joined else {
            return Err(CommandError::NotInParty);
        };
        pending.await_reply(turn.now.instant);
        knocking.hurry(turn.now.instant);
        Ok(())
    }

    /// Somebody has sent a reply: it is knocked at where it says, which opens this device's router for the newcomer's own knocks.
    pub(super) fn take_reply(&mut self, turn: &Turn<'_>, text: &str) -> Result<(), CommandError> {
        let ours = self.replied_addresses();
        let is_hidden = self.relay_only;
        let joined = self.party.as_mut().filter(|party| !party.is_being_joined());
        let party = joined.ok_or(CommandError::NotInParty)?;
        let mut entry = reply_key(party, party.membership.epochs.present()).open(text);
        for former in party.membership.epochs.all().skip(1) {
            entry = entry.or_else(|error| reply_key(party, former).open(text).map_err(|_| error));
        }
        let entry = entry?;
        if (u64::from(entry.at_s) * 1_000).abs_diff(turn.now.wall.0) > VALIDITY_MS {
            return Err(CommandError::ReplyExpired);
        }
        if is_hidden {
            return Err(CommandError::ReplyWhileHidden);
        }
        let network = party.membership.invitation.subnet;
        let outside = entry.addresses.from_here(&ours).filter(|address| !network.covers(address.ip()));
        let addresses: Vec<_> = outside.collect();
        if addresses.is_empty() {
            return Err(CommandError::ReplyLeadsNowhere);
        }
        info!(addresses = addresses.len(), "a reply is taken");
        party.awaited.add(turn.now.instant, addresses);
        party.knocking.hurry(turn.now.instant);
        Ok(())
    }

    /// Where this device is reached, as far as a reply has room.
    fn replied_addresses(&self) -> Addresses {
        Addresses::new(self.lasting_addresses())
    }
}

fn reply_key(party: &ActiveParty, epoch: &Epoch) -> ReplyKey {
    ReplyKey::new(&epoch.secret, party.membership.invitation.party, epoch.number)
}
