use std::{
    net::{IpAddr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_net::name_lookup;
use tokio::time::{Instant, timeout_at};

/// Kept nodes that are asked at a time: the library asks all that it is given at once, and again for every question while
/// it knows few others.
const AT_A_TIME: usize = 8;
/// How often kept nodes are tried before the names are.
const ATTEMPTS: usize = 2;
/// After the first name is found the others have so long.
const OTHER_NAMES: Duration = Duration::from_millis(300);
/// The longest that a lookup takes.
const NAMES: Duration = Duration::from_secs(6);

/// By whom one comes into the DHT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entrance {
    /// Nodes that have answered before, in an order that differs from start to start.
    pub kept: Vec<SocketAddrV4>,
    /// Names and ports of nodes that are always there.
    pub names: Vec<(String, u16)>,
}

impl Entrance {
    pub(super) fn attempts(&self) -> Attempts<'_> {
        Attempts { entrance: self, made: 0 }
    }
}

/// The nodes to try, in turn.
pub(super) struct Attempts<'a> {
    entrance: &'a Entrance,
    made: usize,
}

impl Attempts<'_> {
    pub(super) async fn next(&mut self) -> Option<Vec<SocketAddrV4>> {
        while self.made <= ATTEMPTS {
            let made = self.made;
            self.made += 1;
            let nodes = if made < ATTEMPTS {
                self.entrance.kept.iter().skip(made * AT_A_TIME).take(AT_A_TIME).copied().collect()
            } else {
                look_up(&self.entrance.names).await
            };
            if !nodes.is_empty() {
                return Some(nodes);
            }
        }
        None
    }
}

/// The addresses of all that are found soon after the first one: one that DNS says nothing of holds back nobody.
async fn look_up(names: &[(String, u16)]) -> Vec<SocketAddrV4> {
    let mut lookups: FuturesUnordered<_> = names
        .iter()
        .map(|(host, port)| async move {
            let addresses = match host.parse::<IpAddr>() {
                Ok(ip) => vec![ip],
                Err(_) => name_lookup::addresses(host).await.unwrap_or_default(),
            };
            let of_family = addresses.into_iter().filter_map(|ip| match SocketAddr::new(ip, *port) {
                SocketAddr::V4(address) => Some(address),
                SocketAddr::V6(_) => None,
            });
            of_family.collect::<Vec<_>>()
        })
        .collect();
    let mut until = Instant::now() + NAMES;
    let mut nodes = Vec::new();
    while let Ok(Some(found)) = timeout_at(until, lookups.next()).await {
        if nodes.is_empty() && !found.is_empty() {
            until = until.min(Instant::now() + OTHER_NAMES);
        }
        nodes.extend(found);
    }
    nodes.truncate(AT_A_TIME);
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn kept_nodes_are_tried_a_few_at_a_time_and_then_the_names() {
        let node = |n: u8| SocketAddrV4::new([192, 0, 2, n].into(), 6_881);
        let names = vec![("203.0.113.1".to_owned(), 7), ("2001:db8::1".to_owned(), 7)];
        let entrance = Entrance { kept: (1..=20).map(node).collect(), names };
        let mut attempts = entrance.attempts();
        assert_eq!(attempts.next().await, Some((1..=8).map(node).collect()));
        assert_eq!(attempts.next().await, Some((9..=16).map(node).collect()));
        assert_eq!(attempts.next().await, Some(vec![SocketAddrV4::new([203, 0, 113, 1].into(), 7)]));
        assert_eq!(attempts.next().await, None);
        assert_eq!(Entrance::default().attempts().next().await, None);
    }
}
