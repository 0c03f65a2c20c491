//! The device of the real kernel, each test in a network namespace of its own.
//!
//! A test starts this very program again inside `unshare`, for itself alone, so that neither the machine's
//! network nor another test is touched. As root that is `unshare --net`; otherwise a user namespace is needed
//! as well. Where the kernel refuses, the test fails and says so: it never passes unrun.
#![cfg(target_os = "linux")]

use std::{
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
    process::Command,
    sync::{Arc, mpsc},
    time::Duration,
};

use lanrage_adapter::{
    Adapter, AdapterConfig, AdapterError, Device, FRAME_BYTES, Ready, VIRTIO_HEADER_BYTES, overlapping_route,
};
use lanrage_party::{AdapterPart, COPIES_QUEUE, COPY_HEADER_BYTES, Detour, Lane, Passage, Subnet, VirtualIp};
use serde_json::Value;

const INSIDE: &str = "LANRAGE_TEST_INSIDE_NAMESPACE";
const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 9);
/// Far more than a loaded machine needs; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `body` in a fresh network namespace. `test` is the name of the calling test.
fn in_private_network(test: &str, body: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let mut unshare = Command::new("unshare");
    unshare.arg("--net");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let output = unshare
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("this test needs the program unshare (util-linux): {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        !err.starts_with("unshare:"),
        "this test needs a network namespace: run it as root, or allow user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1, or the AppArmor restriction off). The system said: {err}"
    );
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

fn config() -> AdapterConfig {
    AdapterConfig {
        name: "lanrage0".into(),
        address: VirtualIp(OWN),
        subnet: Subnet::DEFAULT,
        mtu: 1420,
        offload: false,
    }
}

/// A config whose address and subnet collide with no other number's.
fn numbered(n: u8) -> AdapterConfig {
    AdapterConfig {
        address: VirtualIp([10, n, 0, 1].into()),
        subnet: Subnet::new(format!("10.{n}.0.0/16").parse().unwrap()).unwrap(),
        ..config()
    }
}

fn open(config: &AdapterConfig) -> Adapter {
    Adapter::open(config).unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// Writes a whole packet.
fn write(adapter: &Adapter, packet: &[u8]) -> std::io::Result<()> {
    adapter.write(0, &[std::io::IoSlice::new(packet)])
}

/// `ip` with its arguments in one string; what it printed.
fn ip(args: &str) -> String {
    let output = Command::new("ip").args(args.split_whitespace()).output().expect("ip (iproute2) is needed");
    assert!(output.status.success(), "ip {args}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn ip_json(args: &str) -> Vec<Value> {
    let text = ip(&format!("-j {args}"));
    // Some versions print nothing at all for an empty list.
    if text.trim().is_empty() { Vec::new() } else { serde_json::from_str(&text).unwrap() }
}

/// A real network, as the user has one: a card with an address and a default route.
fn plug_in_a_card(address: &str, gateway: &str) {
    ip("link add card type veth peer name far");
    ip(&format!("address add {address} dev card"));
    ip("link set far up");
    ip("link set card up");
    ip(&format!("route add default via {gateway}"));
}

/// Reads packets until one is sent to each of `wanted` (address and port), and checks that all are from us.
fn read_until_seen(adapter: &Arc<Adapter>, mut wanted: Vec<SocketAddrV4>) {
    let (done, finished) = mpsc::channel::<()>();
    let alarm = std::thread::spawn({
        let adapter = adapter.clone();
        move || {
            if finished.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                adapter.wake();
            }
        }
    });
    let mut buf = [0; 1500];
    while !wanted.is_empty() {
        assert_eq!(adapter.wait(0).unwrap(), Ready::Packets, "never left through the adapter: {wanted:?}");
        while let Some(length) = adapter.try_read(0, &mut buf).unwrap() {
            let packet = &buf[..length];
            assert_eq!(packet[0] >> 4, 4, "only IPv4 is expected on the device: {packet:02x?}");
            const UDP: u8 = 17;
            if packet[9] != UDP {
                continue;
            }
            let header = usize::from(packet[0] & 0x0f) * 4;
            let port = u16::from_be_bytes([packet[header + 2], packet[header + 3]]);
            let to = SocketAddrV4::new([packet[16], packet[17], packet[18], packet[19]].into(), port);
            assert_eq!(packet[12..16], OWN.octets(), "the source is our own address");
            wanted.retain(|address| *address != to);
        }
    }
    drop(done);
    alarm.join().unwrap();
}

/// An IPv4 packet (RFC 791) with a UDP datagram (RFC 768; checksum 0 means none).
fn udp_packet(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let udp_length = 8 + u16::try_from(payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend((20 + udp_length).to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, 17, 0, 0]);
    packet.extend(from.ip().octets());
    packet.extend(to.ip().octets());
    let sum: u32 = packet.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap();
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    for field in [from.port(), to.port(), udp_length, 0] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(payload);
    packet
}

#[test]
fn an_adapter_has_its_address_mtu_and_routes_and_leaves_nothing_behind() {
    in_private_network("an_adapter_has_its_address_mtu_and_routes_and_leaves_nothing_behind", || {
        plug_in_a_card("192.168.7.2/24", "192.168.7.1");
        let before = ip("route show table all");
        let adapter = open(&config());
        assert_eq!(adapter.name(), "lanrage0");

        let link = &ip_json("address show dev lanrage0")[0];
        assert_eq!(link["mtu"], 1420);
        assert!(link["flags"].as_array().unwrap().contains(&"UP".into()));
        let addresses = link["addr_info"].as_array().unwrap();
        assert_eq!(addresses.len(), 1, "IPv4 only: {addresses:?}");
        assert_eq!(addresses[0]["local"], "10.66.0.1");
        assert_eq!(addresses[0]["prefixlen"], 16);

        let routes = ip_json("-4 route show dev lanrage0");
        let mut destinations: Vec<_> = routes.iter().map(|route| route["dst"].as_str().unwrap()).collect();
        destinations.sort_unstable();
        assert_eq!(destinations, ["10.66.0.0/16"]);
        for route in &routes {
            assert_eq!(
                (&route["scope"], &route["prefsrc"]),
                (&"link".into(), &"10.66.0.1".into()),
                "{route}"
            );
        }
        let others: String =
            ip("route show table all").lines().filter(|line| !line.contains("lanrage0")).collect();
        assert_eq!(others, before.lines().collect::<String>(), "the user's own routes are as they were");

        drop(adapter);
        assert!(!ip("link show").contains("lanrage0"));
        assert_eq!(ip("route show table all"), before);
    });
}

/// Reads copies until there is one to each of `wanted`; gives the interfaces and senders of all that came, and fails at one
/// to anybody else.
fn copies_until_seen(adapter: &Adapter, mut wanted: Vec<SocketAddrV4>) -> Vec<(u32, Ipv4Addr)> {
    let (mut buf, mut senders, expected) = ([0; 2_048], Vec::new(), wanted.clone());
    while !wanted.is_empty() {
        assert_eq!(adapter.wait(COPIES_QUEUE).unwrap(), Ready::Packets);
        while let Some(length) = adapter.try_read(COPIES_QUEUE, &mut buf).unwrap() {
            let (interface, packet) = buf[..length].split_first_chunk::<COPY_HEADER_BYTES>().unwrap();
            let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&packet[at..at + 4]).unwrap());
            let to = SocketAddrV4::new(address(16), u16::from_be_bytes([packet[22], packet[23]]));
            assert!(expected.contains(&to), "{to}");
            wanted.retain(|address| *address != to);
            senders.push((u32::from_ne_bytes(*interface), address(12)));
        }
    }
    senders
}

const LIMITED: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::BROADCAST, 8_303);
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 2, 60), 4_445);

#[test]
fn searches_of_games_stay_on_the_real_network_and_are_copied() {
    in_private_network("searches_of_games_stay_on_the_real_network_and_are_copied", || {
        plug_in_a_card("192.168.7.2/24", "192.168.7.1");
        let adapter = Arc::new(open(&config()));
        assert!(adapter.has_copies());
        let card = ip_json("link show dev card")[0]["ifindex"].as_u64().unwrap() as u32;
        for own in ["0.0.0.0:0", "192.168.7.2:0"] {
            let socket = UdpSocket::bind(own).unwrap();
            socket.set_broadcast(true).unwrap();
            let home = [
                ([255, 255, 255, 255], 9),
                ([224, 0, 0, 251], 5_353),
                ([239, 255, 255, 250], 1_900),
                ([192, 168, 7, 255], 137),
                ([192, 168, 7, 9], 8_303),
            ];
            for (to, port) in home {
                socket.send_to(b"a home's", (Ipv4Addr::from(to), port)).unwrap();
            }
            let games = [LIMITED, GROUP, SocketAddrV4::new([192, 168, 7, 255].into(), 8_303)];
            for to in games {
                socket.send_to(b"who is there?", to).unwrap();
            }
            let senders = copies_until_seen(&adapter, games.to_vec());
            assert_eq!(senders, [(card, Ipv4Addr::new(192, 168, 7, 2)); 3]);
        }
        // The party's own go into the adapter.
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_broadcast(true).unwrap();
        let party =
            vec![SocketAddrV4::new(Subnet::DEFAULT.broadcast(), 8303), SocketAddrV4::new(PEER, 27015)];
        for to in &party {
            socket.send_to(b"who is there?", to).unwrap();
        }
        read_until_seen(&adapter, party);
        assert_eq!(adapter.try_read(COPIES_QUEUE, &mut [0; 2_048]).unwrap(), None);

        let routed = |to: &str| ip_json(&format!("route get {to}"))[0]["dev"].clone();
        for to in ["192.168.7.9", "9.9.9.9", "224.0.2.60", "239.255.255.250"] {
            assert_eq!(routed(to), "card", "{to} stays where it was");
        }
    });
}

#[test]
fn where_there_is_no_other_network_searches_go_into_the_adapter_and_only_there() {
    in_private_network("where_there_is_no_other_network_searches_go_into_the_adapter_and_only_there", || {
        ip("link set lo up");
        let adapter = Arc::new(open(&config()));
        let (eye, reader) = (adapter.eye(), read_on(&adapter));
        let routes = || ip("-4 route show dev lanrage0").lines().count();
        assert_eq!(routes(), 3);
        ip("route flush dev lanrage0 proto static");
        assert_eq!(routes(), 1);
        eye.look(&[]).unwrap();
        assert_eq!(routes(), 3, "put back");
        plug_in_a_card("192.168.5.2/24", "192.168.5.1");
        let look = eye.look(&[]).unwrap();
        assert_eq!((routes(), look.detours), (1, vec![]), "the card has them");
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_broadcast(true).unwrap();
        for to in [LIMITED, GROUP] {
            socket.send_to(b"who is there?", to).unwrap();
        }
        copies_until_seen(&adapter, vec![LIMITED, GROUP]);
        ip("link delete card");
        eye.look(&[]).unwrap();
        assert_eq!(routes(), 3);
        adapter.wake();
        reader.join().unwrap();
    });
}

#[test]
fn a_socket_that_may_not_use_gateways_still_finds_the_adapter() {
    in_private_network("a_socket_that_may_not_use_gateways_still_finds_the_adapter", || {
        let adapter = Arc::new(open(&config()));
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_broadcast(true).unwrap();
        let to = SocketAddrV4::new(Ipv4Addr::BROADCAST, 8303);
        rustix::net::sendto(&socket, b"who is there?", rustix::net::SendFlags::DONTROUTE, &to).unwrap();
        read_until_seen(&adapter, vec![to]);
    });
}

#[test]
fn written_packets_reach_sockets_by_unicast_broadcast_and_group() {
    in_private_network("written_packets_reach_sockets_by_unicast_broadcast_and_group", || {
        let adapter = open(&config());
        let socket = UdpSocket::bind("0.0.0.0:4445").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let group = Ipv4Addr::new(224, 0, 2, 60);
        socket.join_multicast_v4(&group, &OWN).unwrap();
        let from = SocketAddrV4::new(PEER, 5000);
        for to in [OWN, Ipv4Addr::BROADCAST, Subnet::DEFAULT.broadcast(), group] {
            write(&adapter, &udp_packet(from, SocketAddrV4::new(to, 4445), &to.octets())).unwrap();
            let mut buf = [0; 64];
            let (length, sender) = socket.recv_from(&mut buf).unwrap_or_else(|error| panic!("{to}: {error}"));
            assert_eq!((&buf[..length], sender), (&to.octets()[..], from.into()));
        }
    });
}

#[test]
fn a_game_that_joined_its_group_elsewhere_hears_the_party() {
    in_private_network("a_game_that_joined_its_group_elsewhere_hears_the_party", || {
        plug_in_a_card("192.168.7.2/24", "192.168.7.1");
        let socket = UdpSocket::bind("0.0.0.0:4445").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let group = Ipv4Addr::new(224, 0, 2, 60);
        // As a game does that was open before there was a party.
        socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED).unwrap();
        // More groups than one socket of the system may join.
        let others: Vec<UdpSocket> = (0..5).map(|_| UdpSocket::bind("0.0.0.0:0").unwrap()).collect();
        for n in 0..100 {
            let other = Ipv4Addr::new(239, 192, 0, n);
            others[usize::from(n) / 20].join_multicast_v4(&other, &Ipv4Addr::UNSPECIFIED).unwrap();
        }
        for _ in 0..2 {
            let adapter = open(&config());
            for n in 0..200 {
                adapter.hear(Ipv4Addr::new(239, 192, 0, n));
            }
            adapter.hear(group);
            let joined = ip("-4 maddress show dev lanrage0");
            assert!(joined.contains("239.192.0.99"), "{joined}");
            assert!(!joined.contains("239.192.0.100"), "nobody wants it: {joined}");
            let from = SocketAddrV4::new(PEER, 5000);
            write(&adapter, &udp_packet(from, SocketAddrV4::new(group, 4445), b"beacon")).unwrap();
            let mut buf = [0; 64];
            let (length, sender) = socket.recv_from(&mut buf).unwrap();
            assert_eq!((&buf[..length], sender), (&b"beacon"[..], from.into()));
        }
        drop(others);
        assert!(!ip("-4 maddress show").contains("239.192."), "nothing is left");
    });
}

#[test]
fn what_is_no_packet_is_refused_and_the_next_one_is_taken() {
    in_private_network("what_is_no_packet_is_refused_and_the_next_one_is_taken", || {
        let adapter = open(&config());
        assert!(write(&adapter, b"").is_err());
        assert!(write(&adapter, &[0xff; 40]).is_err());
        let from = SocketAddrV4::new(PEER, 5000);
        write(&adapter, &udp_packet(from, SocketAddrV4::new(OWN, 5000), b"x")).unwrap();
    });
}

#[test]
fn a_wake_ends_the_current_wait_and_every_later_one() {
    in_private_network("a_wake_ends_the_current_wait_and_every_later_one", || {
        let adapter = open(&config());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                // The kernel may say something of its own first.
                while adapter.wait(0).unwrap() == Ready::Packets {
                    while adapter.try_read(0, &mut [0; 1500]).unwrap().is_some() {}
                }
            });
            adapter.wake();
            waiting.join().unwrap();
        });
        adapter.wake();
        assert_eq!(adapter.wait(0).unwrap(), Ready::Woken);
    });
}

#[test]
fn a_taken_name_is_counted_up_and_after_eight_names_the_user_is_told() {
    in_private_network("a_taken_name_is_counted_up_and_after_eight_names_the_user_is_told", || {
        // Not ours, and of another kind than ours: both sorts of taken.
        ip("link add lanrage0 type veth peer name lanrage1");
        let adapters: Vec<_> = (10..16).map(|n| open(&numbered(n))).collect();
        let names: Vec<_> = adapters.iter().map(Adapter::name).collect();
        assert_eq!(names, ["lanrage2", "lanrage3", "lanrage4", "lanrage5", "lanrage6", "lanrage7"]);
        let error = Adapter::open(&numbered(16)).unwrap_err();
        assert!(matches!(&error, AdapterError::NameTaken { name } if name == "lanrage0"), "{error:?}");
    });
}

#[test]
fn an_idle_persistent_device_of_somebody_else_is_not_taken_over() {
    in_private_network("an_idle_persistent_device_of_somebody_else_is_not_taken_over", || {
        ip("tuntap add dev lanrage0 mode tun");
        assert_eq!(open(&config()).name(), "lanrage1");
        assert!(ip("link show").contains("lanrage0"));
    });
}

#[test]
fn a_subnet_that_a_real_network_uses_is_refused_with_its_name() {
    in_private_network("a_subnet_that_a_real_network_uses_is_refused_with_its_name", || {
        plug_in_a_card("10.66.7.2/24", "10.66.7.1");
        let found = overlapping_route(Subnet::DEFAULT, "");
        assert_eq!(found, Some(("10.66.7.0/24".parse().unwrap(), "card".into())));
        assert_eq!(overlapping_route(Subnet::DEFAULT, "card"), None);
        let error = Adapter::open(&config()).unwrap_err();
        assert!(
            matches!(&error, AdapterError::SubnetOverlaps { interface, .. } if interface == "card"),
            "{error:?}"
        );

        let own = AdapterConfig { address: VirtualIp([10, 66, 7, 2].into()), ..config() };
        let error = Adapter::open(&own).unwrap_err();
        assert!(
            matches!(&error, AdapterError::AddressInUse { interface, .. } if interface == "card"),
            "{error:?}"
        );

        assert_eq!(overlapping_route(numbered(10).subnet, ""), None, "a default route overlaps nothing");
        open(&numbered(10));
    });
}

#[test]
fn a_second_adapter_in_the_same_party_is_refused() {
    in_private_network("a_second_adapter_in_the_same_party_is_refused", || {
        let first = open(&config());
        assert_eq!(overlapping_route(Subnet::DEFAULT, first.name()), None);
        let error = Adapter::open(&config()).unwrap_err();
        assert!(matches!(&error, AdapterError::AddressInUse { interface, .. } if interface == "lanrage0"));
        let other = AdapterConfig { address: VirtualIp(PEER), ..config() };
        assert!(matches!(Adapter::open(&other), Err(AdapterError::SubnetOverlaps { .. })));
    });
}

#[test]
fn a_user_without_the_right_is_told_so_and_nothing_is_left() {
    in_private_network("a_user_without_the_right_is_told_so_and_nothing_is_left", || {
        use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
        let error = std::thread::spawn(|| {
            // Rights are a thread's own: only this one loses them.
            let none = CapabilitySet::empty();
            let nothing = CapabilitySets { effective: none, permitted: none, inheritable: none };
            set_capabilities(None, nothing).unwrap();
            Adapter::open(&config()).unwrap_err()
        })
        .join()
        .unwrap();
        assert!(matches!(error, AdapterError::PermissionDenied), "{error:?}");
        assert!(!ip("link show").contains("lanrage"));
        open(&config());
    });
}

#[test]
fn an_mtu_that_ipv4_cannot_have_is_an_error_with_its_step_and_nothing_is_left() {
    in_private_network("an_mtu_that_ipv4_cannot_have_is_an_error_with_its_step_and_nothing_is_left", || {
        let error = Adapter::open(&AdapterConfig { mtu: 10, ..config() }).unwrap_err();
        assert!(matches!(error, AdapterError::Io { step: "set the largest packet size", .. }), "{error:?}");
        assert!(!ip("link show").contains("lanrage"));
    });
}

#[test]
fn a_device_that_the_user_deletes_ends_the_wait_with_an_error_instead_of_spinning() {
    in_private_network(
        "a_device_that_the_user_deletes_ends_the_wait_with_an_error_instead_of_spinning",
        || {
            let adapter = open(&config());
            std::thread::scope(|scope| {
                let reading = scope.spawn(|| {
                    loop {
                        assert_eq!(adapter.wait(0).unwrap(), Ready::Packets);
                        loop {
                            match adapter.try_read(0, &mut [0; 1500]) {
                                Ok(Some(_)) => {}
                                Ok(None) => break,
                                Err(error) => return error,
                            }
                        }
                    }
                });
                ip("link delete lanrage0");
                reading.join().unwrap();
            });
            let packet = udp_packet(SocketAddrV4::new(PEER, 1), SocketAddrV4::new(OWN, 9), b"x");
            assert!(write(&adapter, &packet).is_err());
        },
    );
}

/// What is in the queues of the two lanes for the peer: the ports of the sender and the bytes of each packet.
fn queued(adapter: &Adapter) -> [Vec<(u16, usize)>; 2] {
    let mut frame = vec![0; FRAME_BYTES];
    Lane::BOTH.map(|lane| {
        let mut seen = Vec::new();
        while let Some(length) = adapter.try_read(lane as usize, &mut frame).unwrap() {
            let packet = &frame[VIRTIO_HEADER_BYTES..length];
            let is_ours = packet[16..20] == PEER.octets();
            seen.extend(is_ours.then(|| (u16::from_be_bytes([packet[20], packet[21]]), packet.len())));
        }
        seen
    })
}

/// Sends with the system's own sockets, and reads which queue each packet came out of.
#[test]
fn the_kernel_puts_a_flow_into_one_queue_whatever_its_packets_sizes_are_and_a_transfer_into_the_other() {
    in_private_network(
        "the_kernel_puts_a_flow_into_one_queue_whatever_its_packets_sizes_are_and_a_transfer_into_the_other",
        || {
            let adapter = open(&AdapterConfig { offload: true, ..config() });
            assert!(adapter.offloads());
            assert_eq!(adapter.queues(), Lane::BOTH.len(), "two queues, told apart by the kernel");
            let [game, transfer] = [5_000, 5_001].map(|port| UdpSocket::bind((OWN, port)).unwrap());
            let play = || {
                for size in [1_usize, 100, 1_392, 100, 3_000, 672, 673] {
                    game.send_to(&vec![size as u8; size], (PEER, 9)).unwrap();
                }
            };
            play();
            let [bulk, express] = queued(&adapter);
            assert_eq!(bulk, []);
            let sizes: Vec<_> = express.iter().map(|(_, bytes)| *bytes).collect();
            assert_eq!(sizes[..4], [29, 128, 1_420, 128]);
            assert_eq!(sizes[sizes.len() - 2..], [700, 701]);
            assert_eq!(sizes.len(), 9, "the longest comes in fragments: {sizes:?}");

            // More than any burst, as fast as it goes.
            for _ in 0..2_000 {
                transfer.send_to(&[0; 1_392], (PEER, 9)).unwrap();
            }
            let [bulk, express] = queued(&adapter);
            assert!(express.len() < 100 && bulk.len() > 100, "{} and {}", express.len(), bulk.len());
            assert!(bulk.iter().all(|(port, _)| *port == 5_001));
            // Both at once, the transfer's small packets too.
            play();
            for size in [100, 1_392, 3_000] {
                transfer.send_to(&vec![0; size], (PEER, 9)).unwrap();
            }
            let [bulk, express] = queued(&adapter);
            assert_eq!((bulk.len(), express.len()), (5, 9), "{bulk:?}, {express:?}");
        },
    );
}

#[test]
fn a_super_packet_is_one_frame_in_both_directions() {
    in_private_network("a_super_packet_is_one_frame_in_both_directions", || {
        let adapter = open(&AdapterConfig { offload: true, ..config() });
        let socket = UdpSocket::bind((OWN, 5_000)).unwrap();
        // What a coalescing writer makes of three datagrams of 500 bytes (GSO type 5, UDP; checksum to be completed).
        let mut packet = udp_packet(SocketAddrV4::new(PEER, 1), SocketAddrV4::new(OWN, 5_000), &[7; 1_500]);
        let length = packet.len() as u16 - 20;
        packet[24..26].copy_from_slice(&length.to_be_bytes());
        let pseudo: u32 = packet[12..20].chunks(2).map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum();
        let pseudo = pseudo + 17 + u32::from(length);
        let folded = (pseudo & 0xFFFF) + (pseudo >> 16);
        packet[26..28].copy_from_slice(&(folded as u16).to_be_bytes());
        let mut header = vec![1, 5];
        for field in [28_u16, 500, 20, 6] {
            header.extend_from_slice(&field.to_ne_bytes());
        }
        let pieces = [std::io::IoSlice::new(&header), std::io::IoSlice::new(&packet)];
        adapter.write(Lane::Bulk as usize, &pieces).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut datagram = [0; 2_000];
        for _ in 0..3 {
            assert_eq!(socket.recv(&mut datagram).unwrap(), 500);
        }
    });
}

/// Reads whatever comes, as the packet threads do, until the adapter is woken. Only test packets are of interest: they are
/// few, so they come out of the express lane's queue where there are two.
fn read_on(adapter: &Arc<Adapter>) -> std::thread::JoinHandle<()> {
    let (adapter, queue) = (Arc::clone(adapter), adapter.queues() - 1);
    std::thread::spawn(move || {
        let mut frame = vec![0; FRAME_BYTES];
        while adapter.wait(queue).unwrap() == Ready::Packets {
            while adapter.try_read(queue, &mut frame).unwrap().is_some() {}
        }
    })
}

#[test]
fn what_another_program_takes_from_the_adapter_is_seen_and_put_back() {
    in_private_network("what_another_program_takes_from_the_adapter_is_seen_and_put_back", || {
        ip("link set lo up");
        for offload in [false, true] {
            let adapter = Arc::new(open(&AdapterConfig { offload, ..config() }));
            let eye = adapter.eye();
            let reader = read_on(&adapter);
            let good = eye.look(&[]).unwrap();
            assert_eq!((&good.lost, &good.detours), (&vec![], &vec![]));
            assert_eq!((good.name.as_str(), &good.overlap, good.passage), ("lanrage0", &None, Passage::Open));
            let harms: [(&str, &[AdapterPart]); 4] = [
                ("address flush dev lanrage0", &[AdapterPart::Address]),
                ("link set lanrage0 down", &[AdapterPart::Up, AdapterPart::Address]),
                ("link set lanrage0 mtu 1000", &[AdapterPart::Mtu]),
                ("route delete 10.66.0.0/16 dev lanrage0", &[AdapterPart::Address]),
            ];
            for (harm, lost) in harms {
                ip(harm);
                let look = eye.look(&[]).unwrap();
                assert_eq!(look.lost, lost, "{harm}");
                assert!(!lost.is_empty() || !look.detours.is_empty(), "{harm}: {look:?}");
                eye.mend().unwrap();
                assert_eq!(eye.look(&[]).unwrap(), good, "after {harm}");
            }
            ip("link set lanrage0 name other0");
            assert_eq!(eye.look(&[]).unwrap().name, "other0");
            ip("link set other0 name lanrage0");
            adapter.wake();
            reader.join().unwrap();
        }
    });
}

#[test]
fn flushed_routes_come_back_where_a_default_route_takes_their_packets() {
    in_private_network("flushed_routes_come_back_where_a_default_route_takes_their_packets", || {
        ip("link set lo up");
        let adapter = Arc::new(open(&config()));
        let (eye, reader) = (adapter.eye(), read_on(&adapter));
        plug_in_a_card("192.168.5.2/24", "192.168.5.1");
        let good = eye.look(&[]).unwrap();
        assert_eq!((good.detours.len(), good.passage), (0, Passage::Open));
        ip("route flush dev lanrage0 scope link");
        let look = eye.look(&[]).unwrap();
        assert_eq!((look.detours.len(), look.passage), (1, Passage::Closed), "{look:?}");
        eye.mend().unwrap();
        assert_eq!(eye.look(&[]).unwrap(), good);
        adapter.wake();
        reader.join().unwrap();
    });
}

#[test]
fn rules_and_networks_that_come_later_are_seen_and_named() {
    in_private_network("rules_and_networks_that_come_later_are_seen_and_named", || {
        ip("link set lo up");
        let adapter = Arc::new(open(&config()));
        let (eye, reader) = (adapter.eye(), read_on(&adapter));
        plug_in_a_card("10.0.0.2/8", "10.0.0.1");
        let look = eye.look(&[]).unwrap();
        assert_eq!(look.overlap, Some(("10.0.0.0/8".parse().unwrap(), "card".to_owned())));
        assert_eq!((look.detours.len(), look.passage), (0, Passage::Open), "ours is more specific");
        // As a VPN with an exit node leads everything past the main table.
        ip("route add default dev card table 52");
        ip("rule add pref 5270 lookup 52");
        eye.mend().unwrap();
        let look = eye.look(&[]).unwrap();
        let detour = Detour { to: Subnet::DEFAULT.net(), interface: Some("card".to_owned()) };
        assert!(look.detours.contains(&detour), "{look:?}");
        assert_eq!(look.passage, Passage::Closed);
        adapter.wake();
        reader.join().unwrap();
    });
}

#[test]
fn what_concerns_a_single_friends_packets_is_seen() {
    in_private_network("what_concerns_a_single_friends_packets_is_seen", || {
        ip("link set lo up");
        let adapter = Arc::new(open(&config()));
        let (eye, reader) = (adapter.eye(), read_on(&adapter));
        plug_in_a_card("192.168.5.2/24", "192.168.5.1");
        // The last one stands for the whole network too.
        let [friend, another, last] = [9, 10, 65_534].map(|host| Ipv4Addr::from(0x0A42_0000 + host));
        let look = || eye.look(&[friend, another, last]).unwrap();
        let good = look();
        assert_eq!((&good.detours, good.passage), (&vec![], Passage::Open));
        let (blackhole, prohibit) =
            (format!("route {{}} blackhole {friend}"), format!("rule {{}} to {friend} prohibit"));
        for (harm, interface) in [
            (blackhole.as_str(), None),
            (prohibit.as_str(), None),
            (&format!("route {{}} {friend} dev card"), Some("card".to_owned())),
        ] {
            ip(&harm.replace("{}", "add"));
            let detours = vec![Detour { to: friend.into(), interface }];
            let seen = look();
            assert_eq!((&seen.detours, seen.passage), (&detours, Passage::Closed), "{harm}");
            ip(&harm.replace("{}", "delete"));
            assert_eq!(look(), good, "after {harm}");
        }
        adapter.wake();
        reader.join().unwrap();
    });
}
