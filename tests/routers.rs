//! What routers and providers do to a party, whole programs in the lab.
#![cfg(target_os = "linux")]

use std::{
    ffi::OsString,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use lanrage_lab::{
    Host, Lab, Player, Stage,
    expected::Path as Way,
    flow::loss::{Line, LossyGame},
    networks::HOME,
    program, stage,
    ways::{Certificate, close_one_by_one},
    web_proxy::{self, WebProxy},
    world,
};
use serde_json::json;

/// How long two players may take to meet.
const MEET_LIMIT: Duration = Duration::from_secs(30);
/// So long that the way is at rest, and the router has forgotten it before the next probe that is usual then.
const PAUSE: Duration = Duration::from_millis(5_300);
/// By then the router is found out.
const LEARNT: Duration = Duration::from_secs(25);

#[test]
fn a_router_that_forgets_a_quiet_way_after_two_seconds_is_found_out_and_the_way_kept_open() {
    world::test(|| {
        let stage = Stage::build()?;
        let _server = stage.start_control_server()?;
        stage.home_of_one.forget_udp_after(2)?;
        let one = Player::create(&stage.one, "one", "Quiet", &stage.control_url())?;
        let two = Player::join(&stage.two, "two", one.link()?)?;
        one.wait_until_direct(&two, MEET_LIMIT)?;
        let address = one.wait_for_address(MEET_LIMIT)?;
        // The first losses teach; then what is sent after a pause arrives, whenever that is.
        let begun = Instant::now();
        let mut lost = Vec::new();
        while begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(PAUSE);
            if !stage.two.can_ping(address)? {
                lost.push(begun.elapsed());
            }
        }
        println!("lost after a pause: {lost:.1?}");
        ensure!(lost.iter().all(|at| *at < LEARNT), "lost after {lost:.1?}; two said:\n{}", two.tail());
        ensure!(one.has_direct_friend()? && two.has_direct_friend()?);
        Ok(())
    });
}

#[test]
fn a_game_on_a_line_that_loses_packets_goes_by_a_relay_too_unless_its_player_does_not_want_that() {
    world::test(|| {
        let game = LossyGame::begin()?;
        game.lose(Line::ToFriend, 100)?;
        let [twice, once] = [true, false].map(|twice| {
            game.send_twice(twice)?;
            let counts = game.play(Duration::from_secs(12))?.counts;
            ensure!(counts.sent > 1_000, "{counts:?}");
            Ok(counts.lost as f64 / counts.sent as f64)
        });
        let (twice, once) = (twice?, once?);
        println!("lost of a game on a line that loses a tenth: {once:.3} once, {twice:.3} by two ways");
        ensure!(once > 0.04 && twice < 0.02, "{once} once, {twice} twice");
        Ok(())
    });
}

#[test]
fn a_router_that_accepts_what_comes_from_outside_is_not_taken_for_one_with_changing_ports() {
    world::test(|| {
        let stage = Stage::build()?;
        let _server = stage.start_control_server()?;
        // It keeps a stranger's datagram as a connection of its own, where others drop it.
        on(stage.home_of_one.router(), "nft flush chain ip lab input")?;
        let one = Player::create(&stage.one, "one", "Open", &stage.control_url())?;
        wait_for(&one, "measured", || Ok(!one.status()?["network"]["mapping_behaviour"].is_null()))?;
        let network = one.status()?["network"].take();
        // The server has one address, so that no more can be known.
        ensure!(network["mapping_behaviour"] == "not_port_dependent", "{network}");
        Ok(())
    });
}

/// Waits for something that a player is to say.
fn wait_for(player: &Player, what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    player.wait_until_running()?;
    let deadline = Instant::now() + MEET_LIMIT;
    while !holds()? {
        ensure!(Instant::now() < deadline, "not {what}: {}; it said:\n{}", player.status()?, player.tail());
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Runs a command on a host.
fn on(host: &Host, words: &str) -> Result<()> {
    let mut words = words.split(' ');
    let mut command = host.command(words.next().unwrap_or_default());
    let output = command.args(words).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A computer whose other address alone leads to it from a friend's home.
fn is_reached_by_its_other_address(prepare: &[&str]) -> Result<()> {
    let mut lab = Lab::new()?;
    let server = lab.public_host("server", 5)?;
    let one = lab.public_host("one", 21)?;
    let home = lab.lan(HOME)?;
    let two = lab.host(&home, "two")?;
    lab.settle()?;
    for words in prepare {
        on(&one, words)?;
    }
    for direction in ["daddr", "saddr"] {
        on(home.router(), &format!("nft insert rule ip lab forward ip {direction} 203.0.113.21 drop"))?;
    }
    let _server = stage::start_server(&server, &[])?;
    let control = stage::control_url(&server.address().to_string());
    let one = Player::create(&one, "one", "Two addresses", &control)?;
    let two = Player::join(&two, "two", one.link()?)?;
    one.wait_until_direct(&two, MEET_LIMIT)?;
    // At rest as well, whoever speaks first.
    let address = one.wait_for_address(MEET_LIMIT)?;
    for _ in 0..3 {
        thread::sleep(Duration::from_secs(6));
        ensure!(two.host().can_ping(address)?, "lost; two said:\n{}", two.tail());
        ensure!(one.has_direct_friend()? && two.has_direct_friend()?);
    }
    Ok(())
}

#[test]
fn what_came_to_the_second_address_of_a_computer_is_answered_from_it() {
    world::test(|| is_reached_by_its_other_address(&["ip address add 203.0.113.22/24 dev eth0"]));
}

#[test]
fn what_came_by_the_second_uplink_of_a_computer_is_answered_by_it() {
    world::test(|| {
        is_reached_by_its_other_address(&[
            // Each interface answers for its own address only.
            "sysctl -qw net.ipv4.conf.all.arp_ignore=1",
            "ip link add eth1 link eth0 type macvlan mode bridge",
            "ip address add 203.0.113.22/32 dev eth1",
            "ip link set eth1 up",
            "ip route add 203.0.113.0/24 dev eth1 table 22",
            "ip route add default via 203.0.113.1 dev eth1 table 22",
            "ip rule add from 203.0.113.22 table 22",
        ])
    });
}

/// Gives a host the address behind which a translator would have it, on the public segment.
fn behind_translator(host: &Host, address: &str) -> Result<()> {
    on(host, &format!("ip address add {address}/128 dev eth0 nodad"))?;
    on(host, "ip route add 2001:db8::/64 dev eth0")
}

#[test]
fn a_computer_with_ipv6_only_reaches_a_server_and_a_friend_that_have_ipv4_only() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let one = lab.public_host("one", 21)?;
        let two = lab.public_host("two", 31)?;
        lab.settle()?;
        // What a translator does is done by its ends: they have the addresses that it gives them. Nobody tells these to
        // anybody, as they are none of a unicast network.
        behind_translator(&server, "64:ff9b::203.0.113.5")?;
        behind_translator(&one, "64:ff9b::203.0.113.21")?;
        on(&two, "ip address flush dev eth0 scope global")?;
        on(&two, "ip address add 2001:db8::31/64 dev eth0 nodad")?;
        on(&two, "ip route add 64:ff9b::/96 dev eth0")?;
        let hosts =
            "127.0.0.1 localhost\n64:ff9b::192.0.0.170 ipv4only.arpa\n64:ff9b::192.0.0.171 ipv4only.arpa\n";
        std::fs::write("/run/hosts", hosts)?;
        on(&two, "mount --bind /run/hosts /etc/hosts")?;
        let _server = stage::start_server(&server, &["--no-relay".to_owned()])?;
        // Addresses, not names: no resolver can help with them.
        let control = stage::control_url(&server.address().to_string());
        let one = Player::create(&one, "one", "Six and four", &control)?;
        let two = Player::join(&two, "two", one.link()?)?;
        one.wait_until_direct(&two, MEET_LIMIT)?;
        let address = one.wait_for_address(MEET_LIMIT)?;
        ensure!(two.host().can_ping(address)?);
        ensure!(two.has_control_server()?);
        Ok(())
    });
}

/// Parts of passwords, plain and as a proxy is told them (RFC 7617 §2), which must stand nowhere.
const SECRETS: [&str; 2] = ["sesame", "QWxhZGRpbj"];

/// A `lanrage` whose environment names a proxy.
fn behind_proxy(proxy: &Host, login: &str) -> Vec<OsString> {
    let setting = format!("HTTPS_PROXY=http://{login}@{}:{}", proxy.address(), web_proxy::PORT);
    vec!["env".into(), setting.into(), program("lanrage").into()]
}

fn is_secret(text: &str) -> bool {
    SECRETS.iter().any(|secret| text.contains(secret))
}

/// Whether any file below a folder has a password in it.
fn is_secret_below(folder: &Path) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let found = if kind.is_dir() {
            is_secret_below(&entry.path())?
        } else {
            kind.is_file() && is_secret(&String::from_utf8_lossy(&fs::read(entry.path())?))
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn where_only_a_proxy_leads_out_server_and_friend_are_reached_through_it() {
    world::test(|| {
        let mut lab = Lab::new()?;
        let server = lab.public_host("server", 5)?;
        let gate = lab.public_host("gate", 9)?;
        let (firm, home) = (lab.lan(HOME)?, lab.lan(HOME)?);
        let (one, two) = (lab.host(&home, "one")?, lab.host(&firm, "two")?);
        lab.settle()?;
        on(firm.router(), "nft insert rule ip lab forward iifname lan ip daddr != 203.0.113.9 drop")?;
        on(firm.router(), "nft insert rule ip lab forward iifname lan meta l4proto != tcp drop")?;
        // The example of RFC 7617 §2.
        let proxy = WebProxy::start(&gate, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")?;
        let _server = stage::start_server(&server, &[])?;
        let control = stage::control_url(&server.address().to_string());
        let one = Player::create(&one, "one", "Firm", &control)?;
        let link = one.registered_link(MEET_LIMIT)?;

        // Whoever has another password is told what is wanted, and passes the proxy by on no other way.
        let data = stage::data_folder("wrong")?;
        let wrong = behind_proxy(&gate, "Aladdin:close%20sesame");
        let stranger = Player::join_with(&two, "two", wrong, data.clone(), &link)?;
        wait_for(&stranger, "refused by the proxy", || {
            let cause = &stranger.status()?["control"]["why"]["cause"];
            Ok(*cause == json!({ "code": "proxy_wants_password", "proxy": "203.0.113.9:3128" }))
        })?;
        let shown = stranger.shown_status()?;
        ensure!(shown.contains("203.0.113.9:3128") && !is_secret(&shown), "{shown}");
        ensure!(proxy.opened() == 0);
        drop(stranger);
        ensure!(!is_secret_below(&data)?, "the password is written down");

        let data = stage::data_folder("two")?;
        let right = behind_proxy(&gate, "Aladdin:open%20sesame");
        let two = Player::join_with(&two, "two", right, data.clone(), &link)?;
        wait_for(&two, "relayed", || {
            let met = [one.path_to_friend()?, two.path_to_friend()?];
            Ok(two.has_control_server()? && met == [Some(Way::Relayed), Some(Way::Relayed)])
        })?;
        let seen = two.doctor()?;
        ensure!(seen.contains("203.0.113.9:3128") && !is_secret(&seen), "{seen}");
        let before = proxy.bytes();
        let address = one.wait_for_address(MEET_LIMIT)?;
        ensure!(two.host().can_ping(address)?, "lost; two said:\n{}", two.tail());
        // One to the server, one at least to its relay.
        ensure!(proxy.opened() >= 2 && proxy.bytes() > before);
        ensure!(!is_secret(&two.tail()) && !is_secret_below(&data)?);
        Ok(())
    });
}

#[test]
fn a_party_goes_on_by_the_relay_over_udp_then_tcp_then_the_port_of_the_web() {
    world::test(|| {
        let stage = Stage::build()?;
        let certificate = Certificate::make(&stage.server, &stage::data_folder("certificate")?)?;
        let _server = certificate.serve(&stage)?;
        let (starter, url) = (certificate.starter(), Certificate::control_url(&stage));
        let one = Player::create_with(
            &stage.one,
            "one",
            Some(starter.clone()),
            stage::data_folder("one")?,
            "Ways",
            &url,
        )?;
        one.registered_link(MEET_LIMIT)?;
        // What is handed on is the address of the server's page, and it leads into the party.
        let (link, _) = one.invite(&[])?;
        ensure!(link.starts_with(&format!("https://{}/join#", stage.server.address())), "{link}");
        let two = Player::join_with(&stage.two, "two", starter, stage::data_folder("two")?, &link)?;
        two.wait_until_connected(MEET_LIMIT)?;
        two.wait_until_direct(&one, MEET_LIMIT)?;
        close_one_by_one(&stage, &one, &two, |way, after| println!("{way}: {after:.1?}"))
    });
}
