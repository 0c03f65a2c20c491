//! Which games run, by what the system says of programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Instant,
};

use lanrage_party::{Name, Place, Transport};

use crate::{
    catalogue::Catalogue,
    profile::{Profile, Program, Query, Slug},
};

/// Arguments among which the game's program is looked for that Wine runs.
const WINE_ARGUMENTS: usize = 4;
/// From here on the system chooses ports by itself (RFC 6056): a server's own choice is below.
const FIRST_EPHEMERAL: u16 = 32_768;
/// Most games that are seen at once.
const GAMES: usize = 16;

/// A program that runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Running {
    /// The file name of its program, without the folder.
    pub file: String,
    /// Its arguments, itself the first; none where the system does not show them.
    pub arguments: Vec<String>,
    /// The number under which Steam has started it, if it has.
    pub steam_app: Option<u32>,
    /// What it listens on.
    pub listening: Vec<Listening>,
    /// When it was started, where the system tells.
    pub started: Option<Instant>,
}

/// A socket that hears strangers: one of UDP that is bound to a port and connected to nobody, or one of TCP that takes
/// connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    /// The protocol.
    pub transport: Transport,
    /// Where it is bound.
    pub address: SocketAddr,
}

impl Listening {
    /// The port.
    pub fn place(&self) -> Place {
        Place { transport: self.transport, port: self.address.port() }
    }

    /// Whether what is sent to this address comes to it.
    pub(crate) fn hears(&self, lease: Ipv4Addr) -> bool {
        let ip = self.address.ip().to_canonical();
        ip.is_unspecified() || ip == IpAddr::V4(lease)
    }
}

/// A game that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// Which.
    pub slug: Slug,
    /// What it is called.
    pub name: Name,
    /// Whether it is played here, and not only hosted.
    pub is_played: bool,
    /// Where it is hosted.
    pub hosted: BTreeSet<Place>,
    /// Where it is hosted if its server answers there: players listen as well.
    pub perhaps_hosted: BTreeSet<Place>,
    /// How its server is asked.
    pub query: Option<Query>,
}

impl Running {
    /// The file names by which it may be known: its own, that by which it was called, and that which Wine runs in it.
    fn names(&self) -> impl Iterator<Item = &str> {
        let called = self.arguments.first().map(String::as_str);
        let is_exe = |argument: &&String| argument.to_lowercase().ends_with(".exe");
        let by_wine = self.arguments.iter().take(WINE_ARGUMENTS).filter(is_exe).map(String::as_str);
        [Some(self.file.as_str()), called]
            .into_iter()
            .flatten()
            .chain(by_wine)
            .map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path))
    }
}

impl Catalogue {
    /// Whether some game has such a program, so that it is worth looking at closely.
    pub fn knows(&self, running: &Running) -> bool {
        self.games().any(|game| role(game, running).is_some())
    }

    /// Which games run, and where they are hosted for whoever reaches `lease`. A program that could be of several games is
    /// of none.
    pub fn detect(&self, running: &[Running], lease: Ipv4Addr) -> Vec<Detected> {
        let mut found: BTreeMap<&Slug, Detected> = BTreeMap::new();
        for program in running {
            let Some((game, role)) = self.game_of(program) else { continue };
            let detected = found.entry(&game.slug).or_insert_with(|| Detected {
                slug: game.slug.clone(),
                name: game.name.clone(),
                is_played: false,
                hosted: BTreeSet::new(),
                perhaps_hosted: BTreeSet::new(),
                query: game.query,
            });
            let places = program.listening.iter().filter_map(|socket| place(socket, lease, game));
            match role {
                Role::Server => {
                    let hosted = of_server(game, places.collect());
                    // What goes by the name of such a server is not always one; its answer says so.
                    match game.query.is_some_and(|query| query.protocol.is_at_any_port()) {
                        true => detected.perhaps_hosted.extend(hosted),
                        false => detected.hosted.extend(hosted),
                    }
                }
                Role::Game => {
                    detected.is_played = true;
                    let (hosted, perhaps) = of_game(game, places.collect());
                    detected.hosted.extend(hosted);
                    detected.perhaps_hosted.extend(perhaps);
                }
                Role::Perhaps => detected.perhaps_hosted.extend(of_game(game, places.collect()).1),
            }
        }
        let is_there =
            |game: &Detected| game.is_played || !game.hosted.is_empty() || !game.perhaps_hosted.is_empty();
        found.into_values().filter(is_there).take(GAMES).collect()
    }

    /// The one game of which it is a program.
    pub(crate) fn game_of(&self, program: &Running) -> Option<(&Profile, Role)> {
        let mut fitting: Vec<(&Profile, Role)> =
            self.games().filter_map(|game| Some((game, role(game, program)?))).collect();
        let by_steam = |game: &Profile| program.steam_app.is_some_and(|app| game.steam.contains(&app));
        let by_port = |game: &Profile| program.listening.iter().any(|socket| game.is_usual(socket.place()));
        if fitting.len() > 1 {
            let is_any_by_steam = fitting.iter().any(|(game, _)| by_steam(game));
            fitting.retain(|(game, _)| if is_any_by_steam { by_steam(game) } else { by_port(game) });
        }
        match fitting[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// What a program is to a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Game,
    Server,
    /// Perhaps one of both: its arguments would say, and are not seen.
    Perhaps,
}

fn role(game: &Profile, running: &Running) -> Option<Role> {
    let is_one_of = |programs: &[Program]| {
        running.names().any(|name| programs.iter().any(|program| program.is(name, &running.arguments)))
    };
    let may_be_one = || {
        let mut programs = game.servers.iter().chain(&game.programs);
        running.arguments.is_empty() && programs.any(|program| program.has_file(&running.file))
    };
    if is_one_of(&game.servers) {
        Some(Role::Server)
    } else if is_one_of(&game.programs) {
        Some(Role::Game)
    } else {
        may_be_one().then_some(Role::Perhaps)
    }
}

/// The place of a socket that whoever reaches the lease can reach, and may.
fn place(socket: &Listening, lease: Ipv4Addr, game: &Profile) -> Option<Place> {
    let place = socket.place();
    (socket.hears(lease) && !game.is_closed(place) && place.port != 0).then_some(place)
}

/// Whether a socket of a program of the game may be where it is hosted: at a usual port, or at one that whoever started a server
/// has chosen.
pub(crate) fn is_of_game(game: &Profile, place: Place, role: Role) -> bool {
    let any = game.query.filter(|query| query.protocol.is_at_any_port());
    let speaks = || game.ports.iter().any(|range| range.transport() == place.transport);
    match role {
        Role::Server => game.is_usual(place) || speaks() && place.port < FIRST_EPHEMERAL,
        Role::Game | Role::Perhaps => match any {
            Some(query) => place.transport == query.protocol.transport(),
            None => game.is_usual(place),
        },
    }
}

/// Where a server hosts: on the usual port that is first among its own, or on the first of others that its host may have
/// chosen.
fn of_server(game: &Profile, places: BTreeSet<Place>) -> Option<Place> {
    let usual = places.iter().find(|place| game.is_usual(**place));
    let chosen = || places.iter().find(|place| is_of_game(game, **place, Role::Server));
    usual.or_else(chosen).copied()
}

/// Where a game that is played is hosted, too; and where that is so if its server answers.
fn of_game(game: &Profile, places: BTreeSet<Place>) -> (BTreeSet<Place>, BTreeSet<Place>) {
    let may_be = |place: &Place| is_of_game(game, *place, Role::Game);
    let places: BTreeSet<Place> = places.into_iter().filter(may_be).collect();
    match game.query {
        Some(_) => (BTreeSet::new(), places),
        None if game.is_mesh => Default::default(),
        None => (places.into_iter().take(1).collect(), BTreeSet::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    fn running(line: &str, sockets: &[&str]) -> Running {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let socket = |text: &&str| {
            let (transport, address) = text.split_once(' ').unwrap();
            Listening { transport: transport.parse().unwrap(), address: address.parse().unwrap() }
        };
        Running {
            file: arguments[0].rsplit('/').next().unwrap().to_owned(),
            arguments,
            steam_app: None,
            listening: sockets.iter().map(socket).collect(),
            started: None,
        }
    }

    fn seen(programs: &[Running]) -> Vec<String> {
        let words = |game: Detected| {
            let places = |places: BTreeSet<Place>| {
                places.into_iter().map(|place| place.port.to_string()).collect::<Vec<_>>().join(",")
            };
            let (hosted, perhaps) = (places(game.hosted), places(game.perhaps_hosted));
            format!(
                "{} {} [{hosted}] [{perhaps}]",
                game.slug,
                if game.is_played { "plays" } else { "serves" }
            )
        };
        Catalogue::builtin().detect(programs, LEASE).into_iter().map(words).collect()
    }

    #[test]
    fn a_server_hosts_where_it_listens_and_others_can_reach_it() {
        let server = |sockets: &[&str]| seen(&[running("/usr/games/teeworlds-server sv_port", sockets)]);
        assert_eq!(server(&["udp 0.0.0.0:8303"]), ["teeworlds serves [8303] []"]);
        assert_eq!(server(&["udp [::]:8305", "udp 0.0.0.0:44444"]), ["teeworlds serves [8305] []"]);
        assert_eq!(
            server(&["udp 10.66.0.2:9000"]),
            ["teeworlds serves [9000] []"],
            "a port of the host's choice"
        );
        for nobody in [&[][..], &["udp 127.0.0.1:8303"], &["udp 192.168.1.5:8303"], &["tcp 0.0.0.0:8303"]] {
            assert!(server(nobody).is_empty(), "{nobody:?}");
        }
    }

    #[test]
    fn who_plays_hosts_only_where_that_is_certain() {
        assert_eq!(seen(&[running("/opt/teeworlds", &["udp 0.0.0.0:51234"])]), ["teeworlds plays [] []"]);
        assert_eq!(seen(&[running("factorio", &["udp 0.0.0.0:34197"])]), ["factorio plays [34197] []"]);
        assert_eq!(
            seen(&[running("openarena", &["udp 0.0.0.0:27960"])]),
            ["openarena plays [] [27960]"],
            "whoever plays listens there too"
        );
        assert_eq!(
            seen(&[running("age2_x1.exe", &["tcp 0.0.0.0:47624", "udp 0.0.0.0:2350"])]),
            ["aoe-1999 plays [] []"],
            "all who play listen"
        );
        let minecraft = "/usr/lib/jvm/bin/java -cp x net.minecraft.client.main.Main --username x";
        assert_eq!(
            seen(&[running(minecraft, &["tcp [::]:51111", "udp 0.0.0.0:5"])]),
            ["minecraft-java plays [] [51111]"]
        );
        assert!(seen(&[running("java -jar editor.jar", &["tcp [::]:51111"])]).is_empty());
        assert_eq!(
            seen(&[running("java -jar server.jar nogui", &["tcp [::]:25565", "tcp [::]:25575"])]),
            ["minecraft-java serves [] [25565]"],
            "other programs have such a file, too"
        );
    }

    #[test]
    fn whose_arguments_are_not_seen_hosts_only_where_its_server_answers() {
        let unseen = |file: &str, sockets: &[&str]| {
            seen(&[Running { arguments: Vec::new(), ..running(file, sockets) }])
        };
        assert_eq!(unseen("javaw.exe", &["tcp [::]:51111"]), ["minecraft-java serves [] [51111]"]);
        assert_eq!(unseen("java.exe", &["tcp [::]:25565"]), ["minecraft-java serves [] [25565]"]);
        assert!(unseen("javaw.exe", &["udp [::]:51111"]).is_empty(), "Java runs much else");
        assert_eq!(unseen("Factorio.exe", &["udp 0.0.0.0:34197"]), ["factorio plays [34197] []"]);
    }

    #[test]
    fn a_game_is_known_in_wine_and_several_programs_of_one_are_one_game() {
        let proton = running("wine64-preloader Z:\\games\\Factorio\\Factorio.exe --x", &[]);
        assert_eq!(seen(&[proton.clone(), proton]), ["factorio plays [] []"]);
        assert!(seen(&[running("vim factorio.txt", &[])]).is_empty());
    }

    #[test]
    fn a_program_of_several_games_is_told_by_steam_or_by_its_port_or_not_at_all() {
        let mut hl2 = running("hl2_linux -game x", &["udp 0.0.0.0:27005"]);
        assert!(Catalogue::builtin().knows(&hl2));
        assert!(seen(std::slice::from_ref(&hl2)).is_empty());
        hl2.steam_app = Some(240);
        assert_eq!(seen(&[hl2]), ["cs-source plays [] []"]);
    }

    #[test]
    fn ordinary_programs_are_nothing() {
        for line in [
            "/usr/bin/bash",
            "sshd: root",
            "/usr/lib/firefox/firefox -contentproc",
            "game.exe",
            "python3 a.py",
        ] {
            assert!(!Catalogue::builtin().knows(&running(line, &["tcp 0.0.0.0:80"])), "{line}");
        }
    }
}
