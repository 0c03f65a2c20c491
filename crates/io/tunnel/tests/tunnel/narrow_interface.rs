//! An interface that carries less than a full datagram: the test runs once more inside a network namespace of its
//! own, whose loopback is that narrow. Where the kernel refuses one, the test fails and says so.

use std::process::Command;

use lanrage_tunnel::{DropReason, PROBE_PAYLOAD_BYTES, TunnelEvent};

use crate::support::{friends, udp, wait_until};

const INSIDE: &str = "LANRAGE_TEST_INSIDE_NAMESPACE";
const NAME: &str = "narrow_interface::nothing_too_long_leaves_in_pieces_and_a_padded_probe_finds_the_limit";
const INTERFACE_MTU: usize = 1_400;
/// IPv4 and UDP headers of the datagram, WireGuard's of the message, IPv4's of the probe.
const FULL_PROBE: usize = INTERFACE_MTU - 28 - 32 - 20;

#[test]
fn nothing_too_long_leaves_in_pieces_and_a_padded_probe_finds_the_limit() {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let mut unshare = Command::new("unshare");
    unshare.arg("--net");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let script = format!("ip link set lo mtu {INTERFACE_MTU} up && exec \"$0\" \"$@\"");
    let output = unshare
        .args(["--", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("this test needs the program unshare (util-linux): {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

fn body() {
    let (a, b) = friends();
    let too_big = || a.tunnel.counters().drops.get(DropReason::DatagramTooBig);
    for payload in [PROBE_PAYLOAD_BYTES, FULL_PROBE + 1, FULL_PROBE] {
        assert!(a.tunnel.send_probe(&b.id, b.address.into(), &vec![0; payload]), "a drop is no error");
    }
    let arrived = b.event(|event| match event {
        TunnelEvent::Probe { payload, .. } => Some(payload.len()),
        _ => None,
    });
    assert_eq!((arrived, too_big()), (FULL_PROBE, 2));

    // A run of full packets, each of which is too long, and shorter ones between that are not.
    let packets: Vec<_> =
        (0..60).map(|n| udp(a.ip.0, b.ip.0, &vec![n; if n % 10 == 9 { 100 } else { 1_392 }])).collect();
    packets.iter().for_each(|packet| a.device.inject(packet));
    // The flow becomes a transfer meanwhile, without a gap: around that change, order is not promised.
    let short: Vec<_> = packets.iter().filter(|packet| packet.len() < 200).collect();
    let mut arrived: Vec<_> = short.iter().map(|_| b.packet()).collect();
    arrived.sort();
    assert!(arrived.iter().eq(short), "{arrived:?}");
    wait_until(|| too_big() == 2 + 54);

    a.tunnel.set_path_mtu(&b.id, FULL_PROBE as u16 + 20);
    packets.iter().for_each(|packet| a.device.inject(packet));
    let arrived: usize = (0..60 + 54).map(|_| b.packet().len() - 20).sum();
    assert_eq!(
        arrived,
        packets.iter().map(|packet| packet.len() - 20).sum::<usize>(),
        "two pieces of each large one"
    );
    assert_eq!(a.tunnel.counters().drops.total(), 2 + 54);
}
