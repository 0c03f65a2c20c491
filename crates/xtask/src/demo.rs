//! `cargo xtask demo`: two players behind two routers, one link, nobody's server, one LAN game, measured.

mod proof;
mod window;

use std::{
    fs,
    net::SocketAddrV4,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{
    Player, Process, Stage,
    capture::Capture,
    dht::{LabDht, NODES},
    echo::{self, Echo},
    networks, stage,
    world::{self, World},
};

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo},
};

/// Where player one echoes, inside the tunnel and around it.
const ECHO_PORT: u16 = 7777;
/// A port that both players use on their own networks, to measure the path without the tunnel.
const UNDERLAY_PORT: u16 = 7778;
/// What the party is called.
const PARTY: &str = "Friday night";
/// How long a friend may take from the link to the first packet before the demo gives up.
const JOIN_LIMIT: Duration = Duration::from_secs(30);
/// How long both may take from there to a direct path.
const DIRECT_LIMIT: Duration = Duration::from_secs(15);
/// Round trips measured on each path, in turns of this many.
const ROUND_TRIPS: u32 = 100;

/// Sets up, builds, and plays the whole story in a world of its own.
pub(crate) fn run(setup: Setup, stay: bool, server: bool, no_build: bool) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::COMPILE, setup::LAB, setup::GAME])?;
        if !no_build {
            println!("{}", shell::bold("Building the command line and the control server"));
            let programs = ["--package", "lanrage-cli", "--package", "lanrage-control-server"];
            shell::run(cargo(&["build"]).args(programs))?;
            window::build(setup)?;
        }
    }
    match world::enter()? {
        World::Inside => play(stay, server),
        World::Left(status) if status.success() => Ok(()),
        World::Left(status) => bail!("the demo did not succeed ({status})"),
    }
}

/// What was measured on the way.
#[derive(Debug)]
struct Measured {
    first_packet: Duration,
    direct: Duration,
    tunnel: Vec<Duration>,
    underlay: Vec<Duration>,
}

/// By what the players find each other.
#[derive(Debug)]
enum Way {
    Server(Process),
    /// A DHT. The process answers STUN alone: nobody is told that there is a server.
    Dht {
        _nodes: LabDht,
        stun: Process,
    },
}

impl Way {
    fn prepare(stage: &Stage, server: bool) -> Result<Self> {
        let address = stage.server.address();
        if server {
            let process = stage.start_control_server()?;
            say(&format!("Control server and STUN at {address}"));
            return Ok(Self::Server(process));
        }
        let (stun, stun_address) = stage::start_stun(&stage.server)?;
        let nodes = LabDht::start(&stage.lab, &stage.server)?;
        say(&format!(
            "No control server and no relay; STUN at {address}, and {NODES} nodes of a BitTorrent DHT"
        ));
        for host in [&stage.one, &stage.two] {
            nodes.show_to(host, &stun_address)?;
        }
        Ok(Self::Dht { _nodes: nodes, stun })
    }

    /// Player one makes a party; returns its link too.
    fn make_party(&self, stage: &Stage) -> Result<(Player, String)> {
        let url = matches!(self, Self::Server(_)).then(|| stage.control_url());
        let player = if window::has_display() {
            Player::create_in_window(&stage.one, "one", PARTY, window::command(stage, url.as_deref())?)?
        } else {
            println!("  No display here, so player one plays without a window");
            match &url {
                Some(url) => Player::create(&stage.one, "one", PARTY, url)?,
                None => Player::create_without_server(&stage.one, "one", PARTY)?,
            }
        };
        let link = match self {
            Self::Server(_) => player.link()?,
            Self::Dht { .. } if window::has_display() => player.addressed_link()?,
            Self::Dht { .. } => player.own_link()?,
        };
        Ok((player, link))
    }
}

fn play(stay: bool, server: bool) -> Result<()> {
    say("Two private networks, two port-restricted NAT routers and a public segment");
    let stage = Stage::build()?;
    let way = Way::prepare(&stage, server)?;

    let recording = project::target().join("demo");
    fs::create_dir_all(&recording)?;
    let recording = recording.join("public-segment.pcap");
    let capture = Capture::start(stage.lab.internet(), "public", &recording)?;

    let (mut one, link) = way.make_party(&stage)?;
    say(&format!("Player one made a party: {link}"));
    let result = meet(&stage, &one, &link).and_then(|(mut two, measured)| {
        let proofs = proof::gather(&stage, &one, &two)?;
        for player in [&one, &two] {
            say(&format!("`lanrage status` of player {}", player.name()));
            println!("{}", player.shown_status()?);
        }
        proof::send_canary(&stage)?;
        let secrets = proof::search(&capture.finish()?, (!server).then_some(PARTY))?;
        summary(&measured, &proofs, &secrets, &way);
        println!("  Recording of the public segment: {}", recording.display());
        if stay {
            say("The party goes on until Ctrl-C, or until player one's program ends");
            while one.is_running()? {
                thread::sleep(Duration::from_millis(500));
            }
        }
        two.leave()
    });
    let result = result.and_then(|()| one.leave());
    if result.is_err() {
        let (Way::Server(process) | Way::Dht { stun: process, .. }) = &way;
        for (who, tail) in [("The server", process.tail()), ("Player one", one.tail())] {
            eprintln!("\n{who} said last:\n{tail}");
        }
    }
    result
}

/// Player two opens the link; from there to a direct path.
fn meet(stage: &Stage, one: &Player, link: &str) -> Result<(Player, Measured)> {
    let address = one.wait_for_address(Duration::from_secs(10))?;
    let echo_address = SocketAddrV4::new(address, ECHO_PORT);
    let _echo = Echo::start(stage.one.udp(ECHO_PORT)?)?;
    let probe = stage.two.udp(0)?;

    say("Player two opens the link");
    let opened = Instant::now();
    let (two, first) = thread::scope(|scope| {
        let first = scope.spawn(|| echo::await_first(&probe, echo_address, b"anybody there?", JOIN_LIMIT));
        let two = Player::join(&stage.two, "two", link.to_owned())?;
        let first = first.join().ok().context("the probe panicked")?;
        anyhow::Ok((two, first))
    })?;
    let first_packet = first
        .with_context(|| format!("nothing came through the tunnel; player two said:\n{}", two.tail()))?
        .duration_since(opened);
    say(&format!("First packet through the tunnel after {}", milliseconds(first_packet)));

    let direct = loop {
        if one.has_direct_friend()? && two.has_direct_friend()? {
            break opened.elapsed();
        }
        ensure!(opened.elapsed() < first_packet + DIRECT_LIMIT, "the players did not connect directly");
        thread::sleep(Duration::from_millis(100));
    };

    let mut measured = Measured { first_packet, direct, tunnel: Vec::new(), underlay: Vec::new() };
    measure_round_trips(stage, &mut measured, echo_address)?;
    Ok((two, measured))
}

/// Round trips through the tunnel, and on the same way through both routers without it, in turns.
fn measure_round_trips(stage: &Stage, measured: &mut Measured, tunnel: SocketAddrV4) -> Result<()> {
    let (from_one, from_two) = (stage.one.udp(UNDERLAY_PORT)?, stage.two.udp(UNDERLAY_PORT)?);
    let [to_one, to_two] = [&stage.home_of_one, &stage.home_of_two]
        .map(|lan| SocketAddrV4::new(lan.router().address(), UNDERLAY_PORT));
    from_one.send_to(b"punch", to_two)?;
    let _echo = Echo::start(from_one)?;
    echo::await_first(&from_two, to_one, b"around the tunnel", Duration::from_secs(5))?;

    let inside = stage.two.udp(0)?;
    let interval = Duration::from_millis(4);
    for _ in 0..4 {
        measured.underlay.extend(echo::round_trips(&from_two, to_one, ROUND_TRIPS / 4, interval)?);
        measured.tunnel.extend(echo::round_trips(&inside, tunnel, ROUND_TRIPS / 4, interval)?);
    }
    measured.underlay.sort_unstable();
    measured.tunnel.sort_unstable();
    Ok(())
}

fn summary(measured: &Measured, proofs: &[String], secrets: &str, way: &Way) {
    let median = |times: &[Duration]| times[times.len() / 2];
    let (tunnel, underlay) = (median(&measured.tunnel), median(&measured.underlay));
    println!("\n{}", shell::bold("── It works "));
    let ok = shell::green("✓");
    println!(
        "{ok} Both players behind port-restricted routers ({}), connected directly",
        networks::ORDINARY.words
    );
    if matches!(way, Way::Dht { .. }) {
        println!("{ok} Found by the link and sealed notes in a public DHT: no control server, no relay");
    }
    let first_packet = shell::bold(&milliseconds(measured.first_packet));
    println!("{ok} Link → first packet: {first_packet} (the lab's links add no delay of their own)");
    println!("{ok} Link → direct path shown by both: {}", milliseconds(measured.direct));
    println!(
        "{ok} Round trip through the tunnel: {} (without it {}): {} added",
        milliseconds(tunnel),
        milliseconds(underlay),
        shell::bold(&milliseconds(tunnel.saturating_sub(underlay)))
    );
    for proof in proofs {
        println!("{ok} {proof}");
    }
    println!("{ok} {secrets}");
}

/// One line of the story.
fn say(line: &str) {
    println!("{} {line}", shell::green("→"));
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 10.0 { format!("{milliseconds:.2} ms") } else { format!("{milliseconds:.0} ms") }
}
