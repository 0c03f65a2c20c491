//! The lab is a measuring instrument: these tests show that it measures right.
#![cfg(target_os = "linux")]

use std::{
    net::{SocketAddr, SocketAddrV4, UdpSocket},
    panic,
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use lanrage_lab::{
    Host, Lab, NatBehaviour,
    capture::Capture,
    echo::{self, Echo},
    teeworlds, world,
};

/// A private host with one socket, and two public hosts with two sockets in all.
struct Bench {
    inside: UdpSocket,
    inside_port: u16,
    router: Host,
    server: UdpSocket,
    /// On the server's host, another port.
    sibling: UdpSocket,
    stranger: UdpSocket,
    server_address: SocketAddr,
    stranger_address: SocketAddr,
}

impl Bench {
    fn new(behaviour: NatBehaviour) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let stranger = lab.public_host("stranger", 6)?;
        let lan = lab.lan(behaviour)?;
        let inside = lab.host(&lan, "inside")?;
        lab.settle()?;
        Ok(Self {
            inside: inside.udp(7000)?,
            inside_port: 7000,
            router: lan.router().clone(),
            server: server.udp(9000)?,
            sibling: server.udp(9001)?,
            stranger: stranger.udp(9000)?,
            server_address: (server.address(), 9000).into(),
            stranger_address: (stranger.address(), 9000).into(),
        })
    }

    /// Sends from the private host to `to` and returns the external endpoint that `at` sees.
    fn mapping(&self, to: SocketAddr, at: &UdpSocket) -> Result<SocketAddr> {
        self.inside.send_to(b"out", to)?;
        let (_, mapped) = at.recv_from(&mut [0; 16])?;
        ensure!(mapped.ip() == self.router.address(), "{mapped} is not the router");
        Ok(mapped)
    }

    /// Whether a datagram from `from` to the external endpoint reaches the private host.
    fn lets_in(&self, from: &UdpSocket, mapped: SocketAddr) -> Result<bool> {
        from.send_to(b"in", mapped)?;
        Ok(self.inside.recv_from(&mut [0; 16]).is_ok())
    }
}

#[test]
fn natted_hosts_reach_the_public_server_and_not_each_others_private_address() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let (first, second) =
            (lab.lan(NatBehaviour::PortRestricted)?, lab.lan(NatBehaviour::PortRestricted)?);
        let (one, two) = (lab.host(&first, "one")?, lab.host(&second, "two")?);
        lab.settle()?;
        for (host, other) in [(&one, &two), (&two, &one)] {
            ensure!(host.can_ping(server.address())?);
            ensure!(!host.can_ping(other.address())?);
            ensure!(!server.can_ping(host.address())?);
        }
        Ok(())
    });
}

#[test]
fn two_hosts_of_one_lan_reach_each_other() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let lan = lab.lan(NatBehaviour::Symmetric)?;
        let (one, two) = (lab.host(&lan, "one")?, lab.host(&lan, "two")?);
        lab.settle()?;
        ensure!(one.can_ping(two.address())?);
        Ok(())
    });
}

#[test]
fn port_restricted_keeps_one_external_port_and_admits_only_contacted_endpoints() {
    world::test(|| {
        let bench = Bench::new(NatBehaviour::PortRestricted)?;
        let mapped = bench.mapping(bench.server_address, &bench.server)?;
        ensure!(mapped.port() == bench.inside_port, "the port is not preserved: {mapped}");
        ensure!(bench.lets_in(&bench.server, mapped)?);
        ensure!(!bench.lets_in(&bench.sibling, mapped)?);
        ensure!(!bench.lets_in(&bench.stranger, mapped)?);
        // The stranger knocked first, as happens in punching; the mapping must not suffer from it.
        let to_stranger = bench.mapping(bench.stranger_address, &bench.stranger)?;
        ensure!(to_stranger == mapped, "{to_stranger} is not {mapped}");
        ensure!(bench.lets_in(&bench.stranger, mapped)?);
        Ok(())
    });
}

#[test]
fn address_restricted_admits_every_port_of_a_contacted_address() {
    world::test(|| {
        let bench = Bench::new(NatBehaviour::AddressRestricted)?;
        let mapped = bench.mapping(bench.server_address, &bench.server)?;
        ensure!(bench.lets_in(&bench.server, mapped)?);
        ensure!(bench.lets_in(&bench.sibling, mapped)?);
        ensure!(!bench.lets_in(&bench.stranger, mapped)?);
        ensure!(bench.mapping(bench.stranger_address, &bench.stranger)? == mapped);
        ensure!(bench.lets_in(&bench.stranger, mapped)?);
        Ok(())
    });
}

#[test]
fn full_cone_lets_a_stranger_in_once_there_is_a_mapping() {
    world::test(|| {
        let bench = Bench::new(NatBehaviour::FullCone)?;
        ensure!(!bench.lets_in(&bench.stranger, (bench.router.address(), bench.inside_port).into())?);
        let mapped = bench.mapping(bench.server_address, &bench.server)?;
        ensure!(bench.lets_in(&bench.stranger, mapped)?);
        ensure!(bench.mapping(bench.stranger_address, &bench.stranger)? == mapped);
        Ok(())
    });
}

#[test]
fn symmetric_uses_another_external_port_for_each_destination() {
    world::test(|| {
        let bench = Bench::new(NatBehaviour::Symmetric)?;
        let to_server = bench.mapping(bench.server_address, &bench.server)?;
        let to_stranger = bench.mapping(bench.stranger_address, &bench.stranger)?;
        ensure!(to_server.port() != to_stranger.port());
        ensure!(bench.lets_in(&bench.server, to_server)?);
        ensure!(!bench.lets_in(&bench.stranger, to_server)?);
        Ok(())
    });
}

#[test]
fn two_port_restricted_routers_are_punched_by_sending_from_both_sides() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let (first, second) =
            (lab.lan(NatBehaviour::PortRestricted)?, lab.lan(NatBehaviour::PortRestricted)?);
        let (one, two) = (lab.host(&first, "one")?, lab.host(&second, "two")?);
        lab.settle()?;
        let (from_one, from_two) = (one.udp(7000)?, two.udp(7000)?);
        from_one.send_to(b"punch", (second.router().address(), 7000))?;
        let _echo = Echo::start(from_two.try_clone()?)?;
        from_two.send_to(b"punch", (first.router().address(), 7000))?;
        let to_two = SocketAddrV4::new(second.router().address(), 7000);
        echo::await_first(&from_one, to_two, b"through", Duration::from_secs(5))?;
        let times = echo::round_trips(&from_one, to_two, 20, Duration::from_millis(1))?;
        ensure!(times.is_sorted());
        Ok(())
    });
}

#[test]
fn a_capture_on_the_public_segment_sees_what_crosses_it_and_nothing_else() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let lan = lab.lan(NatBehaviour::PortRestricted)?;
        let (one, two) = (lab.host(&lan, "one")?, lab.host(&lan, "two")?);
        lab.settle()?;
        let receiver = server.udp(9000)?;
        let neighbour = two.udp(9000)?;
        let capture = Capture::start(lab.internet(), "public", "/run/public.pcap".as_ref())?;
        let sender = one.udp(0)?;
        sender.send_to(b"goes out", (server.address(), 9000))?;
        sender.send_to(b"stays at home", (two.address(), 9000))?;
        receiver.recv_from(&mut [0; 32])?;
        neighbour.recv_from(&mut [0; 32])?;
        let frames = capture.finish()?;
        ensure!(frames.count_containing(b"goes out") == 1);
        ensure!(frames.count_containing(b"stays at home") == 0);
        Ok(())
    });
}

#[test]
fn a_program_on_a_host_ends_with_its_handle_and_sees_only_that_host() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let mut list = server.command("ip");
        list.args(["-brief", "address"]);
        let listing = String::from_utf8(list.output()?.stdout)?;
        ensure!(listing.contains("203.0.113.5/24"), "{listing}");
        ensure!(!listing.contains("public"), "{listing}");

        let mut sleeper = server.command("sleep");
        sleeper.arg("1000");
        let mut process = server.spawn(sleeper)?;
        ensure!(process.is_running()?);
        ensure!(!process.interrupt(Duration::from_secs(5))?.success());
        Ok(())
    });
}

#[test]
fn a_real_game_server_is_found_by_broadcast_on_a_lan() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let lan = lab.lan(NatBehaviour::PortRestricted)?;
        let (one, two) = (lab.host(&lan, "one")?, lab.host(&lan, "two")?);
        lab.settle()?;
        let _server = teeworlds::serve(&one, "found in the lab", "/run".as_ref())?;
        let found = teeworlds::find(&two.udp(0)?, Duration::from_secs(10))?;
        ensure!(found.address == (one.address(), teeworlds::PORT).into(), "{found:?}");
        ensure!(found.name == "found in the lab", "{found:?}");
        Ok(())
    });
}

#[test]
fn a_failure_in_the_world_fails_the_test_outside() {
    let attempt = panic::catch_unwind(|| world::test(|| bail!("the body's own reason")));
    let failure = attempt.expect_err("the body's failure was lost");
    if world::is_inside() {
        panic::resume_unwind(failure);
    }
    let text = failure.downcast_ref::<String>().expect("a text");
    assert!(text.contains("the body's own reason"), "{text}");
}
