//! Who hosts and plays what, as a friend is shown it: real servers start on player one's computer and are killed there.

pub mod crowd;
pub mod why;

use std::{
    env,
    ffi::OsString,
    fs,
    net::Ipv4Addr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    Host, Player, Process, Stage,
    capture::{Capture, Frames},
    program, stage, teeworlds,
};

/// How long a party may take to stand.
const READY_LIMIT: Duration = Duration::from_secs(40);
/// How long anything else may take until it counts as never.
const LIMIT: Duration = Duration::from_secs(12);
/// How long the list of a game's client may take.
const LISTED: Duration = Duration::from_millis(1_500);
/// Between two looks at what a player is shown.
const PAUSE: Duration = Duration::from_millis(30);
/// Where Debian and its descendants put games: not on everybody's search path.
const FOLDERS: [&str; 3] = ["/usr/games", "/usr/bin", "/usr/local/bin"];

/// A game whose server can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Game {
    /// Teeworlds.
    Teeworlds,
    /// DDNet.
    Ddnet,
    /// Luanti, which Debian still calls Minetest.
    Luanti,
    /// Armagetron Advanced.
    Armagetron,
    /// BZFlag.
    Bzflag,
    /// Minecraft: Java Edition, by a stand-in.
    Minecraft,
    /// Minecraft: Bedrock Edition, by a stand-in.
    Bedrock,
    /// Mindustry, by a stand-in.
    Mindustry,
    /// Valheim, by a stand-in.
    Valheim,
    /// Quake III Arena, by a stand-in.
    Quake3,
}

impl Game {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Teeworlds,
        Self::Minecraft,
        Self::Ddnet,
        Self::Luanti,
        Self::Armagetron,
        Self::Bzflag,
        Self::Bedrock,
        Self::Mindustry,
        Self::Valheim,
        Self::Quake3,
    ];

    /// By which name LANrage knows it.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Teeworlds => "teeworlds",
            Self::Ddnet => "ddnet",
            Self::Luanti => "luanti",
            Self::Armagetron => "armagetron",
            Self::Bzflag => "bzflag",
            Self::Minecraft => "minecraft-java",
            Self::Bedrock => "minecraft-bedrock",
            Self::Mindustry => "mindustry",
            Self::Valheim => "valheim",
            Self::Quake3 => "quake3",
        }
    }

    /// What its server says that its host has chosen: a title, or a number of players, or nothing.
    const fn tells(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Teeworlds
            | Self::Ddnet
            | Self::Minecraft
            | Self::Bedrock
            | Self::Mindustry
            | Self::Valheim
            | Self::Quake3 => Some(("title", "Skyblock")),
            // As Debian's settings have it.
            Self::Armagetron => Some(("title", "Unnamed Server")),
            Self::Bzflag => Some(("max_players", "7")),
            Self::Luanti => None,
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Teeworlds | Self::Ddnet => 8_303,
            Self::Luanti => 30_000,
            Self::Armagetron => 4_534,
            Self::Bzflag => 5_154,
            Self::Minecraft => 25_565,
            Self::Bedrock => 19_132,
            Self::Mindustry => 6_567,
            Self::Valheim => 2_456,
            Self::Quake3 => 27_960,
        }
    }

    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Teeworlds => &["teeworlds-server"],
            Self::Ddnet => &["DDNet-Server", "ddnet-server"],
            Self::Luanti => &["luantiserver", "minetestserver"],
            // On Debian the other one is a script for services.
            Self::Armagetron => &["armagetronad-dedicated.real", "armagetronad-dedicated"],
            Self::Bzflag => &["bzfs"],
            Self::Minecraft | Self::Bedrock | Self::Mindustry | Self::Valheim | Self::Quake3 => &[],
        }
    }

    /// Whether its server is there.
    #[must_use]
    pub fn is_installed(self) -> bool {
        self.stand_in().is_some() || self.program().is_some()
    }

    /// Where it is.
    #[must_use]
    pub fn program(self) -> Option<PathBuf> {
        let paths =
            FOLDERS.iter().flat_map(|folder| self.programs().iter().map(|file| Path::new(folder).join(file)));
        paths.into_iter().find(|path| path.exists())
    }

    /// What its stand-in speaks, and where, and the file and the words by which the real one is known.
    const fn stand_in(self) -> Option<(&'static str, &'static str, &'static str, &'static [&'static str])> {
        match self {
            Self::Minecraft => Some(("minecraft", "[::]:25565", "java", &["-jar", "server.jar", "nogui"])),
            Self::Bedrock => Some(("raknet", "0.0.0.0:19132", "bedrock_server", &[])),
            Self::Mindustry => {
                Some(("mindustry", "0.0.0.0:6567", "java", &["-jar", "server-release.jar", "host"]))
            }
            // It is asked at the port above that of the game.
            Self::Valheim => {
                Some(("source", "0.0.0.0:2457", "valheim_server.x86_64", &["--also", "0.0.0.0:2456"]))
            }
            Self::Quake3 => Some(("quake3", "0.0.0.0:27960", "ioq3ded.x86_64", &["+map", "q3dm17"])),
            _ => None,
        }
    }

    /// Starts it on a host, with its files in a folder of its own.
    fn serve(self, host: &Host) -> Result<Process> {
        self.serve_at(host, self.port())
    }

    /// The same with a port of Teeworlds or DDNet that is chosen.
    fn serve_at(self, host: &Host, port: u16) -> Result<Process> {
        if let Some((format, bind, file, words)) = self.stand_in() {
            let path = stage::data_folder(self.slug())?.join(file);
            fs::copy(program("bench_load"), &path)?;
            let mut command = host.command(path);
            command.args(["game-server", format, bind]).args(words);
            return host.spawn(command);
        }
        let program = self.program().with_context(|| format!("the server of {} is missing", self.slug()))?;
        let home = stage::data_folder(self.slug())?;
        let mut command = host.command(program);
        command.env("HOME", &home).current_dir(&home);
        match self {
            Self::Teeworlds | Self::Ddnet => {
                command.arg(format!("sv_name Skyblock; sv_register 0; sv_port {port}"));
            }
            Self::Luanti => {
                command.args(["--port", "30000", "--world"]).arg(home.join("world"));
            }
            Self::Armagetron => {
                command.arg("--userdatadir").arg(&home);
                for (word, folder) in
                    [("--datadir", "/usr/share/games/armagetronad"), ("--configdir", "/etc/armagetronad")]
                {
                    if Path::new(folder).exists() {
                        command.args([word, folder]);
                    }
                }
            }
            Self::Bzflag => {
                command.args(["-p", "5154", "-mp", "7"]);
            }
            Self::Minecraft | Self::Bedrock | Self::Mindustry | Self::Valheim | Self::Quake3 => {}
        }
        host.spawn(command)
    }
}

/// How soon a friend is shown a server, and what.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What was started: a game's slug, or a word for what else was tried.
    pub what: String,
    /// From the start to the friend's window.
    pub shown: Option<Duration>,
    /// From the start until all is shown that the server says.
    pub told: Option<Duration>,
    /// From the kill until it is shown no more.
    pub gone: Option<Duration>,
    /// What was shown.
    pub words: String,
    /// What was not as it should be.
    pub problem: Option<String>,
}

impl Seen {
    /// As an object of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let ms = |time: Option<Duration>| time.map(|time| time.as_millis() as u64);
        json!({
            "what": self.what, "shown_ms": ms(self.shown), "told_ms": ms(self.told), "gone_ms": ms(self.gone),
            "words": self.words, "problem": self.problem,
        })
    }
}

/// Starts and kills each server on player one's computer and looks at player two's; then a program that only plays, a start of
/// the game into the friend's, and the setting that shows nothing. Build it inside a [`world`](crate::world).
///
/// # Errors
/// If the lab cannot be built, or a party does not stand.
pub fn play(games: &[Game], mut report: impl FnMut(Seen)) -> Result<()> {
    let stage = Stage::build()?;
    let _server = stage.start_control_server()?;
    let one = Player::create(&stage.one, "one", "LAN", &stage.control_url())?;
    let two = Player::join(&stage.two, "two", one.registered_link(READY_LIMIT)?)?;
    one.wait_until_direct(&two, READY_LIMIT)?;
    for player in [&one, &two] {
        player.wait_for_address(READY_LIMIT)?;
    }
    let hall = Hall { stage: &stage, one: &one, two: &two };
    let capture = Capture::start(stage.lab.internet(), "public", "/run/radar.pcap".as_ref())?;
    for game in games {
        report(hall.host(*game)?);
    }
    report(hall.host_unheard()?);
    report(hall.only_play()?);
    report(hall.own()?);
    report(hall.join()?);
    report(only_friends_know(games, &capture.finish()?)?);
    report(hall.say_nothing()?);
    report(hall.found()?);
    report(hall.heard()?);
    report(hall.search_by_mdns()?);
    report(hall.search_at_another_port()?);
    Ok(())
}

/// Neither the public segment nor the server's files have a word of any game.
fn only_friends_know(games: &[Game], frames: &Frames) -> Result<Seen> {
    ensure!(!frames.is_empty(), "nothing was captured");
    let mut files = Vec::new();
    for file in fs::read_dir(stage::data_folder("server")?)? {
        let path = file?.path();
        if path.is_file() {
            files.extend(fs::read(path)?);
        }
    }
    ensure!(!files.is_empty(), "the server has no files");
    let slugs = games.iter().map(|game| game.slug());
    let said: Vec<&str> = slugs
        .chain(["Skyblock", "Castle", "factorio"])
        .filter(|word| {
            let is_kept = files.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
            is_kept || frames.count_containing(word.as_bytes()) > 0
        })
        .collect();
    let problem = (!said.is_empty()).then(|| format!("others can read {said:?}"));
    let words = format!("{} frames and {} bytes of files have no word of it", frames.len(), files.len());
    let none = Some(Duration::ZERO);
    Ok(Seen { what: "private".to_owned(), shown: none, told: none, gone: none, words, problem })
}

/// A stand-in for the client of Teeworlds, in a folder of its own, and the file into which it writes the words that it was
/// started with.
fn client() -> Result<(PathBuf, PathBuf)> {
    let folder = stage::data_folder("client")?;
    let (client, said) = (folder.join("teeworlds"), folder.join("said"));
    fs::write(&client, format!("#!/bin/sh\nfor word; do echo \"$word\" >> {}; done\n", said.display()))?;
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755))?;
    Ok((folder, said))
}

struct Hall<'a> {
    stage: &'a Stage,
    one: &'a Player,
    two: &'a Player,
}

impl Hall<'_> {
    /// Player one's game of this slug as player two is shown it.
    fn shown(&self, slug: &str) -> Result<Option<Value>> {
        let status = self.two.status()?;
        let games = status["party"]["peers"][0]["games"].as_array().cloned().unwrap_or_default();
        Ok(games.into_iter().find(|game| game["slug"] == slug))
    }

    /// How long after `since` player two is shown what is wanted of that game.
    fn wait(
        &self,
        slug: &str,
        since: Instant,
        is_wanted: impl Fn(Option<&Value>) -> bool,
    ) -> Result<Option<Duration>> {
        while since.elapsed() < LIMIT {
            let asked = since.elapsed();
            if is_wanted(self.shown(slug)?.as_ref()) {
                return Ok(Some(asked));
            }
            thread::sleep(PAUSE);
        }
        Ok(None)
    }

    fn host(&self, game: Game) -> Result<Seen> {
        let address = format!("{}:{}", self.one.wait_for_address(READY_LIMIT)?, game.port());
        let begun = Instant::now();
        let mut server = game.serve(&self.stage.one)?;
        let is_hosted =
            |shown: Option<&Value>| shown.is_some_and(|game| game["hosted"]["address"] == address);
        let shown = self.wait(game.slug(), begun, is_hosted)?;
        let says = |hosted: &Value| {
            game.tells().is_none_or(|(field, value)| hosted[field].to_string().trim_matches('"') == value)
        };
        let told = self.wait(game.slug(), begun, |shown| {
            shown.is_some_and(|game| game["hosted"].is_object() && says(&game["hosted"]))
        })?;
        let words = self.shown(game.slug())?.map(|game| game["hosted"].to_string()).unwrap_or_default();
        let problem = match shown {
            None => Some(format!("never shown; the server said:\n{}", server.tail())),
            Some(_) if told.is_none() => Some("what the server says is not shown".to_owned()),
            Some(_) => None,
        };
        server.kill()?;
        let gone = self.wait(game.slug(), Instant::now(), |shown| shown.is_none())?;
        Ok(Seen { what: game.slug().to_owned(), shown, told, gone, words, problem })
    }

    /// A server is shown as well where no broadcast passes between the two: each drops what the other's programs send to everybody.
    fn host_unheard(&self) -> Result<Seen> {
        let decide = |more: &[&str]| -> Result<()> {
            self.one.decide(&[&["mute", "two"], more].concat())?;
            self.two.decide(&[&["mute", "one"], more].concat())
        };
        decide(&[])?;
        let seen = self.host(Game::Teeworlds);
        decide(&["--undo"])?;
        Ok(Seen { what: "no broadcast".to_owned(), ..seen? })
    }

    /// A program of a game that listens nowhere is played, and not hosted; one that is no game's is nothing.
    fn only_play(&self) -> Result<Seen> {
        let folder = stage::data_folder("programs")?;
        for name in ["factorio", "no-game"] {
            fs::copy("/bin/sleep", folder.join(name))?;
        }
        let start = |name: &str| {
            let mut command = self.stage.one.command(folder.join(name));
            command.arg("60");
            self.stage.one.spawn(command)
        };
        let begun = Instant::now();
        let (mut game, _other) = (start("factorio")?, start("no-game")?);
        let shown = self.wait("factorio", begun, |shown| shown.is_some())?;
        let words = self.shown("factorio")?.unwrap_or_default();
        let count = self.two.status()?["party"]["peers"][0]["games"].as_array().map_or(0, Vec::len);
        let problem =
            (words["hosted"] != Value::Null || count != 1).then(|| format!("{count} games: {words}"));
        game.kill()?;
        let gone = self.wait("factorio", Instant::now(), |shown| shown.is_none())?;
        Ok(Seen { what: "played".to_owned(), shown, told: shown, gone, words: words.to_string(), problem })
    }

    /// A game of the player's own is seen as soon as it is known, and gone as soon as it is hidden.
    fn own(&self) -> Result<Seen> {
        let program = stage::data_folder("programs")?.join("our-game");
        fs::copy("/bin/sleep", &program)?;
        let mut command = self.stage.one.command(&program);
        command.arg("60");
        let _game = self.stage.one.spawn(command)?;
        let begun = Instant::now();
        self.one.know_games(&["save", "Our game", "--program", "our-game", "--udp", "9000"])?;
        let shown = self.wait("our-game", begun, |shown| shown.is_some())?;
        let words = self.shown("our-game")?.unwrap_or_default();
        self.one.know_games(&["hide", "Our game"])?;
        let gone = self.wait("our-game", Instant::now(), |shown| shown.is_none())?;
        let problem = (words["name"] != "Our game").then(|| words.to_string());
        Ok(Seen { what: "own".to_owned(), shown, told: shown, gone, words: words.to_string(), problem })
    }

    /// `lanrage games join` starts the game with the friend's address and nothing else.
    fn join(&self) -> Result<Seen> {
        let (folder, said) = client()?;
        let mut server = Game::Teeworlds.serve(&self.stage.one)?;
        let begun = Instant::now();
        let shown = self.wait("teeworlds", begun, |shown| shown.is_some())?;
        let mut path = OsString::from(&folder);
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        let pressed = Instant::now();
        self.two.join_game("one", &path)?;
        let told = pressed.elapsed();
        let words = fs::read_to_string(&said).unwrap_or_default();
        let wanted = format!("connect {}:8303\n", self.one.wait_for_address(READY_LIMIT)?);
        let problem = (words != wanted).then(|| format!("started with {words:?}"));
        server.kill()?;
        let gone = self.wait("teeworlds", Instant::now(), |shown| shown.is_none())?;
        let words = words.trim().to_owned();
        Ok(Seen { what: "join".to_owned(), shown, told: Some(told), gone, words, problem })
    }

    /// The server of a player who tells nobody of games is found by whoever looks for games, as in any LAN, and marked so.
    fn found(&self) -> Result<Seen> {
        Player::choose(&self.stage.one, "one", "share_games", "no")?;
        let mut server = Game::Teeworlds.serve(&self.stage.one)?;
        // It listens soon; nobody is told.
        thread::sleep(Duration::from_secs(2));
        let silent = self.shown("teeworlds")?.is_none();
        let (shown, words) = self.look_and_wait("answers", |shown| shown.is_some())?;
        server.kill()?;
        // No search begins sooner after another.
        thread::sleep(Duration::from_secs(5));
        let (gone, _) = self.look_and_wait("", |shown| shown.is_none())?;
        Player::choose(&self.stage.one, "one", "share_games", "yes")?;
        let is_marked = words["source"] == "answers";
        let problem =
            (!silent || !is_marked).then(|| format!("told though nothing is shared, or not marked: {words}"));
        Ok(Seen { what: "found".to_owned(), shown, told: shown, gone, words: words.to_string(), problem })
    }

    /// Player two looks for games until what is shown of teeworlds is as wanted.
    fn look_and_wait(
        &self,
        source: &str,
        is_wanted: impl Fn(Option<&Value>) -> bool,
    ) -> Result<(Option<Duration>, Value)> {
        let pressed = Instant::now();
        thread::scope(|scope| {
            let look = scope.spawn(|| self.two.know_games(&["look"]));
            let time = self.wait("teeworlds", pressed, |shown| {
                is_wanted(shown) && shown.is_none_or(|shown| shown["source"] == source)
            })?;
            let words = self.shown("teeworlds")?.unwrap_or_default();
            look.join().map_err(|_| anyhow::anyhow!("looking for games failed"))??;
            Ok((time, words))
        })
    }

    /// A world that announces itself is shown though nobody tells of it, at the player's own address, and not as long as it is
    /// announced no more.
    fn heard(&self) -> Result<Seen> {
        let lease = self.one.wait_for_address(READY_LIMIT)?;
        let socket = self.stage.one.udp(0)?;
        socket2::SockRef::from(&socket).set_multicast_if_v4(&lease)?;
        let announce = || socket.send_to(b"[MOTD]Castle[/MOTD][AD]51234[/AD]", ("224.0.2.60", 4_445));
        let begun = Instant::now();
        let wanted = format!("{lease}:51234");
        let shown = self.wait("minecraft-java", begun, |shown| {
            let is_it = |game: &Value| game["hosted"]["address"] == wanted && game["source"] == "announced";
            let is_shown = shown.is_some_and(is_it);
            if !is_shown {
                let _ = announce();
            }
            is_shown
        })?;
        let words = self.shown("minecraft-java")?.unwrap_or_default();
        // It counts ten seconds from the last word.
        thread::sleep(Duration::from_secs(8));
        let gone = self.wait("minecraft-java", Instant::now(), |shown| shown.is_none())?;
        Ok(Seen {
            what: "heard".to_owned(),
            shown,
            told: shown,
            gone,
            words: words.to_string(),
            problem: None,
        })
    }

    /// The search of a game by multicast DNS reaches the party where both players let it, and a search for printers never does.
    fn search_by_mdns(&self) -> Result<Seen> {
        const SEARCH: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x09_blizzard\x04_udp\x05local\0\0\x0c\0\x01";
        const PRINTERS: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\0\x01";
        let lease = self.two.wait_for_address(READY_LIMIT)?;
        let (asks, hears) = (self.stage.two.udp(5_353)?, self.stage.one.udp(5_353)?);
        socket2::SockRef::from(&asks).set_multicast_if_v4(&lease)?;
        // As who answers does, by whatever interface.
        hears.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &Ipv4Addr::UNSPECIFIED)?;
        hears.set_read_timeout(Some(Duration::from_millis(300)))?;
        let heard = |packet: &[u8]| {
            let _ = asks.send_to(packet, ("224.0.0.251", 5_353));
            let mut buffer = [0; 512];
            while let Ok((len, from)) = hears.recv_from(&mut buffer) {
                if from.ip() == lease && buffer[..len] == *packet {
                    return true;
                }
            }
            false
        };
        let before = heard(SEARCH);
        let let_through = |word: &str| -> Result<()> {
            [self.one, self.two]
                .iter()
                .try_for_each(|player| player.know_games(&[word, "warcraft3-reforged"]))
        };
        let_through("let-through")?;
        let begun = Instant::now();
        let mut shown = None;
        while shown.is_none() && begun.elapsed() < LIMIT {
            shown = heard(SEARCH).then(|| begun.elapsed());
        }
        let printers = heard(PRINTERS);
        let_through("keep-home")?;
        let begun = Instant::now();
        let mut gone = None;
        while gone.is_none() && begun.elapsed() < LIMIT {
            gone = (!heard(SEARCH)).then(|| begun.elapsed());
        }
        let problem =
            (before || printers).then(|| format!("before it was let: {before}, printers: {printers}"));
        let words = "a search by multicast DNS, let through by both".to_owned();
        Ok(Seen { what: "mdns".to_owned(), shown, told: shown, gone, words, problem })
    }

    /// A search of a game's own list finds a server on a port that the list does not ask, while its host has searches brought
    /// there, and only then.
    fn search_at_another_port(&self) -> Result<Seen> {
        const PORT: u16 = 9_000;
        let lease = self.one.wait_for_address(READY_LIMIT)?;
        let mut server = Game::Teeworlds.serve_at(&self.stage.one, PORT)?;
        self.wait("teeworlds", Instant::now(), |shown| shown.is_some())?;
        let find = || {
            let socket = self.stage.two.udp(0)?;
            let found = teeworlds::find_on(&socket, 8_303..=8_310, LISTED).ok();
            Ok::<_, anyhow::Error>(found.map(|server| server.address))
        };
        let before = find()?;
        let begun = Instant::now();
        self.one.know_games(&["bring-searches", "teeworlds"])?;
        let mut found = None;
        while found.is_none() && begun.elapsed() < LIMIT {
            found = find()?;
        }
        let shown = found.map(|_| begun.elapsed());
        let words = found.map(|address| format!("a list found {address}")).unwrap_or_default();
        let is_it = found.is_none_or(|address| address == (lease, PORT).into());
        self.one.know_games(&["leave-searches", "teeworlds"])?;
        let begun = Instant::now();
        let mut gone = None;
        while gone.is_none() && begun.elapsed() < LIMIT {
            gone = find()?.is_none().then(|| begun.elapsed());
        }
        server.kill()?;
        let problem = (before.is_some() || !is_it).then(|| format!("before it was brought: {before:?}"));
        Ok(Seen { what: "other port".to_owned(), shown, told: shown, gone, words, problem })
    }

    /// Who shares nothing is shown with nothing, at once; the server goes on.
    fn say_nothing(&self) -> Result<Seen> {
        let mut server = Game::Teeworlds.serve(&self.stage.one)?;
        let begun = Instant::now();
        let shown = self.wait("teeworlds", begun, |shown| shown.is_some())?;
        Player::choose(&self.stage.one, "one", "share_games", "no")?;
        let gone = self.wait("teeworlds", Instant::now(), |shown| shown.is_none())?;
        ensure!(server.is_running()?, "the server ended; it said:\n{}", server.tail());
        Player::choose(&self.stage.one, "one", "share_games", "yes")?;
        let told = self.wait("teeworlds", Instant::now(), |shown| shown.is_some())?;
        server.kill()?;
        let problem = told.is_none().then(|| "not shown again".to_owned());
        Ok(Seen { what: "not shared".to_owned(), shown, told, gone, words: String::new(), problem })
    }
}
