//! The lab is a measuring instrument: these tests show that it measures right.
#![cfg(target_os = "linux")]

use std::{
    net::{SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket},
    panic,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{
    Host, Lab,
    capture::Capture,
    echo::{self, Echo},
    expected::{
        Dependence::{self, AddressAndPortDependent, AddressDependent, EndpointIndependent},
        Nat, Network, PortAssignment,
    },
    networks::{HOME, KINDS},
    teeworlds, world,
};

/// The private host's port.
const INSIDE_PORT: u16 = 50_000;

/// A private host with one socket, and two public hosts with two sockets each.
struct Bench {
    inside: UdpSocket,
    external: Host,
    server: UdpSocket,
    /// On the server's host, another port.
    sibling: UdpSocket,
    stranger: UdpSocket,
    strangers_sibling: UdpSocket,
    server_address: SocketAddr,
    sibling_address: SocketAddr,
    stranger_address: SocketAddr,
}

impl Bench {
    fn new(network: &Network) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let stranger = lab.public_host("stranger", 6)?;
        let carrier = network.carrier.map(|carrier| lab.carrier(carrier)).transpose()?;
        let lan = lab.home(network, carrier.as_ref())?;
        let inside = lab.host(&lan, "inside")?;
        lab.settle()?;
        Ok(Self {
            inside: inside.udp(INSIDE_PORT)?,
            external: carrier.as_ref().map_or(lan.router(), |carrier| carrier.router()).clone(),
            server: server.udp(9000)?,
            sibling: server.udp(9001)?,
            stranger: stranger.udp(9000)?,
            strangers_sibling: stranger.udp(9001)?,
            server_address: (server.address(), 9000).into(),
            sibling_address: (server.address(), 9001).into(),
            stranger_address: (stranger.address(), 9000).into(),
        })
    }

    /// Sends from the private host to `to` and returns the external endpoint that `at` sees.
    fn mapping(&self, to: SocketAddr, at: &UdpSocket) -> Result<SocketAddr> {
        self.inside.send_to(b"out", to)?;
        let (_, mapped) = at.recv_from(&mut [0; 16])?;
        ensure!(mapped.ip() == self.external.ip(), "{mapped} is not the outermost translator");
        Ok(mapped)
    }

    /// Whether a datagram from `from` to the external endpoint reaches the private host.
    fn lets_in(&self, from: &UdpSocket, mapped: SocketAddr) -> Result<bool> {
        from.send_to(b"in", mapped)?;
        Ok(self.inside.recv_from(&mut [0; 16]).is_ok())
    }

    /// The dependence of the mapping, by RFC 4787 §4.1, and the first external port; the stranger's two sockets are
    /// not contacted.
    fn measure_mapping(&self) -> Result<(Dependence, u16)> {
        let first = self.mapping(self.server_address, &self.server)?;
        let same_address = self.mapping(self.sibling_address, &self.sibling)?;
        ensure!(self.mapping(self.server_address, &self.server)? == first, "a mapping does not last");
        let dependence = if same_address != first {
            AddressAndPortDependent
        } else if self.mapping(self.stranger_address, &self.stranger)? != first {
            AddressDependent
        } else {
            EndpointIndependent
        };
        Ok((dependence, first.port()))
    }

    /// The dependence of the filtering, by RFC 4787 §5, of a mapping that was used to send to the server alone.
    fn measure_filtering(&self) -> Result<Dependence> {
        let mapped = self.mapping(self.server_address, &self.server)?;
        ensure!(self.lets_in(&self.server, mapped)?, "even the answer is not let in");
        let address = self.lets_in(&self.sibling, mapped)?;
        let anybody = self.lets_in(&self.strangers_sibling, mapped)?;
        Ok(match (address, anybody) {
            (false, false) => AddressAndPortDependent,
            (true, false) => AddressDependent,
            (true, true) => EndpointIndependent,
            (false, true) => bail!("strangers are let in, and the server's other port is not"),
        })
    }
}

#[test]
fn natted_hosts_reach_the_public_server_and_not_each_others_private_address() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let (first, second) = (lab.lan(HOME)?, lab.lan(HOME)?);
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
        let lan = lab.lan(Nat::new(AddressAndPortDependent, AddressAndPortDependent))?;
        let (one, two) = (lab.host(&lan, "one")?, lab.host(&lan, "two")?);
        lab.settle()?;
        ensure!(one.can_ping(two.address())?);
        Ok(())
    });
}

fn each_translator(mut check: impl FnMut(&str, Nat) -> Result<()>) -> Result<()> {
    for kind in KINDS.iter().filter(|kind| kind.network.carrier.is_none() && kind.network.udp) {
        if let Some(nat) = kind.network.home.filter(|_| kind.name != "ipv6") {
            check(kind.name, nat).context(kind.name)?;
        }
    }
    Ok(())
}

/// One test and one world for each, as a lab has one public segment.
macro_rules! translators_do_what_they_are_named_for {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                world::test(|| does_what_it_is_named_for($name));
            }
        )*

        #[test]
        fn every_translator_is_measured() {
            let measured = [$($name),*];
            each_translator(|name, _| {
                ensure!(measured.contains(&name), "not measured");
                Ok(())
            })
            .unwrap();
        }
    };
}

translators_do_what_they_are_named_for! {
    eim_eif_measures_as_named: "eim-eif",
    eim_adf_measures_as_named: "eim-adf",
    eim_apdf_measures_as_named: "eim-apdf",
    eim_apdf_with_random_ports_measures_as_named: "eim-apdf-random",
    adm_apdf_measures_as_named: "adm-apdf",
    apdm_apdf_measures_as_named: "apdm-apdf",
    apdm_apdf_with_random_ports_measures_as_named: "apdm-apdf-random",
}

fn does_what_it_is_named_for(name: &str) -> Result<()> {
    let kind = KINDS.into_iter().find(|kind| kind.name == name).context("no such network")?;
    let nat = kind.network.home.context("no translator")?;
    let bench = Bench::new(&kind.network)?;
    let filtering = bench.measure_filtering()?;
    ensure!(filtering == nat.filtering, "filtering is {filtering}, not {}", nat.filtering);
    let (mapping, port) = bench.measure_mapping()?;
    ensure!(mapping == nat.mapping, "mapping is {mapping}, not {}", nat.mapping);
    ensure!(
        (port == INSIDE_PORT) == (nat.ports == PortAssignment::Preserving),
        "the external port is {port}"
    );
    Ok(())
}

#[test]
fn a_filter_belongs_to_one_mapping() {
    world::test(|| {
        let nat = Nat::new(AddressAndPortDependent, AddressDependent);
        let bench = Bench::new(&Network::behind(nat))?;
        let to_server = bench.mapping(bench.server_address, &bench.server)?;
        let to_stranger = bench.mapping(bench.stranger_address, &bench.stranger)?;
        ensure!(to_server != to_stranger);
        ensure!(bench.lets_in(&bench.strangers_sibling, to_stranger)?);
        ensure!(!bench.lets_in(&bench.strangers_sibling, to_server)?);
        Ok(())
    });
}

#[test]
fn a_stranger_that_knocks_first_does_not_take_the_external_port() {
    world::test(|| {
        let bench = Bench::new(&Network::behind(HOME))?;
        let mapped = bench.mapping(bench.server_address, &bench.server)?;
        ensure!(!bench.lets_in(&bench.stranger, mapped)?);
        ensure!(bench.mapping(bench.stranger_address, &bench.stranger)? == mapped);
        ensure!(bench.lets_in(&bench.stranger, mapped)?);
        Ok(())
    });
}

#[test]
fn nobody_is_let_in_before_there_is_a_mapping() {
    world::test(|| {
        let bench = Bench::new(&Network::behind(Nat::new(EndpointIndependent, EndpointIndependent)))?;
        let mapped = (bench.external.address(), INSIDE_PORT).into();
        ensure!(!bench.lets_in(&bench.stranger, mapped)?);
        bench.mapping(bench.server_address, &bench.server)?;
        ensure!(bench.lets_in(&bench.stranger, mapped)?);
        Ok(())
    });
}

#[test]
fn a_home_behind_a_carrier_has_the_stricter_of_both() {
    world::test(|| {
        // At home nothing but the exact answer is let in; the carrier alone would let everybody.
        let carrier = Nat::new(EndpointIndependent, EndpointIndependent).random_ports();
        let bench = Bench::new(&Network::behind(HOME).and_carrier(carrier))?;
        ensure!(bench.measure_filtering()? == AddressAndPortDependent);
        let (mapping, port) = bench.measure_mapping()?;
        ensure!(mapping == EndpointIndependent && port != INSIDE_PORT, "{mapping}, {port}");
        Ok(())
    });
}

#[test]
fn a_home_behind_a_symmetric_carrier_is_symmetric() {
    world::test(|| {
        let carrier = Nat::new(AddressAndPortDependent, AddressAndPortDependent).random_ports();
        let bench = Bench::new(&Network::behind(HOME).and_carrier(carrier))?;
        ensure!(bench.measure_mapping()?.0 == AddressAndPortDependent);
        Ok(())
    });
}

/// Two hosts behind one translator, in homes of their own or not; what the second one's external endpoint passes
/// to it from the first one, and from whom it seems to come.
fn turned_back(carrier: Nat) -> Result<Option<SocketAddr>> {
    let mut lab = Lab::new()?;
    let server = lab.public_host("server", 5)?;
    let network = Network::behind(Nat::new(EndpointIndependent, EndpointIndependent));
    let carrier = lab.carrier(carrier)?;
    let (first, second) = (lab.home(&network, Some(&carrier))?, lab.home(&network, Some(&carrier))?);
    let (one, two) = (lab.host(&first, "one")?.udp(50_001)?, lab.host(&second, "two")?.udp(50_002)?);
    lab.settle()?;
    let at = server.udp(9000)?;
    two.send_to(b"out", (server.address(), 9000))?;
    let (_, external) = at.recv_from(&mut [0; 16])?;
    one.send_to(b"hairpin", external)?;
    let Ok((_, from)) = two.recv_from(&mut [0; 16]) else { return Ok(None) };
    ensure!(from.ip() == carrier.router().ip(), "it comes from {from}, an internal address");
    // The answer finds its way back, by the same external endpoints.
    two.send_to(b"back", from)?;
    let (_, answerer) = one.recv_from(&mut [0; 16])?;
    ensure!(answerer == external, "the answer comes from {answerer}, not from {external}");
    Ok(Some(from))
}

#[test]
fn a_hairpinning_carrier_turns_back_what_is_for_its_own_mappings() {
    world::test(|| {
        let from = turned_back(HOME.hairpinning())?.context("it does not hairpin")?;
        ensure!(from.port() == 50_001, "{from}");
        Ok(())
    });
}

#[test]
fn a_hairpinning_carrier_with_random_ports_does_too() {
    world::test(|| {
        let from = turned_back(HOME.random_ports().hairpinning())?.context("it does not hairpin")?;
        ensure!(from.port() != 50_001, "{from}");
        Ok(())
    });
}

#[test]
fn a_carrier_without_hairpinning_does_not() {
    world::test(|| {
        let open = Nat::new(EndpointIndependent, EndpointIndependent);
        ensure!(turned_back(open)?.is_none());
        Ok(())
    });
}

#[test]
fn where_udp_is_blocked_tcp_passes() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let lan = lab.home(&Network::behind(HOME).without_udp(), None)?;
        let (inside, neighbour) = (lab.host(&lan, "inside")?, lab.host(&lan, "neighbour")?);
        lab.settle()?;
        let (outside, near) = (server.udp(9000)?, neighbour.udp(9000)?);
        let socket = inside.udp(0)?;
        socket.send_to(b"out", (server.address(), 9000))?;
        ensure!(outside.recv_from(&mut [0; 16]).is_err());
        socket.send_to(b"near", (neighbour.address(), 9000))?;
        near.recv_from(&mut [0; 16]).context("the LAN itself is blocked")?;
        let address = SocketAddr::from((server.address(), 9000));
        let listener = server.enter(|| Ok(TcpListener::bind(address)?))?;
        inside.enter(|| Ok(TcpStream::connect_timeout(&address, Duration::from_secs(5))?))?;
        let (_, from) = listener.accept()?;
        ensure!(from.ip() == lan.router().ip(), "{from}");
        Ok(())
    });
}

#[test]
fn an_ipv6_firewall_translates_nothing_and_lets_only_answers_in() {
    world::test(|| {
        let ipv6 = KINDS.into_iter().find(|kind| kind.name == "ipv6").context("no such network")?;
        let mut lab = Lab::new()?;
        let server = lab.dual_stack_host("server", 5)?;
        let lan = lab.home(&ipv6.network, None)?;
        let inside = lab.host(&lan, "inside")?;
        lab.settle()?;
        let (at, sibling) = (server.udp_v6(9000)?, server.udp_v6(9001)?);
        let socket = inside.udp_v6(INSIDE_PORT)?;
        let own = SocketAddr::from((inside.ip(), INSIDE_PORT));
        at.send_to(b"in", own)?;
        ensure!(socket.recv_from(&mut [0; 16]).is_err(), "a stranger is let in");
        socket.send_to(b"out", "[2001:db8::5]:9000")?;
        let (_, from) = at.recv_from(&mut [0; 16])?;
        ensure!(from == own, "{from}");
        sibling.send_to(b"in", own)?;
        ensure!(socket.recv_from(&mut [0; 16]).is_err(), "another port is let in");
        at.send_to(b"in", own)?;
        socket.recv_from(&mut [0; 16]).context("the answer is not let in")?;
        ensure!(!inside.can_ping(server.address())?, "it has IPv4");
        Ok(())
    });
}

#[test]
fn two_port_restricted_routers_are_punched_by_sending_from_both_sides() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let (first, second) = (lab.lan(HOME)?, lab.lan(HOME)?);
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
        let lan = lab.lan(HOME)?;
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
        let lan = lab.lan(HOME)?;
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
