//! Short codes: a link in the public store, for a friend who is told sixteen symbols.

use lanrage_party::{
    Admission, Invitation, Serial,
    facts::{CodesOff, CommandError},
};
use lanrage_rendezvous::{
    Event, Order,
    code::{CodeKeys, CodeNote, CodeOffer, CodeSearch, OfferState, SearchEnd},
};
use tracing::{debug, info};

use crate::{
    input::{NewCode, Ticket, Wish},
    output::{Output, Turn},
    party::codes::{MOST, OwnCode, TypedCode},
    state::State,
};

/// The numbers of questions for codes begin above those of a finder, which counts from 0.
const FIRST_ID: u32 = 1 << 31;

impl State {
    /// Makes a limited link, and leaves it in the public store for whoever is told the code. Answered when it lies there.
    pub(in crate::state) fn make_code(&mut self, turn: &mut Turn<'_>, ticket: Ticket, new: NewCode) {
        if let Err(error) = self.offer_code(turn, ticket, new) {
            turn.refuse(ticket, error);
        }
    }

    fn offer_code(&mut self, turn: &mut Turn<'_>, ticket: Ticket, new: NewCode) -> Result<(), CommandError> {
        let NewCode { code, keys, pass, terms } = new;
        self.check_codes()?;
        let party = self.party.as_ref().filter(|party| !party.is_being_joined());
        let party = party.ok_or(CommandError::NotInParty)?;
        if party.codes.iter().filter(|code| code.is_good()).count() >= MOST {
            return Err(CommandError::TooManyCodes { most: MOST as u64 });
        }
        let ends = terms.ends.ok_or(CommandError::UnknownLink)?;
        let was_open = party.membership.rulings.admission() == Admission::Open;
        self.rule(turn, Wish::Link(terms))?;
        let party = self.party.as_ref().ok_or(CommandError::NotInParty)?;
        // Whether its time is over the party says, by its own clock; the newcomer's may be another.
        let link = Invitation { pass: Some(pass), expires_at: None, ..self.invitation(party) };
        let Some(note) = CodeNote::of(link) else {
            let revoke = Wish::Revoke { serial: terms.serial, is_revoked: true };
            return self.rule(turn, revoke).and(Err(CommandError::CodeNotStored));
        };
        let nonces = [turn.entropy.bytes(), turn.entropy.bytes()];
        let offer = CodeOffer::new(turn.now, &keys, &note, ends, nonces, first_id(turn));
        info!(link = %terms.serial, "offering a short code");
        if let Some(party) = &mut self.party {
            party.codes.push(OwnCode {
                code,
                serial: terms.serial,
                ends,
                offer,
                was_open,
                ticket: Some(ticket),
            });
        }
        Ok(())
    }

    /// Looks up where a code leads. [`Output::CodeOpened`] comes before the answer.
    pub(in crate::state) fn find_code(&mut self, turn: &mut Turn<'_>, ticket: Ticket, keys: CodeKeys) {
        if !self.check_free(turn, ticket) {
            return;
        }
        if let Err(error) = self.check_codes() {
            return turn.refuse(ticket, error);
        }
        if !self.code_tries.take(turn.now.instant) {
            return turn.refuse(ticket, CommandError::CodesTooOften);
        }
        let search = CodeSearch::new(turn.now, keys, first_id(turn));
        self.code_search = Some(TypedCode { ticket, since: turn.now.wall, search });
    }

    /// Whoever looks a code up hears that it comes to nothing. False if nobody does.
    pub(in crate::state) fn call_off_code(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(typed) = self.code_search.take() else { return false };
        turn.refuse(typed.ticket, CommandError::Cancelled);
        self.rest_after_codes(turn);
        true
    }

    /// Whether codes can be made and looked up here.
    pub(in crate::state) fn check_codes(&self) -> Result<(), CommandError> {
        match () {
            () if self.relay_only => Err(CommandError::CodesOff { because: CodesOff::Hidden }),
            () if !self.uses_rendezvous => Err(CommandError::CodesOff { because: CodesOff::NoStore }),
            () => Ok(()),
        }
    }

    /// What the public store says of codes.
    pub(in crate::state) fn handle_code_event(&mut self, turn: &Turn<'_>, event: &Event) {
        if let Some(TypedCode { search, .. }) = &mut self.code_search {
            match event {
                Event::Replica(look, item) => search.handle_replica(*look, item),
                Event::LookEnded(look) => search.handle_look_ended(turn.now, *look),
                Event::PutEnded(..) | Event::Nodes(_) => {}
            }
        }
        if let Event::PutEnded(put, outcome) = event {
            for own in self.party.iter_mut().flat_map(|party| &mut party.codes) {
                own.offer.handle_put_ended(turn.now, *put, *outcome);
            }
        }
    }

    /// Does what is due for codes.
    pub(in crate::state) fn let_codes_work(&mut self, turn: &Turn<'_>) {
        if let Some(typed) = &mut self.code_search {
            typed.search.handle_timeout(turn.now);
        }
        for own in self.party.iter_mut().flat_map(|party| &mut party.codes) {
            own.offer.handle_timeout(turn.now);
        }
    }

    /// The network may be another.
    pub(in crate::state) fn ask_for_codes_anew(&mut self, turn: &mut Turn<'_>) {
        let has_finder = self.party.as_ref().is_some_and(|party| party.finder.is_some());
        let has_codes = self.party.as_ref().is_some_and(|party| !party.codes.is_empty());
        if !has_finder && (has_codes || self.code_search.is_some()) {
            turn.push(Output::Rendezvous(Order::Reopen));
        }
        if let Some(typed) = &mut self.code_search {
            typed.search.handle_network_change(turn.now);
        }
        for own in self.party.iter_mut().flat_map(|party| &mut party.codes) {
            own.offer.handle_network_change(turn.now);
        }
    }

    /// What codes want is done, and what came of them told. True if there was anything.
    pub(in crate::state) fn follow_codes(&mut self, turn: &mut Turn<'_>) -> bool {
        self.follow_typed_code(turn) | self.follow_own_codes(turn)
    }

    fn follow_typed_code(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(TypedCode { search, .. }) = &mut self.code_search else { return false };
        let mut news = false;
        while let Some(order) = search.poll_order() {
            news = true;
            turn.push(Output::Rendezvous(order));
        }
        let Some(typed) = self.code_search.take_if(|typed| typed.search.end().is_some()) else { return news };
        let ticket = typed.ticket;
        match typed.search.end().cloned() {
            Some(SearchEnd::Found(invitation)) => {
                info!("a short code leads to a party");
                turn.push(Output::CodeOpened { ticket, invitation });
                turn.complete(ticket, Ok(()));
            }
            Some(SearchEnd::Gone) => turn.refuse(ticket, CommandError::CodeGone),
            Some(SearchEnd::Newer(version)) => {
                turn.refuse(ticket, CommandError::InvitationVersion { version: version.into() });
            }
            Some(SearchEnd::Unknown) => turn.refuse(ticket, CommandError::CodeUnknown),
            Some(SearchEnd::Unanswered) | None => turn.refuse(ticket, CommandError::CodeUnanswered),
        }
        self.rest_after_codes(turn);
        true
    }

    fn follow_own_codes(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(party) = self.party.as_mut().filter(|party| !party.codes.is_empty()) else { return false };
        let rulings = &party.membership.rulings;
        let (mut news, mut not_stored) = (false, Vec::new());
        for own in &mut party.codes {
            // Used, revoked, or over by the clock of the wall, which went on while this device slept.
            if rulings.link(own.serial).is_none_or(|link| link.fault(turn.now.wall).is_some()) {
                own.offer.take_back(turn.now);
            }
            while let Some(order) = own.offer.poll_order() {
                news = true;
                turn.push(Output::Rendezvous(order));
            }
            let answer = match own.offer.state() {
                OfferState::Storing => continue,
                OfferState::Stored => Ok(()),
                OfferState::Failed(fault) => {
                    debug!(?fault, "a short code is not stored");
                    not_stored.push((own.serial, own.was_open));
                    Err(CommandError::CodeNotStored)
                }
                OfferState::Leaving | OfferState::Over => Err(CommandError::Cancelled),
            };
            if let Some(ticket) = own.ticket.take() {
                turn.complete(ticket, answer);
            }
        }
        party.codes.retain(|own| !matches!(own.offer.state(), OfferState::Failed(_) | OfferState::Over));
        if party.codes.is_empty() {
            news = true;
            self.rest_after_codes(turn);
        }
        for (serial, was_open) in not_stored {
            self.forget_link(turn, serial, was_open);
        }
        news
    }

    /// A link that nobody can be told of is no use to anybody, and changes nothing of who may come in.
    fn forget_link(&mut self, turn: &mut Turn<'_>, serial: Serial, was_open: bool) {
        let revoked = self.rule(turn, Wish::Revoke { serial, is_revoked: true });
        let Some(party) = self.party.as_ref().filter(|_| was_open && revoked.is_ok()) else { return };
        if party.membership.rulings.live_links(turn.now.wall) == 0 {
            let _ = self.rule(turn, Wish::Admission(Admission::Open));
        }
    }

    /// The party's network is left: its codes lead nowhere from now on.
    pub(in crate::state) fn take_codes_back(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        for mut own in party.codes.drain(..) {
            own.offer.take_back(turn.now);
            while let Some(order) = own.offer.poll_order() {
                turn.push(Output::Rendezvous(order));
            }
            if let Some(ticket) = own.ticket {
                turn.refuse(ticket, CommandError::Cancelled);
            }
        }
    }

    /// Whoever looks after the party in the store says itself when it wants nothing more of it.
    fn rest_after_codes(&self, turn: &mut Turn<'_>) {
        if self.party.as_ref().is_none_or(|party| party.finder.is_none()) {
            turn.push(Output::Rendezvous(Order::Rest));
        }
    }
}

/// A number that no question of another code begins with, so that its late answers mean nothing.
fn first_id(turn: &mut Turn<'_>) -> u32 {
    FIRST_ID | u32::from_be_bytes(turn.entropy.bytes()) >> 1
}
