use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    num::NonZeroU16,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::world;
use lanrage_nat::port_mapping::{MappingFailure, MappingProtocol, MappingRequest, PortMapping};
use lanrage_net::port_mapping::{self, RELEASE_LIMIT};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::home::{self, GATEWAY, LIMIT, Miniupnpd, OUTSIDE, STRANGER};

const PORT: NonZeroU16 = NonZeroU16::new(41_820).unwrap();

/// The task under test.
struct Mapper {
    wanted: watch::Sender<MappingRequest>,
    results: watch::Receiver<PortMapping>,
    tasks: JoinSet<()>,
}

impl Mapper {
    fn start(port: Option<NonZeroU16>) -> Self {
        let (wanted, requests) = watch::channel(MappingRequest { port, network: 1 });
        let (sender, results) = watch::channel(PortMapping::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(port_mapping::run(requests, sender));
        Self { wanted, results, tasks }
    }

    async fn wait_for(&mut self, done: impl FnMut(&PortMapping) -> bool) -> Result<PortMapping> {
        let found = timeout(LIMIT, self.results.wait_for(done)).await;
        Ok(*found.with_context(|| format!("it stays {:?}", self.wanted))??)
    }

    async fn mapped(&mut self) -> Result<(SocketAddr, MappingProtocol)> {
        match self.wait_for(|result| result.external().is_some()).await? {
            PortMapping::Mapped { external, protocol } => Ok((external.into(), protocol)),
            other => anyhow::bail!("{other:?}"),
        }
    }

    /// Ends the task as the engine does, and returns how long that took.
    async fn stop(mut self) -> Result<Duration> {
        drop(self.wanted);
        let begun = Instant::now();
        timeout(2 * RELEASE_LIMIT, self.tasks.join_next()).await?.context("there is a task")??;
        Ok(begun.elapsed())
    }
}

/// Whether what a stranger sends to the mapped address comes to our port.
fn is_reachable(ours: &UdpSocket, external: SocketAddr) -> Result<bool> {
    let stranger = home::stranger_socket(SocketAddr::new(STRANGER[0].parse()?, 0))?;
    for _ in 0..20 {
        stranger.send_to(b"hello", external)?;
        let mut buffer = [0; 16];
        if let Ok((length, _)) = ours.recv_from(&mut buffer) {
            return Ok(&buffer[..length] == b"hello");
        }
    }
    Ok(false)
}

fn our_socket() -> Result<UdpSocket> {
    let socket = UdpSocket::bind(("0.0.0.0", PORT.get()))?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    Ok(socket)
}

/// Waits until the router has no rule for our port. Its leases in these tests last longer than that.
fn wait_until_removed() -> Result<()> {
    let begun = Instant::now();
    while home::present_router_rules()?.contains(&PORT.to_string()) {
        ensure!(begun.elapsed() < Duration::from_secs(2), "{}", home::present_router_rules()?);
    }
    Ok(())
}

/// Maps, is reached, stops, and is forgotten by the router.
fn map_and_give_back(name: &str, expected: MappingProtocol) -> Result<()> {
    home::block_on(async {
        let ours = our_socket()?;
        let begun = Instant::now();
        let mut mapper = Mapper::start(Some(PORT));
        let (external, protocol) = mapper.mapped().await?;
        let took = begun.elapsed();
        // The same port outside: whoever remembers or guesses it is right.
        assert_eq!((external, protocol), (SocketAddr::new(OUTSIDE.parse()?, PORT.get()), expected));
        ensure!(is_reachable(&ours, external)?, "nothing comes from {external}");
        ensure!(home::present_router_rules()?.contains(&PORT.to_string()), "what is searched for is there");

        let stopped = mapper.stop().await?;
        wait_until_removed()?;
        ensure!(!is_reachable(&ours, external)?, "it is still open");
        println!("{name}: mapped after {took:.1?}, given back in {stopped:.1?}");
        Ok(())
    })
}

#[test]
fn a_port_is_mapped_by_pcp_and_given_back_at_the_end() {
    world::test(|| {
        home::build()?;
        let _router = Miniupnpd::start(&["enable_natpmp=yes", "enable_upnp=yes"])?;
        map_and_give_back("PCP", MappingProtocol::Pcp)
    });
}

#[test]
fn a_port_is_mapped_by_nat_pmp_where_the_router_knows_no_pcp() {
    world::test(|| {
        home::build()?;
        // Both come to the same port; the first byte of PCP is its version, 2.
        home::router_rules("add rule inet filter input udp dport 5351 @th,64,8 2 drop")?;
        let _router = Miniupnpd::start(&["enable_natpmp=yes", "enable_upnp=no"])?;
        map_and_give_back("NAT-PMP", MappingProtocol::NatPmp)
    });
}

#[test]
fn a_port_is_mapped_by_upnp_where_the_router_knows_nothing_else() {
    world::test(|| {
        home::build()?;
        let _router = Miniupnpd::start(&["enable_natpmp=no", "enable_upnp=yes"])?;
        map_and_give_back("UPnP", MappingProtocol::Upnp)
    });
}

/// A router that gives another port to whoever names none, and the one that is named otherwise. It speaks one of both
/// protocols, and says nothing to the other.
fn choosy_router(is_pcp: bool) -> Result<thread::JoinHandle<Vec<u16>>> {
    let socket = home::in_namespace("router", || Ok(UdpSocket::bind((GATEWAY, 5_351))?))?;
    socket.set_read_timeout(Some(LIMIT))?;
    Ok(thread::spawn(move || {
        let outside: Ipv4Addr = OUTSIDE.parse().expect("an address");
        let (mut named, mut buffer) = (Vec::new(), [0; 1_100]);
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let request = &buffer[..length];
            let answer = match (is_pcp, request) {
                (true, [2, 1, ..]) => {
                    let mut answer = request.to_vec();
                    (answer[1], answer[3]) = (0x81, 0);
                    named.push(u16::from_be_bytes([request[42], request[43]]));
                    if named.last() == Some(&0) && request[4..8] != [0; 4] {
                        answer[42..44].copy_from_slice(&9_999_u16.to_be_bytes());
                    }
                    answer[44..].copy_from_slice(&outside.to_ipv6_mapped().octets());
                    answer
                }
                (false, [0, 0]) => [&[0, 128, 0, 0, 0, 0, 0, 1], &outside.octets()[..]].concat(),
                (false, [0, 1, ..]) => {
                    named.push(u16::from_be_bytes([request[6], request[7]]));
                    let given = if request[6..8] == [0; 2] { [39, 15] } else { [request[6], request[7]] };
                    [&[0, 129, 0, 0, 0, 0, 0, 1], &request[4..6], &given, &request[8..12]].concat()
                }
                _ => continue,
            };
            let _ = socket.send_to(&answer, from);
            if named.len() > 1 && named.last() == Some(&0) {
                break;
            }
        }
        named
    }))
}

#[test]
fn the_port_outside_is_the_same_also_where_the_router_would_choose_another() {
    world::test(|| {
        home::build()?;
        for (is_pcp, protocol) in [(true, MappingProtocol::Pcp), (false, MappingProtocol::NatPmp)] {
            let router = choosy_router(is_pcp)?;
            home::block_on(async {
                let mut mapper = Mapper::start(Some(PORT));
                let there = (SocketAddr::new(OUTSIDE.parse()?, PORT.get()), protocol);
                assert_eq!(mapper.mapped().await?, there);
                mapper.stop().await?;
                Ok(())
            })?;
            let named = router.join().expect("the router does not panic");
            assert_eq!(named, [PORT.get(), 0], "what is given back names nothing: {protocol:?}");
        }
        Ok(())
    });
}

#[test]
fn a_lease_is_renewed_before_it_ends() {
    world::test(|| {
        home::build()?;
        let _router = Miniupnpd::start(&["enable_natpmp=yes", "min_lifetime=2", "max_lifetime=4"])?;
        home::block_on(async {
            let ours = our_socket()?;
            let mut mapper = Mapper::start(Some(PORT));
            let (external, _) = mapper.mapped().await?;
            // The router forgets a lease that is not renewed within four seconds and a bit.
            let changed = timeout(Duration::from_secs(7), mapper.results.changed()).await;
            ensure!(changed.is_err(), "it became {:?}", *mapper.results.borrow());
            ensure!(is_reachable(&ours, external)?, "the lease has ended");
            mapper.stop().await?;
            Ok(())
        })
    });
}

#[test]
fn another_network_or_no_port_gives_the_old_mapping_back() {
    world::test(|| {
        home::build()?;
        let _router = Miniupnpd::start(&["enable_natpmp=yes"])?;
        home::block_on(async {
            let mut mapper = Mapper::start(Some(PORT));
            mapper.mapped().await?;
            mapper.wanted.send_replace(MappingRequest { port: Some(PORT), network: 2 });
            mapper.wait_for(|result| *result == PortMapping::Searching).await?;
            mapper.mapped().await?;
            mapper.wanted.send_replace(MappingRequest { port: None, network: 2 });
            mapper.wait_for(|result| *result == PortMapping::Off).await?;
            wait_until_removed()?;
            mapper.stop().await?;
            Ok(())
        })
    });
}

#[test]
fn a_router_that_maps_nothing_and_no_router_at_all_are_told_apart() {
    world::test(|| {
        home::build()?;
        home::block_on(async {
            let unavailable =
                |reason| move |result: &PortMapping| *result == PortMapping::Unavailable { reason };
            let mut mapper = Mapper::start(Some(PORT));
            mapper.wait_for(unavailable(MappingFailure::NotOffered)).await?;
            home::run("ip route del default")?;
            mapper.wanted.send_replace(MappingRequest { port: Some(PORT), network: 2 });
            mapper.wait_for(unavailable(MappingFailure::NoRouter)).await?;
            ensure!(mapper.stop().await? < Duration::from_millis(100), "there is nothing to give back");
            Ok(())
        })
    });
}
