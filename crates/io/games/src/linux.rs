//! Linux: `/proc` and sock_diag(7).

mod processes;
mod sockets;

use std::{
    io,
    time::{Duration, Instant},
};

use lanrage_games::{Catalogue, Running};

use self::{processes::Processes, sockets::Sockets};

/// Between two looks at all processes while no socket has changed.
const WALK: Duration = Duration::from_secs(2);

/// Looks at programs again and again.
#[derive(Debug, Default)]
pub(crate) struct Eyes {
    sockets: Sockets,
    processes: Processes,
    walked: Option<Instant>,
    seen: Vec<Running>,
}

impl Eyes {
    pub(crate) fn look(&mut self, catalogue: &Catalogue, now: Instant) -> io::Result<Vec<Running>> {
        let has_changed = self.sockets.look()?;
        let is_due = self.walked.is_none_or(|walked| now.saturating_duration_since(walked) >= WALK);
        if has_changed || is_due {
            self.walked = Some(now);
            self.processes.walk(catalogue, now)?;
            self.seen = self.processes.candidates(self.sockets.all());
        }
        Ok(self.seen.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a second of watching costs; prints it.
    #[test]
    fn a_look_at_which_nothing_has_changed_is_cheap() {
        let mut eyes = Eyes::default();
        let (now, catalogue) = (Instant::now(), Catalogue::builtin());
        eyes.look(catalogue, now).unwrap();
        let begun = Instant::now();
        for _ in 0..200 {
            eyes.sockets.look().unwrap();
        }
        let sockets = begun.elapsed() / 200;
        let begun = Instant::now();
        for _ in 0..20 {
            eyes.processes.walk(catalogue, now + Duration::from_secs(40)).unwrap();
        }
        let walk = begun.elapsed() / 20;
        println!("sockets {sockets:?}, processes {walk:?}");
        // Far from what is measured, so that a busy machine does not fail it.
        assert!(sockets < Duration::from_millis(5) && walk < Duration::from_millis(200));
    }
}
