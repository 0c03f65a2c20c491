//! Looks at programs, where this system shows them.

use std::{io, time::Instant};

use lanrage_games::{Catalogue, Running};

/// Whether games are seen on this system.
pub const IS_POSSIBLE: bool = cfg!(target_os = "linux");

/// Looks at programs again and again; remembers what cannot have changed.
#[derive(Debug, Default)]
pub struct Eyes {
    #[cfg(target_os = "linux")]
    linux: crate::linux::Eyes,
}

impl Eyes {
    /// The programs that may be games, with what they listen on. Blocks for a moment.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn look(&mut self, catalogue: &Catalogue, now: Instant) -> io::Result<Vec<Running>> {
        #[cfg(target_os = "linux")]
        return self.linux.look(catalogue, now);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (catalogue, now);
            Ok(Vec::new())
        }
    }
}
