//! What one packet costs in each part of its way, by its length in bytes: `cargo bench -p lanrage-tunnel`. Where many
//! packets are handled at once, the time is that of all [`MANY`] of them, and `items` says how many a second.

use std::net::Ipv4Addr;

use divan::{Bencher, black_box, counter::ItemsCount};
use lanrage_tunnel::internals::{self, Batch, Coalescer, Router, Sessions};

const LENGTHS: [usize; 2] = [64, 1_400];
/// As many packets of the greater length as one of 64 KB has room for.
const MANY: usize = 46;
/// Room in front of a packet for the device's header.
const FRONT: usize = 10;
const HEADERS: usize = 20 + 20;
const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

fn main() {
    divan::main();
}

/// What a device gives for `count` TCP packets of `length` bytes.
fn given(count: usize, length: usize) -> Vec<u8> {
    let payload = length - HEADERS;
    let total = (HEADERS + count * payload) as u16;
    let [t0, t1] = total.to_be_bytes();
    let mut bytes = vec![1, 1];
    for field in [HEADERS, payload, 20, 16] {
        bytes.extend((field as u16).to_ne_bytes());
    }
    bytes.extend([0x45, 0, t0, t1, 0, 1, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend([OWN.octets(), PEER.octets()].concat());
    bytes.extend([0x9C, 0x40, 0x69, 0x87, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
    bytes.extend((0..count * payload).map(|n| n as u8));
    bytes
}

fn batch(length: usize) -> Batch {
    let mut batch = Batch::new();
    let done = internals::segment(&mut given(MANY, length), length, |packet| assert!(batch.push(packet)));
    assert!(done && batch.len() == MANY);
    batch
}

fn packet(length: usize) -> Vec<u8> {
    let mut packet = Vec::new();
    assert!(internals::segment(&mut given(1, length), length, |bytes| packet = bytes.to_vec()));
    assert_eq!(packet.len(), length);
    packet
}

#[divan::bench(args = LENGTHS)]
fn checksum(bencher: Bencher<'_, '_>, length: usize) {
    let bytes = vec![7; length];
    bencher.bench_local(|| internals::checksum(black_box(&bytes)));
}

#[divan::bench(args = LENGTHS)]
fn segment_many(bencher: Bencher<'_, '_>, length: usize) {
    let original = given(MANY, length);
    let mut bytes = original.clone();
    let run =
        |bytes: &mut Vec<u8>| assert!(internals::segment(bytes, length, |packet| _ = black_box(packet)));
    bencher.counter(ItemsCount::new(MANY)).bench_local(|| {
        // Only the headers are needed again: what was written over the payload is as good a payload.
        bytes[..FRONT + HEADERS].copy_from_slice(&original[..FRONT + HEADERS]);
        run(black_box(&mut bytes));
    });
}

#[divan::bench(args = LENGTHS)]
fn coalesce_many(bencher: Bencher<'_, '_>, length: usize) {
    let mut coalescer = Coalescer::new();
    let counter = ItemsCount::new(MANY);
    bencher.counter(counter).with_inputs(|| batch(length)).bench_local_refs(|batch| {
        coalescer.plan(batch, |packets, pieces| assert_eq!(black_box((packets, pieces)).0, MANY));
    });
}

#[divan::bench(args = LENGTHS)]
fn coalesce_nothing_of_many_flows(bencher: Bencher<'_, '_>, length: usize) {
    let mut coalescer = Coalescer::new();
    let mut batch = Batch::new();
    for port in 0..MANY {
        let mut bytes = packet(length);
        bytes[20..22].copy_from_slice(&(port as u16).to_be_bytes());
        assert!(batch.push(&bytes));
    }
    bencher.counter(ItemsCount::new(MANY)).bench_local(|| {
        coalescer
            .plan(black_box(&mut batch), |packets, pieces| assert_eq!(black_box((packets, pieces)).0, 1));
    });
}

#[divan::bench(args = LENGTHS)]
fn encapsulate(bencher: Bencher<'_, '_>, length: usize) {
    let (mut sessions, packet, mut out) = (Sessions::new(), packet(length), [0; 2_048]);
    bencher.bench_local(|| sessions.seal(black_box(&packet), &mut out).expect("a live session"));
}

#[divan::bench(args = LENGTHS)]
fn decapsulate(bencher: Bencher<'_, '_>, length: usize) {
    let packet = packet(length);
    let sessions = std::cell::RefCell::new(Sessions::new());
    let mut out = [0; 2_048];
    let sealed = || {
        let mut datagram = [0; 2_048];
        let sealed = sessions.borrow_mut().seal(&packet, &mut datagram).expect("a live session");
        (datagram, sealed)
    };
    bencher.with_inputs(sealed).bench_local_refs(|(datagram, sealed)| {
        sessions.borrow_mut().open(black_box(&datagram[..*sealed]), &mut out).expect("what was sealed")
    });
}

#[divan::bench(args = LENGTHS)]
fn route(bencher: Bencher<'_, '_>, length: usize) {
    let (router, packet) = (Router::new(OWN), packet(length));
    bencher.bench_local(|| assert_eq!(router.outgoing(black_box(&packet)), Some(PEER)));
}

#[divan::bench(args = LENGTHS)]
fn accept(bencher: Bencher<'_, '_>, length: usize) {
    let (router, packet) = (Router::new(PEER), packet(length));
    bencher.bench_local(|| assert!(router.incoming(black_box(&packet), OWN)));
}

#[divan::bench(args = LENGTHS)]
fn classify(bencher: Bencher<'_, '_>, length: usize) {
    let mut datagram = vec![0; 2_048];
    let sealed = Sessions::new().seal(&packet(length), &mut datagram).expect("a live session");
    bencher.bench_local(|| internals::classify(black_box(&datagram[..sealed])).expect("a data message"));
}
