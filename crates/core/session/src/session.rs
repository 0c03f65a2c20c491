use std::{collections::VecDeque, time::Instant};

use lanrage_control::Now;
use lanrage_party::PeerId;

use crate::{
    entropy::Entropy,
    facts::{DataPlaneView, Snapshot, Traffic},
    input::Input,
    output::{Output, Turn},
    setup::Setup,
    state::State,
};

/// Every decision of the product, as a state machine without I/O.
///
/// A session knows which party this device is in, who else is, and what to do about it. It touches nothing: what happens
/// outside comes in as an [`Input`], and what is to be done comes out as an [`Output`]. There are four kinds of calls:
///
/// 1. [`Session::handle`] takes one input. It may be called at any time, in any order and with anything: what makes no
///    sense at the moment (a datagram of a peer that has left, the answer to a question that nobody asks any more) has
///    no effect. What an input causes is decided when the call returns: all parts have followed each other until none
///    had anything to say.
/// 2. [`Session::poll_output`] gives what is to be done, in order. It is called until it gives nothing, after every
///    input. None of it is decided again: an output that could not be carried out is lost, and a timer repeats it.
/// 3. [`Session::poll_timeout`] says when an [`Input::Timeout`] is due and why. It is asked after every input, and its
///    last answer counts. While outputs wait it says that the time is now, so that none can lie.
/// 4. [`Session::snapshot`] and [`Session::digest`] show the state and change nothing.
///
/// [`step`](crate::step) does the first two in the right order; the product's loop and the simulation both drive a
/// session by it.
///
/// What holds, whatever comes in:
///
/// - The time is that of `now` alone, and does not go back. Randomness is that of the [`Entropy`] alone. So the same
///   inputs give the same outputs.
/// - Every ticket of a [`Command`](crate::Command) is answered by exactly one [`Output::Complete`], if inputs and
///   timeouts go on coming.
/// - Nobody is a peer whose record does not verify against the party's secret, whatever a control plane says; nothing is
///   sent to anybody else but servers that the user, an invitation or the control server has named.
/// - Memory is bounded, whatever servers and peers do.
pub struct Session {
    state: State,
    entropy: Entropy,
    outputs: VecDeque<Output>,
    /// The time of the last input.
    last: Instant,
}

impl Session {
    /// A session of a device that is in no party. What it wants first already waits.
    pub fn new(now: Now, setup: Setup, mut entropy: Entropy) -> Self {
        let mut outputs = VecDeque::new();
        let mut turn = Turn { now, entropy: &mut entropy, outputs: &mut outputs };
        let state = State::new(&mut turn, setup);
        Self { state, entropy, outputs, last: now.instant }
    }

    /// Takes an input and decides everything that follows from it.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.last = now.instant;
        let mut turn = Turn { now, entropy: &mut self.entropy, outputs: &mut self.outputs };
        self.state.handle(&mut turn, input);
        self.state.settle(&mut turn);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        let mut output = self.outputs.pop_front()?;
        if let Output::Notice(notice) = &mut output {
            let party = self.state.party();
            notice.party = party.map(|party| party.membership.invitation.party.to_string());
        }
        Some(output)
    }

    /// When an [`Input::Timeout`] is due, and whose it is.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        if !self.outputs.is_empty() {
            return Some((self.last, "outputs wait"));
        }
        self.state.poll_timeout()
    }

    /// The whole state as shown. `traffic` and `data_plane` are what the data plane counted, for each peer and for all.
    pub fn snapshot(
        &self,
        now: Now,
        traffic: impl Fn(&PeerId) -> Traffic,
        data_plane: DataPlaneView,
    ) -> Snapshot {
        self.state.snapshot(now, traffic, data_plane)
    }

    /// Stands for what a player is to see at once when it changes: how it is with each friend and with the control
    /// server. What else time and probes change are figures, which can wait for the next second.
    pub fn digest(&self) -> u64 {
        self.state.digest()
    }

    /// Whether there are friends whose traffic has to be told ([`Input::Traffic`]).
    pub fn has_peers(&self) -> bool {
        self.state.party().is_some_and(|party| !party.connections.connections().is_empty())
    }

    /// Whether friends are still being told that this device has left or paused: whoever ends the program waits for that, by
    /// timeouts. It takes a few hundredths of a second.
    pub const fn is_parting(&self) -> bool {
        self.state.is_parting()
    }

    /// What the tests look into.
    #[cfg(test)]
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
