//! The real helper under the user and the rights that its unit gives it, and callers of other users, in network
//! namespaces of their own. Needs root, or a user namespace with more than one user in it.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{BufRead, BufReader, IoSlice, Write},
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use lanrage_adapter::{
    Adapter, AdapterConfig, AdapterError, Device, Ready, VIRTIO_HEADER_BYTES,
    helper::{Denial, Reply, Request, Wish},
};
use lanrage_party::{COPIES_QUEUE, COPY_HEADER_BYTES, Lane, Subnet, VirtualIp, facts::Cause};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen,
    recv, send, socket_with,
    sockopt::{Timeout, set_socket_timeout},
};

/// In which part of a test this process is: unset outside, then `inside` the namespace, then an ordinary `user`.
const PART: &str = "LANRAGE_TEST_PART";
const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 9);
/// Polkit's program, by which the helper asks.
const PKCHECK: &str = "/usr/bin/pkcheck";
/// An ordinary user, another one, and the one under whom the helper runs.
const USER: u32 = 1;
const OTHER: u32 = 2;
const HELPER: u32 = 65534;

fn part() -> String {
    std::env::var(PART).unwrap_or_default()
}

/// This very program again, for one test alone.
fn again(mut before: Command, program: &Path, test: &str, part: &str) -> Command {
    before.arg("--").arg(program).args([test, "--exact", "--nocapture", "--test-threads=1"]).env(PART, part);
    before
}

/// Runs `body` in a fresh network namespace. `test` is the name of the calling test.
fn in_private_network(test: &str, body: fn()) {
    if part() == "inside" {
        open_tun_to_everybody();
        return body();
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount"]);
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user", "--map-auto"]);
    }
    let output = again(unshare, &std::env::current_exe().unwrap(), test, "inside")
        .output()
        .expect("unshare (util-linux)");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        !err.starts_with("unshare:"),
        "this test needs namespaces; run it as root. The system said: {err}"
    );
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

/// Gives this mount namespace the device file that udev makes: everybody may open it, and making an interface with it
/// takes a right. Machines without udev keep it to root.
fn open_tun_to_everybody() {
    if fs::metadata("/dev/net/tun").unwrap().permissions().mode() & 0o006 != 0o006 {
        let own = "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200";
        assert!(Command::new("sh").args(["-c", own]).status().unwrap().success());
    }
}

/// A program as a user, with these capabilities and no way to others.
fn as_user(uid: u32, capabilities: &str) -> Command {
    let mut setpriv = Command::new("setpriv");
    setpriv.args([
        format!("--reuid={uid}"),
        format!("--regid={uid}"),
        "--clear-groups".into(),
        "--no-new-privs".into(),
    ]);
    for set in ["--bounding-set", "--inh-caps", "--ambient-caps"] {
        setpriv.arg(format!("{set}=-all{capabilities}"));
    }
    setpriv
}

/// A folder that every user can enter, with a socket on which the helper waits.
struct Running {
    folder: PathBuf,
    helper: Child,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("lanrage-hand-over-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        // The build's own folder may be closed to other users.
        fs::copy(env!("CARGO_BIN_EXE_lanrage-helper"), folder.join("lanrage-helper")).unwrap();
        fs::copy(std::env::current_exe().unwrap(), folder.join("user")).unwrap();

        let helper = Self::serve(&folder, arguments);
        Self { folder, helper }
    }

    fn serve(folder: &Path, arguments: &[&str]) -> Child {
        let listener = seqpacket();
        let path = folder.join("helper.sock");
        bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        listen(&listener, 16).unwrap();
        as_user(HELPER, ",+net_admin,+bpf,+net_raw")
            .arg(folder.join("lanrage-helper"))
            .args(arguments)
            .stdin(Stdio::from(listener))
            .spawn()
            .expect("setpriv (util-linux)")
    }

    /// As when the package is replaced.
    fn replace(&mut self, arguments: &[&str]) {
        self.helper.kill().unwrap();
        self.helper.wait().unwrap();
        fs::remove_file(self.socket()).unwrap();
        self.helper = Self::serve(&self.folder, arguments);
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("helper.sock")
    }

    /// The `user` part of a test, as an ordinary user without any right.
    fn user(&self, test: &str) -> Child {
        again(as_user(USER, ""), &self.folder.join("user"), test, "user")
            .env("LANRAGE_HELPER_SOCKET", self.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What the helper answers to these bytes of root's.
    fn answer(&self, bytes: &[u8]) -> Reply {
        let socket = self.connect();
        send(&socket, bytes, SendFlags::NOSIGNAL).unwrap();
        reply(&socket)
    }

    fn connect(&self) -> OwnedFd {
        let socket = seqpacket();
        connect(&socket, &SocketAddrUnix::new(self.socket()).unwrap()).unwrap();
        set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_secs(20))).unwrap();
        socket
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.helper.kill();
        let _ = self.helper.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn seqpacket() -> OwnedFd {
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

/// The message; descriptors that come with it are closed by the kernel, for want of room.
fn reply(socket: &OwnedFd) -> Reply {
    let mut bytes = [0; Reply::MAX_BYTES];
    let (length, _) = recv(socket, &mut bytes, RecvFlags::empty()).unwrap();
    Reply::parse(&bytes[..length]).unwrap()
}

fn config() -> AdapterConfig {
    AdapterConfig {
        name: "lanrage0".into(),
        address: VirtualIp(OWN),
        subnet: Subnet::DEFAULT,
        mtu: 1420,
        offload: true,
    }
}

fn links() -> String {
    let output = Command::new("ip").args(["-brief", "link"]).output().expect("ip (iproute2)");
    String::from_utf8(output.stdout).unwrap()
}

/// Waits for a line of a user's part, past those of the test harness.
fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, wanted: &str) {
    let found = lines.map(Result::unwrap).any(|line| line.ends_with(wanted));
    assert!(found, "the user's part never said {wanted:?}");
}

#[test]
fn a_user_without_any_right_has_an_adapter_that_outlives_the_helper_and_dies_with_the_user() {
    const TEST: &str =
        "a_user_without_any_right_has_an_adapter_that_outlives_the_helper_and_dies_with_the_user";
    if part() == "user" {
        let adapter = Adapter::open(&config()).unwrap_or_else(|error| panic!("{error}"));
        println!("{} is up", adapter.name());
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return exchange_packets(&adapter);
    }
    in_private_network(TEST, || {
        let mut running = Running::start(&["--allow-uid", "1"]);
        let mut user = running.user(TEST);
        let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
        wait_for(&mut lines, "lanrage0 is up");
        running.helper.kill().unwrap();
        running.helper.wait().unwrap();
        assert!(links().contains("lanrage0"));
        user.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        wait_for(&mut lines, "packets flow");
        assert!(user.wait().unwrap().success());
        assert!(!links().contains("lanrage0"), "{}", links());
    });
}

/// Puts the computer into a network, by a card with a cable to nowhere.
fn plug_in_a_card() {
    for words in [
        "link add card type veth peer name cable",
        "address add 192.168.7.2/24 brd + dev card",
        "link set card up",
        "link set cable up",
        "route add default via 192.168.7.1",
    ] {
        assert!(Command::new("ip").args(words.split(' ')).status().unwrap().success(), "{words}");
    }
}

#[test]
fn a_user_without_any_right_gets_copies_of_searches_and_the_real_network_keeps_them() {
    const TEST: &str = "a_user_without_any_right_gets_copies_of_searches_and_the_real_network_keeps_them";
    if part() == "user" {
        let adapter = Adapter::open(&config()).unwrap_or_else(|error| panic!("{error}"));
        assert!(adapter.has_copies());
        let mut buffer = [0; 2_048];
        let mut search = || {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.set_broadcast(true).unwrap();
            socket.send_to(b"a home's", (Ipv4Addr::new(239, 255, 255, 250), 1_900)).unwrap();
            socket.send_to(b"who is there?", (Ipv4Addr::BROADCAST, 8_303)).unwrap();
            assert_eq!(adapter.wait(COPIES_QUEUE).unwrap(), Ready::Packets);
            let length = adapter.try_read(COPIES_QUEUE, &mut buffer).unwrap().unwrap();
            let packet = &buffer[COPY_HEADER_BYTES..length];
            assert_eq!((&packet[12..16], &packet[16..20]), (&[192, 168, 7, 2][..], &[255; 4][..]));
            assert!(packet.ends_with(b"who is there?"));
        };
        search();
        println!("it was copied");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        // Nobody passes anything on any more.
        assert_eq!(adapter.wait(COPIES_QUEUE).unwrap(), Ready::Packets);
        assert_eq!(adapter.try_read(COPIES_QUEUE, &mut [0; 2_048]).unwrap(), None);
        println!("that has ended");
        adapter.eye().mend().unwrap();
        search();
        println!("it was copied again");
        return;
    }
    in_private_network(TEST, || {
        plug_in_a_card();
        let mut running = Running::start(&["--allow-uid", "1"]);
        let mut user = running.user(TEST);
        let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
        wait_for(&mut lines, "it was copied");
        let routes = Command::new("ip").args(["-4", "route", "show", "dev", "lanrage0"]).output().unwrap();
        let routes = String::from_utf8(routes.stdout).unwrap();
        assert_eq!(routes.lines().count(), 1, "{routes}");
        let searches = Request::new(Wish::Searches, config()).to_bytes();
        let refused = Reply::Failed { cause: Cause::NotAllowed };
        assert_eq!(running.answer(&searches), refused, "of another user's adapter");
        running.replace(&["--allow-uid", "1"]);
        user.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        wait_for(&mut lines, "that has ended");
        wait_for(&mut lines, "it was copied again");
        assert!(user.wait().unwrap().success());
    });
}

/// Whether a user without any right gets one more queue of the device: what would be deleted is attached to first.
fn can_attach(uid: u32, device: &str) -> bool {
    let attach = ["ip", "tuntap", "del", "dev", device, "mode", "tun", "multi_queue"];
    let output = as_user(uid, "").args(attach).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || said.contains("Operation not permitted"), "{said}");
    output.status.success()
}

#[test]
fn an_adapter_from_the_helper_belongs_to_its_user_and_no_other_gets_a_queue() {
    const TEST: &str = "an_adapter_from_the_helper_belongs_to_its_user_and_no_other_gets_a_queue";
    if part() == "user" {
        let adapter = Adapter::open(&config()).unwrap_or_else(|error| panic!("{error}"));
        println!("{} is up", adapter.name());
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    in_private_network(TEST, || {
        let running = Running::start(&["--allow-uid", "1"]);
        let mut user = running.user(TEST);
        let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
        wait_for(&mut lines, "lanrage0 is up");
        assert!(!can_attach(OTHER, "lanrage0"));
        assert!(can_attach(USER, "lanrage0"), "the refusal is not for another reason");
        user.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert!(user.wait().unwrap().success());
    });
}

#[test]
fn an_adapter_of_roots_own_gives_nobody_else_a_queue() {
    in_private_network("an_adapter_of_roots_own_gives_nobody_else_a_queue", || {
        for offload in [true, false] {
            let adapter = Adapter::open(&AdapterConfig { offload, ..config() }).unwrap();
            // One queue alone is taken in any case, and of another kind.
            assert!(!offload || !can_attach(OTHER, "lanrage0"));
            let link = Command::new("ip").args(["-details", "-json", "link", "show", "lanrage0"]).output();
            let link = String::from_utf8(link.unwrap().stdout).unwrap();
            assert!(link.contains("\"user\":\"root\""), "{link}");
            drop(adapter);
            assert!(!links().contains("lanrage"), "{}", links());
        }
    });
}

#[test]
fn who_asks_for_a_queue_all_the_time_never_comes_between() {
    in_private_network("who_asks_for_a_queue_all_the_time_never_comes_between", || {
        let mut asking = as_user(OTHER, "")
            .args(["ip", "-force", "-batch", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut commands = asking.stdin.take().unwrap();
        let commands = std::thread::spawn(move || {
            // Until the reader is gone.
            while commands.write_all(b"tuntap del dev lanrage0 mode tun multi_queue\n").is_ok() {}
        });
        let mut said = BufReader::new(asking.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.any(|line| line == "Command failed -:1"), "nobody asks");
        let refusals = std::thread::spawn(move || {
            let numbers =
                said.filter_map(|line| line.strip_prefix("Command failed -:")?.parse::<usize>().ok());
            numbers.collect::<Vec<_>>()
        });
        for _ in 0..30 {
            let adapter = Adapter::open(&config()).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(adapter.name(), "lanrage0");
            drop(adapter);
            assert!(!links().contains("lanrage"), "{}", links());
        }
        asking.kill().unwrap();
        asking.wait().unwrap();
        commands.join().unwrap();
        let refused = refusals.join().unwrap();
        let all: Vec<_> = (2..).take(refused.len()).collect();
        assert_eq!(refused, all, "what is not refused has got a queue");
    });
}

/// One packet out of the system, and one into it.
fn exchange_packets(adapter: &Adapter) {
    let socket = UdpSocket::bind((OWN, 4445)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.send_to(b"ping", SocketAddrV4::new(PEER, 5000)).unwrap();
    // A flow of one packet, so it comes by the lane of games where there are two.
    let queue = if adapter.queues() == 1 { 0 } else { Lane::Express as usize };
    let header = if adapter.offloads() { VIRTIO_HEADER_BYTES } else { 0 };
    let mut buffer = [0; 1500];
    let mut frame = loop {
        assert_eq!(adapter.wait(queue).unwrap(), Ready::Packets);
        if let Some(length) = adapter.try_read(queue, &mut buffer).unwrap()
            && buffer[..length].ends_with(b"ping")
        {
            break buffer[..length].to_vec();
        }
    };
    // Back to where it came from: the sums over addresses and ports stay what they are.
    for (one, other, length) in [(12, 16, 4), (20, 22, 2)] {
        let (front, back) = frame.split_at_mut(header + other);
        front[header + one..][..length].swap_with_slice(&mut back[..length]);
    }
    adapter.write(queue, &[IoSlice::new(&frame)]).unwrap();
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"ping"[..], SocketAddrV4::new(PEER, 5000).into()));
    println!("packets flow");
}

#[test]
fn a_user_whom_nobody_allows_is_denied_and_nothing_is_left() {
    const TEST: &str = "a_user_whom_nobody_allows_is_denied_and_nothing_is_left";
    if part() == "user" {
        let error = Adapter::open(&config()).unwrap_err();
        let AdapterError::HelperDenied { why, uid: USER } = error else { panic!("{error:?}") };
        println!("denied: {why:?}");
        return;
    }
    in_private_network(TEST, || {
        // Another one is allowed.
        let running = Running::start(&["--allow-uid", "2"]);
        for (polkit, why) in [
            (None, Denial::NoPolkit),
            (Some("exit 1"), Denial::Forbidden),
            (Some("exit 2"), Denial::Away),
            (Some("exit 127"), Denial::PolkitSilent),
        ] {
            let _polkit = Polkit::saying(polkit);
            let mut user = running.user(TEST);
            let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
            wait_for(&mut lines, &format!("denied: {why:?}"));
            assert!(user.wait().unwrap().success());
        }
        assert!(!links().contains("lanrage"));
    });
}

/// Stands in for polkit's program in this mount namespace, until it is dropped.
struct Polkit;

impl Polkit {
    /// It does what the shell script says; without one, it is no program.
    fn saying(script: Option<&str>) -> Self {
        let program = std::env::temp_dir().join(format!("lanrage-pkcheck-{}", std::process::id()));
        fs::write(&program, script.map_or(String::new(), |script| format!("#!/bin/sh\n{script}\n"))).unwrap();
        let mode = if script.is_some() { 0o755 } else { 0o644 };
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
        // Where polkit is not installed there is nothing to mount it on, and the folder takes a file's place.
        assert!(Path::new(PKCHECK).exists(), "this test needs pkcheck (package pkexec or polkitd)");
        assert!(Command::new("mount").arg("--bind").arg(&program).arg(PKCHECK).status().unwrap().success());
        fs::remove_file(program).unwrap();
        Self
    }
}

impl Drop for Polkit {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(PKCHECK).status();
    }
}

#[test]
fn who_is_put_on_the_list_has_an_adapter_at_once_and_a_list_that_others_may_write_counts_for_nobody() {
    const TEST: &str =
        "who_is_put_on_the_list_has_an_adapter_at_once_and_a_list_that_others_may_write_counts_for_nobody";
    if part() == "user" {
        let answer = Adapter::open(&config()).map(|adapter| adapter.name().to_owned());
        println!("{}", answer.unwrap_or_else(|error| error.to_string()));
        return;
    }
    in_private_network(TEST, || {
        let list = std::env::temp_dir().join(format!("lanrage-users-{}", std::process::id()));
        let _polkit = Polkit::saying(Some("exit 2"));
        let running = Running::start(&["--users", list.to_str().unwrap()]);
        let answered = |wanted: &str| {
            let mut user = running.user(TEST);
            let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
            wait_for(&mut lines, wanted);
            assert!(user.wait().unwrap().success());
        };
        let denied = "polkit lets who is in an active session at the computer";
        answered(denied);
        fs::write(&list, format!("{USER}\n")).unwrap();
        fs::set_permissions(&list, fs::Permissions::from_mode(0o666)).unwrap();
        answered(denied);
        fs::remove_file(&list).unwrap();
        // As the command does that the refusal gives.
        let add = format!("umask 077; echo {USER} >> {0}; chmod 644 {0}", list.display());
        assert!(Command::new("sh").args(["-c", &add]).status().unwrap().success());
        answered("lanrage0");
        fs::remove_file(&list).unwrap();
    });
}

#[test]
fn what_breaks_a_rule_is_refused_with_the_reason_and_nothing_is_left() {
    in_private_network("what_breaks_a_rule_is_refused_with_the_reason_and_nothing_is_left", || {
        let running = Running::start(&[]);
        let usual = Request::new(Wish::Adapter, config()).to_bytes();
        let asked = |config: AdapterConfig| Request::new(Wish::Adapter, config).to_bytes();
        for (bytes, why) in [
            (asked(AdapterConfig { name: "eth0".into(), ..config() }), Cause::BadName),
            (asked(AdapterConfig { mtu: 9000, ..config() }), Cause::BadPacketSize),
            (
                asked(AdapterConfig { address: VirtualIp([10, 67, 0, 1].into()), ..config() }),
                Cause::BadAddress,
            ),
            ([&[9], &usual[1..]].concat(), Cause::OtherVersion),
            (usual[..5].to_vec(), Cause::BadMessage),
            (vec![usual[0]; 4000], Cause::BadMessage),
        ] {
            let reply = running.answer(&bytes);
            assert_eq!(reply, Reply::Unfit { cause: why });
        }
        assert!(!links().contains("lanrage"));
        let good = running.answer(&usual);
        assert!(matches!(&good, Reply::Opened { name, .. } if name == "lanrage0"), "{good:?}");
        // The helper lets go of its own copies after it has answered.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while links().contains("lanrage") {
            assert!(std::time::Instant::now() < deadline, "whose descriptor is not taken is closed");
        }
    });
}

#[test]
fn a_user_who_connects_again_and_again_keeps_nobody_else_waiting() {
    const TEST: &str = "a_user_who_connects_again_and_again_keeps_nobody_else_waiting";
    if part() == "user" {
        let path = PathBuf::from(std::env::var_os("LANRAGE_HELPER_SOCKET").unwrap());
        let address = SocketAddrUnix::new(path).unwrap();
        // Waits where the queue in front of the helper is full.
        let silent = || {
            let socket = seqpacket();
            connect(&socket, &address).map(|()| socket).unwrap()
        };
        let _silent: Vec<_> = (0..40).map(|_| silent()).collect();
        println!("all are connected");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    in_private_network(TEST, || {
        let running = Running::start(&[]);
        let mut user = running.user(TEST);
        let mut lines = BufReader::new(user.stdout.take().unwrap()).lines();
        wait_for(&mut lines, "all are connected");
        // One after the other at a second each, they would be longer than it is waited for.
        let reply = running.answer(&Request::new(Wish::Adapter, config()).to_bytes());
        assert!(matches!(reply, Reply::Opened { .. }), "{reply:?}");
        user.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        assert!(user.wait().unwrap().success());
    });
}

#[test]
fn a_caller_who_says_nothing_or_hangs_up_does_not_keep_the_next_one_waiting_for_long() {
    in_private_network(
        "a_caller_who_says_nothing_or_hangs_up_does_not_keep_the_next_one_waiting_for_long",
        || {
            let running = Running::start(&[]);
            let silent = running.connect();
            drop(running.connect());
            let reply_to_next = running.answer(&Request::new(Wish::Adapter, config()).to_bytes());
            assert!(matches!(reply_to_next, Reply::Opened { .. }), "{reply_to_next:?}");
            assert!(matches!(reply(&silent), Reply::Failed { .. }));
        },
    );
}
