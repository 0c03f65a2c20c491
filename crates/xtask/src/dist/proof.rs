//! The life of the .deb on a machine that is thrown away: installed with the system's package manager, used by an
//! ordinary user who gets the adapter from the helper and joins a party, replaced by a newer one under the running party,
//! and purged without a trace.
//!
//! No systemd runs there. The helper is started as its unit says: its user, its capabilities, its socket.

mod anywhere;
mod rpm;
mod server;
mod traces;

use std::{
    ffi::OsString,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{Host, Player, Process, Stage, stage::data_folder, throwaway::Throwaway};

use self::traces::Baseline;
use super::folder;
use crate::shell;

/// The version that replaces the project's own.
pub(super) const NEWER: &str = "99.0.0";

/// The user who plays, and where they keep what they keep.
const USER: &str = "player";
const DATA: &str = "home/player/lanrage";

/// How long a step may take on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where packages have their units, below a machine's root.
const UNITS: &str = "usr/lib/systemd/system";

/// Everything, in order; each step says what it saw.
pub(super) fn run() -> Result<()> {
    let stage = Stage::build()?;
    let _server = stage.start_control_server()?;
    let machine = Throwaway::new()?;
    let host = &stage.two;
    let services = system_services(&machine, host)?;
    machine.run(host, &["useradd", "--create-home", USER])?;
    // The index of manual pages, which takes longer than all else here and is none of our files (man-db's own switch).
    machine.run(host, &["rm", "--force", "/var/lib/man-db/auto-update"])?;
    let first = package(env!("CARGO_PKG_VERSION"))?;
    let baseline = others_traces(&machine, host, &first)?;

    install(&machine, host, &first)?;
    let new = baseline.new_files(&machine.changes()?);
    check_files(&machine, host)?;
    say(&format!("Installed by apt-get: {new} files and folders, each of its format"));

    let helper = Helper::start(&machine, host, UNITS)?;
    let Evening { mut one, mut two, friend, address, reached } =
        Evening::begin(&stage, ["one", "two"], as_user(&machine, "lanrage"))?;
    say(&format!(
        "An ordinary user started it, got {address} through the helper, joined, and reached a friend after {} ms",
        reached.as_millis()
    ));

    let device = machine.run(host, &["ip", "-oneline", "link", "show", "lanrage0"])?;
    let ping = continuous_ping(host, friend)?;
    install(&machine, host, &package(NEWER)?)?;
    drop(helper);
    let helper = Helper::start(&machine, host, UNITS)?;
    let answered = end_ping(ping)?;
    ensure!(two.is_running()?, "the program ended; it said:\n{}", two.tail());
    let later = machine.run(host, &["ip", "-oneline", "link", "show", "lanrage0"])?;
    ensure!(device == later, "the device is another one:\n{device}{later}");
    say(&format!("Replaced by version {NEWER}, its helper too: the party went on, {answered}"));

    two.leave()?;
    one.leave()?;
    server::run(&machine, host)?;
    drop(helper);
    machine.run(host, &["apt-get", "purge", "--yes", "lanrage"])?;
    let left = baseline.traces(&machine.changes()?, |path| traces::names_us(&machine.place(path)));
    let lines: Vec<_> = left.iter().map(|path| path.display().to_string()).collect();
    ensure!(left.is_empty(), "the purge left, took or changed:\n{}", lines.join("\n"));
    ensure!(!machine.root().join("run/lanrage").exists(), "the purge left /run/lanrage");
    ensure!(machine.root().join(DATA).is_dir(), "the purge took what is the user's");
    say("Purged: no file more, fewer or other than before, but what is the user's own");

    rpm::run(&machine, &stage)?;
    drop(services);
    anywhere::run(&machine, &stage)
}

/// Lets the programs that read these files say whether they are right.
fn check_files(machine: &Throwaway, host: &Host) -> Result<()> {
    let version = machine.run(host, &["lanrage", "--version"])?;
    ensure!(version.contains(env!("CARGO_PKG_VERSION")), "it is another version: {version}");
    for check in [
        &["appstreamcli", "validate", "--no-net", "/usr/share/metainfo/io.lanrage.app.metainfo.xml"][..],
        &["bash", "-n", "/usr/share/bash-completion/completions/lanrage"],
        &["desktop-file-validate", "/usr/share/applications/lanrage.desktop"],
        &["gzip", "--test", "/usr/share/man/man1/lanrage-join.1.gz"],
    ] {
        machine.run(host, check)?;
    }
    Ok(())
}

/// A friend's party, and the user of the installed program in it.
struct Evening {
    one: Player,
    two: Player,
    /// The friend's address.
    friend: Ipv4Addr,
    /// The user's.
    address: Ipv4Addr,
    /// From the user's start until the friend answered.
    reached: Duration,
}

impl Evening {
    /// The user's program is started by these words, and gets its adapter from the helper.
    fn begin(stage: &Stage, names: [&'static str; 2], starter: Vec<OsString>) -> Result<Self> {
        let one = Player::create(&stage.one, names[0], "Package", &stage.control_url())?;
        let link = one.registered_link(PATIENCE)?;
        let friend = one.wait_for_address(PATIENCE)?;
        let joined = Instant::now();
        let two = Player::join_with(&stage.two, names[1], starter, Path::new("/").join(DATA), &link)?;
        let address = two.wait_for_address(PATIENCE)?;
        wait_for("a ping's answer", || stage.two.can_ping(friend))?;
        Ok(Self { one, two, friend, address, reached: joined.elapsed() })
    }
}

/// What starts the installed program as the user, who has no right beyond those of every user.
fn as_user(machine: &Throwaway, program: &str) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["chroot".into(), machine.root().into()];
    words.extend(["setpriv", "--init-groups", "--no-new-privs", "--bounding-set=-all"].map(OsString::from));
    let user =
        [format!("--reuid={USER}"), format!("--regid={USER}"), "env".into(), format!("HOME=/home/{USER}")];
    words.extend(user.map(OsString::from));
    words.push(program.into());
    words
}

fn say(what: &str) {
    println!("{} {what}", shell::green("✓"));
}

fn package(version: &str) -> Result<PathBuf> {
    made("debug/bundle/deb", &format!("lanrage_{version}_"), "deb")
}

/// What was made below the folder of packages, by how its name begins and ends.
fn made(place: &str, begin: &str, ending: &str) -> Result<PathBuf> {
    let mut found = super::found_in(&folder().join(place))?.into_iter();
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(begin) && name.ends_with(ending)
    };
    found.find(is_it).with_context(|| format!("{begin}*.{ending} is missing"))
}

/// With the system's package manager, from the packages that are there: there is no network.
fn install(machine: &Throwaway, host: &Host, package: &Path) -> Result<()> {
    let inside = machine.bring(package)?;
    let inside = inside.to_str().context("a name that is text")?;
    machine.run(host, &["apt-get", "install", "--yes", "--no-install-recommends", inside])?;
    Ok(())
}

/// Lets the package's stand-in come and go, for what others do to this machine then.
fn others_traces(machine: &Throwaway, host: &Host, package: &Path) -> Result<Baseline> {
    let (name, stand_in) = traces::stand_in(package, &data_folder("stand-in")?)?;
    let before = machine.changes()?;
    install(machine, host, &stand_in)?;
    machine.run(host, &["apt-get", "purge", "--yes", name])?;
    Ok(Baseline::new(&before, machine.changes()?))
}

/// The bus and polkit, as every desktop has them, with a rule by which its administrator lets this user have adapters:
/// the user's session here is none that polkit could know.
fn system_services(machine: &Throwaway, host: &Host) -> Result<[Process; 2]> {
    // In the language of polkit's rules, which knows no newer JavaScript.
    let rule = format!(
        "polkit.addRule(function(action, subject) {{ \
         if (action.id == 'io.lanrage.helper.open-adapter' && subject.user == '{USER}') return polkit.Result.YES; \
         }});\n"
    );
    let rules = machine.root().join("etc/polkit-1/rules.d");
    fs::create_dir_all(&rules)?;
    fs::write(rules.join("49-player.rules"), rule)?;
    fs::create_dir_all(machine.root().join("run/dbus"))?;
    let start = |words: &[&str]| {
        let mut command = host.command("chroot");
        command.arg(machine.root()).args(words);
        host.spawn(command)
    };
    let bus = start(&["dbus-daemon", "--system", "--nofork", "--nopidfile"])?;
    wait_for("the system bus", || Ok(machine.root().join("run/dbus/system_bus_socket").exists()))?;
    let polkit = start(&["/usr/lib/polkit-1/polkitd"])?;
    Ok([bus, polkit])
}

/// The first of the users that systemd makes for a unit while it runs (systemd.exec(5)).
const DYNAMIC_USER: &str = "61184";

/// The installed helper, as its unit has it run.
struct Helper(Child);

impl Helper {
    /// By its units, which lie in a folder below the machine's root.
    fn start(machine: &Throwaway, host: &Host, units: &str) -> Result<Self> {
        let units = machine.root().join(units);
        let (socket, service) =
            (read(&units.join("lanrage-helper.socket"))?, read(&units.join("lanrage-helper.service"))?);
        let path = setting(&socket, "ListenSequentialPacket")?;
        // What systemd does with the one before it.
        let _ = fs::remove_file(machine.root().join(path.trim_start_matches('/')));
        let listener = machine.listen(path)?;

        let user = match setting(&service, "DynamicUser") {
            Ok(_) => DYNAMIC_USER,
            Err(_) => setting(&service, "User")?,
        };
        let capabilities = |key: &str| -> Result<String> {
            let names = setting(&service, key)?
                .split(' ')
                .map(|name| format!(",+{}", name.to_lowercase()[4..].to_owned()));
            Ok(format!("-all{}", names.collect::<String>()))
        };
        let (ambient, bounding) =
            (capabilities("AmbientCapabilities")?, capabilities("CapabilityBoundingSet")?);
        let mut command = host.command("chroot");
        command.arg(machine.root()).args(["setpriv", "--clear-groups", "--no-new-privs"]);
        command.args([
            format!("--reuid={user}"),
            format!("--regid={user}"),
            format!("--bounding-set={bounding}"),
        ]);
        command.args([format!("--inh-caps={ambient}"), format!("--ambient-caps={ambient}")]);
        command.args(setting(&service, "ExecStart")?.split(' '));
        Ok(Self(command.stdin(Stdio::from(listener)).spawn()?))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// The value of a key of a unit.
fn setting<'u>(unit: &'u str, key: &str) -> Result<&'u str> {
    let mut values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.next().with_context(|| format!("the unit has no {key}"))
}

fn wait_for(what: &str, mut happened: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !happened()? {
        if Instant::now() >= deadline {
            bail!("there was no sign of {what} within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn continuous_ping(host: &Host, friend: Ipv4Addr) -> Result<Process> {
    let mut command = host.command("ping");
    command.args(["-n", "-i", "0.2", &friend.to_string()]);
    let ping = host.spawn(command)?;
    ping.wait_for("an answer", PATIENCE, |line| line.contains("icmp_seq=3 ").then_some(()))?;
    Ok(ping)
}

/// How many pings were answered; an error if it was not all of them.
fn end_ping(mut ping: Process) -> Result<String> {
    ping.interrupt(PATIENCE)?;
    let tail = ping.tail();
    let line = tail.lines().find(|line| line.contains("packet loss")).context("ping summed nothing up")?;
    let mut numbers = line.split(' ').filter_map(|word| word.parse::<u32>().ok());
    let (sent, received) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    // The last one may be on its way.
    ensure!(received + 1 >= sent, "the party was interrupted: {line}");
    Ok(format!("{received} of {sent} pings answered"))
}
