//! Who something comes from, and how much each may take: constant memory, however many there are.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Instant,
};

use crate::bucket::{Rate, TokenBucket};

/// As much as so many sources have, all of one /48 of IPv6 have together.
pub const SITE: usize = 16;

/// The first 48 bits of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(u128);

/// Whoever is behind an address: one IPv4 address, or a /64 of IPv6, which is what one customer gets (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(IpAddr);

impl Source {
    /// The source that an address belongs to. An IPv4 address in its mapped form is that IPv4 address.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(ip) => Self(IpAddr::V4(ip)),
            IpAddr::V6(ip) => Self(IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64))),
        }
    }

    /// The address that stands for it: of IPv6 the first of its /64.
    pub const fn address(self) -> IpAddr {
        self.0
    }

    /// The /48 of IPv6 that it is in, which is what the site of one customer gets at most (RFC 6177): 65,536 sources, which
    /// together have no more than [`SITE`] of them. Not less: mobile networks give neighbours /64s of one /48.
    pub const fn site(self) -> Option<Site> {
        match self.0 {
            IpAddr::V6(ip) if !self.is_near() => Some(Site(ip.to_bits() >> 80)),
            _ => None,
        }
    }

    /// Whether it is this machine, or in a network of its own where many may share one address: loopback, private
    /// (RFC 1918, RFC 4193) and link-local.
    pub const fn is_near(&self) -> bool {
        match self.0 {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
            // Loopback is ::1, of which the /64 is left.
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
        }
    }
}

impl From<Ipv4Addr> for Source {
    fn from(ip: Ipv4Addr) -> Self {
        Self::of(ip.into())
    }
}

/// A token bucket for each source, and one for all of a /48 of IPv6, which is [`SITE`] times as large.
///
/// Those that were heard of last are remembered, at least `most` / 2 and at most `most` of them. Whoever is forgotten
/// begins with a full bucket: many sources together cannot use up what another one has.
#[derive(Debug)]
pub struct SourceBuckets {
    rate: Rate,
    near_rate: Rate,
    sources: Recent<Source>,
    sites: Recent<Site>,
}

/// The buckets of those who were heard of last.
#[derive(Debug)]
struct Recent<K> {
    most: usize,
    recent: HashMap<K, TokenBucket>,
    /// Those before; it becomes empty when `recent` is full.
    earlier: HashMap<K, TokenBucket>,
}

impl<K: Copy + Eq + Hash> Recent<K> {
    fn new(most: usize) -> Self {
        Self { most: most.max(2), recent: HashMap::new(), earlier: HashMap::new() }
    }

    fn take(&mut self, now: Instant, key: K, rate: Rate, units: u64) -> bool {
        if !self.recent.contains_key(&key) && self.recent.len() >= self.most / 2 {
            self.earlier = std::mem::take(&mut self.recent);
        }
        let earlier = &mut self.earlier;
        let bucket = self
            .recent
            .entry(key)
            .or_insert_with(|| earlier.remove(&key).unwrap_or_else(|| TokenBucket::new(rate)));
        bucket.take(now, units)
    }

    fn len(&self) -> usize {
        self.recent.len() + self.earlier.len()
    }
}

impl SourceBuckets {
    /// Buckets of this measure, for up to `most` sources (at least 2).
    pub fn new(rate: Rate, most: usize) -> Self {
        Self { rate, near_rate: rate, sources: Recent::new(most), sites: Recent::new(most) }
    }

    /// The same with `times` as much for a source that is near ([`Source::is_near`]), behind which many may be.
    #[must_use]
    pub fn near(mut self, times: u64) -> Self {
        self.near_rate = times_as_much(self.rate, times);
        self
    }

    /// Takes `units` of a source's, if they are there. What is refused for its site's sake is taken of its own.
    pub fn take(&mut self, now: Instant, source: Source, units: u64) -> bool {
        let rate = if source.is_near() { self.near_rate } else { self.rate };
        let of_site = times_as_much(self.rate, SITE as u64);
        self.sources.take(now, source, rate, units)
            && source.site().is_none_or(|site| self.sites.take(now, site, of_site, units))
    }

    /// Number of sources that are remembered.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn times_as_much(rate: Rate, times: u64) -> Rate {
    Rate { burst: rate.burst.saturating_mul(times), per_second: rate.per_second.saturating_mul(times) }
}

/// How many may be there at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitorLimits {
    /// Of all sources together.
    pub all: usize,
    /// Of one source.
    pub per_source: usize,
    /// Of one source that is near ([`Source::is_near`]).
    pub per_near_source: usize,
    /// Of one source that have not proven who they are.
    pub unproven_per_source: usize,
}

/// Who is there: connections by their source, and whether each has proven who it is.
///
/// Whoever has proven itself keeps its place. Of the others the oldest makes room: of the same source where that one
/// has too many, else of all. So nobody who says nothing keeps anybody out. Memory is bounded by
/// [`VisitorLimits::all`].
#[derive(Debug)]
pub struct Visitors {
    limits: VisitorLimits,
    /// Where each is from; `None` where a proxy has yet to say it.
    here: HashMap<u64, Option<Source>>,
    /// Numbers grow, so the first is the oldest.
    unproven: BTreeSet<u64>,
    sources: HashMap<Source, Group>,
    /// Of each /48 of IPv6 together.
    sites: HashMap<Site, Group>,
}

#[derive(Debug, Default)]
struct Group {
    count: usize,
    unproven: BTreeSet<u64>,
}

/// What an arrival means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// There is a place.
    Admitted,
    /// There is one because this visitor has to go; it counts as gone already.
    Instead(u64),
    /// There is none, as everybody of the same source has proven itself.
    SourceFull,
    /// There is none, as everybody has proven itself.
    Full,
}

impl Visitors {
    /// Nobody is there.
    pub fn new(limits: VisitorLimits) -> Self {
        Self {
            limits,
            here: HashMap::new(),
            unproven: BTreeSet::new(),
            sources: HashMap::new(),
            sites: HashMap::new(),
        }
    }

    /// Somebody arrives. `visitor` is larger than every number before it.
    pub fn arrive(&mut self, visitor: u64, source: Source) -> Arrival {
        let arrival = match self.crowd(source) {
            Some(Some(leaves)) => self.replace(leaves),
            Some(None) => return Arrival::SourceFull,
            None => self.make_room(),
        };
        if arrival != Arrival::Full {
            self.here.insert(visitor, Some(source));
            self.unproven.insert(visitor);
            self.join(visitor, source);
        }
        arrival
    }

    /// Somebody arrives through a proxy, which says later ([`Self::identify`]) for whom.
    pub fn arrive_by_proxy(&mut self, visitor: u64) -> Arrival {
        let arrival = self.make_room();
        if arrival != Arrival::Full {
            self.here.insert(visitor, None);
            self.unproven.insert(visitor);
        }
        arrival
    }

    /// The proxy has said where a visitor is from. If there is no place for it, it counts as gone already.
    pub fn identify(&mut self, visitor: u64, source: Source) -> Arrival {
        if !matches!(self.here.get(&visitor), Some(None)) {
            return Arrival::Admitted;
        }
        let arrival = match self.crowd(source) {
            Some(Some(leaves)) => self.replace(leaves),
            Some(None) => {
                self.leave(visitor);
                return Arrival::SourceFull;
            }
            None => Arrival::Admitted,
        };
        self.here.insert(visitor, Some(source));
        self.join(visitor, source);
        arrival
    }

    /// Whether a source has as many visitors as it may, and which of them makes room then.
    fn crowd(&self, source: Source) -> Option<Option<u64>> {
        let VisitorLimits { per_source, per_near_source, unproven_per_source, .. } = self.limits;
        let most = if source.is_near() { per_near_source } else { per_source };
        let crowded = |group: &Group, times: usize| {
            let (most, unproven) = (most.saturating_mul(times), unproven_per_source.saturating_mul(times));
            group.count >= most || group.unproven.len() >= unproven
        };
        let own = self.sources.get(&source).filter(|group| crowded(group, 1));
        let site =
            || source.site().and_then(|site| self.sites.get(&site)).filter(|group| crowded(group, SITE));
        let group = own.or_else(site)?;
        Some(group.unproven.first().copied())
    }

    fn make_room(&mut self) -> Arrival {
        if self.here.len() < self.limits.all {
            return Arrival::Admitted;
        }
        self.unproven.first().copied().map_or(Arrival::Full, |oldest| self.replace(oldest))
    }

    fn replace(&mut self, leaves: u64) -> Arrival {
        self.leave(leaves);
        Arrival::Instead(leaves)
    }

    /// A visitor has proven who it is.
    pub fn prove(&mut self, visitor: u64) {
        self.unproven.remove(&visitor);
        let source = self.here.get(&visitor).copied().flatten();
        let Some(source) = source else { return };
        let groups = self.sources.get_mut(&source).into_iter();
        let site = source.site().and_then(|site| self.sites.get_mut(&site));
        for group in groups.chain(site) {
            group.unproven.remove(&visitor);
        }
    }

    /// A visitor is gone.
    pub fn leave(&mut self, visitor: u64) {
        let Some(source) = self.here.remove(&visitor) else { return };
        self.unproven.remove(&visitor);
        let Some(source) = source else { return };
        Group::leave(&mut self.sources, source, visitor);
        if let Some(site) = source.site() {
            Group::leave(&mut self.sites, site, visitor);
        }
    }

    /// Number of visitors.
    pub fn len(&self) -> usize {
        self.here.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    fn join(&mut self, visitor: u64, source: Source) {
        let unproven = self.unproven.contains(&visitor);
        self.sources.entry(source).or_default().join(visitor, unproven);
        if let Some(site) = source.site() {
            self.sites.entry(site).or_default().join(visitor, unproven);
        }
    }
}

impl Group {
    fn join(&mut self, visitor: u64, unproven: bool) {
        self.count += 1;
        if unproven {
            self.unproven.insert(visitor);
        }
    }

    fn leave<K: Eq + Hash>(groups: &mut HashMap<K, Self>, of: K, visitor: u64) {
        if let Some(group) = groups.get_mut(&of) {
            group.unproven.remove(&visitor);
            group.count -= 1;
            if group.count == 0 {
                groups.remove(&of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn source(text: &str) -> Source {
        Source::of(text.parse().unwrap())
    }

    #[test]
    fn an_ipv4_address_is_one_source_in_every_form_and_a_64_of_ipv6_is_one() {
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
        assert_ne!(source("192.0.2.1"), source("::ffff:192.0.2.2"));
        assert_eq!(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff::"));
        assert_ne!(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
        for near in ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.2", "169.254.1.1", "fd00::1", "fe80::1"] {
            assert!(source(near).is_near(), "{near}");
        }
        for far in ["198.51.100.1", "2001:db8::1", "100.64.0.1"] {
            assert!(!source(far).is_near(), "{far}");
        }
    }

    #[test]
    fn one_source_uses_up_its_own_bucket_alone_and_many_sources_nobodys() {
        let now = Instant::now();
        let mut buckets = SourceBuckets::new(Rate { burst: 4, per_second: 1 }, 1_000);
        let mut passed = |text: &str| (0..20).filter(|_| buckets.take(now, source(text), 1)).count();
        assert_eq!(passed("2001:db8::1"), 4);
        assert_eq!(passed("2001:db8::2"), 0, "the same source");
        assert_eq!(passed("192.0.2.1"), 4);
        for n in 0..100_000_u32 {
            buckets.take(now, Source::from(Ipv4Addr::from_bits(n)), 4);
            assert!(buckets.len() <= 1_000);
        }
        assert!(buckets.take(now, source("198.51.100.7"), 4));
        assert!(buckets.take(now + Duration::from_secs(1), source("198.51.100.7"), 1));
    }

    #[test]
    fn who_keeps_coming_is_remembered_however_many_others_come() {
        let now = Instant::now();
        let mut buckets = SourceBuckets::new(Rate { burst: 1, per_second: 1 }, 100);
        assert!(buckets.take(now, source("192.0.2.1"), 1));
        for n in 0..10_000_u32 {
            buckets.take(now, Source::from(Ipv4Addr::from_bits(n)), 1);
            if n.is_multiple_of(20) {
                assert!(!buckets.take(now, source("192.0.2.1"), 1));
            }
        }
    }

    fn visitors(all: usize) -> Visitors {
        Visitors::new(VisitorLimits { all, per_source: 4, per_near_source: 8, unproven_per_source: 2 })
    }

    #[test]
    fn who_says_nothing_makes_room_and_who_has_proven_itself_stays() {
        let mut visitors = visitors(100);
        let (mine, other) = (source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(visitors.arrive(1, mine), Arrival::Admitted);
        assert_eq!(visitors.arrive(2, mine), Arrival::Admitted);
        assert_eq!(visitors.arrive(3, mine), Arrival::Instead(1));
        assert_eq!(visitors.arrive(4, other), Arrival::Admitted, "another source has its own places");
        for visitor in 5..=8 {
            visitors.prove(visitor - 3);
            visitors.prove(visitor - 2);
            visitors.arrive(visitor, mine);
            visitors.prove(visitor);
        }
        assert_eq!(visitors.arrive(9, mine), Arrival::SourceFull);
        visitors.leave(2);
        assert_eq!(visitors.arrive(10, mine), Arrival::Admitted);
    }

    #[test]
    fn a_full_house_takes_the_place_of_the_oldest_stranger() {
        let mut visitors = visitors(3);
        let at = |n: u8| source(&format!("192.0.2.{n}"));
        (1..=3).for_each(|n| assert_eq!(visitors.arrive(n.into(), at(n)), Arrival::Admitted));
        visitors.prove(1);
        assert_eq!(visitors.arrive(4, at(4)), Arrival::Instead(2));
        visitors.prove(3);
        visitors.prove(4);
        assert_eq!(visitors.arrive(5, at(5)), Arrival::Full);
        assert_eq!(visitors.len(), 3);
    }

    #[test]
    fn through_a_proxy_everybody_counts_for_whom_it_is_said_to_be() {
        let mut visitors = visitors(100);
        for visitor in 1..=50 {
            assert_eq!(visitors.arrive_by_proxy(visitor), Arrival::Admitted);
            let of = source(&format!("192.0.2.{visitor}"));
            assert_eq!(visitors.identify(visitor, of), Arrival::Admitted);
        }
        for (visitor, arrival) in [(51, Arrival::Admitted), (52, Arrival::Instead(1))] {
            visitors.arrive_by_proxy(visitor);
            assert_eq!(visitors.identify(visitor, source("192.0.2.1")), arrival);
        }
        assert_eq!(visitors.len(), 51);
    }

    #[test]
    fn behind_a_private_address_there_may_be_more() {
        let mut visitors = visitors(100);
        for visitor in 1..=8 {
            assert_eq!(visitors.arrive(visitor, source("192.168.1.1")), Arrival::Admitted);
            visitors.prove(visitor);
        }
        assert_eq!(visitors.arrive(9, source("192.168.1.1")), Arrival::SourceFull);
        let now = Instant::now();
        let mut buckets = SourceBuckets::new(Rate { burst: 2, per_second: 1 }, 10).near(4);
        let mut passed = |text: &str| (0..20).filter(|_| buckets.take(now, source(text), 1)).count();
        assert_eq!((passed("192.168.1.1"), passed("198.51.100.1")), (8, 2));
    }

    #[test]
    fn a_48_of_ipv6_has_no_more_than_sixteen_64s_of_it_and_takes_nothing_of_others() {
        let now = Instant::now();
        let mut buckets = SourceBuckets::new(Rate { burst: 2, per_second: 1 }, 1_000);
        let mut passed = |text: &str| (0..5).filter(|_| buckets.take(now, source(text), 1)).count();
        let of_site: usize = (0..100).map(|n| passed(&format!("2001:db8:7:{n:x}::1"))).sum();
        assert_eq!(of_site, 2 * SITE);
        assert_eq!((passed("2001:db8:8::1"), passed("192.0.2.1")), (2, 2), "another site");
        let near: usize = (0..100).map(|n| passed(&format!("fd00:0:0:{n:x}::1"))).sum();
        assert_eq!(near, 200, "private networks are no sites");
        for n in 0..10_000_u32 {
            buckets.take(now, Source::of(Ipv6Addr::from_bits(u128::from(n) << 80 | 1 << 127).into()), 1);
        }
        assert!(buckets.sites.len() <= 1_000 && buckets.len() <= 1_000);

        let mut visitors = visitors(1_000);
        for n in 1..=200 {
            visitors.arrive(n, source(&format!("2001:db8:7:{n:x}::1")));
        }
        assert_eq!(visitors.len(), 2 * SITE, "none of them has proven who it is");
        for n in 201..=400 {
            visitors.arrive(n, source(&format!("2001:db8:7:{n:x}::1")));
            visitors.prove(n);
        }
        assert_eq!(visitors.len(), 4 * SITE);
        assert_eq!(visitors.arrive(401, source("2001:db8:8::1")), Arrival::Admitted);
        (1..=401).for_each(|n| visitors.leave(n));
        assert!(visitors.is_empty() && visitors.sites.is_empty() && visitors.sources.is_empty());
    }

    proptest! {
        #[test]
        fn no_limit_is_ever_exceeded(steps in prop::collection::vec((0_u8..4, 0_u8..6, 0_u64..40), 1..400)) {
            let mut visitors = visitors(10);
            let mut next = 100;
            for (step, address, which) in steps {
                match step {
                    0 | 1 => {
                        next += 1;
                        visitors.arrive(next, source(&format!("192.0.2.{address}")));
                    }
                    2 => visitors.prove(100 + which),
                    _ => visitors.leave(100 + which),
                }
                prop_assert!(visitors.len() <= 10);
                let counted: usize = visitors.sources.values().map(|group| group.count).sum();
                prop_assert_eq!(counted, visitors.len());
                let unproven: usize = visitors.sources.values().map(|group| group.unproven.len()).sum();
                prop_assert_eq!(unproven, visitors.unproven.len());
                prop_assert!(visitors.sources.values().all(|group| group.count <= 4 && group.unproven.len() <= 2));
            }
        }
    }
}
