//! The networks that players sit in, by name, and the pairs of them that are worth a meeting. Pure, as
//! [`expected`](crate::expected) is.

use crate::expected::{
    Dependence::{AddressAndPortDependent, AddressDependent, EndpointIndependent},
    Family, Nat, Network, Path, Relation, expected,
};

/// A network with a name.
///
/// In names, `eim`, `adm` and `apdm` are endpoint-independent, address-dependent and address- and port-dependent
/// mapping, and `eif`, `adf` and `apdf` the same of filtering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// One word.
    pub name: &'static str,
    /// What it is, in a few words.
    pub words: &'static str,
    /// What it does.
    pub network: Network,
}

/// Two players' networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Of the player that makes the party.
    pub one: Kind,
    /// Of the player that joins.
    pub two: Kind,
    /// What they share.
    pub relation: Relation,
    /// A name of its own, for two that share something.
    own_name: Option<&'static str>,
}

/// What most homes have: a "port-restricted" translator, in the classic words.
pub const HOME: Nat = Nat::new(EndpointIndependent, AddressAndPortDependent);
/// The strictest there is.
const SYMMETRIC: Nat = Nat::new(AddressAndPortDependent, AddressAndPortDependent).random_ports();
/// What RFC 6888 asks of a provider's translator.
const CARRIER: Nat = Nat::new(EndpointIndependent, EndpointIndependent).random_ports();

/// A home as most are.
pub const ORDINARY: Kind = Kind {
    name: "eim-apdf",
    words: "endpoint-independent mapping, address- and port-dependent filtering",
    network: Network::behind(HOME),
};

/// A home from which only a relay helps against another such.
pub const STRICT: Kind = Kind {
    name: "apdm-apdf-random",
    words: "address- and port-dependent mapping and filtering, random ports",
    network: Network::behind(SYMMETRIC),
};

/// Every kind of network, each of which meets each.
pub const KINDS: [Kind; 12] = [
    Kind { name: "public", words: "a public address of both families", network: Network::PUBLIC },
    Kind {
        name: "eim-eif",
        words: "endpoint-independent mapping and filtering",
        network: Network::behind(Nat::new(EndpointIndependent, EndpointIndependent)),
    },
    Kind {
        name: "eim-adf",
        words: "endpoint-independent mapping, address-dependent filtering",
        network: Network::behind(Nat::new(EndpointIndependent, AddressDependent)),
    },
    ORDINARY,
    Kind {
        name: "eim-apdf-random",
        words: "endpoint-independent mapping, address- and port-dependent filtering, random ports",
        network: Network::behind(HOME.random_ports()),
    },
    Kind {
        name: "adm-apdf",
        words: "address-dependent mapping, address- and port-dependent filtering",
        network: Network::behind(Nat::new(AddressDependent, AddressAndPortDependent).random_ports()),
    },
    Kind {
        name: "apdm-apdf",
        words: "address- and port-dependent mapping and filtering, the first port preserved",
        network: Network::behind(Nat::new(AddressAndPortDependent, AddressAndPortDependent)),
    },
    STRICT,
    Kind {
        name: "cgnat-eim",
        words: "eim-apdf at home behind a carrier's eim-eif with random ports",
        network: Network::behind(HOME).and_carrier(CARRIER),
    },
    Kind {
        name: "cgnat-apdm",
        words: "eim-apdf at home behind a carrier's apdm-apdf-random",
        network: Network::behind(HOME).and_carrier(SYMMETRIC),
    },
    Kind {
        name: "udp-blocked",
        words: "eim-apdf through which no UDP passes",
        network: Network::behind(HOME).without_udp(),
    },
    Kind {
        name: "ipv6",
        words: "IPv6 alone, behind a stateful firewall",
        network: Network { family: Family::V6, ..Network::behind(HOME) },
    },
];

/// Pairs that share more than the internet.
const SHARING: [Pair; 5] = {
    const fn pair(own_name: &'static str, words: &'static str, network: Network, relation: Relation) -> Pair {
        let kind = Kind { name: own_name, words, network };
        Pair { one: kind, two: kind, relation, own_name: Some(own_name) }
    }
    let home = Network::behind(HOME);
    [
        pair("same-lan", "both on one LAN", home, Relation::SameLan),
        pair("same-lan-udp-blocked", "both on one LAN, no UDP beyond", home.without_udp(), Relation::SameLan),
        pair(
            "same-carrier",
            "two homes, one carrier's eim-eif without hairpinning",
            home.and_carrier(CARRIER),
            Relation::SameCarrier,
        ),
        pair(
            "same-carrier-hairpin",
            "two homes, one carrier's eim-eif with hairpinning",
            home.and_carrier(CARRIER.hairpinning()),
            Relation::SameCarrier,
        ),
        pair(
            "same-carrier-hairpin-apdm",
            "two homes, one carrier's apdm-apdf-random with hairpinning",
            home.and_carrier(SYMMETRIC.hairpinning()),
            Relation::SameCarrier,
        ),
    ]
};

impl Pair {
    /// Two players with nothing in common but the internet.
    #[must_use]
    pub const fn apart(one: Kind, two: Kind) -> Self {
        Self { one, two, relation: Relation::Apart, own_name: None }
    }

    /// Every unordered pair of [`KINDS`], and those that share something.
    pub fn all() -> impl Iterator<Item = Self> {
        let upper = KINDS
            .into_iter()
            .enumerate()
            .flat_map(|(at, one)| KINDS[at..].iter().map(move |two| Self::apart(one, *two)));
        upper.chain(SHARING)
    }

    /// The pairs with a name of their own.
    #[must_use]
    pub fn sharing() -> &'static [Self] {
        &SHARING
    }

    /// The pair of this name, in either order.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let turned = name.split_once(':').map(|(one, two)| format!("{two}:{one}"));
        Self::all().find(|pair| pair.name() == name || Some(pair.name()) == turned)
    }

    /// The pair of this name, in the order of the name.
    #[must_use]
    pub fn in_order(name: &str) -> Option<Self> {
        let pair = Self::named(name)?;
        Some(if pair.name() == name { pair } else { pair.turned() })
    }

    /// The same two, the other of whom makes the party.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self { one: self.two, two: self.one, ..self }
    }

    /// `one:two`, or the name of its own.
    #[must_use]
    pub fn name(&self) -> String {
        self.own_name.map_or_else(|| format!("{}:{}", self.one.name, self.two.name), str::to_owned)
    }

    /// How the two must be connected.
    #[must_use]
    pub fn expected(&self) -> Path {
        expected(&self.one.network, &self.two.network, self.relation)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_pair_has_a_name_that_finds_it() {
        let names: BTreeSet<_> = Pair::all().map(|pair| pair.name()).collect();
        assert_eq!(names.len(), KINDS.len() * (KINDS.len() + 1) / 2 + SHARING.len());
        for pair in Pair::all() {
            assert_eq!(Pair::named(&pair.name()), Some(pair));
        }
        assert_eq!(Pair::named("ipv6:public"), Pair::named("public:ipv6"));
        assert_eq!(Pair::named("public:nowhere"), None);
        assert_eq!(Pair::in_order("ipv6:public").map(|pair| pair.name()).as_deref(), Some("ipv6:public"));
    }

    #[test]
    fn both_outcomes_are_among_the_pairs() {
        for path in [Path::Direct, Path::Relayed] {
            let of_this = |pairs: &[Pair]| pairs.iter().filter(|pair| pair.expected() == path).count();
            let apart: Vec<_> = Pair::all().filter(|pair| pair.relation == Relation::Apart).collect();
            assert!(of_this(&apart) >= 20 && of_this(Pair::sharing()) >= 2, "{path:?}");
        }
    }
}
