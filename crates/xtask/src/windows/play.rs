//! Two players, one of them with Windows: from a link to a packet, and a game that is found in both directions.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{
    Host, Player, Process, Stage, WindowsHost, WindowsKit, connected_friends,
    stage::data_folder,
    ways::{Certificate, close_one_by_one},
};

use super::{
    absence, kit,
    screen::{Screen, says_what_is_missing},
    setup_program,
};

/// How long two may take to meet.
const MEET: Duration = Duration::from_secs(60);
/// How long a packet may take to pass when they have met.
pub(super) const PASS: Duration = Duration::from_secs(20);
/// The name of every adapter here.
const ADAPTER: &str = "lanrage0";
/// Where the game is hosted.
const PORT: u16 = 27_777;
/// The group that its players search in.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 1, 2, 3);
/// How often somebody searches before a game is not found: what is sent to everybody may be lost.
const SEARCHES: u32 = 3;

/// Whether a player may open an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// As an administrator may.
    Own,
    /// The helper has to.
    None,
}

/// Plays it; each step says what it saw.
pub(super) fn run() -> Result<()> {
    let mut stage = Stage::build()?;
    let third = stage.lab.host(&stage.home_of_two, "three")?;
    stage.lab.settle()?;
    let certificate = Certificate::make(&stage.server, &kit::folder())?;
    let mut server = certificate.serve(&stage)?;
    let started = Instant::now();
    let kit = WindowsKit { authority: Some(certificate.file().to_owned()), ..kit::kit() };
    let walts = WindowsHost::start(&third, &kit, &kit::disks())?;
    let screen = Screen::start(&stage.two)?;
    let with_screen = WindowsKit { screen: Some(screen.name().to_owned()), ..kit };
    let wandas = WindowsHost::start(&stage.two, &with_screen, &kit::disks())?;
    say(&format!("Two Windows computers run after {:.1?}", started.elapsed()));

    let ann = Player::create_with(
        &stage.one,
        "ann",
        Some(certificate.starter()),
        data_folder("ann")?,
        "Ann's",
        &Certificate::control_url(&stage),
    )?;
    let link = ann.registered_link(MEET)?;
    let program = kit::programs().join("lanrage.exe");
    let (mut walt, of_walt) = joins(&walts, "walt", &program, Rights::Own, &ann, &link)?;
    host_on_linux(&stage.one)?;
    let of_ann = ann.wait_for_address(PASS)?;
    finds_linux(&walts, of_ann)?;
    host_on_windows(&walts, of_walt, &stage.one)?;
    close_one_by_one(&stage, &ann, &walt, |way, after| {
        say(&format!("Walt and Ann {way} after {after:.1?}"))
    })?;
    absence::outlive(&mut server, || certificate.serve(&stage), &ann, &walt)?;

    setup_program::install(&wandas, env!("CARGO_PKG_VERSION"))?;
    say("Installed: programs, service, search path, entry among the apps");
    let took = says_what_is_missing(&wandas, &screen)?;
    say(&format!(
        "A link opens the desktop app, which says after {} ms that there is no WebView2 runtime, and ends",
        took.as_millis()
    ));
    let program = setup_program::place(&wandas, "lanrage.exe");
    let (mut wanda, of_wanda) = joins(&wandas, "wanda", &program, Rights::None, &ann, &link)
        .with_context(|| format!("by the helper\n{}", wandas.adapters()))?;
    say("She may open no adapter: the helper did");
    finds_linux(&wandas, of_ann)?;
    host_on_windows(&wandas, of_wanda, &stage.one)?;
    passes(&third, of_wanda)?;
    passes(&stage.two, of_walt)?;
    say("Two Windows players reach each other");

    ensure!(stage.two.traffic(ADAPTER).is_ok(), "her adapter has another name");
    wanda.kill()?;
    let killed = Instant::now();
    gone(&stage.two)?;
    say(&format!("Killed: the helper's adapter was gone after {:.1?}", killed.elapsed()));
    wanda.start_again()?;
    passes(&stage.one, of_wanda).context("after she was killed")?;
    say("Back in the party after a new start");
    absence::pause(&ann, &wanda)?;
    let replaced = Instant::now();
    setup_program::install(&wandas, setup_program::NEWER)?;
    passes(&stage.one, of_wanda).context("after the update")?;
    ensure!(wanda.is_running()?, "the update ended the program");
    say(&format!(
        "Replaced by a newer version under the running party: packets pass again {:.1?} after its start",
        replaced.elapsed()
    ));

    walt.leave_for_good()?;
    ann.wait_until("one friend has left", |said| connected_friends(said) == 1)?;
    let deadline = Instant::now() + PASS;
    while walt.is_running()? {
        ensure!(Instant::now() < deadline, "it runs on after its party was left; it said:\n{}", walt.tail());
        thread::sleep(Duration::from_millis(20));
    }
    say("Who leaves is gone for friends at once, and the program ends");
    wanda.kill()?;
    setup_program::remove(&wandas)?;
    say("Removed without a trace but the player's own data");
    Ok(())
}

/// A Windows player follows the link by this program, and is reached; returns its address.
fn joins(
    windows: &WindowsHost,
    name: &'static str,
    program: &Path,
    rights: Rights,
    ann: &Player,
    link: &str,
) -> Result<(Player, Ipv4Addr)> {
    let data = format!(r"C:\{name}");
    // wine 8 waits for ever in a read that is not to wait, where the router has said that nobody is at its port.
    windows.ask(program, &["settings", "set", "port_mapping", "no", "--data-dir", &data])?;
    let starter = match rights {
        Rights::Own => windows.starter(program),
        Rights::None => windows.starter_without_rights(program),
    };
    let clicked = Instant::now();
    let player = Player::join_with(windows.host(), name, starter, data.into(), link)?;
    let connected = player.wait_until_connected(MEET)?;
    let of_ann = ann.wait_for_address(PASS)?;
    passes(windows.host(), of_ann)
        .with_context(|| format!("{name} said:\n{}{}", player.tail(), windows.adapters()))?;
    say(&format!(
        "{name}: link to first packet {} ms, of it {} ms until the friend was connected",
        clicked.elapsed().as_millis(),
        connected.as_millis()
    ));
    let own = player.wait_for_address(PASS)?;
    passes(ann.host(), own)?;
    say("Ping both ways");
    Ok((player, own))
}

/// Waits until a host has no adapter any more.
fn gone(host: &Host) -> Result<()> {
    let deadline = Instant::now() + PASS;
    while host.traffic(ADAPTER).is_ok() {
        ensure!(Instant::now() < deadline, "the adapter of {} stays", host.name());
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub(super) fn say(what: &str) {
    println!("✓ {what}");
}

/// Waits until a host answers.
pub(super) fn passes(from: &Host, to: Ipv4Addr) -> Result<()> {
    let deadline = Instant::now() + PASS;
    while !from.can_ping(to)? {
        ensure!(Instant::now() < deadline, "no packet passes from {} to {to}", from.name());
    }
    Ok(())
}

/// Hosts a game on Linux, until the world ends.
fn host_on_linux(host: &Host) -> Result<()> {
    let socket = host.udp(PORT)?;
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::UNSPECIFIED)?;
    socket.set_read_timeout(None)?;
    let listener = host.enter(|| Ok(TcpListener::bind(("0.0.0.0", PORT))?))?;
    thread::spawn(move || answer_searches(&socket));
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(echo(stream))));
    Ok(())
}

/// A Windows program finds the game on Linux, and joins it.
fn finds_linux(windows: &WindowsHost, host: Ipv4Addr) -> Result<()> {
    for to in [Ipv4Addr::BROADCAST, GROUP] {
        let found = search(|| windows.ask(&kit::game(), &["search", &to.to_string(), &PORT.to_string()]))?;
        ensure!(found.contains(&host.to_string()), "a search to {to} found {found:?}");
    }
    say("A Windows game finds a Linux host by broadcast and by multicast");
    let said = windows.ask(&kit::game(), &["connect", &host.to_string(), &PORT.to_string()])?;
    ensure!(said.contains("hello over TCP came back"), "{said}");
    say("TCP from Windows to Linux");
    Ok(())
}

/// A game on Windows, which a Linux program finds and joins.
fn host_on_windows(windows: &WindowsHost, address: Ipv4Addr, host: &Host) -> Result<()> {
    let mut game = windows.command(&kit::game());
    game.args(["host", &PORT.to_string(), &GROUP.to_string()]);
    let game: Process = windows.host().spawn(game)?;
    game.wait_for("word that it hosts", PASS, |line| line.starts_with("hosting").then_some(()))?;

    for to in [Ipv4Addr::BROADCAST, GROUP] {
        let asked = host.udp(0)?;
        search(|| {
            asked.send_to(b"who hosts?", (to, PORT))?;
            let mut text = [0; 64];
            // Others may host as well.
            for _ in 0..4 {
                let (_, from) = asked.recv_from(&mut text)?;
                if from.ip() == address {
                    return Ok(());
                }
            }
            bail!("others answered")
        })
        .with_context(|| format!("a search to {to}; the game said:\n{}", game.tail()))?;
    }
    say("A Linux game finds a Windows host by broadcast and by multicast");
    let at = SocketAddr::from((address, PORT));
    // The shield sees within seconds that a program listens.
    let mut stream = host.enter(|| Ok(TcpStream::connect_timeout(&at, PASS)?))?;
    stream.set_read_timeout(Some(PASS))?;
    stream.write_all(b"hello")?;
    let mut back = String::new();
    stream.read_to_string(&mut back)?;
    ensure!(back == "hello", "{back:?} came back");
    say("TCP from Linux to Windows");
    Ok(())
}

/// Searches until something is found.
fn search<T>(look: impl Fn() -> Result<T>) -> Result<T> {
    for _ in 1..SEARCHES {
        if let Ok(found) = look() {
            return Ok(found);
        }
    }
    look()
}

fn answer_searches(socket: &UdpSocket) {
    let mut text = [0; 64];
    while let Ok((_, from)) = socket.recv_from(&mut text) {
        let _ = socket.send_to(b"I host", from);
    }
}

fn echo(mut stream: TcpStream) -> Result<()> {
    let mut text = [0; 512];
    stream.set_read_timeout(Some(PASS))?;
    let count = stream.read(&mut text)?;
    Ok(stream.write_all(&text[..count])?)
}
