//! Which groups programs of this computer have joined, by which interface, as the kernel lists them (`/proc/net/igmp`).

use std::{
    collections::HashSet,
    fs, io,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

/// Implementation: how long a list counts in which a group is not. A program that joins then hears its next beacon.
const COUNTS: Duration = Duration::from_millis(250);
const LIST: &str = "/proc/net/igmp";

/// The groups that are in use.
#[derive(Debug, Default)]
pub(super) struct Joined {
    list: List,
    read: Option<Instant>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct List {
    /// On other interfaces.
    elsewhere: HashSet<Ipv4Addr>,
    /// On the one that was asked about by more than one socket.
    shared: HashSet<Ipv4Addr>,
}

impl Joined {
    /// Whether a program has joined the group on an interface beside the one with this number. Where the kernel does not say,
    /// each group counts as joined.
    pub(super) fn contains(&mut self, group: Ipv4Addr, beside: u32, now: Instant) -> bool {
        self.contains_by(group, now, || read(beside))
    }

    /// Whether more than one socket has joined the group on the interface with this number. Where the kernel does not say, none
    /// counts so.
    pub(super) fn is_shared(&mut self, group: Ipv4Addr, on: u32, now: Instant) -> bool {
        self.refresh(now, || read(on)).is_ok() && self.list.shared.contains(&group)
    }

    fn contains_by(
        &mut self,
        group: Ipv4Addr,
        now: Instant,
        read: impl FnOnce() -> io::Result<List>,
    ) -> bool {
        self.refresh(now, read).is_err() || self.list.elsewhere.contains(&group)
    }

    fn refresh(&mut self, now: Instant, read: impl FnOnce() -> io::Result<List>) -> io::Result<()> {
        if self.read.is_none_or(|read| now >= read + COUNTS) {
            let list = read().inspect_err(|error| {
                tracing::debug!(%error, "the kernel does not say which groups are joined");
            })?;
            (self.list, self.read) = (list, Some(now));
        }
        Ok(())
    }
}

fn read(interface: u32) -> io::Result<List> {
    Ok(List::parse(&fs::read_to_string(LIST)?, interface))
}

impl List {
    /// A line of an interface begins with its number; those of its groups are further in, each with the address as a number in the
    /// machine's order, and how many sockets have joined it.
    fn parse(text: &str, interface: u32) -> Self {
        let mut list = Self::default();
        let mut is_elsewhere = true;
        for line in text.lines().skip(1) {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if !line.starts_with(char::is_whitespace) {
                is_elsewhere = first.parse() != Ok(interface);
                continue;
            }
            let Ok(group) = u32::from_str_radix(first, 16) else { continue };
            let group = Ipv4Addr::from(group.to_ne_bytes());
            let users: u32 = words.next().and_then(|users| users.parse().ok()).unwrap_or_default();
            if is_elsewhere {
                list.elsewhere.insert(group);
            } else if users > 1 {
                list.shared.insert(group);
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 77, 7);

    #[test]
    fn the_kernel_lists_what_a_socket_has_joined() {
        let elsewhere = |interface| read(interface).unwrap().elsewhere.contains(&GROUP);
        assert!(!elsewhere(0));
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
        assert!(elsewhere(0));
        let lo = fs::read_to_string("/sys/class/net/lo/ifindex").unwrap().trim().parse().unwrap();
        assert!(!elsewhere(lo), "beside that interface nowhere");
        assert!(!read(lo).unwrap().shared.contains(&GROUP), "by one socket");
        let other = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        other.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
        assert!(read(lo).unwrap().shared.contains(&GROUP));
    }

    #[test]
    fn lines_that_are_none_of_the_list_are_left_out() {
        let one = u32::from_ne_bytes(GROUP.octets());
        let list = format!(
            "Idx\tDevice\n1\tlo : 1 V3\n\t\t\t\t{one:08X}     1 0:00000000\t\t0\n\t\t\t\tno group\n\n\t"
        );
        assert_eq!(List::parse(&list, 0).elsewhere, HashSet::from([GROUP]));
        assert_eq!(List::parse(&list, 1), List::default());
        assert_eq!(List::parse("", 0), List::default());
    }

    #[test]
    fn the_list_is_read_once_in_a_while_and_without_one_each_group_counts() {
        let (mut joined, now) = (Joined::default(), Instant::now());
        assert!(joined.contains_by(GROUP, now, || Err(io::ErrorKind::NotFound.into())));
        assert!(!joined.contains_by(GROUP, now, || Ok(List::default())));
        let newer = || Ok(List { elsewhere: HashSet::from([GROUP]), ..List::default() });
        assert!(!joined.contains_by(GROUP, now, newer));
        assert!(joined.contains_by(GROUP, now + COUNTS, newer));
    }
}
