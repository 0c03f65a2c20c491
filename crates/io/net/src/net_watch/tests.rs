use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn route() -> DefaultRoute {
    DefaultRoute {
        interface: 2,
        gateways: vec![address("192.168.1.1")],
        gateway_mac: Some([2, 0, 0, 0, 0, 1]),
        link_changes: Some(2),
    }
}

/// A device at home, and what it is known to be.
fn at_home() -> (Known, Vec<(u32, IpAddr)>) {
    let mut known = Known::default();
    let addresses = vec![(2, address("192.168.1.2"))];
    let state = known.handle_look(&addresses, Some(route())).unwrap();
    assert_eq!(state.generation, 1);
    (known, addresses)
}

#[test]
fn nothing_is_told_where_nothing_has_changed() {
    let (mut known, addresses) = at_home();
    assert_eq!(known.handle_look(&addresses, Some(route())), None);
}

#[test]
fn every_other_way_out_is_another_generation_with_the_same_addresses() {
    let ways = [
        None,
        Some(DefaultRoute { interface: 3, ..route() }),
        Some(DefaultRoute { gateways: vec![address("192.168.1.254")], ..route() }),
        Some(DefaultRoute { gateway_mac: Some([2, 0, 0, 0, 0, 9]), ..route() }),
        Some(DefaultRoute { link_changes: Some(4), ..route() }),
    ];
    for way in ways {
        let (mut known, addresses) = at_home();
        let state = known.handle_look(&addresses, way.clone()).unwrap();
        assert_eq!((state.generation, &state.default_route), (2, &way));
        assert_eq!(known.handle_look(&addresses, way), None, "told once");
    }
}

#[test]
fn other_addresses_are_another_generation() {
    let (mut known, _) = at_home();
    let state = known.handle_look(&[], Some(route())).unwrap();
    assert_eq!(state, NetworkState { generation: 2, addresses: Vec::new(), default_route: Some(route()) });
}

#[test]
fn a_router_whose_link_layer_address_becomes_known_later_is_the_same_router() {
    let unknown = DefaultRoute { gateway_mac: None, ..route() };
    let mut known = Known::default();
    known.handle_look(&[], Some(unknown.clone()));
    assert_eq!(known.handle_look(&[], Some(route())), None);
    assert_eq!(known.handle_look(&[], Some(unknown)), None, "forgotten by the system, not by us");
    let other = DefaultRoute { gateway_mac: Some([2, 0, 0, 0, 0, 9]), ..route() };
    assert!(known.handle_look(&[], Some(other)).is_some());
}

#[test]
fn what_comes_and_goes_beside_the_way_to_the_internet_is_no_other_network() {
    let (mut known, mut addresses) = at_home();
    addresses.push((9, address("172.30.0.1")));
    let with_container = known.handle_look(&addresses, Some(route())).unwrap();
    assert_eq!((with_container.generation, with_container.addresses.len()), (1, 2));
    addresses.pop();
    assert_eq!(known.handle_look(&addresses, Some(route())).unwrap().generation, 1);
    addresses[0].1 = address("192.168.1.3");
    assert_eq!(known.handle_look(&addresses, Some(route())).unwrap().generation, 2);
    // Without a way to the internet every address may be the one by which friends are reached.
    assert_eq!(known.handle_look(&addresses, None).unwrap().generation, 3);
    addresses.push((9, address("172.30.0.1")));
    assert_eq!(known.handle_look(&addresses, None).unwrap().generation, 4);
}
