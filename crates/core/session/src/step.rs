//! How a session is driven: by the product's loop and by the simulation alike.

use lanrage_control::Now;

use crate::{input::Input, output::Output, session::Session};

/// Carries out what a session wants.
pub trait Outputs {
    /// Carries out one output, without waiting for anything. `session` is for showing its state.
    fn perform(&mut self, session: &Session, output: Output);
}

/// Gives a session an input and has everything carried out that follows from it.
pub fn step(session: &mut Session, now: Now, input: Input, outputs: &mut impl Outputs) {
    session.handle(now, input);
    flush(session, outputs);
}

/// Has everything carried out that a session wants already, as after [`Session::new`].
pub fn flush(session: &mut Session, outputs: &mut impl Outputs) {
    while let Some(output) = session.poll_output() {
        outputs.perform(session, output);
    }
}
