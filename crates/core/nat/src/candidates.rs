use std::{cmp::Reverse, collections::HashSet, net::IpAddr};

use lanrage_party::{Candidate, CandidateType, limits};

/// Host candidates (RFC 8445 §5.1.1.1) of a UDP socket on `port` of each of `addresses`: usable ones only,
/// each once, highest priority first, at most [`limits::CANDIDATES`]. Within a priority the given order stays,
/// so what comes last is cut first.
pub fn host_candidates(addresses: impl IntoIterator<Item = IpAddr>, port: u16) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut candidates: Vec<Candidate> = addresses
        .into_iter()
        .map(|ip| Candidate { kind: CandidateType::Host, address: (ip.to_canonical(), port).into() })
        .filter(|candidate| candidate.is_usable() && seen.insert(candidate.address))
        .collect();
    candidates.sort_by_key(|candidate| Reverse(candidate.priority()));
    candidates.truncate(limits::CANDIDATES);
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
        let candidates = host_candidates(addresses.map(|text| text.parse().unwrap()), 7777);
        let texts: Vec<String> = candidates.iter().map(|c| c.address.to_string()).collect();
        assert_eq!(texts, ["[2001:db8::5]:7777", "192.168.1.5:7777", "10.0.0.9:7777", "172.17.0.1:7777"]);
        assert!(candidates.iter().all(|c| c.kind == CandidateType::Host));
    }

    #[test]
    fn a_device_with_many_addresses_offers_the_first_ones() {
        let many = (1..=200).map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        let candidates = host_candidates(many, 1);
        assert_eq!(candidates.len(), limits::CANDIDATES);
        assert_eq!(candidates[0].address.to_string(), "10.0.0.1:1");
    }

    #[test]
    fn port_zero_is_no_candidate() {
        assert!(host_candidates(["10.0.0.1".parse().unwrap()], 0).is_empty());
    }
}
