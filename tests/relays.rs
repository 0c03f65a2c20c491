//! Which of a server's ways to its relay are found when others are closed under a running party: whole programs in the lab.
#![cfg(target_os = "linux")]

use std::time::Duration;

use lanrage_lab::{
    Player, Stage,
    stage::data_folder,
    ways::{Certificate, close_one_by_one},
    world,
};

/// How long two may take to meet.
const MEET: Duration = Duration::from_secs(20);

#[test]
fn a_party_goes_on_by_the_relay_over_udp_then_tcp_then_the_port_of_the_web() {
    world::test(|| {
        let stage = Stage::build()?;
        let certificate = Certificate::make(&stage.server, &data_folder("certificate")?)?;
        let _server = certificate.serve(&stage)?;
        let (starter, url) = (certificate.starter(), Certificate::control_url(&stage));
        let one =
            Player::create_with(&stage.one, "one", Some(starter.clone()), data_folder("one")?, "Ways", &url)?;
        let link = one.registered_link(MEET)?;
        let two = Player::join_with(&stage.two, "two", starter, data_folder("two")?, &link)?;
        two.wait_until_connected(MEET)?;
        two.wait_until_direct(&one, MEET)?;
        close_one_by_one(&stage, &one, &two, |way, after| println!("{way}: {after:.1?}"))
    });
}
