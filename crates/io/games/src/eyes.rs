//! Looks at programs, where this system shows them.

use std::{io, time::Instant};

use lanrage_games::Catalogue;

use crate::seen::Seen;

/// Whether games are seen on this system.
pub const IS_POSSIBLE: bool = cfg!(any(target_os = "linux", windows, target_os = "macos"));

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
            // One table has it all.
            let _ = (now, finds_owners);
            crate::table::look(catalogue)
        }
    }
}
