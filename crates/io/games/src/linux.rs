//! Linux: `/proc` and sock_diag(7).

mod processes;
mod sockets;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt,
    time::{Duration, Instant},
};

use lanrage_games::{Catalogue, Heard};

use self::{
    processes::{Processes, own_sockets},
    sockets::Sockets,
};
use crate::seen::Seen;

/// Between two looks at all processes while no socket has changed.
const WALK: Duration = Duration::from_secs(2);

/// Looks at programs again and again.
#[derive(Debug, Default)]
pub(crate) struct Eyes {
    sockets: Sockets,
    processes: Processes,
    walked: Option<Instant>,
    /// Whose the sockets are, as far as it was found.
    owners: BTreeMap<u64, Option<String>>,
    seen: Seen,
}

impl Eyes {
    pub(crate) fn look(
        &mut self,
        catalogue: &Catalogue,
        now: Instant,
        finds_owners: bool,
    ) -> io::Result<Seen> {
        let has_changed = self.sockets.look()?;
        let is_due = self.walked.is_none_or(|walked| now.saturating_duration_since(walked) >= WALK);
        if has_changed || is_due {
            self.walked = Some(now);
            self.processes.walk(catalogue, now)?;
            self.seen.running = self.processes.candidates(self.sockets.all());
        }
        if finds_owners && (has_changed || self.seen.heard.is_none()) {
            self.find_owners()?;
        }
        Ok(self.seen.clone())
    }

    /// Looks for those of new sockets; of the user's own alone, as others' are not shown. LANrage's own sockets are for nobody,
    /// and no news.
    fn find_owners(&mut self) -> io::Result<()> {
        let (own_user, own_sockets) = (fs::metadata("/proc/self")?.uid(), own_sockets());
        let sockets = self.sockets.all().iter().filter(|(inode, _)| !own_sockets.contains(inode));
        self.owners.retain(|inode, _| self.sockets.all().contains_key(inode));
        let new = sockets
            .clone()
            .filter(|(inode, known)| known.user == own_user && !self.owners.contains_key(inode));
        let new: BTreeSet<u64> = new.map(|(inode, _)| *inode).collect();
        if !new.is_empty() {
            let mut found = self.processes.owners(new.clone());
            self.owners.extend(new.into_iter().map(|inode| (inode, found.remove(&inode))));
        }
        let heard = sockets.map(|(inode, known)| Heard {
            socket: known.socket,
            program: self.owners.get(inode).cloned().flatten(),
        });
        self.seen.heard = Some(heard.collect());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// What a second of watching costs; prints it.
    #[test]
    fn a_look_at_which_nothing_has_changed_is_cheap() {
        let mut eyes = Eyes::default();
        let (now, catalogue) = (Instant::now(), Catalogue::builtin());
        eyes.look(catalogue, now, true).unwrap();
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
        let begun = Instant::now();
        for _ in 0..20 {
            let inodes = eyes.sockets.all().keys().copied().collect();
            eyes.processes.owners(inodes);
        }
        let owners = begun.elapsed() / 20;
        println!("sockets {sockets:?}, processes {walk:?}, owners {owners:?}");
        // Far from what is measured, so that a busy machine does not fail it.
        assert!(sockets < Duration::from_millis(5) && walk < Duration::from_millis(200));
        assert!(owners < Duration::from_millis(500));
    }

    #[test]
    fn the_own_programs_sockets_are_no_news() {
        let mut eyes = Eyes::default();
        let own = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = own.local_addr().unwrap().port();
        let look = |eyes: &mut Eyes| eyes.look(Catalogue::builtin(), Instant::now(), true).unwrap().heard;
        let heard = look(&mut eyes).unwrap();
        assert!(
            eyes.sockets.all().values().any(|known| known.socket.address.port() == port),
            "the system knows it"
        );
        assert!(heard.iter().all(|heard| heard.socket.address.port() != port), "{heard:?}");
        assert_eq!(eyes.look(Catalogue::builtin(), Instant::now(), false).unwrap().heard, Some(heard));
    }
}
