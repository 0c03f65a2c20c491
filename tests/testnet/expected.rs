//! Which way two players must connect, as the words of RFC 4787 for their networks imply.
//!
//! A relay always works, so the question is only whether a direct path can exist. Both sides learn their reflexive
//! endpoint from a STUN server (RFC 8489), tell it to each other, and send to it from the one socket that they have
//! (UDP hole punching, RFC 5128 §3.3). It succeeds as soon as a single datagram arrives on either side: its receiver
//! answers to where it came from, and that answer is what the sender's own router waits for.
//!
//! The network lab and the simulation of the session share it.

use std::fmt;

/// Of what a translator's mapping or filtering depends (RFC 4787 §4.1 and §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependence {
    /// Mapping: one external endpoint for all destinations. Filtering: whoever sends to it is let in.
    EndpointIndependent,
    /// Mapping: one external endpoint for each remote address. Filtering: only addresses that this mapping was used
    /// to send to are let in, from any port.
    AddressDependent,
    /// Mapping: one external endpoint for each remote endpoint. Filtering: only endpoints that this mapping was used
    /// to send to are let in.
    AddressAndPortDependent,
}

/// How external ports are chosen (RFC 4787 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortAssignment {
    /// The internal port is kept where it is free: for the first mapping, where there is more than one.
    Preserving,
    /// No relation to the internal port.
    Random,
}

/// What one translator does with UDP. A firewall that translates nothing is one whose mapping is
/// endpoint-independent and preserves ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nat {
    /// Of what the external endpoint depends.
    pub mapping: Dependence,
    /// Who is let in.
    pub filtering: Dependence,
    /// How external ports are chosen.
    pub ports: PortAssignment,
    /// Whether an internal host reaches another one by its external endpoint, and appears there with its own
    /// external one (RFC 4787 §6). The filter is for external endpoints only.
    pub hairpin: bool,
}

/// The IP families in which a network reaches the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
    /// Both.
    Both,
}

/// What stands between a player and the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// How the internet is reached.
    pub family: Family,
    /// The router at home; `None` for a host with a public address.
    pub home: Option<Nat>,
    /// The translator of the provider, beyond the one at home (CGNAT, RFC 6888).
    pub carrier: Option<Nat>,
    /// Whether UDP passes to the internet at all.
    pub udp: bool,
}

/// What two players' networks have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Nothing but the internet.
    Apart,
    /// The provider's translator.
    SameCarrier,
    /// All of it: one LAN.
    SameLan,
}

/// How two players are connected once it has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Without a relay.
    Direct,
    /// Through a relay.
    Relayed,
}

impl Path {
    /// The word for it, as the status of the product says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Relayed => "relayed",
        }
    }

    /// The path with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Direct, Self::Relayed].into_iter().find(|path| path.word() == word)
    }
}

impl Nat {
    /// A translator that preserves ports and does not hairpin.
    #[must_use]
    pub const fn new(mapping: Dependence, filtering: Dependence) -> Self {
        Self { mapping, filtering, ports: PortAssignment::Preserving, hairpin: false }
    }

    /// The same with random external ports.
    #[must_use]
    pub const fn random_ports(self) -> Self {
        Self { ports: PortAssignment::Random, ..self }
    }

    /// The same with hairpinning.
    #[must_use]
    pub const fn hairpinning(self) -> Self {
        Self { hairpin: true, ..self }
    }

    /// Whether the reflexive endpoint that a STUN server saw is the one that everybody sees.
    const fn keeps_one_endpoint(self) -> bool {
        matches!(self.mapping, Dependence::EndpointIndependent)
    }

    /// Whether it lets a datagram in that is addressed to the mapping which the STUN server saw, after its host has
    /// sent to the sender's own reflexive endpoint.
    ///
    /// `known_source`: the datagram comes from that endpoint; otherwise from another port of its address.
    const fn lets_in(self, known_source: bool) -> bool {
        match self.filtering {
            Dependence::EndpointIndependent => true,
            // The filter belongs to the mapping, and only one that serves all destinations was used for both.
            Dependence::AddressDependent => self.keeps_one_endpoint(),
            Dependence::AddressAndPortDependent => self.keeps_one_endpoint() && known_source,
        }
    }
}

impl fmt::Display for Dependence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EndpointIndependent => "endpoint-independent",
            Self::AddressDependent => "address-dependent",
            Self::AddressAndPortDependent => "address- and port-dependent",
        })
    }
}

impl fmt::Display for Nat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} mapping and {} filtering", self.mapping, self.filtering)
    }
}

impl Family {
    const fn meets(self, other: Self) -> bool {
        !matches!((self, other), (Self::V4, Self::V6) | (Self::V6, Self::V4))
    }
}

impl Network {
    /// A host with a public address of both families.
    pub const PUBLIC: Self = Self { family: Family::Both, home: None, carrier: None, udp: true };

    /// A home behind one IPv4 router.
    #[must_use]
    pub const fn behind(home: Nat) -> Self {
        Self { family: Family::V4, home: Some(home), carrier: None, udp: true }
    }

    /// The same with the provider's translator beyond.
    #[must_use]
    pub const fn and_carrier(self, carrier: Nat) -> Self {
        Self { carrier: Some(carrier), ..self }
    }

    /// The same where UDP does not pass.
    #[must_use]
    pub const fn without_udp(self) -> Self {
        Self { udp: false, ..self }
    }

    /// The translators, from the host outward.
    pub fn translators(&self) -> impl Iterator<Item = Nat> {
        self.home.into_iter().chain(self.carrier)
    }
}

/// How two players in these networks must be connected, once it has settled. Symmetric in the networks.
///
/// In the words of the relation: on the same LAN they share `a.home`, behind the same carrier `a.carrier`.
#[must_use]
pub fn expected(a: &Network, b: &Network, relation: Relation) -> Path {
    let is_direct = relation == Relation::SameLan
        || (a.udp && b.udp && a.family.meets(b.family) && {
            let arrives = |from, to| arrives(from, to, relation);
            arrives(a, b) || arrives(b, a)
        });
    if is_direct { Path::Direct } else { Path::Relayed }
}

/// Whether what `from` sends to the reflexive endpoint of `to` gets there, when `to` sends to that of `from` too.
fn arrives(from: &Network, to: &Network, relation: Relation) -> bool {
    let known_source = from.translators().all(Nat::keeps_one_endpoint);
    let (turns_back, on_the_way_in) = match relation {
        Relation::Apart | Relation::SameLan => (true, to.carrier),
        Relation::SameCarrier => (to.carrier.is_none_or(|carrier| carrier.hairpin), None),
    };
    turns_back && to.home.into_iter().chain(on_the_way_in).all(|nat| nat.lets_in(known_source))
}

#[cfg(test)]
mod tests {
    use super::{Dependence::*, *};

    const DEPENDENCES: [Dependence; 3] = [EndpointIndependent, AddressDependent, AddressAndPortDependent];

    fn translators() -> Vec<Nat> {
        let pairs = DEPENDENCES.into_iter().flat_map(|m| DEPENDENCES.map(|f| Nat::new(m, f)));
        pairs.flat_map(|nat| [nat, nat.hairpinning()]).collect()
    }

    fn networks() -> Vec<Network> {
        let homes = translators().into_iter().map(Network::behind);
        let both = homes.flat_map(|home| {
            translators().into_iter().map(move |carrier| home.and_carrier(carrier)).chain([home])
        });
        both.flat_map(|network| [network, network.without_udp()]).chain([Network::PUBLIC]).collect()
    }

    #[test]
    fn it_is_the_same_from_both_sides() {
        let networks = networks();
        for a in &networks {
            for b in &networks {
                assert_eq!(expected(a, b, Relation::Apart), expected(b, a, Relation::Apart), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_classic_table_follows_from_the_words() {
        let full_cone = Network::behind(Nat::new(EndpointIndependent, EndpointIndependent));
        let restricted = Network::behind(Nat::new(EndpointIndependent, AddressDependent));
        let port_restricted = Network::behind(Nat::new(EndpointIndependent, AddressAndPortDependent));
        let symmetric = Network::behind(Nat::new(AddressAndPortDependent, AddressAndPortDependent));
        let kinds = [Network::PUBLIC, full_cone, restricted, port_restricted, symmetric];
        let strict = |a: usize, b: usize| a.max(b) == 4 && a.min(b) >= 3;
        for (i, a) in kinds.iter().enumerate() {
            for (j, b) in kinds.iter().enumerate() {
                let path = if strict(i, j) { Path::Relayed } else { Path::Direct };
                assert_eq!(expected(a, b, Relation::Apart), path, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_more_open_translator_never_costs_a_direct_path() {
        for filtering in DEPENDENCES {
            for mapping in DEPENDENCES {
                let strict = Network::behind(Nat::new(mapping, filtering));
                for other in networks() {
                    if expected(&strict, &other, Relation::Apart) == Path::Relayed {
                        continue;
                    }
                    for opener in DEPENDENCES.into_iter().filter(|opener| *opener <= filtering) {
                        let open = Network::behind(Nat::new(mapping, opener));
                        assert_eq!(
                            expected(&open, &other, Relation::Apart),
                            Path::Direct,
                            "{open:?} {other:?}"
                        );
                    }
                    let open = Network::behind(Nat::new(EndpointIndependent, filtering));
                    assert_eq!(expected(&open, &other, Relation::Apart), Path::Direct, "{open:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn without_udp_only_the_lan_is_direct() {
        let blocked = Network::behind(Nat::new(EndpointIndependent, EndpointIndependent)).without_udp();
        for other in networks() {
            assert_eq!(expected(&blocked, &other, Relation::Apart), Path::Relayed, "{other:?}");
        }
        assert_eq!(expected(&blocked, &blocked, Relation::SameLan), Path::Direct);
    }

    #[test]
    fn a_shared_carrier_must_hairpin_and_hide_no_source() {
        let home = Network::behind(Nat::new(EndpointIndependent, AddressAndPortDependent));
        let carrier = Nat::new(EndpointIndependent, AddressAndPortDependent);
        let shared = |carrier| {
            let network = home.and_carrier(carrier);
            expected(&network, &network, Relation::SameCarrier)
        };
        assert_eq!(shared(carrier), Path::Relayed);
        assert_eq!(shared(carrier.hairpinning()), Path::Direct);
        let symmetric = Nat::new(AddressAndPortDependent, EndpointIndependent);
        assert_eq!(shared(symmetric.hairpinning()), Path::Relayed);
    }

    #[test]
    fn families_that_do_not_meet_need_a_relay() {
        let firewall = Nat::new(EndpointIndependent, AddressAndPortDependent);
        let v4 = Network::behind(firewall);
        let v6 = Network { family: Family::V6, ..v4 };
        assert_eq!(expected(&v4, &v6, Relation::Apart), Path::Relayed);
        assert_eq!(expected(&v6, &v6, Relation::Apart), Path::Direct);
        assert_eq!(expected(&v6, &Network::PUBLIC, Relation::Apart), Path::Direct);
    }
}
