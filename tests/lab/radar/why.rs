//! Why a game is not seen: faults are made on real computers one after the other, and the player is told each, and what mends it
//! lets the game be seen.

use std::{
    fs,
    net::{Ipv4Addr, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Game, client};
use crate::{Host, Player, Process, Stage, stage, teeworlds};

/// How long a party may take to stand.
const READY_LIMIT: Duration = Duration::from_secs(40);
/// How long it may take until a fault is noticed, or mended.
const LIMIT: Duration = Duration::from_secs(15);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(1_200);
/// The ports that a client of Teeworlds asks.
const PORTS: std::ops::RangeInclusive<u16> = 8_303..=8_310;
/// How long the list of a game's client may take.
const LIST: Duration = Duration::from_secs(4);

/// What was said of one fault.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Which fault.
    pub fault: &'static str,
    /// From the question to the answer, the last time.
    pub took: Duration,
    /// How often it was asked until it was told.
    pub asked: u32,
    /// What was told, the first first.
    pub verdicts: Vec<String>,
    /// What mends it.
    pub fix: String,
    /// What was not as it should be.
    pub problem: Option<String>,
}

impl Told {
    /// As an object of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "fault": self.fault, "took_ms": self.took.as_millis() as u64, "asked": self.asked,
            "verdicts": self.verdicts, "fix": self.fix, "problem": self.problem,
        })
    }
}

/// Verdicts that no fault can be made for here, and why.
pub const LEFT_OUT: [(&str, &str); 4] = [
    ("unseen", "programs can be seen on Linux"),
    ("not_answering", "needs an older LANrage; a test of the session has it"),
    ("searches_lost", "cargo xtask disturb makes that fault"),
    ("direct_play", "no game needs that alone; a test has it"),
];

/// Makes each fault and mends it. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or a party does not stand.
pub fn play(mut report: impl FnMut(Told)) -> Result<()> {
    let stage = Stage::build()?;
    let _server = stage.start_control_server()?;
    let program = Game::Teeworlds.program().context("the server of teeworlds is missing")?;
    let props = Props { server: program, folder: stage::data_folder("programs")? };
    // These are older than the party.
    let _early = [props.idle(&stage.one, "Civ6")?, props.idle(&stage.two, "Civ6")?];
    let one = Player::create(&stage.one, "one", "LAN", &stage.control_url())?;
    let two = Player::join(&stage.two, "two", one.registered_link(READY_LIMIT)?)?;
    one.wait_until_direct(&two, READY_LIMIT)?;
    let address = one.wait_for_address(READY_LIMIT)?;
    let friend = two.wait_for_address(READY_LIMIT)?;
    let id = |player: &Player| -> Result<String> {
        Ok(player.status()?["peer_id"].as_str().context("an id")?.to_owned())
    };
    let ids = [id(&one)?, id(&two)?];
    let mut scene = Scene { stage: &stage, one, two, address, friend, ids, props };
    for (fault, act) in SCENES {
        report(act(&mut scene, fault).unwrap_or_else(|error| Told {
            fault,
            problem: Some(format!("{error:#}")),
            ..Told::default()
        }));
    }
    Ok(())
}

/// Programs that stand for games.
struct Props {
    server: PathBuf,
    folder: PathBuf,
}

impl Props {
    /// A program of this name that does nothing.
    fn idle(&self, host: &Host, name: &str) -> Result<Process> {
        let program = self.copy(Path::new("/bin/sleep"), &format!("idle-{}", host.name()), name)?;
        let mut command = host.command(program);
        command.arg("600");
        host.spawn(command)
    }

    /// A server of this name that listens there.
    fn serve(&self, host: &Host, name: &str, settings: &str) -> Result<Process> {
        let program = self.copy(&self.server, "servers", name)?;
        self.start(host, &program, settings)
    }

    fn start(&self, host: &Host, program: &Path, settings: &str) -> Result<Process> {
        let mut command = host.command(program);
        command.env("HOME", &self.folder).arg(format!("sv_register 0; sv_name LAN; {settings}"));
        let server = host.spawn(command)?;
        server
            .wait_for("sign that it listens", LIMIT, |line| line.contains("server name is").then_some(()))?;
        Ok(server)
    }

    fn copy(&self, from: &Path, folder: &str, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder)?;
        let program = folder.join(name);
        if !program.exists() {
            fs::copy(from, &program)?;
        }
        Ok(program)
    }
}

struct Scene<'a> {
    stage: &'a Stage,
    one: Player,
    two: Player,
    /// Player one's in the party, and player two's.
    address: Ipv4Addr,
    friend: Ipv4Addr,
    /// Their ids.
    ids: [String; 2],
    props: Props,
}

type Act = fn(&mut Scene<'_>, &'static str) -> Result<Told>;

/// What is asked: by whom, of which game, and by which more words.
#[derive(Clone, Copy)]
struct Asked {
    by_host: bool,
    game: &'static str,
}

const LOOKS: Asked = Asked { by_host: false, game: "teeworlds" };
const HOSTS: Asked = Asked { by_host: true, game: "teeworlds" };

impl Scene<'_> {
    fn ask(&self, asked: Asked, more: &[&str]) -> Result<Value> {
        let [one, two] = &self.ids;
        let (player, friend) = if asked.by_host { (&self.one, two) } else { (&self.two, one) };
        let mine: &[&str] = if asked.by_host { &["--mine"] } else { &[] };
        player.explain(&[&[friend, asked.game], mine, more].concat())
    }

    /// Asks until the first verdict is this one, and no other stands beside it but those of `beside`.
    fn told(&self, fault: &'static str, asked: Asked, beside: &[&str]) -> Result<Told> {
        let begun = Instant::now();
        let mut told = Told { fault, ..Told::default() };
        loop {
            let asked_at = Instant::now();
            let said = self.ask(asked, &[])?;
            (told.took, told.asked) = (asked_at.elapsed(), told.asked + 1);
            told.verdicts = codes(&said);
            let (first, others) = told.verdicts.split_first().context("no verdict")?;
            if first == fault && others.iter().all(|other| beside.contains(&other.as_str())) {
                let fix = &said["verdicts"][0]["fix"]["code"];
                fix.as_str().unwrap_or("by people").clone_into(&mut told.fix);
                return Ok(told);
            }
            if begun.elapsed() > LIMIT {
                told.problem = Some(format!("told: {}", told.verdicts.join(", ")));
                return Ok(told);
            }
            thread::sleep(PAUSE);
        }
    }

    /// After a mend: the fault is told no more, and a client's list at player two's shows the game.
    fn mended(&self, told: &mut Told, asked: Asked) -> Result<()> {
        if told.problem.is_some() {
            return Ok(());
        }
        let begun = Instant::now();
        loop {
            let verdicts = codes(&self.ask(asked, &[])?);
            if verdicts.iter().all(|verdict| verdict != told.fault) {
                break;
            }
            if begun.elapsed() > LIMIT {
                told.problem = Some(format!("mended, and told: {}", verdicts.join(", ")));
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        if !self.is_listed(begun + LIMIT)? {
            told.problem = Some("mended, and not in the list".to_owned());
        }
        Ok(())
    }

    /// Whether a client at player two's finds player one's game, as clients do.
    fn is_listed(&self, until: Instant) -> Result<bool> {
        while Instant::now() < until {
            let socket = self.stage.two.udp(0)?;
            if teeworlds::find_on(&socket, PORTS, LIST)
                .is_ok_and(|server| server.address.ip() == self.address)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A fault that is mended by the press of a button, by whoever asked.
    fn press(&self, told: &mut Told, asked: Asked) -> Result<()> {
        ensure!(told.problem.is_some() || told.fix != "by people", "no button for {}", told.fault);
        self.ask(asked, &["--fix"])?;
        self.mended(told, asked)
    }

    fn server(&self, settings: &str) -> Result<Process> {
        self.props.serve(&self.stage.one, "teeworlds-server", settings)
    }

    /// The game's program at player two's, so that only the host's side is at fault.
    fn opened(&self) -> Result<Process> {
        self.props.idle(&self.stage.two, "teeworlds")
    }

    /// Whether player one tells friends of games.
    fn share(&self, shares: &str) -> Result<()> {
        Player::choose(&self.stage.one, "one", "share_games", shares)
    }

    /// Has the kernel of a computer drop packets that come by the adapter.
    fn drop_packets(&self, host: &Host, which: &str) -> Result<Dropping> {
        let file = self.props.folder.join("rules");
        fs::write(
            &file,
            format!(
                "table inet why {{\nchain input {{\ntype filter hook input priority 0\niifname \"lanrage0\" {which} drop\n}}\n}}\n"
            ),
        )?;
        host.nft(&["-f", file.to_str().context("a path that is text")?])?;
        Ok(Dropping(host.clone()))
    }
}

/// Packets are dropped until this is dropped.
struct Dropping(Host);

impl Drop for Dropping {
    fn drop(&mut self) {
        let _ = self.0.nft(&["delete", "table", "inet", "why"]);
    }
}

fn codes(said: &Value) -> Vec<String> {
    let verdicts = said["verdicts"].as_array().cloned().unwrap_or_default();
    verdicts.iter().filter_map(|one| one["verdict"]["code"].as_str().map(ToOwned::to_owned)).collect()
}

/// Every fault, the quickest first.
const SCENES: &[(&str, Act)] = &[
    ("nothing_found", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.mended(&mut Told { fault: "nothing", ..told.clone() }, LOOKS)?;
        let own = scene.told(fault, HOSTS, &[])?;
        told.problem = told.problem.or(own.problem);
        Ok(told)
    }),
    ("relay_only", |scene, fault| {
        scene.told(fault, Asked { game: "payday2", ..LOOKS }, &["not_running", "not_opened"])
    }),
    ("not_running", |scene, fault| {
        let _opened = scene.opened()?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        let _server = scene.server("sv_port 8303")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("not_opened", |scene, fault| {
        let _server = scene.server("sv_port 8303")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        let _opened = scene.opened()?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("not_hosting", |scene, fault| {
        let _opened = scene.opened()?;
        let idle = scene.props.idle(&scene.stage.one, "teeworlds-server")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(idle);
        let _server = scene.server("sv_port 8303")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("port_taken", |scene, fault| {
        let _opened = scene.opened()?;
        let other = scene.stage.one.udp(8_303)?;
        let idle = scene.props.idle(&scene.stage.one, "teeworlds-server")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop((other, idle));
        let _server = scene.server("sv_port 8303")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("loopback_only", |scene, fault| {
        let _opened = scene.opened()?;
        let server = scene.server("bindaddr 127.0.0.1; sv_port 8303")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(server);
        let _server = scene.server("sv_port 8303")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("wrong_address", |scene, fault| {
        let _opened = scene.opened()?;
        let server = scene.server(&format!("bindaddr {}; sv_port 8303", scene.stage.one.address()))?;
        let mut told = scene.told(fault, HOSTS, &[])?;
        drop(server);
        // What the button copies.
        let _server = scene.server(&format!("bindaddr {}; sv_port 8303", scene.address))?;
        scene.mended(&mut told, HOSTS)?;
        Ok(told)
    }),
    ("server_silent", |scene, fault| {
        let _opened = scene.opened()?;
        let server = scene.server("sv_port 8303")?;
        server.suspend()?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        server.resume()?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("shield_closed", |scene, fault| {
        // One that has spoken to nobody yet: an answer passes always.
        scene.one.say_shield(&["close", "--udp", "8306"])?;
        let _scene = (scene.server("sv_port 8306")?, scene.opened()?);
        let theirs = scene.told(fault, LOOKS, &[])?;
        let mut told = scene.told(fault, HOSTS, &[])?;
        scene.press(&mut told, HOSTS)?;
        for player in [&[][..], &["--player", "two"]] {
            let _ = scene.one.say_shield(&[&["forget", "--udp", "8306"], player].concat());
        }
        told.problem = told.problem.or(theirs.problem);
        Ok(told)
    }),
    ("firewall_drops", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let dropping = scene.drop_packets(&scene.stage.one, "ct state new")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(dropping);
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("not_reached", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let dropping = scene.drop_packets(&scene.stage.one, "udp dport 8303")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(dropping);
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("firewall_may_drop", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let dropping = scene.drop_packets(&scene.stage.two, "ct state new")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(dropping);
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("other_port", |scene, fault| {
        let _scene = (scene.server("sv_port 9000")?, scene.opened()?);
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.joins(&mut told, LOOKS.game, 9_000)?;
        // Whoever hosts has friends' searches brought there.
        let mut own = scene.told(fault, HOSTS, &[])?;
        scene.press(&mut own, HOSTS)?;
        scene.one.know_games(&["leave-searches", "teeworlds"])?;
        told.problem = told.problem.or(own.problem);
        Ok(told)
    }),
    ("answer_closed", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let begun = Instant::now();
        // The host's game calls back where nothing listens yet.
        let from = scene.stage.one.udp(0)?;
        from.send_to(b"answer", (scene.friend, 8_304))?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.press(&mut told, LOOKS)?;
        scene.reaches(&mut told, &from, 8_304, begun)?;
        let _ = scene.two.say_shield(&["forget", "--udp", "8304", "--player", "one"]);
        Ok(told)
    }),
    ("muted", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        scene.two.decide(&["mute", "one"])?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.press(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("other_version", |scene, fault| {
        let server = scene.server("sv_port 8303")?;
        let other = scene.props.folder.join("other/teeworlds-server");
        fs::create_dir_all(other.parent().context("a folder")?)?;
        let bytes = replaced(&fs::read(&scene.props.server)?, b"0.7.5", b"0.7.4");
        fs::write(&other, bytes)?;
        fs::set_permissions(&other, fs::Permissions::from_mode(0o755))?;
        let theirs = scene.props.start(&scene.stage.two, &other, "sv_port 8303")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(theirs);
        let _opened = scene.opened()?;
        scene.mended(&mut told, LOOKS)?;
        drop(server);
        Ok(told)
    }),
    ("full", |scene, fault| {
        let _opened = scene.opened()?;
        let server = scene.server("sv_port 8303; sv_player_slots 0")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        drop(server);
        let _server = scene.server("sv_port 8303")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("first_adapter", |scene, fault| scene.of_profile(fault, "StardewValley", "stardew-valley", 24_642, &[])),
    ("needs_login", |scene, fault| {
        scene.of_profile(fault, "Warcraft III.exe", "warcraft3-reforged", 5_353, &[])
    }),
    ("ipx", |scene, fault| scene.of_profile(fault, "gamemd.exe", "red-alert-2", 1_232, &[])),
    ("by_address", |scene, fault| scene.of_profile(fault, "pyrogenesis", "0ad", 20_595, &[])),
    ("started_before", |scene, fault| {
        let server = scene.props.serve(&scene.stage.one, "Civ6", "sv_port 62900")?;
        let told = scene.told(fault, Asked { game: "civ6", ..LOOKS }, &[])?;
        drop(server);
        Ok(told)
    }),
    ("unknown_there", |scene, fault| {
        let own: &[&str] = &["save", "Our game", "--program", "our-game", "--udp", "9100"];
        scene.two.know_games(own)?;
        let asked = Asked { game: "our-game", ..LOOKS };
        let mut told = scene.told(fault, asked, &["not_opened"])?;
        scene.one.know_games(own)?;
        let _server = scene.props.serve(&scene.stage.one, "our-game", "sv_port 9100")?;
        let _opened = scene.props.idle(&scene.stage.two, "our-game")?;
        let seen = scene.told("nothing_found", asked, &[])?;
        told.problem = told.problem.or(seen.problem);
        Ok(told)
    }),
    ("not_shared", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        scene.share("no")?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.share("yes")?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("not_told", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        scene.share("no")?;
        let mut told = scene.told(fault, HOSTS, &[])?;
        scene.press(&mut told, HOSTS)?;
        Ok(told)
    }),
    ("no_adapter", |scene, fault| {
        let _scene = (scene.server("sv_port 8303")?, scene.opened()?);
        let dropping = scene.drop_packets(&scene.stage.one, "")?;
        let mut told = scene.told(fault, LOOKS, &["not_reached"])?;
        drop(dropping);
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
    ("not_connected", |scene, fault| {
        scene.one.kill()?;
        let _opened = scene.opened()?;
        let mut told = scene.told(fault, LOOKS, &[])?;
        scene.one.start_again()?;
        scene.one.wait_until_running()?;
        let _server = scene.server("sv_port 8303")?;
        scene.one.wait_until_direct(&scene.two, READY_LIMIT)?;
        scene.mended(&mut told, LOOKS)?;
        Ok(told)
    }),
];

impl Scene<'_> {
    /// What follows from the game alone: a server of its name listens, and the game is open at the other's.
    fn of_profile(
        &self,
        fault: &'static str,
        program: &str,
        game: &'static str,
        port: u16,
        beside: &[&str],
    ) -> Result<Told> {
        let _server = self.props.serve(&self.stage.one, program, &format!("sv_port {port}"))?;
        let _opened = self.props.idle(&self.stage.two, program)?;
        self.told(fault, Asked { game, ..LOOKS }, beside)
    }

    /// The button starts the game into the friend's, at that port.
    fn joins(&self, told: &mut Told, game: &str, port: u16) -> Result<()> {
        if told.problem.is_some() {
            return Ok(());
        }
        let (folder, said) = client()?;
        self.two.explain_with(&[&self.ids[0], game, "--fix"], &folder)?;
        let words = fs::read_to_string(&said).unwrap_or_default();
        if words != format!("connect {}:{port}\n", self.address) {
            told.problem = Some(format!("started with {words:?}"));
        }
        Ok(())
    }

    /// What comes from there reaches a program of player two's.
    fn reaches(&self, told: &mut Told, from: &UdpSocket, port: u16, begun: Instant) -> Result<()> {
        let socket = self.stage.two.udp(port)?;
        let mut buffer = [0; 16];
        while begun.elapsed() < LIMIT * 2 {
            from.send_to(b"answer", (self.friend, port))?;
            if socket.recv_from(&mut buffer).is_ok() {
                return Ok(());
            }
        }
        if told.problem.is_none() {
            told.problem = Some("opened, and not reached".to_owned());
        }
        Ok(())
    }
}

/// The same bytes with others in the place of some.
fn replaced(bytes: &[u8], from: &[u8; 5], to: &[u8; 5]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> =
        (0..bytes.len().saturating_sub(5)).filter(|at| &bytes[*at..*at + 5] == from).collect();
    for at in places {
        bytes[at..at + 5].copy_from_slice(to);
    }
    bytes
}
