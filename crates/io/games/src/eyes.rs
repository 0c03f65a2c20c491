//! Looks at programs, where this system shows them.

use std::{io, time::Instant};

use lanrage_games::{Catalogue, Heard, Running};

/// Whether games are seen on this system.
pub const IS_POSSIBLE: bool = cfg!(target_os = "linux");

/// What a look has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The programs that may be games, with what they listen on.
    pub running: Vec<Running>,
    /// All sockets that hear strangers; `None` where nobody has looked for whose they are, or where this cannot be seen.
    pub heard: Option<Vec<Heard>>,
}

/// Looks at programs again and again; remembers what cannot have changed.
#[derive(Debug, Default)]
pub struct Eyes {
    #[cfg(target_os = "linux")]
    linux: crate::linux::Eyes,
}

impl Eyes {
    /// What runs and listens; whose the sockets are only if it is asked, as that takes longer. Blocks for a moment.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn look(&mut self, catalogue: &Catalogue, now: Instant, finds_owners: bool) -> io::Result<Seen> {
        #[cfg(target_os = "linux")]
        return self.linux.look(catalogue, now, finds_owners);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (catalogue, now, finds_owners);
            Ok(Seen::default())
        }
    }
}
