//! Floods at a control server: what another visitor, with another address, notices.

use std::{
    fs::{self, File},
    io::Write,
    net::IpAddr,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Host, Lab, Process, expected::Family, stage};
use serde_json::Value;

use super::{
    Row, Scale,
    flood::{self, Flood},
    place,
};
use crate::bench::usage;

/// File descriptors of a process that nobody has given more.
const FEW_FILES: u32 = 1_024;
/// After this a server that has room again must take parties again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(5);
/// Megabytes of the disk that is filled.
const DISK_MB: u32 = 24;

/// A server in public, whoever attacks it, and somebody else.
struct Scene {
    family: Family,
    server_host: Host,
    eve: Host,
    /// Those of the one who attacks.
    addresses: Vec<IpAddr>,
    other: Host,
}

impl Scene {
    fn build(family: Family) -> Result<Self> {
        let mut lab = Lab::new()?;
        let server_host = place::public_host(&mut lab, family, "server", 5)?;
        let other = place::public_host(&mut lab, family, "other", 61)?;
        let (eve, addresses) = place::stranger(&mut lab, family)?;
        lab.settle()?;
        Ok(Self { family, server_host, eve, addresses, other })
    }

    fn control(&self) -> String {
        place::socket_of(&self.server_host, self.family, stage::CONTROL_PORT).to_string()
    }

    fn stun(&self) -> String {
        place::socket_of(&self.server_host, self.family, stage::STUN_PORT).to_string()
    }

    /// Opens connections that say nothing, from all of the attacker's addresses.
    fn be_silent(&self, to: &str, connections: u32, length: Duration) -> Result<Flood> {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        let connections = connections.to_string();
        self.attack(&["silent", to, "--from", &addresses.join(","), "--connections", &connections], length)
    }

    fn attack(&self, words: &[&str], length: Duration) -> Result<Flood> {
        Flood::start(&self.eve, "attack", words, length)
    }

    /// What somebody else sees for so long.
    fn watch(&self, words: &[&str], length: Duration) -> Result<Value> {
        Flood::start(&self.other, "attack", words, length)?.finish()
    }

    fn meet(&self) -> Result<Value> {
        flood::ask(&self.other, "attack", &["meet", &self.control()])
    }

    fn heartbeat(&self, length: Duration) -> Result<Value> {
        self.watch(&["heartbeat", &self.control()], length)
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::INFINITY)
}

/// A row about the longest that an answer took; one that never came is over every goal.
fn worst(what: &'static str, calm: &Value, attacked: &Value, limit_ms: f64) -> Row {
    let lost = attacked["lost"].as_u64().unwrap_or(u64::MAX);
    let text =
        |times: &Value| format!("{:.1} ({:.1})", number(&times["worst_ms"]), number(&times["median_ms"]));
    let attacked_text = text(attacked);
    Row {
        what,
        calm: text(calm),
        attacked: match attacked["why"].as_str() {
            Some(why) => format!("{attacked_text}, {lost} lost: {why}"),
            None => attacked_text,
        },
        goal: format!("≤ {limit_ms:.0}"),
        passes: lost == 0 && number(&attacked["worst_ms"]) <= limit_ms,
    }
}

/// A row about two who meet over the server.
fn meeting(calm: &Value, attacked: &Value, limit_ms: f64) -> Row {
    let text = |meeting: &Value| match meeting["why"].as_str() {
        Some(why) => why.to_owned(),
        None => format!("{:.0}", number(&meeting["ms"])),
    };
    Row {
        what: "others make and join a party, ms",
        calm: text(calm),
        attacked: text(attacked),
        goal: format!("≤ {limit_ms:.0}"),
        passes: attacked["met"] == true && number(&attacked["ms"]) <= limit_ms,
    }
}

pub(super) fn pings(Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(Family::V4)?;
    let server = stage::start_server(&scene.server_host, &[])?;
    let calm = scene.heartbeat(long / 2)?;
    let before = memory_mb(&server)?;
    let attack = scene.attack(&["pings", &scene.control(), "--connections", "20"], long)?;
    let attacked = scene.heartbeat(long / 2)?;
    let mut most: f64 = 0.0;
    let end = Instant::now() + long / 2;
    while Instant::now() < end {
        most = most.max(memory_mb(&server)?);
        thread::sleep(Duration::from_millis(100));
    }
    attack.finish()?;
    let more = most - before;
    Ok(vec![
        memory(more, 10.0),
        worst("others' sign of life, ms: worst (median)", &calm, &attacked, 100.0 * slack),
    ])
}

pub(super) fn silence(family: Family, Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(family)?;
    let _server = stage::start_server_with_files(&scene.server_host, FEW_FILES)?;
    let calm = (scene.watch(&["stun", &scene.stun()], long / 2)?, scene.meet()?);
    let attack = scene.be_silent(&scene.control(), FEW_FILES + 16, long * 2)?;
    let attacked = (scene.watch(&["stun", &scene.stun()], long)?, scene.meet()?);
    Ok(vec![
        held(&attack.finish()?, 64),
        worst("STUN's answer, ms: worst (median)", &calm.0, &attacked.0, 5.0 * slack),
        meeting(&calm.1, &attacked.1, 1_000.0 * slack),
    ])
}

/// Those who use a relay by TCP have places of their own, which end sooner where nobody logs in.
pub(super) fn streams(Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(Family::V4)?;
    let server = stage::start_server(&scene.server_host, &[])?;
    let ask = ["stun", &scene.stun(), "--tcp"];
    let calm = (scene.watch(&ask, long / 2)?, memory_mb(&server)?);
    let attack = scene.be_silent(&scene.stun(), 2_000, long * 2)?;
    let attacked = (scene.watch(&ask, long)?, memory_mb(&server)?);
    let more = attacked.1 - calm.1;
    Ok(vec![
        held(&attack.finish()?, 16),
        worst("others' answer by TCP, ms: worst (median)", &calm.0, &attacked.0, 50.0 * slack),
        memory(more, 10.0),
    ])
}

/// A row about how many megabytes more the server holds than before.
fn memory(more: f64, limit: f64) -> Row {
    Row {
        what: "memory of the server, MB more",
        calm: "0.0".to_owned(),
        attacked: format!("{more:.1}"),
        goal: format!("≤ {limit:.0}"),
        passes: more <= limit,
    }
}

/// A row about how many connections a source could hold.
fn held(said: &Value, limit: u64) -> Row {
    Row {
        what: "silent connections that were held",
        calm: "–".to_owned(),
        attacked: format!("{} of {} opened", said["open"], said["opened"]),
        goal: format!("≤ {limit} of a source"),
        passes: said["open"].as_u64().is_some_and(|open| open <= limit),
    }
}

pub(super) fn parties(Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(Family::V4)?;
    let _server = stage::start_server(&scene.server_host, &[])?;
    let calm = scene.meet()?;
    let words = ["parties", &scene.control(), "--identities", "2000", "--parties", "16"];
    let attack = scene.attack(&words, long)?;
    thread::sleep(long / 2);
    let attacked = scene.meet()?;
    let said = attack.finish()?;
    let made = said["made"].as_u64().unwrap_or(u64::MAX);
    Ok(vec![
        Row {
            what: "parties of one address",
            calm: "–".to_owned(),
            attacked: format!("{made} by {} logins", said["let_in"]),
            goal: "≤ 20".to_owned(),
            passes: made <= 20,
        },
        meeting(&calm, &attacked, 1_000.0 * slack),
    ])
}

pub(super) fn storm(Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(Family::V4)?;
    let server = stage::start_server(&scene.server_host, &[])?;
    let calm = (scene.heartbeat(long / 2)?, memory_mb(&server)?);
    let attack = scene.attack(&["storm", &scene.control(), "--members", "64"], long * 2)?;
    let attacked = (scene.heartbeat(long)?, memory_mb(&server)?);
    attack.finish()?;
    let more = attacked.1 - calm.1;
    Ok(vec![
        worst("others' sign of life, ms: worst (median)", &calm.0, &attacked.0, 100.0 * slack),
        memory(more, 20.0),
    ])
}

pub(super) fn full_disk(Scale { long, slack }: Scale) -> Result<Vec<Row>> {
    let scene = Scene::build(Family::V4)?;
    let folder = stage::data_folder(scene.server_host.name())?;
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={DISK_MB}m"), "lanrage"])
        .arg(&folder)
        .status()?;
    ensure!(mounted.success(), "no disk to fill: mount ended with {mounted}");
    let mut server = stage::start_server(&scene.server_host, &[])?;
    let calm = scene.heartbeat(long / 2)?;
    let met = scene.meet()?;
    let present = Flood::start(&scene.other, "attack", &["heartbeat", &scene.control()], long * 2)?;
    let filler = folder.join("filler");
    fill(&filler)?;
    // Whoever makes a party now is told no; whoever is there goes on.
    let refused = scene.meet()?;
    thread::sleep(long);
    let attacked = present.finish()?;
    fs::remove_file(&filler)?;
    let room = Instant::now();
    let mut again = scene.meet()?;
    while again["met"] != true && room.elapsed() < RECOVERY_LIMIT {
        thread::sleep(Duration::from_millis(100));
        again = scene.meet()?;
    }
    let took = room.elapsed();
    let runs = server.is_running()?;
    Ok(vec![
        worst("who is there: sign of life, ms: worst (median)", &calm, &attacked, 1_000.0 * slack),
        Row {
            what: "the server",
            calm: "runs".to_owned(),
            attacked: if runs { "runs" } else { "has ended" }.to_owned(),
            goal: "runs".to_owned(),
            passes: runs,
        },
        Row {
            what: "a party when there is room again, ms",
            calm: format!("{:.0}", number(&met["ms"])),
            attacked: if again["met"] == true {
                took.as_millis().to_string()
            } else {
                again["why"].to_string()
            },
            goal: "≤ 5,000".to_owned(),
            passes: again["met"] == true && took <= RECOVERY_LIMIT,
        },
        Row {
            what: "a party while it is full",
            calm: "–".to_owned(),
            attacked: if refused["met"] == true { "made" } else { "refused" }.to_owned(),
            goal: "an answer".to_owned(),
            passes: refused["why"] != "no answer",
        },
    ])
}

/// Until nothing more fits.
fn fill(path: &std::path::Path) -> Result<()> {
    let mut file = File::create(path).with_context(|| path.display().to_string())?;
    for block in [vec![0; 64 << 10], vec![0; 512]] {
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}

/// What the server holds, in megabytes (10⁶).
fn memory_mb(server: &Process) -> Result<f64> {
    let held = usage::memory_mb(&[server.id()]);
    ensure!(held > 0.0, "the server has ended:\n{}", server.tail());
    Ok(held)
}
