//! What follows from the looks at the open adapter: whether it works, what is put right, and what the user is told.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use lanrage_party::{
    AdapterLook, AdapterPart, Detour, Passage, Subnet,
    facts::{AdapterFault, BlockedWay, EndpointUse, LostPart, Remedy, SearchTrouble},
};

use super::adapter::AdapterFailure;
use crate::facts::Severity;

/// From how many looks in a row on something is told: one alone may have met another program at its work.
const CERTAIN: u8 = 2;
/// How often in a row the adapter is mended before it is opened anew.
const MENDS: u8 = 2;
/// Every how many looks copies of searches are asked for later.
const RENEWAL: u32 = 15;
/// How long an adapter that was opened anew is left open, however little of it is left: another program takes it apart.
const REOPEN_PAUSE: Duration = Duration::from_secs(60);

/// What a look asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// Nothing.
    None,
    /// What is lost is to be put back.
    Mend,
    /// Putting back did not help, or is not permitted: a new adapter has everything.
    Reopen,
}

/// What is known of the open adapter by the looks at it.
#[derive(Debug, Default)]
pub(crate) struct AdapterWatch {
    works: Option<bool>,
    /// Looks in a row that found something lost or led elsewhere.
    stripped: u8,
    /// What the last look found wrong, and how many looks in a row it is so.
    trouble: Option<(Trouble, u8)>,
    reopened: Option<Instant>,
    /// Looks in a row in which searches did not come into the party.
    uncopied: u32,
}

/// What is wrong with an adapter that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    severity: Severity,
    failure: AdapterFailure,
}

impl AdapterWatch {
    /// An adapter was opened, and nobody has looked at it yet.
    pub(crate) fn handle_opened(&mut self) {
        *self = Self { reopened: self.reopened, ..Self::default() };
    }

    /// What a look at the open adapter found.
    ///
    /// `endpoint` is an address in the party's network that LANrage itself uses.
    pub(crate) fn handle_look(
        &mut self,
        now: Instant,
        look: &AdapterLook,
        subnet: Subnet,
        endpoint: Option<Endpoint>,
    ) -> Care {
        let is_whole = look.lost.is_empty() && look.detours.is_empty();
        self.stripped = if is_whole { 0 } else { self.stripped.saturating_add(1) };
        self.uncopied = if look.searches == Some(SearchTrouble::NotInParty) {
            self.uncopied.saturating_add(1)
        } else {
            0
        };
        let trouble = trouble(look, subnet, endpoint);
        self.trouble = trouble.map(|trouble| match self.trouble.take() {
            Some((known, looks)) if known == trouble => (trouble, looks.saturating_add(1)),
            _ => (trouble, 1),
        });
        self.works = match &self.trouble {
            None => Some(true),
            Some((Trouble { severity: Severity::Warning, .. }, _)) => Some(true),
            Some((_, CERTAIN..)) => Some(false),
            // Something may only be on its way back; it is not called good meanwhile.
            Some(_) => None,
        };
        match self.stripped {
            0 if is_renewed_at(self.uncopied) => Care::Mend,
            0 => Care::None,
            1..=MENDS => Care::Mend,
            // A way that rules lead elsewhere is led elsewhere from a new adapter too.
            _ if look.lost.is_empty() => Care::None,
            _ if self.reopened.is_some_and(|at| now < at + REOPEN_PAUSE) => Care::Mend,
            _ => {
                self.reopened = Some(now);
                Care::Reopen
            }
        }
    }

    /// Whether packets pass; `None` while that is not certain.
    pub(crate) const fn works(&self) -> Option<bool> {
        self.works
    }

    /// What the user is to know, if anything.
    pub(crate) fn failure(&self) -> Option<(Severity, &AdapterFailure)> {
        let (trouble, looks) = self.trouble.as_ref()?;
        (*looks >= CERTAIN).then_some((trouble.severity, &trouble.failure))
    }
}

/// Whether copies of searches are asked for anew at this look of those that miss them. A new adapter would get none either.
const fn is_renewed_at(look: u32) -> bool {
    look > 0 && (look <= MENDS as u32 || look.is_multiple_of(RENEWAL))
}

/// An address that is in use, and what as.
pub(crate) type Endpoint = (EndpointUse, Ipv4Addr);

/// That the party's network holds somebody's address; a name server's where nothing else is said.
pub(crate) fn holds(subnet: Subnet, used_as: Option<EndpointUse>, address: Ipv4Addr) -> AdapterFault {
    let (subnet, address) = (subnet.net().to_string(), address.to_string());
    match used_as {
        None => AdapterFault::AdapterResolver { subnet, address },
        Some(used_as) => AdapterFault::AdapterEndpoint { subnet, address, used_as },
    }
}

/// The true cause of what a look found, the nearest to the adapter first.
fn trouble(look: &AdapterLook, subnet: Subnet, endpoint: Option<Endpoint>) -> Option<Trouble> {
    let error =
        |fault, remedy| Trouble { severity: Severity::Error, failure: AdapterFailure { fault, remedy } };
    let warning = |fault, remedy| Trouble { severity: Severity::Warning, ..error(fault, remedy) };
    if let Some(part) = look.lost.first() {
        let part = match part {
            AdapterPart::Up => LostPart::State,
            AdapterPart::Mtu => LostPart::PacketSize,
            AdapterPart::Address => LostPart::Address,
        };
        return Some(error(AdapterFault::AdapterStripped { part }, Remedy::LeaveAdapterAlone));
    }
    let network = subnet.net().to_string();
    let overlap = || {
        let (route, interface) = look.overlap.as_ref()?;
        Some(AdapterFault::AdapterSubnet {
            subnet: network.clone(),
            route: route.to_string(),
            interface: interface.clone(),
        })
    };
    if let Some(Detour { to, interface }) = look.detours.first() {
        let is_friend = to.prefix_len() == 32 && subnet.net().contains(to);
        let is_party = *to == subnet.net() || is_friend;
        if let (true, Some(fault)) = (is_party, overlap()) {
            return Some(error(fault, Remedy::DisconnectVpn));
        }
        let route = to.to_string();
        return Some(match interface {
            Some(interface) => {
                let fault = AdapterFault::AdapterBypassed { route, interface: interface.clone() };
                error(fault, Remedy::ExemptParty { network })
            }
            None if is_friend => {
                error(AdapterFault::AdapterForbidden { route }, Remedy::ExemptParty { network })
            }
            None => {
                error(AdapterFault::AdapterStripped { part: LostPart::Routes }, Remedy::LeaveAdapterAlone)
            }
        });
    }
    let blocked = |way| AdapterFault::AdapterBlocked { way };
    let let_through = || Remedy::LetPartyThrough { adapter: look.name.clone(), network: network.clone() };
    match look.passage {
        Passage::Closed => return Some(error(blocked(BlockedWay::Out), let_through())),
        Passage::OnlyOut => return Some(error(blocked(BlockedWay::In), let_through())),
        Passage::OnlyAnswers | Passage::Open => {}
    }
    if let Some(fault) = overlap() {
        return Some(warning(fault, Remedy::DisconnectVpn));
    }
    let held = look.held.or_else(|| endpoint.map(|(used_as, address)| (Some(used_as), address)));
    if let Some((used_as, address)) = held {
        return Some(warning(holds(subnet, used_as, address), Remedy::OtherNetwork));
    }
    if let Some(trouble) = look.searches {
        let remedy = match trouble {
            SearchTrouble::NotOnLan => Remedy::InstallPackage,
            SearchTrouble::NotInParty => Remedy::RestartLanrage,
        };
        return Some(warning(AdapterFault::AdapterSearches { trouble }, remedy));
    }
    (look.passage == Passage::OnlyAnswers).then(|| warning(blocked(BlockedWay::Unasked), let_through()))
}

#[cfg(test)]
mod tests {
    use ipnet::Ipv4Net;

    use super::*;

    fn good() -> AdapterLook {
        AdapterLook {
            name: "lanrage0".to_owned(),
            lost: Vec::new(),
            detours: Vec::new(),
            overlap: None,
            held: None,
            searches: None,
            passage: Passage::Open,
        }
    }

    fn stripped() -> AdapterLook {
        AdapterLook { lost: vec![AdapterPart::Address], passage: Passage::Closed, ..good() }
    }

    fn bypassed() -> AdapterLook {
        let detour = Detour { to: Subnet::DEFAULT.net(), interface: Some("ts0".to_owned()) };
        AdapterLook { detours: vec![detour], passage: Passage::Closed, ..good() }
    }

    /// A watch that has seen these looks, two seconds apart, and what the last one asked for.
    fn seen(looks: &[AdapterLook]) -> (AdapterWatch, Care) {
        let (mut watch, start) = (AdapterWatch::default(), Instant::now());
        let mut care = Care::None;
        for (number, look) in looks.iter().enumerate() {
            let now = start + Duration::from_secs(2) * number as u32;
            care = watch.handle_look(now, look, Subnet::DEFAULT, None);
            if care == Care::Reopen {
                watch.handle_opened();
            }
        }
        (watch, care)
    }

    fn fault(watch: &AdapterWatch) -> Option<AdapterFault> {
        watch.failure().map(|(_, failure)| failure.fault.clone())
    }

    #[test]
    fn nothing_is_called_good_before_a_packet_has_passed() {
        assert_eq!(AdapterWatch::default().works(), None);
        let (watch, care) = seen(&[good()]);
        assert_eq!((watch.works(), care, fault(&watch)), (Some(true), Care::None, None));
    }

    #[test]
    fn what_another_program_took_away_is_put_back_at_once_and_told_only_if_it_goes_again() {
        let (watch, care) = seen(&[good(), stripped()]);
        assert_eq!((watch.works(), care, fault(&watch)), (None, Care::Mend, None));
        let (watch, care) = seen(&[good(), stripped(), good()]);
        assert_eq!((watch.works(), care), (Some(true), Care::None));
        let (watch, _) = seen(&[stripped(), stripped()]);
        assert_eq!(fault(&watch), Some(AdapterFault::AdapterStripped { part: LostPart::Address }));
        assert_eq!(watch.works(), Some(false));
    }

    #[test]
    fn an_adapter_that_cannot_be_mended_is_opened_anew_and_not_again_and_again() {
        let looks = vec![stripped(); 3];
        assert_eq!(seen(&looks).1, Care::Reopen);
        let looks = vec![stripped(); 20];
        assert_eq!(seen(&looks).1, Care::Mend, "a second time only after a minute");
        let looks = vec![stripped(); 34];
        let (mut watch, start) = (AdapterWatch::default(), Instant::now());
        let reopens = (0_u32..).zip(&looks).filter(|(number, look)| {
            let now = start + Duration::from_secs(2) * *number;
            let care = watch.handle_look(now, look, Subnet::DEFAULT, None);
            care == Care::Reopen
        });
        assert_eq!(reopens.count(), 2);
    }

    #[test]
    fn rules_that_lead_past_the_adapter_are_named_with_the_interface_and_are_no_reason_to_open_it_anew() {
        let (watch, care) = seen(&vec![bypassed(); 5]);
        assert_eq!(care, Care::None);
        let expected =
            AdapterFault::AdapterBypassed { route: "10.66.0.0/16".to_owned(), interface: "ts0".to_owned() };
        assert_eq!((fault(&watch), watch.works()), (Some(expected), Some(false)));
    }

    #[test]
    fn what_leads_a_single_friends_packets_astray_is_named() {
        let friend: Ipv4Net = "10.66.0.9/32".parse().unwrap();
        let told = |interface: Option<&str>, overlap| {
            let detours = vec![Detour { to: friend, interface: interface.map(str::to_owned) }];
            let (watch, care) = seen(&vec![AdapterLook { detours, overlap, ..good() }; 5]);
            assert_eq!((watch.works(), care), (Some(false), Care::None));
            fault(&watch).unwrap()
        };
        let route = friend.to_string();
        assert_eq!(told(None, None), AdapterFault::AdapterForbidden { route: route.clone() });
        let interface = "ts0".to_owned();
        assert_eq!(told(Some("ts0"), None), AdapterFault::AdapterBypassed { route, interface });
        let overlap = AdapterFault::AdapterSubnet {
            subnet: "10.66.0.0/16".to_owned(),
            route: "10.66.0.0/24".to_owned(),
            interface: "eth0".to_owned(),
        };
        let network = Some(("10.66.0.0/24".parse().unwrap(), "eth0".to_owned()));
        assert_eq!(told(Some("eth0"), network), overlap);
    }

    #[test]
    fn a_network_that_comes_later_and_overlaps_is_named_though_packets_pass() {
        let overlap = Some(("10.0.0.0/8".parse().unwrap(), "eth0".to_owned()));
        let (watch, care) = seen(&vec![AdapterLook { overlap, ..good() }; 2]);
        let expected = AdapterFault::AdapterSubnet {
            subnet: "10.66.0.0/16".to_owned(),
            route: "10.0.0.0/8".to_owned(),
            interface: "eth0".to_owned(),
        };
        assert_eq!((fault(&watch), care, watch.works()), (Some(expected), Care::None, Some(true)));
        assert_eq!(watch.failure().map(|(severity, _)| severity), Some(Severity::Warning));
    }

    #[test]
    fn an_address_in_use_that_comes_to_lie_in_the_network_is_named_though_packets_pass() {
        let address = Ipv4Addr::new(10, 66, 3, 4);
        let told = |held, endpoint| {
            let (mut watch, now) = (AdapterWatch::default(), Instant::now());
            for _ in 0..2 {
                let look = AdapterLook { held, ..good() };
                assert_eq!(watch.handle_look(now, &look, Subnet::DEFAULT, endpoint), Care::None);
            }
            assert_eq!(watch.works(), Some(true));
            fault(&watch)
        };
        for (held, endpoint, used_as) in [
            (Some((None, address)), None, None),
            (Some((Some(EndpointUse::Gateway), address)), None, Some(EndpointUse::Gateway)),
            (None, Some((EndpointUse::Relay, address)), Some(EndpointUse::Relay)),
        ] {
            assert_eq!(told(held, endpoint), Some(holds(Subnet::DEFAULT, used_as, address)));
        }
        assert_eq!(told(None, None), None);
    }

    #[test]
    fn a_firewall_is_told_by_what_it_drops() {
        let told = |passage| fault(&seen(&vec![AdapterLook { passage, ..good() }; 2]).0);
        let blocked = |way| Some(AdapterFault::AdapterBlocked { way });
        assert_eq!(told(Passage::Closed), blocked(BlockedWay::Out));
        assert_eq!(told(Passage::OnlyOut), blocked(BlockedWay::In));
        assert_eq!(told(Passage::OnlyAnswers), blocked(BlockedWay::Unasked));
        assert_eq!(told(Passage::Open), None);
    }

    #[test]
    fn copies_of_searches_are_asked_for_anew_and_then_now_and_then_and_the_adapter_stays() {
        let look = |searches| AdapterLook { searches: Some(searches), ..good() };
        let (mut watch, now) = (AdapterWatch::default(), Instant::now());
        let mut care = || watch.handle_look(now, &look(SearchTrouble::NotInParty), Subnet::DEFAULT, None);
        let cares: Vec<Care> = (0..30).map(|_| care()).collect();
        let mends: Vec<usize> =
            (0..30).filter(|look| cares[*look] == Care::Mend).map(|look| look + 1).collect();
        assert_eq!(mends, [1, 2, 15, 30]);
        assert!(!cares.contains(&Care::Reopen));
        assert_eq!(watch.works(), Some(true));
        for trouble in [SearchTrouble::NotInParty, SearchTrouble::NotOnLan] {
            let (watch, _) = seen(&vec![look(trouble); 2]);
            assert_eq!(fault(&watch), Some(AdapterFault::AdapterSearches { trouble }));
            assert_eq!(watch.failure().map(|(severity, _)| severity), Some(Severity::Warning));
        }
        let (_, care) = seen(&vec![look(SearchTrouble::NotOnLan); 5]);
        assert_eq!(care, Care::None, "nobody can copy them");
    }

    #[test]
    fn one_look_that_failed_is_no_trouble() {
        let closed = AdapterLook { passage: Passage::Closed, ..good() };
        let (watch, _) = seen(&[good(), closed.clone(), good(), closed]);
        assert_eq!((fault(&watch), watch.works()), (None, None));
    }
}
