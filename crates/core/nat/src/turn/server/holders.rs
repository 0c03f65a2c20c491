//! Who has how many allocations.

use std::{collections::HashMap, hash::Hash, net::IpAddr};

use lanrage_base::sources::{Site, Source};

use super::view::TurnLimits;

/// Whom an allocation counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// The user, by the id in the credentials.
    pub(super) user: String,
    /// The group of users that the credentials name.
    pub(super) group: Option<String>,
    /// Where its client is.
    pub(super) source: Source,
}

/// The allocations of each user, group and source. As many entries as there are allocations, at most.
#[derive(Debug, Default)]
pub(super) struct Holders {
    users: HashMap<String, usize>,
    groups: HashMap<String, usize>,
    sources: HashMap<Source, usize>,
    sites: HashMap<Site, usize>,
}

impl Holder {
    pub(super) fn new(user: &str, group: Option<&str>, client: IpAddr) -> Self {
        Self { user: user.to_owned(), group: group.map(str::to_owned), source: Source::of(client) }
    }
}

impl Holders {
    /// Whether there is a place for so many more.
    pub(super) fn have_room(&self, holder: &Holder, more: usize, limits: &TurnLimits) -> bool {
        let within = |count: Option<&usize>, most: usize| count.copied().unwrap_or(0) + more <= most;
        within(self.users.get(&holder.user), limits.allocations_per_user)
            && within(self.sources.get(&holder.source), limits.allocations_of(holder.source))
            && holder
                .source
                .site()
                .is_none_or(|site| within(self.sites.get(&site), limits.allocations_of_site()))
            && holder
                .group
                .as_ref()
                .is_none_or(|group| within(self.groups.get(group), limits.allocations_per_group))
    }

    pub(super) fn add(&mut self, holder: &Holder) {
        *self.users.entry(holder.user.clone()).or_default() += 1;
        *self.sources.entry(holder.source).or_default() += 1;
        if let Some(site) = holder.source.site() {
            *self.sites.entry(site).or_default() += 1;
        }
        if let Some(group) = &holder.group {
            *self.groups.entry(group.clone()).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, holder: &Holder) {
        less(&mut self.users, &holder.user);
        less(&mut self.sources, &holder.source);
        if let Some(site) = holder.source.site() {
            less(&mut self.sites, &site);
        }
        if let Some(group) = &holder.group {
            less(&mut self.groups, group);
        }
    }
}

fn less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, of: &K) {
    if let Some(count) = counts.get_mut(of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_count_and_what_is_given_back_is_there_again() {
        let limits = TurnLimits {
            allocations_per_user: 2,
            allocations_per_group: 3,
            allocations_per_source: 4,
            ..TurnLimits::default()
        };
        let mut holders = Holders::default();
        let mut made = |user: &str, group: Option<&str>, client: &str| {
            let holder = Holder::new(user, group, client.parse().unwrap());
            let there = holders.have_room(&holder, 1, &limits);
            if there {
                holders.add(&holder);
            }
            there
        };
        for (user, group, client, there) in [
            ("ann", Some("lan"), "192.0.2.1", true),
            ("ann", None, "192.0.2.2", true),
            ("ann", None, "192.0.2.3", false),
            ("bob", Some("lan"), "192.0.2.1", true),
            ("bob", Some("lan"), "192.0.2.1", true),
            ("cid", Some("lan"), "192.0.2.1", false),
            ("cid", None, "192.0.2.1", true),
            ("dan", None, "::ffff:192.0.2.1", false),
        ] {
            assert_eq!(made(user, group, client), there, "{user} {group:?} {client}");
        }
        let of_site =
            (0..100).filter(|n| made(&format!("u{n}"), None, &format!("2001:db8:7:{n:x}::1"))).count();
        assert_eq!(of_site, 16, "four times as many as of one /64");
        holders.remove(&Holder::new("bob", Some("lan"), "192.0.2.1".parse().unwrap()));
        assert!(holders.have_room(
            &Holder::new("cid", Some("lan"), "192.0.2.1".parse().unwrap()),
            1,
            &limits
        ));
    }
}
