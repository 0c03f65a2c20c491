//! Memberships on the adapter in the place of the programs': a game that joined a group elsewhere, or before there was an
//! adapter, hears it here then as well. A group is joined with a friend's first packet to it, so that none is lost, and only
//! where a program has joined it: what friends send to groups that nobody here is in takes no place.
//!
//! The kernel takes a group's packets from an interface on which somebody is a member, and hands them to every socket that is
//! a member anywhere (`IP_MULTICAST_ALL`, ip(7)). Who has switched that off is deaf to other interfaces: Java does, and the kernel
//! for sockets of both families. Those get a copy that is for them alone.

use std::{
    io,
    net::Ipv4Addr,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, socket_with,
    sockopt::{set_ip_add_membership_with_ifindex, set_ip_drop_membership_with_ifindex},
};

use super::joined::Joined;
use crate::os::linux_netlink;

/// Specification: memberships of one socket, where an administrator did not change it (`net.ipv4.igmp_max_memberships`).
const PER_SOCKET: usize = 20;
/// Implementation: groups at once. One more takes the place of the one that was heard of longest ago.
const GROUPS: usize = 120;
/// Implementation: groups that may be new in one period; packets of more are not waited for.
const NEW: u32 = 200;
const PERIOD: Duration = Duration::from_secs(1);

/// The interface is named by its number, and not by an address of its own.
const NO_ADDRESS: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// The groups that friends send to.
#[derive(Debug)]
pub(crate) struct Groups {
    interface: u32,
    /// Each has the memberships of the places from its number times [`PER_SOCKET`] on.
    sockets: Vec<OwnedFd>,
    members: Members,
    joined: Joined,
}

/// Which group has which place.
#[derive(Debug, Default)]
struct Members {
    places: Vec<(Ipv4Addr, u64)>,
    /// Counts the packets.
    clock: u64,
    /// How many groups were new since when.
    new: Option<(Instant, u32)>,
}

/// What is to be done for a group that is new.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    place: usize,
    leaves: Option<Ipv4Addr>,
}

impl Groups {
    /// Of the interface with this name.
    pub(crate) fn new(name: &str) -> Self {
        let interface = linux_netlink::index(name).unwrap_or_default();
        Self { interface, sockets: Vec::new(), members: Members::default(), joined: Joined::default() }
    }

    /// Makes the kernel take packets to this group from the adapter.
    pub(crate) fn hear(&mut self, group: Ipv4Addr, now: Instant) {
        let is_joined = || self.joined.contains(group, self.interface, now);
        let Some(change) = self.members.note(group, now, is_joined) else { return };
        if let Err(error) = self.carry_out(&change, group) {
            tracing::debug!(%group, %error, "the system does not join");
        }
    }

    /// Whether we are the only ones who have joined the group on the adapter, and a program has joined it elsewhere.
    pub(crate) fn is_ours_alone(&mut self, group: Ipv4Addr, now: Instant) -> bool {
        self.members.places.iter().any(|(known, _)| *known == group)
            && !self.joined.is_shared(group, self.interface, now)
    }

    fn carry_out(&mut self, change: &Change, group: Ipv4Addr) -> io::Result<()> {
        let number = change.place / PER_SOCKET;
        while self.sockets.len() <= number {
            self.sockets.push(socket_with(
                AddressFamily::INET,
                SocketType::DGRAM,
                SocketFlags::CLOEXEC,
                None,
            )?);
        }
        let (socket, interface) = (&self.sockets[number], self.interface);
        if let Some(left) = change.leaves {
            // The device may have been taken down and lost it.
            let _ = set_ip_drop_membership_with_ifindex(socket, &left, &NO_ADDRESS, interface);
        }
        Ok(set_ip_add_membership_with_ifindex(socket, &group, &NO_ADDRESS, interface)?)
    }
}

impl Members {
    /// Notes a packet to a group. `is_joined` says of a new one whether a program wants it.
    fn note(&mut self, group: Ipv4Addr, now: Instant, is_joined: impl FnOnce() -> bool) -> Option<Change> {
        self.clock += 1;
        if let Some((_, last)) = self.places.iter_mut().find(|(known, _)| *known == group) {
            *last = self.clock;
            return None;
        }
        let (since, new) = self.new.filter(|(since, _)| now < *since + PERIOD).unwrap_or((now, 0));
        if new >= NEW || !is_joined() {
            return None;
        }
        self.new = Some((since, new + 1));
        if self.places.len() < GROUPS {
            self.places.push((group, self.clock));
            return Some(Change { place: self.places.len() - 1, leaves: None });
        }
        let place = (0..GROUPS).min_by_key(|place| self.places[*place].1)?;
        let (left, _) = std::mem::replace(&mut self.places[place], (group, self.clock));
        Some(Change { place, leaves: Some(left) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n: u16) -> Ipv4Addr {
        let [high, low] = n.to_be_bytes();
        Ipv4Addr::new(239, 192, high, low)
    }

    #[test]
    fn a_group_is_joined_with_its_first_packet_and_the_one_heard_of_longest_ago_is_left() {
        let (mut members, now) = (Members::default(), Instant::now());
        for n in 0..GROUPS as u16 {
            assert_eq!(members.note(group(n), now, || true), Some(Change { place: n.into(), leaves: None }));
        }
        assert_eq!(members.note(group(0), now, || true), None);
        let later = now + PERIOD;
        assert_eq!(
            members.note(group(500), later, || true),
            Some(Change { place: 1, leaves: Some(group(1)) })
        );
        assert_eq!(members.note(group(0), later, || true), None);
    }

    #[test]
    fn groups_that_no_program_is_in_push_none_out() {
        let (mut members, now) = (Members::default(), Instant::now());
        assert!(members.note(group(7), now, || true).is_some());
        for n in 1_000..3_000 {
            assert_eq!(members.note(group(n), now, || false), None);
        }
        assert_eq!(members.places.len(), 1);
        assert_eq!(members.note(group(8), now, || true), Some(Change { place: 1, leaves: None }));
    }

    #[test]
    fn who_sends_to_ever_new_groups_has_few_of_them_joined() {
        let (mut members, now) = (Members::default(), Instant::now());
        let joined = |members: &mut Members, now| {
            (0..2_000).filter(|n| members.note(group(*n), now, || true).is_some()).count()
        };
        assert_eq!(joined(&mut members, now), NEW as usize);
        assert_eq!(joined(&mut members, now + PERIOD), NEW as usize);
        assert_eq!(members.places.len(), GROUPS);
    }
}
