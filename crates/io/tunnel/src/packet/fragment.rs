//! Fragmentation (RFC 791 §2.3, §3.2) of packets that are larger than a peer's path carries.

use crate::packet::{
    checksum,
    ipv4::{CHECKSUM, HEADER_BYTES, Ipv4},
};

/// Offsets count in units of eight bytes (RFC 791 §3.1).
const UNIT: usize = 8;
const ID: usize = 4;
const FLAGS: usize = 6;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1FFF;
/// The longest packet that fragments may make up.
const WHOLE_BYTES: usize = u16::MAX as usize;
const HEADER_MAX_BYTES: usize = 60;
/// RFC 791 §3.2: what every path carries, and the least that leaves room for data behind any header.
const SMALLEST_MTU: usize = 68;

/// Options: the end of the list, the filler, and the bit of those that every fragment carries (RFC 791 §3.1).
const OPTION_END: u8 = 0;
const OPTION_NOP: u8 = 1;
const OPTION_COPIED: u8 = 0x80;

/// The fragments of one packet, made one at a time.
pub(crate) struct Fragments<'a> {
    packet: Ipv4<'a>,
    /// The header of every fragment but the first.
    later_header: Header,
    mtu: usize,
    id: [u8; 2],
    flags: u16,
    /// Bytes of the payload that earlier fragments had.
    done: usize,
}

struct Header {
    bytes: [u8; HEADER_MAX_BYTES],
    len: usize,
}

impl<'a> Fragments<'a> {
    /// Splits a packet longer than `mtu` bytes into fragments that are not longer. "Don't fragment" is cleared: whether
    /// to obey it was the caller's choice. A packet that carries it and is whole need not have an identification of
    /// its own (RFC 6864 §4.1), and gets `fresh_id`.
    ///
    /// None if the bytes are no packet, or their end lies beyond what can be reassembled.
    pub(crate) fn new(packet: &'a [u8], mtu: usize, fresh_id: u16) -> Option<Self> {
        let ip = Ipv4::parse(packet)?;
        let flags = u16::from_be_bytes([packet[FLAGS], packet[FLAGS + 1]]) & (MORE_FRAGMENTS | OFFSET);
        let begin = usize::from(flags & OFFSET) * UNIT;
        if mtu < SMALLEST_MTU || begin + packet.len() > WHOLE_BYTES {
            return None;
        }
        let is_atomic = ip.dont_fragment() && !ip.is_fragment();
        let id = if is_atomic { fresh_id.to_be_bytes() } else { [packet[ID], packet[ID + 1]] };
        Some(Self {
            later_header: later_header(&packet[..ip.header_len()]),
            packet: ip,
            mtu,
            id,
            flags,
            done: 0,
        })
    }

    /// Writes the next one, of at most the MTU; gives its length. None after the last.
    pub(crate) fn next_into(&mut self, out: &mut [u8]) -> Option<usize> {
        let rest =
            self.packet.payload().get(self.done..).filter(|rest| !rest.is_empty() || self.done == 0)?;
        let header = match self.done {
            0 => self.packet.header(),
            _ => &self.later_header.bytes[..self.later_header.len],
        };
        let room = self.mtu - header.len();
        let (data, more) = if rest.len() <= room {
            (rest, self.flags & MORE_FRAGMENTS)
        } else {
            (&rest[..room / UNIT * UNIT], MORE_FRAGMENTS)
        };
        let len = header.len() + data.len();
        let out = out.get_mut(..len)?;
        out[..header.len()].copy_from_slice(header);
        out[header.len()..].copy_from_slice(data);
        let offset = (self.flags & OFFSET) + (self.done / UNIT) as u16;
        out[2..4].copy_from_slice(&(len as u16).to_be_bytes());
        out[ID..ID + 2].copy_from_slice(&self.id);
        out[FLAGS..FLAGS + 2].copy_from_slice(&(more | offset).to_be_bytes());
        out[CHECKSUM..CHECKSUM + 2].fill(0);
        let sum = checksum::of(&out[..header.len()]);
        out[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
        // A packet without payload is done as well.
        self.done += data.len().max(1);
        Some(len)
    }
}

/// The header with only those options that every fragment carries.
fn later_header(header: &[u8]) -> Header {
    let mut later = Header { bytes: [OPTION_END; HEADER_MAX_BYTES], len: HEADER_BYTES };
    later.bytes[..HEADER_BYTES].copy_from_slice(&header[..HEADER_BYTES]);
    let mut options = &header[HEADER_BYTES..];
    while let [kind, rest @ ..] = options
        && *kind != OPTION_END
    {
        let len = if *kind == OPTION_NOP { 1 } else { rest.first().map_or(0, |len| usize::from(*len)) };
        // A list that lies about itself ends there.
        let Some(option) = options.get(..len).filter(|option| !option.is_empty()) else { break };
        if kind & OPTION_COPIED != 0 {
            later.bytes[later.len..later.len + len].copy_from_slice(option);
            later.len += len;
        }
        options = &options[len..];
    }
    later.len = later.len.next_multiple_of(4);
    later.bytes[0] = 0x40 | (later.len / 4) as u8;
    later
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    const A: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const FRESH: u16 = 0xF00D;

    fn fragments(packet: &[u8], mtu: usize) -> Vec<Vec<u8>> {
        let mut fragments = Fragments::new(packet, mtu, FRESH).unwrap();
        let mut out = [0xEE; 2_048];
        std::iter::from_fn(|| fragments.next_into(&mut out).map(|len| out[..len].to_vec())).collect()
    }

    fn with_header(options: &[u8], flags: u16, payload: &[u8]) -> Vec<u8> {
        assert!(options.len().is_multiple_of(4));
        let mut packet = build::ipv4(A, B, 17, &[options, payload].concat());
        packet[0] += (options.len() / 4) as u8;
        packet[FLAGS..FLAGS + 2].copy_from_slice(&flags.to_be_bytes());
        packet
    }

    /// Slow and plain: every byte at its place, no place twice, and an end that one fragment names.
    #[derive(Default, PartialEq, Debug)]
    struct Reassembly {
        bytes: BTreeMap<usize, u8>,
        end: Option<usize>,
    }

    impl Reassembly {
        fn add(&mut self, packet: &[u8]) {
            let ip = Ipv4::parse(packet).unwrap();
            let flags = u16::from_be_bytes([packet[6], packet[7]]);
            let at = usize::from(flags & 0x1FFF) * 8;
            for (n, byte) in ip.payload().iter().enumerate() {
                assert!(self.bytes.insert(at + n, *byte).is_none(), "overlap at {}", at + n);
            }
            if flags & 0x2000 == 0 {
                assert!(self.end.replace(at + ip.payload().len()).is_none(), "two ends");
            }
        }
    }

    #[test]
    fn the_first_carries_all_options_and_the_later_ones_those_that_are_copied() {
        // Record route (not copied), a filler, a security option (copied), the end.
        let options = [7, 3, 4, 1, 0x82, 4, 9, 9, 0, 0, 0, 0];
        let pieces = fragments(&with_header(&options, 0, &[7; 200]), 100);
        assert_eq!(pieces[0][..2], [0x48, 0]);
        assert_eq!(pieces[0][HEADER_BYTES..HEADER_BYTES + 12], options);
        for later in &pieces[1..] {
            assert_eq!(later[0], 0x46);
            assert_eq!(later[HEADER_BYTES..HEADER_BYTES + 4], [0x82, 4, 9, 9]);
        }
        let lying = [0x82, 200, 1, 1];
        assert_eq!(fragments(&with_header(&lying, 0, &[7; 200]), 100)[1][0], 0x45);
        let endless = [0x82, 0, 1, 1];
        assert_eq!(fragments(&with_header(&endless, 0, &[7; 200]), 100)[1][0], 0x45);
    }

    #[test]
    fn what_may_not_be_fragmented_gets_an_identification_of_its_own_and_anything_else_keeps_its() {
        let ids = |flags| {
            let pieces = fragments(&with_header(&[], flags, &[7; 200]), 100);
            pieces.iter().map(|piece| u16::from_be_bytes([piece[4], piece[5]])).collect::<Vec<_>>()
        };
        assert_eq!(ids(0x4000), [FRESH; 3]);
        for flags in [0, MORE_FRAGMENTS, 0x4000 | MORE_FRAGMENTS, 0x4001] {
            assert_eq!(ids(flags), [0x1234; 3], "{flags:x}");
        }
    }

    #[test]
    fn what_cannot_be_reassembled_is_not_fragmented() {
        assert!(Fragments::new(&with_header(&[], OFFSET, &[7; 200]), 100, FRESH).is_none());
        assert!(Fragments::new(&[0x45; 10], 100, FRESH).is_none());
        assert!(Fragments::new(&with_header(&[], 0, &[7; 200]), SMALLEST_MTU - 1, FRESH).is_none());
    }

    proptest! {
        #[test]
        fn fragments_fit_and_make_up_the_packet(
            payload in prop::collection::vec(any::<u8>(), 0..1_400),
            options in prop::collection::vec(any::<u8>(), 0..=10).prop_map(|words| words.repeat(4)),
            mtu in SMALLEST_MTU..1_420, offset in 0_u16..7_900, more: bool, dont: bool
        ) {
            let flags = offset | if more { MORE_FRAGMENTS } else { 0 } | if dont { 0x4000 } else { 0 };
            let packet = with_header(&options, flags, &payload);
            let (mut whole, mut made_up) = (Reassembly::default(), Reassembly::default());
            whole.add(&packet);
            for piece in fragments(&packet, mtu) {
                prop_assert!(piece.len() <= mtu);
                let ip = Ipv4::parse(&piece).unwrap();
                prop_assert_eq!((ip.source(), ip.destination(), ip.protocol(), ip.header()[8]), (A, B, 17, 64));
                prop_assert_eq!(checksum::of(&piece[..ip.header_len()]), 0);
                prop_assert!(!ip.dont_fragment());
                made_up.add(&piece);
            }
            prop_assert_eq!(whole, made_up);
        }

        #[test]
        fn fragments_of_fragments_make_up_the_packet(
            payload in prop::collection::vec(any::<u8>(), 0..1_400), wide in 500_usize..1_420, narrow in 68_usize..500
        ) {
            let packet = with_header(&[0x82, 4, 9, 9], 0, &payload);
            let (mut whole, mut made_up) = (Reassembly::default(), Reassembly::default());
            whole.add(&packet);
            for piece in fragments(&packet, wide) {
                fragments(&piece, narrow).iter().for_each(|piece| made_up.add(piece));
            }
            prop_assert_eq!(whole, made_up);
        }

        #[test]
        fn any_bytes_are_fragmented_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200), mtu in 0_usize..200) {
            let mut bytes = bytes;
            let len = bytes.len() as u16;
            if len >= 4 {
                bytes[0] = 0x40 | bytes[0] & 0xF;
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
            }
            if let Some(mut fragments) = Fragments::new(&bytes, mtu, FRESH) {
                let mut out = [0; 2_048];
                let made = std::iter::from_fn(|| fragments.next_into(&mut out)).take(100).count();
                prop_assert!((1..100).contains(&made));
            }
        }
    }
}
