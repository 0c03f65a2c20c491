use proptest::prelude::*;

use super::*;

const ID: TransactionId = TransactionId(*b"0123456789ab");
/// The transaction id of RFC 5769 §2.1 to §2.3.
const RFC5769_ID: TransactionId =
    TransactionId([0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE]);

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter(u8::is_ascii_hexdigit).map(|c| (c as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn rfc5769_request() -> Vec<u8> {
    hex("00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004
         6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56
         781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf")
}

fn rfc5769_ipv4_response() -> Vec<u8> {
    hex("0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147
         e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96")
}

fn rfc5769_ipv6_response() -> Vec<u8> {
    hex("01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147
         0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004
         c8fb0b4c")
}

/// RFC 5769 §2.4: long-term credentials, no FINGERPRINT.
fn rfc5769_long_term_request() -> Vec<u8> {
    hex("00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
         0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e
         6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666")
}

#[test]
fn rfc5769_2_1_the_ice_request_is_refused_for_its_priority_attribute() {
    let error = StunError::UnknownAttributes { request: Some(RFC5769_ID), types: vec![0x0024] };
    assert_eq!(parse(&rfc5769_request()), Err(error));
}

#[test]
fn rfc5769_2_2_the_ipv4_response_gives_its_address() {
    let mapped = "192.0.2.1:32853".parse().unwrap();
    assert_eq!(
        parse(&rfc5769_ipv4_response()),
        Ok(Message::BindingResponse { id: RFC5769_ID, mapped, other: None })
    );
}

#[test]
fn rfc5769_2_3_the_ipv6_response_gives_its_address() {
    let mapped = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
    assert_eq!(
        parse(&rfc5769_ipv6_response()),
        Ok(Message::BindingResponse { id: RFC5769_ID, mapped, other: None })
    );
}

#[test]
fn rfc5769_2_4_the_request_with_credentials_is_a_request() {
    assert!(matches!(parse(&rfc5769_long_term_request()), Ok(Message::BindingRequest { .. })));
}

#[test]
fn what_we_write_we_read() {
    let v4: SocketAddr = "203.0.113.9:50000".parse().unwrap();
    let v6: SocketAddr = "[2001:db8::9]:50000".parse().unwrap();
    for (bytes, message) in [
        (binding_request(ID), Message::BindingRequest { id: ID, change: Change::NONE }),
        (binding_indication(ID), Message::BindingIndication { id: ID }),
        (
            binding_request_for(ID, Change { ip: true, port: false }),
            Message::BindingRequest { id: ID, change: Change { ip: true, port: false } },
        ),
        (
            behaviour_response(ID, v4, v6, v6),
            Message::BindingResponse { id: ID, mapped: v4, other: Some(v6) },
        ),
        (binding_response(ID, v4), Message::BindingResponse { id: ID, mapped: v4, other: None }),
        (binding_response(ID, v6), Message::BindingResponse { id: ID, mapped: v6, other: None }),
    ] {
        assert!(is_stun(&bytes));
        assert_eq!(parse(&bytes), Ok(message));
    }
    assert_eq!(binding_request(ID).len(), 28);
    let bits = |ip, port| binding_request_for(ID, Change { ip, port })[20..28].to_vec();
    assert_eq!(bits(true, false), [0, 3, 0, 4, 0, 0, 0, 4], "RFC 5780 §7.2");
    assert_eq!(bits(false, true), [0, 3, 0, 4, 0, 0, 0, 2]);
    assert_eq!(binding_response(ID, v6).len(), 52);
}

#[test]
fn a_server_answers_requests_and_nothing_else() {
    let from = "203.0.113.9:50000".parse().unwrap();
    assert_eq!(answer(&binding_request(ID), from), Some(binding_response(ID, from)));
    assert_eq!(answer(&binding_indication(ID), from), None);
    assert_eq!(answer(&binding_response(ID, from), from), None);
    assert_eq!(answer(b"hello", from), None);

    let moved = answer(&binding_request_for(ID, Change { ip: false, port: true }), from).unwrap();
    assert_eq!(parse(&moved), Ok(Message::BindingError { id: ID, code: 420 }), "it has one address");
    let refusal = answer(&rfc5769_request(), from).unwrap();
    assert_eq!(parse(&refusal), Ok(Message::BindingError { id: RFC5769_ID, code: 420 }));
    assert_eq!(answer(&refusal, from), None);
}

#[test]
fn a_wireguard_message_is_never_stun_even_with_the_cookie_as_its_index() {
    for (kind, length) in [(1, 148), (2, 92), (3, 64), (4, 32), (4, 1_452)] {
        let mut message = vec![0; length];
        message[0] = kind;
        message[4..8].copy_from_slice(&MAGIC_COOKIE);
        assert!(!is_stun(&message), "type {kind}, {length} bytes");
    }
}

#[test]
fn a_wrong_fingerprint_is_refused() {
    let mut bytes = binding_request(ID);
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(parse(&bytes), Err(StunError::Malformed));
}

/// A message with these attributes, in raw bytes, and a right length field.
fn raw(kind: u16, attributes: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
    bytes.extend(MAGIC_COOKIE);
    bytes.extend(ID.0);
    bytes.extend(attributes);
    bytes
}

#[test]
fn malformed_messages_are_coded_errors() {
    let long = raw(0x0001, &[0x80, 0x22, 0, 0].repeat(400));
    for (bytes, error) in [
        (raw(0x0101, &[]), StunError::Malformed),
        (raw(0x0111, &[]), StunError::Malformed),
        (raw(0x0001, &[0x80, 0x22, 0, 9, 0, 0, 0, 0]), StunError::Malformed),
        (raw(0x0101, &[0, 0x20, 0, 4, 0, 1, 0, 0]), StunError::Malformed),
        (raw(0x0101, &[0, 0x20, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0]), StunError::Malformed),
        (raw(0x0001, &[0x80, 0x28, 0, 4, 0, 0, 0, 0].repeat(2)), StunError::Malformed),
        (raw(0x0001, &[0, 3, 0, 0]), StunError::Malformed),
        (raw(0x0003, &[]), StunError::Method(3)),
        (raw(0x0101, &[0x7F, 0, 0, 0]), StunError::UnknownAttributes { request: None, types: vec![0x7F00] }),
        (long.clone(), StunError::TooLong(long.len())),
        (Vec::new(), StunError::NotStun),
        (binding_request(ID)[..27].to_vec(), StunError::NotStun),
    ] {
        assert_eq!(parse(&bytes), Err(error), "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = (is_stun(&bytes), parse(&bytes), answer(&bytes, "192.0.2.1:1".parse().unwrap()));
    }

    #[test]
    fn any_attributes_are_a_message_or_an_error(
        kind in prop_oneof![Just(0x0001_u16), Just(0x0011), Just(0x0101), Just(0x0111), 0..0x0400_u16],
        words in proptest::collection::vec(
            prop_oneof![
                any::<[u8; 4]>(),
                (prop_oneof![Just([0, 0x20]), Just([0, 9]), Just([0, 10]), Just([0x80, 0x28])], 0..24_u8)
                    .prop_map(|(kind, length)| [kind[0], kind[1], 0, length]),
            ],
            0..40,
        ),
    ) {
        let bytes = raw(kind, &words.concat());
        prop_assert!(is_stun(&bytes));
        let _ = (parse(&bytes), answer(&bytes, "192.0.2.1:1".parse().unwrap()));
    }

    #[test]
    fn a_damaged_message_is_a_message_or_an_error(
        which in 0..4_usize, position in any::<prop::sample::Index>(), value in any::<u8>(),
    ) {
        let mut bytes =
            [rfc5769_request, rfc5769_ipv4_response, rfc5769_ipv6_response, rfc5769_long_term_request][which]();
        let position = position.index(bytes.len());
        bytes[position] = value;
        let _ = (parse(&bytes), answer(&bytes, "192.0.2.1:1".parse().unwrap()));
    }

    #[test]
    fn any_address_survives_the_way(ip in any::<std::net::IpAddr>(), port in any::<u16>(), id in any::<[u8; 12]>()) {
        let (id, mapped) = (TransactionId(id), SocketAddr::new(ip, port));
        prop_assert_eq!(parse(&binding_response(id, mapped)), Ok(Message::BindingResponse { id, mapped, other: None }));
    }
}
