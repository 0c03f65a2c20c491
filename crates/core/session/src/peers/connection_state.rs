use tracing::error;

use crate::ConnectionState;

impl ConnectionState {
    /// Every state, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Connecting, Self::Connected, Self::Degraded, Self::Reconnecting, Self::Failed, Self::Closed];

    /// Whether a connection may go from this state to `next`.
    ///
    /// `Connecting → Connected | Failed`, `Connected ⇄ Degraded`, `Connected | Degraded → Reconnecting →
    /// Connected | Failed`, `Failed → Reconnecting`, any → `Closed`.
    pub const fn may_become(self, next: Self) -> bool {
        use ConnectionState::{Closed, Connected, Connecting, Degraded, Failed, Reconnecting};
        matches!(
            (self, next),
            (Connecting | Reconnecting, Connected | Failed)
                | (Connected, Degraded | Reconnecting)
                | (Degraded, Connected | Reconnecting)
                | (Failed, Reconnecting)
                | (Connecting | Connected | Degraded | Reconnecting | Failed, Closed)
        )
    }

    /// Moves to `next`. Staying is no move. An illegal move is a bug: it stops a debug build, and is logged
    /// and ignored in a release.
    pub(crate) fn transition_to(&mut self, next: Self) {
        if *self == next {
            return;
        }
        if self.may_become(next) {
            *self = next;
        } else {
            debug_assert!(false, "illegal transition {self:?} -> {next:?}");
            error!(from = ?*self, to = ?next, "illegal connection transition ignored");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_designed_transitions_exist() {
        use ConnectionState::{Closed, Connected, Connecting, Degraded, Failed, Reconnecting};
        let allowed = [
            (Connecting, Connected),
            (Connecting, Failed),
            (Connected, Degraded),
            (Degraded, Connected),
            (Connected, Reconnecting),
            (Degraded, Reconnecting),
            (Reconnecting, Connected),
            (Reconnecting, Failed),
            (Failed, Reconnecting),
        ];
        for from in ConnectionState::ALL {
            for to in ConnectionState::ALL {
                let expected = allowed.contains(&(from, to)) || (to == Closed && from != Closed);
                assert_eq!(from.may_become(to), expected, "{from:?} -> {to:?}");
            }
        }
    }
}
