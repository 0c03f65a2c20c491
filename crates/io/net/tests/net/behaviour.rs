use std::{
    net::{SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::world;
use lanrage_nat::{
    BehaviourResponder, FilteringBehaviour, Gap, MappingBehaviour, NatReport, NatVerdict, stun,
};
use lanrage_net::behaviour_shell;
use lanrage_party::NatType;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use crate::home::{self, DEVICE, LIMIT, STRANGER};

const PORTS: [u16; 2] = [3_478, 3_479];

fn server(index: usize) -> SocketAddr {
    SocketAddr::new(STRANGER[index].parse().expect("an address"), PORTS[0])
}

/// Lets the stranger serve RFC 5780 with one or two addresses, until the world ends.
fn serve_behaviour(addresses: usize) -> Result<()> {
    let other = (addresses > 1).then(|| server(1).ip());
    let responder = BehaviourResponder::new(server(0).ip(), other, PORTS).context("different sockets")?;
    let sockets = responder.sockets().map(home::stranger_socket).collect::<Result<Vec<_>>>()?;
    for socket in &sockets {
        let (socket, responder) = (socket.try_clone()?, responder.clone());
        let senders = sockets.iter().map(UdpSocket::try_clone).collect::<Result<Vec<_>, _>>()?;
        thread::spawn(move || {
            let here = socket.local_addr().expect("a bound socket");
            let mut buffer = [0; 1_280];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let Some(answer) = responder.answer(here, from, &buffer[..length]) else { continue };
                let sender =
                    senders.iter().find(|sender| sender.local_addr().is_ok_and(|at| at == answer.from));
                // One that is lost on the way is asked for again.
                let _ = sender.map(|sender| sender.send_to(&answer.datagram, answer.to));
            }
        });
    }
    Ok(())
}

/// Lets the stranger be two servers that know nothing of RFC 5780, until the world ends.
fn serve_plain() -> Result<()> {
    for index in 0..2 {
        let socket = home::stranger_socket(server(index))?;
        thread::spawn(move || {
            let mut buffer = [0; 1_280];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                if let Some(answer) = stun::answer(&buffer[..length], from) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
    }
    Ok(())
}

async fn measure(what: &str, servers: &[SocketAddr]) -> NatReport {
    let begun = Instant::now();
    let report = behaviour_shell::measure(servers).await;
    println!("{what}: {:?} after {:.1?}", report.nat_type(), begun.elapsed());
    report
}

/// The router gives every destination another port.
fn make_symmetric() -> Result<()> {
    home::router_rules(
        "flush chain inet filter postrouting\n\
         add rule inet filter postrouting oifname \"wan\" masquerade fully-random",
    )
}

#[test]
fn a_strict_router_that_keeps_one_port_is_a_port_restricted_cone() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        home::block_on(async {
            let report = measure("port-restricted, two addresses", &[server(0)]).await;
            let behaviour = report.nat_behaviour().context("measured")?;
            assert_eq!(behaviour.mapping, MappingBehaviour::EndpointIndependent);
            assert_eq!(behaviour.filtering, FilteringBehaviour::AddressAndPortDependent);
            assert_eq!(behaviour.hairpinning, Some(false));
            assert_eq!((report.nat_type(), report.gaps), (NatType::PortRestrictedCone, Vec::new()));
            assert_eq!(report.server, Some(server(0)));
            Ok(())
        })
    });
}

#[test]
fn a_router_with_a_port_for_each_destination_is_symmetric() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        make_symmetric()?;
        home::block_on(async {
            let report = measure("symmetric, two addresses", &[server(0)]).await;
            assert_eq!(report.nat_type(), NatType::Symmetric);
            assert_eq!(
                report.nat_behaviour().context("measured")?.mapping,
                MappingBehaviour::AddressAndPortDependent
            );
            Ok(())
        })
    });
}

/// Lets in whoever the device has sent something to, from any of their ports.
fn make_address_restricted() -> Result<()> {
    home::router_rules(&format!(
        "add set inet filter contacted {{ type ipv4_addr . inet_service; size 65535; flags dynamic; }}\n\
         insert rule inet filter postrouting oifname \"wan\" update @contacted {{ ip daddr . udp sport }}\n\
         add rule inet filter prerouting iifname \"wan\" ip saddr . udp dport @contacted dnat ip to {DEVICE}",
    ))
}

#[test]
fn asking_both_addresses_of_a_server_does_not_make_a_router_look_lenient() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        make_address_restricted()?;
        home::block_on(async {
            let report = measure("address-restricted", &[server(0), server(1)]).await;
            assert_eq!(report.nat_type(), NatType::RestrictedCone);
            let filtering = report.nat_behaviour().context("measured")?.filtering;
            assert_eq!(filtering, FilteringBehaviour::AddressDependent);
            Ok(())
        })
    });
}

#[test]
fn with_two_plain_servers_the_mapping_is_known_and_the_strict_filter_assumed() {
    world::test(|| {
        home::build()?;
        serve_plain()?;
        home::block_on(async {
            let servers = [server(0), server(1)];
            let report = measure("port-restricted, two plain servers", &servers).await;
            assert_eq!(
                report.nat_behaviour().context("measured")?.mapping,
                MappingBehaviour::EndpointIndependent
            );
            assert_eq!(
                (report.nat_type(), &report.gaps[..]),
                (NatType::PortRestrictedCone, &[Gap::Filtering][..])
            );
            make_symmetric()?;
            let report = measure("symmetric, two plain servers", &servers).await;
            assert_eq!(report.nat_type(), NatType::Symmetric);
            Ok(())
        })
    });
}

#[test]
fn a_server_with_one_address_leaves_open_what_depends_on_the_address() {
    world::test(|| {
        home::build()?;
        serve_behaviour(1)?;
        home::block_on(async {
            let report = measure("port-restricted, one address", &[server(0)]).await;
            let behaviour = report.nat_behaviour().context("measured")?;
            assert_eq!(behaviour.mapping, MappingBehaviour::NotPortDependent);
            assert_eq!(
                (report.nat_type(), &report.gaps[..]),
                (NatType::PortRestrictedCone, &[Gap::MappingByAddress][..])
            );
            Ok(())
        })
    });
}

#[test]
fn without_a_router_there_is_no_translation() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        home::router_rules("flush chain inet filter postrouting")?;
        home::run("ip -n stranger route add default via 11.0.0.1")?;
        home::block_on(async {
            let report = measure("no router", &[server(0)]).await;
            assert_eq!(report.nat_type(), NatType::Open);
            assert_eq!(report.nat_behaviour().context("measured")?.mapping, MappingBehaviour::NoTranslation);
            Ok(())
        })
    });
}

#[test]
fn blocked_udp_no_network_and_no_servers_are_told_apart() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        home::router_rules("add rule inet filter forward meta l4proto udp drop")?;
        home::block_on(async {
            assert_eq!(measure("UDP blocked", &[server(0)]).await.verdict, NatVerdict::Blocked);
            home::run("ip route del default")?;
            assert_eq!(measure("no route", &[server(0)]).await.verdict, NatVerdict::Offline);
            let v6 = "[2001:db8::1]:3478".parse()?;
            assert_eq!(measure("IPv6 only", &[v6]).await.verdict, NatVerdict::NoServers);
            Ok(())
        })
    });
}

#[test]
fn a_request_during_a_measurement_begins_anew() {
    world::test(|| {
        home::build()?;
        serve_behaviour(2)?;
        home::block_on(async {
            let (requests, receiver) = mpsc::channel(1);
            let (sender, mut reports) = watch::channel(None::<NatReport>);
            let mut tasks = JoinSet::new();
            tasks.spawn(behaviour_shell::run(receiver, sender));
            // Nobody is there: this would take 3.25 s.
            requests.send(vec!["11.0.0.77:3478".parse()?]).await?;
            requests.send(vec![server(0)]).await?;
            let first =
                timeout(LIMIT, reports.wait_for(Option::is_some)).await??.clone().context("a report")?;
            assert_eq!((first.nat_type(), first.server), (NatType::PortRestrictedCone, Some(server(0))));

            // And one while it rests.
            let begun = Instant::now();
            requests.send(vec!["[2001:db8::1]:3478".parse()?]).await?;
            timeout(LIMIT, reports.changed()).await??;
            assert_eq!(reports.borrow().as_ref().map(|report| report.verdict), Some(NatVerdict::NoServers));
            ensure!(begun.elapsed() < Duration::from_secs(1), "at once");
            drop(requests);
            timeout(LIMIT, tasks.join_next()).await?.context("there is a task")??;
            Ok(())
        })
    });
}
