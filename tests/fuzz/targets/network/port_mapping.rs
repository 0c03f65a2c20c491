use std::{net::SocketAddrV4, num::NonZeroU16};

use lanrage_nat::port_mapping::messages::{Given, MapRequest, read_address};

const PORT: NonZeroU16 = NonZeroU16::new(1_234).unwrap();
const NONCE: [u8; 12] = [129, 112, 9, 24, 241, 208, 251, 45, 157, 76, 10, 188];

/// Whatever a router says is read or passed over, and what it gives lasts; none of it is read as the other protocol.
pub(crate) fn run(data: &[u8]) {
    let outside = SocketAddrV4::new([0, 0, 0, 0].into(), PORT.get());
    let own = [192, 168, 1, 7].into();
    let request = MapRequest { own, port: PORT, outside, lifetime_s: 7_200, nonce: NONCE };
    let (pcp, nat_pmp) = (request.read_pcp(data), request.read_nat_pmp(data));
    let given = [pcp, nat_pmp].into_iter().flatten().flatten();
    let given: Vec<Given> = given.collect();
    assert!(given.len() <= 1, "{given:?}");
    assert!(given.iter().all(|given| !given.lifetime.is_zero()), "{given:?}");
    let of_another = MapRequest { nonce: [0; 12], ..request };
    assert!(of_another.read_pcp(data).is_none_or(|read| read.is_err()) || pcp.is_none());
    assert!(read_address(data).is_none() || nat_pmp.is_none());
}
