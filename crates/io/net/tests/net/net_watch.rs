use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::world;
use lanrage_nat::NetworkState;
use lanrage_net::{net_watch, own_adapter::OwnAdapter};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::home::{self, DEVICE, GATEWAY, LIMIT};

/// The task under test.
struct Watch {
    changes: mpsc::Receiver<NetworkState>,
    tasks: JoinSet<()>,
}

impl Watch {
    /// Starts it, and returns what it says first.
    async fn start() -> Result<(Self, NetworkState)> {
        Self::beside(OwnAdapter::default()).await
    }

    /// The same beside this adapter of ours.
    async fn beside(adapter: OwnAdapter) -> Result<(Self, NetworkState)> {
        // Enough for every change alone: what is collected shall not be due to a full channel.
        let (sender, changes) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(net_watch::run(adapter, sender));
        let mut watch = Self { changes, tasks };
        let first = watch.next().await?;
        Ok((watch, first))
    }

    async fn next(&mut self) -> Result<NetworkState> {
        timeout(LIMIT, self.changes.recv()).await.context("nothing is told")?.context("it has ended")
    }

    /// The state after `commands`, and how long it took to be told.
    async fn after(&mut self, commands: &[&str]) -> Result<(NetworkState, Duration)> {
        let begun = Instant::now();
        for command in commands {
            home::run(command)?;
        }
        Ok((self.next().await?, begun.elapsed()))
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// IPv4 only: IPv6 addresses come by themselves.
fn v4(state: &NetworkState) -> Vec<IpAddr> {
    state.addresses.iter().copied().filter(IpAddr::is_ipv4).collect()
}

#[test]
fn a_new_address_is_told_at_once() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let (mut watch, first) = Watch::start().await?;
            assert_eq!((v4(&first), first.generation), (vec![address(DEVICE)], 1));
            let route = first.default_route.context("there is a default route")?;
            assert_eq!(route.gateways, [address(GATEWAY)]);
            let mut times = Vec::new();
            for last in 20..40 {
                let begun = Instant::now();
                home::run(&format!("ip address add 192.168.77.{last}/24 dev eth0"))?;
                let state = watch.next().await?;
                times.push(begun.elapsed());
                ensure!(state.addresses.contains(&address(&format!("192.168.77.{last}"))), "{state:?}");
            }
            times.sort_unstable();
            println!(
                "a new address is told after {:.1?} (median), {:.1?} (worst of 20)",
                times[10], times[19]
            );
            ensure!(times[10] < Duration::from_millis(300), "{times:?}");
            Ok(())
        })
    });
}

#[test]
fn another_way_out_is_another_generation_though_the_addresses_are_the_same() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let (mut watch, first) = Watch::start().await?;
            let (state, took) =
                watch.after(&["ip route replace default via 192.168.77.254 dev eth0"]).await?;
            assert_eq!((state.generation, &state.addresses), (2, &first.addresses));
            assert_eq!(state.default_route.context("a route")?.gateways, [address("192.168.77.254")]);
            println!("another router is told after {took:.1?}");

            let (state, _) = watch.after(&["ip route del default"]).await?;
            assert_eq!((state.generation, state.default_route), (3, None));
            Ok(())
        })
    });
}

#[test]
fn a_network_that_was_lost_and_found_is_another_generation() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let (mut watch, first) = Watch::start().await?;
            // The cable is pulled at the other end: the device keeps its address and its route.
            home::run("ip -n router link set lan down")?;
            home::run("ip -n router link set lan up")?;
            let mut state = watch.next().await?;
            while v4(&state) != v4(&first) || state.default_route.is_none() {
                state = watch.next().await?;
            }
            ensure!(state.generation > first.generation);
            ensure!(state.default_route != first.default_route, "{state:?}");
            Ok(())
        })
    });
}

#[test]
fn a_burst_of_changes_is_told_as_few() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let (mut watch, _) = Watch::start().await?;
            let begun = Instant::now();
            for last in 20..40 {
                home::run(&format!("ip address add 192.168.77.{last}/24 dev eth0"))?;
            }
            let mut state = watch.next().await?;
            while v4(&state).len() < 21 {
                state = watch.next().await?;
            }
            let (took, told) = (begun.elapsed(), state.generation - 1);
            println!("20 changes within {took:.1?} are told as {told}");
            ensure!(
                u128::from(told) <= took.as_millis() / net_watch::COALESCE.as_millis() + 1,
                "{told} in {took:?}"
            );
            Ok(())
        })
    });
}

#[test]
fn our_own_adapter_is_no_change_whatever_it_is_called_and_an_interface_with_its_name_is_one() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let adapter = OwnAdapter::default();
            let (mut watch, _) = Watch::beside(adapter.clone()).await?;
            adapter.expect("10.66.0.1".parse()?);
            home::run("ip link add game0 type bridge")?;
            home::run("ip address add 10.66.0.1/16 dev game0")?;
            home::run("ip link set game0 up")?;
            adapter.opened("game0");
            // Others rename it, and give it another address instead.
            home::run("ip link set game0 down")?;
            home::run("ip link set game0 name play0")?;
            home::run("ip link set play0 up")?;
            home::run("ip address flush dev play0")?;
            home::run("ip address add 10.9.9.9/24 dev play0")?;
            let (state, _) = watch.after(&["ip address add 192.168.77.20/24 dev eth0"]).await?;
            assert_eq!(state.generation, 2, "{state:?}");
            assert_eq!(v4(&state), [address(DEVICE), address("192.168.77.20")]);

            home::run("ip link add lanrage0 type bridge")?;
            home::run("ip link set lanrage0 up")?;
            let (mut state, _) = watch.after(&["ip address add 192.168.88.1/24 dev lanrage0"]).await?;
            while !state.addresses.contains(&address("192.168.88.1")) {
                state = watch.next().await?;
            }
            ensure!(!state.addresses.contains(&address("10.9.9.9")), "{state:?}");
            Ok(())
        })
    });
}

#[test]
fn it_ends_when_nobody_listens() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let (mut watch, _) = Watch::start().await?;
            drop(watch.changes);
            timeout(LIMIT, watch.tasks.join_next()).await?.context("there is a task")??;
            Ok(())
        })
    });
}
