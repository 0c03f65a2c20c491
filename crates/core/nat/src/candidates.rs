pub(crate) mod prediction;

use std::{cmp::Reverse, collections::HashSet, net::IpAddr};

use lanrage_party::{Candidate, CandidateType};

/// Host candidates (RFC 8445 §5.1.1.1) of a UDP socket on `port` of each of `addresses`: usable ones only,
/// each once, highest priority first, at most `room`. Within a priority the given order stays, so what comes last is cut
/// first; but neither family takes all the room from the other, as who has many addresses has them of one (RFC 8421 §4).
pub fn host_candidates(
    addresses: impl IntoIterator<Item = IpAddr>,
    port: u16,
    room: usize,
) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut candidates: Vec<Candidate> = addresses
        .into_iter()
        .map(|ip| Candidate { kind: CandidateType::Host, address: (ip.to_canonical(), port).into() })
        .filter(|candidate| candidate.is_usable() && seen.insert(candidate.address))
        .collect();
    candidates.sort_by_key(|candidate| Reverse(candidate.priority()));
    let v6 = candidates.iter().filter(|candidate| candidate.address.is_ipv6()).count();
    let v4 = candidates.len() - v6;
    let (mut v6, mut v4) = (v6.min(room - v4.min(room / 2)), v4.min(room - v6.min(room / 2)));
    candidates.retain(|candidate| {
        let left = if candidate.address.is_ipv6() { &mut v6 } else { &mut v4 };
        let stays = *left > 0;
        *left = left.saturating_sub(1);
        stays
    });
    candidates
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn host_candidates_are_usable_distinct_and_in_priority_order() {
        let addresses = [
            "192.168.1.5",
            "127.0.0.1",
            "2001:db8::5",
            "192.168.1.5",
            "0.0.0.0",
            "::ffff:10.0.0.9",
            "172.17.0.1",
        ];
        let candidates = host_candidates(addresses.map(|text| text.parse().unwrap()), 7777, 24);
        let texts: Vec<String> = candidates.iter().map(|c| c.address.to_string()).collect();
        assert_eq!(texts, ["[2001:db8::5]:7777", "192.168.1.5:7777", "10.0.0.9:7777", "172.17.0.1:7777"]);
        assert!(candidates.iter().all(|c| c.kind == CandidateType::Host));
    }

    #[test]
    fn a_device_with_many_addresses_offers_the_first_ones() {
        let many = (1..=200).map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let candidates = host_candidates(many, 1, 24);
        assert_eq!(candidates.len(), 24);
        assert_eq!(candidates[0].address.to_string(), "10.0.0.1:1");
        assert!(host_candidates(["10.0.0.1".parse().unwrap()], 1, 0).is_empty());
    }

    #[test]
    fn many_addresses_of_one_family_leave_room_for_the_other() {
        let v4 = |n: u16| IpAddr::V4(Ipv4Addr::new(10, 0, 0, n as u8));
        let v6 = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, n]);
        let counts = |v6s: u16, v4s: u16| {
            let candidates = host_candidates((1..=v6s).map(v6).chain((1..=v4s).map(v4)), 1, 20);
            let six = candidates.iter().filter(|candidate| candidate.address.is_ipv6()).count();
            (six, candidates.len() - six)
        };
        assert_eq!(counts(26, 1), (19, 1));
        assert_eq!(counts(1, 26), (1, 19));
        assert_eq!(counts(26, 26), (10, 10));
        assert_eq!(counts(3, 4), (3, 4));
    }

    #[test]
    fn port_zero_is_no_candidate() {
        assert!(host_candidates(["10.0.0.1".parse().unwrap()], 0, 24).is_empty());
    }
}
