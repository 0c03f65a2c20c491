//! A private world for a lab: fresh network, mount and process namespaces that vanish with their first process.
//!
//! A program cannot move itself into a new process namespace, so it runs itself again under `unshare`. The first
//! process of the world is that second run. When it ends, or when the process that waits for it outside ends by
//! whatever signal, the kernel kills everything inside and drops the namespaces with all their devices and rules.

use std::{
    any::type_name,
    env, fs,
    io::{self, Read},
    os::fd::AsRawFd,
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::{
    fs::{Mode, OFlags},
    mount::{MountFlags, mount, mount_bind, mount_bind_recursive},
};

use crate::program::this_program;

/// Marks the environment of a world's first process.
const MARK: &str = "LANRAGE_LAB_WORLD";

/// How long one test may stay in its world. A lab test takes seconds; one that hangs must not hang the suite.
const TEST_LIMIT: Duration = Duration::from_secs(180);

/// On which side of [`enter`] a program finds itself.
#[derive(Debug)]
pub enum World {
    /// The second run: labs can be built here.
    Inside,
    /// The first run, after the second has ended with this status.
    Left(ExitStatus),
}

/// Runs this program again, with the same arguments, as the first process of a new world.
///
/// Call it at the start of `main`. Standard streams are shared with the second run, so an interrupt from the
/// terminal ends both.
///
/// # Errors
/// If the kernel or the machine's policy does not allow namespaces; the text says what is needed.
pub fn enter() -> Result<World> {
    if is_inside() {
        prepare()?;
        return Ok(World::Inside);
    }
    let status = first_process(isolated()?)?.args(env::args_os().skip(1)).status()?;
    Ok(World::Left(status))
}

/// The same for a world in which this program is the machine's root, by `sudo` where it is not root already.
///
/// # Errors
/// As those of [`enter`].
pub fn enter_as_root() -> Result<World> {
    if is_inside() || rustix::process::geteuid().is_root() {
        return enter();
    }
    let mut command = Command::new("sudo");
    command.arg("setpriv").args(DIES_WITH_US).args(NAMESPACES);
    let status = first_process(command)?.args(env::args_os().skip(1)).status();
    Ok(World::Left(status.context("only root can do this, and there is no sudo")?))
}

/// Runs this program again with other arguments, as the first process of a new world, and returns what it did.
/// What it writes to standard error is seen at once.
///
/// # Errors
/// As those of [`enter`].
pub fn run_again(arguments: &[&str]) -> Result<Output> {
    let mut command = first_process(isolated()?)?;
    Ok(command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?)
}

/// Runs the body of a `#[test]` function in a new world; the test fails where the body fails there.
///
/// `body` must be a closure written in the test function itself: the name of that function, which the second run
/// needs, is taken from the closure's type.
///
/// # Panics
/// If the body fails, panics or outlasts three minutes, or if there can be no world on this machine.
pub fn test<F: FnOnce() -> Result<()>>(body: F) {
    if is_inside() {
        prepare().and_then(|()| body()).unwrap_or_else(|error| panic!("{error:?}"));
        return;
    }
    let (ended, output) = rerun_test(test_name::<F>()).unwrap_or_else(|error| panic!("{error:?}"));
    // A name that matches no test would end well without having tested anything.
    assert!(ended && output.contains("test result: ok. 1 passed"), "in the lab:\n{output}");
    print!("{output}");
}

/// `target::module::function::{{closure}}` → `module::function`, as the test harness names it.
fn test_name<F>() -> &'static str {
    let path = type_name::<F>();
    let path = path.split_once("::{{closure}}").map_or(path, |(function, _)| function);
    path.split_once("::").map_or(path, |(_, name)| name)
}

fn rerun_test(name: &str) -> Result<(bool, String)> {
    let (mut reader, writer) = io::pipe()?;
    let mut command = first_process(isolated()?)?;
    command.args([name, "--exact", "--nocapture", "--include-ignored"]);
    let mut child = command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command holds the writing end of the pipe; without it the reader would never see the end.
    drop(command);

    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut output = Vec::new();
        let read = reader.read_to_end(&mut output);
        // The receiver is gone only after the time limit, when nobody asks any more.
        let _ = sender.send(read.map(|_| String::from_utf8_lossy(&output).into_owned()));
    });
    let output = match receiver.recv_timeout(TEST_LIMIT) {
        Ok(output) => output?,
        Err(_) => {
            child.kill()?;
            child.wait()?;
            let partial = receiver.recv().context("the output reader stopped")??;
            bail!("{name} did not end within {TEST_LIMIT:?}; it said:\n{partial}");
        }
    };
    Ok((child.wait()?.success(), output))
}

/// Whether this process is the first one of a world, where labs can be built.
#[must_use]
pub fn is_inside() -> bool {
    // The mark alone would not do: children of that process inherit it.
    env::var_os(MARK).is_some() && std::process::id() == 1
}

/// Makes of a command that isolates what follows one that makes this program the first process of a new world.
fn first_process(mut isolated: Command) -> Result<Command> {
    // Whoever was started in the background by a shell ignores the terminal's signals, and so would all that it starts;
    // programs of the lab are ended by them.
    isolated.args(["env", "--default-signal=INT,QUIT"]).arg(format!("{MARK}=1")).arg(this_program()?);
    Ok(isolated)
}

/// What `setpriv` is told: that nothing outlives its parent.
const DIES_WITH_US: [&str; 2] = ["--pdeathsig", "KILL"];
/// What makes the namespaces of a world, which `unshare` itself ends when it is killed.
const NAMESPACES: [&str; 8] =
    ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/// A command that runs what follows it in new namespaces.
fn isolated() -> Result<Command> {
    let isolated = || {
        let mut command = Command::new("setpriv");
        command.args(DIES_WITH_US).arg(NAMESPACES[0]);
        if !rustix::process::geteuid().is_root() {
            // Not mapped to root: programs that meet root try to become somebody else, which nobody can in here.
            command.args(["--user", "--map-current-user", "--keep-caps"]);
        }
        command.args(&NAMESPACES[1..]);
        command
    };
    let probe = isolated().arg("true").output();
    let probe = probe.context("cannot run `setpriv` and `unshare` (package util-linux)")?;
    ensure!(probe.status.success(), refusal(&String::from_utf8_lossy(&probe.stderr)));
    Ok(isolated())
}

fn refusal(reason: &str) -> String {
    let reason = reason.trim();
    if rustix::process::geteuid().is_root() {
        return format!(
            "this machine does not let root make namespaces ({reason}).\nIn a container, start it with the \
             capability SYS_ADMIN and NET_ADMIN (for Docker: --privileged)."
        );
    }
    let mut text = format!(
        "this machine does not let an ordinary user make network namespaces ({reason}).\nEither run the same \
         command as root, or allow user namespaces:"
    );
    for (switch, wanted) in [
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ("kernel/unprivileged_userns_clone", "1"),
        ("user/max_user_namespaces", "10000"),
    ] {
        let Ok(value) = fs::read_to_string(format!("/proc/sys/{switch}")) else { continue };
        let refuses = if wanted == "0" { value.trim() != "0" } else { value.trim() == "0" };
        if refuses {
            text += &format!("\n    sudo sysctl -w {}={wanted}", switch.replace('/', "."));
        }
    }
    text
}

/// Gives the new world a private `/run`, where `ip netns` keeps its names, and a loopback.
fn prepare() -> Result<()> {
    // What is made here is read by others than its owner, whatever the user's own files are.
    rustix::process::umask(Mode::from_raw_mode(0o022));
    // Display and session sockets live here, and a window opened from inside needs them.
    let sessions =
        rustix::fs::open("/run/user", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    mount("tmpfs", "/run", "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, None).context("mount on /run")?;
    fs::create_dir("/run/netns")?;
    if let Ok(sessions) = sessions {
        fs::create_dir("/run/user")?;
        mount_bind_recursive(format!("/proc/self/fd/{}", sessions.as_raw_fd()), "/run/user")
            .context("bind /run/user")?;
    }
    fail_name_lookups_at_once()?;
    name_the_server()?;
    super::ip::run("link set lo up")
}

/// Points the resolver at a port where nobody listens: programs that look up names fail at once, not by a timeout.
fn fail_name_lookups_at_once() -> Result<()> {
    let (own, system) = ("/run/resolv.conf", Path::new("/etc/resolv.conf"));
    // Where it is a link into the hidden `/run` there is none now, which means the same.
    if system.exists() {
        fs::write(own, "nameserver 127.0.0.1\n")?;
        mount_bind(own, system).context("bind /etc/resolv.conf")?;
    }
    Ok(())
}

/// Gives the name [`SERVER_NAME`](crate::meeting::SERVER_NAME) both addresses of the lab's server, as a name service
/// would: a link with an address in it could be opened by one IP family only.
fn name_the_server() -> Result<()> {
    let own = "/run/hosts";
    let [v4, v6] = crate::meeting::server_addresses();
    let name = crate::meeting::SERVER_NAME;
    fs::write(own, format!("127.0.0.1 localhost\n::1 localhost\n{v4} {name}\n{v6} {name}\n"))?;
    mount_bind(own, "/etc/hosts").context("bind /etc/hosts")
}
