//! Which groups programs of this computer have joined, by whatever interface, as the kernel lists them (`/proc/net/igmp`).

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
    groups: HashSet<Ipv4Addr>,
    read: Option<Instant>,
}

impl Joined {
    /// Whether a program has joined the group on an interface beside the one with this number. Where the kernel does not say,
    /// each group counts as joined.
    pub(super) fn contains(&mut self, group: Ipv4Addr, beside: u32, now: Instant) -> bool {
        self.contains_by(group, now, || read(beside))
    }

    fn contains_by(
        &mut self,
        group: Ipv4Addr,
        now: Instant,
        read: impl FnOnce() -> io::Result<HashSet<Ipv4Addr>>,
    ) -> bool {
        if self.read.is_none_or(|read| now >= read + COUNTS) {
            match read() {
                Ok(groups) => (self.groups, self.read) = (groups, Some(now)),
                Err(error) => {
                    tracing::debug!(%error, "the kernel does not say which groups are joined");
                    return true;
                }
            }
        }
        self.groups.contains(&group)
    }
}

fn read(beside: u32) -> io::Result<HashSet<Ipv4Addr>> {
    Ok(groups(&fs::read_to_string(LIST)?, beside))
}

/// A line of an interface begins with its number; those of its groups are further in, each with the address as a number in the
/// machine's order.
fn groups(list: &str, beside: u32) -> HashSet<Ipv4Addr> {
    let mut groups = HashSet::new();
    let mut is_beside = false;
    for line in list.lines().skip(1) {
        let first = line.split_whitespace().next().unwrap_or_default();
        if !line.starts_with(char::is_whitespace) {
            is_beside = first.parse() == Ok(beside);
        } else if !is_beside && let Ok(group) = u32::from_str_radix(first, 16) {
            groups.insert(Ipv4Addr::from(group.to_ne_bytes()));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 77, 7);

    #[test]
    fn the_kernel_lists_what_a_socket_has_joined() {
        assert!(!read(0).unwrap().contains(&GROUP));
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
        assert!(read(0).unwrap().contains(&GROUP));
        let lo = fs::read_to_string("/sys/class/net/lo/ifindex").unwrap().trim().parse().unwrap();
        assert!(!read(lo).unwrap().contains(&GROUP), "beside that interface nowhere");
    }

    #[test]
    fn lines_that_are_none_of_the_list_are_left_out() {
        let one = u32::from_ne_bytes(GROUP.octets());
        let list = format!(
            "Idx\tDevice\n1\tlo : 1 V3\n\t\t\t\t{one:08X}     1 0:00000000\t\t0\n\t\t\t\tno group\n\n\t"
        );
        assert_eq!(groups(&list, 0), HashSet::from([GROUP]));
        assert_eq!(groups(&list, 1), HashSet::new());
        assert_eq!(groups("", 0), HashSet::new());
    }

    #[test]
    fn the_list_is_read_once_in_a_while_and_without_one_each_group_counts() {
        let (mut joined, now) = (Joined::default(), Instant::now());
        assert!(joined.contains_by(GROUP, now, || Err(io::ErrorKind::NotFound.into())));
        assert!(!joined.contains_by(GROUP, now, || Ok(HashSet::new())));
        let newer = || Ok(HashSet::from([GROUP]));
        assert!(!joined.contains_by(GROUP, now, newer));
        assert!(joined.contains_by(GROUP, now + COUNTS, newer));
    }
}
