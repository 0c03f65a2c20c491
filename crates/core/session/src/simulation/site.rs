use std::net::IpAddr;

use lanrage_testnet::{
    INTERNET, Internet, RealmId, Rng,
    expected::{Dependence, Nat, Network, PortAssignment, Relation},
};

/// Where hosts can be: a LAN behind its routers, or the open internet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub(super) network: Network,
    realm: RealmId,
    lan: [u8; 3],
    carrier: Option<Carrier>,
    pub(super) router: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Carrier {
    router: usize,
    realm: RealmId,
    nat: Nat,
}

impl Site {
    /// The open internet.
    pub(super) const PUBLIC: Self =
        Self { network: Network::PUBLIC, realm: INTERNET, lan: [0; 3], carrier: None, router: None };

    /// Any kind of site, with the carrier of `neighbour` if it has one.
    pub(super) fn random(internet: &mut Internet, neighbour: Option<&Self>, rng: &mut Rng) -> Self {
        if neighbour.is_none() && rng.chance(80) {
            return Self::PUBLIC;
        }
        let carrier = match neighbour.and_then(|neighbour| neighbour.carrier) {
            Some(carrier) => Some(carrier),
            None if neighbour.is_some() || rng.chance(150) => {
                let nat = random_nat(rng);
                let external = internet.public_address();
                let (router, realm) = internet.add_router(nat, INTERNET, external, true, rng);
                Some(Carrier { router, realm, nat })
            }
            None => None,
        };
        let home = random_nat(rng);
        let udp = !rng.chance(60);
        let (outside, external) = match carrier {
            Some(carrier) => (carrier.realm, internet.free_address(carrier.realm, [100, 64, 0])),
            None => (INTERNET, internet.public_address()),
        };
        let (router, realm) = internet.add_router(home, outside, external, udp, rng);
        // Homes have the same addresses as other homes.
        let lan = rng.pick(&[[192, 168, 1], [192, 168, 1], [192, 168, 0], [10, 0, 0]]);
        let mut network = Network::behind(home);
        if let Some(carrier) = carrier {
            network = network.and_carrier(carrier.nat);
        }
        if !udp {
            network = network.without_udp();
        }
        Self { network, realm, lan, carrier, router: Some(router) }
    }

    pub(super) const fn realm(&self) -> RealmId {
        self.realm
    }

    /// An address for one more host.
    pub(super) fn address(&self, internet: &mut Internet) -> IpAddr {
        if self.realm == INTERNET {
            internet.public_address()
        } else {
            internet.free_address(self.realm, self.lan)
        }
    }

    /// What two hosts at these sites have in common.
    pub(super) fn relation(&self, other: &Self) -> Relation {
        let carrier = |site: &Self| site.carrier.map(|carrier| carrier.router);
        if self.realm == other.realm && self.realm != INTERNET {
            Relation::SameLan
        } else if carrier(self).is_some() && carrier(self) == carrier(other) {
            Relation::SameCarrier
        } else {
            Relation::Apart
        }
    }
}

fn random_nat(rng: &mut Rng) -> Nat {
    use Dependence::{AddressAndPortDependent, AddressDependent, EndpointIndependent};
    let kinds = [EndpointIndependent, AddressDependent, AddressAndPortDependent];
    // Most real ones keep one endpoint.
    let mapping = if rng.chance(500) { EndpointIndependent } else { rng.pick(&kinds) };
    let ports = rng.pick(&[PortAssignment::Preserving, PortAssignment::Random]);
    Nat { mapping, filtering: rng.pick(&kinds), ports, hairpin: rng.chance(500) }
}
