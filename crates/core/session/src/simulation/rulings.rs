//! Owner, moderators and members rule while some are cut off: who is out is deaf, and in the end all conclude the same.

use std::{net::SocketAddr, num::NonZeroU16, time::Duration};

use lanrage_party::{
    Admission, Invitation, LinkTerms, Name, NatType, Pass, PeerId, Role, Rulings, Serial, Standing,
};

use super::{
    liar::Liar,
    schedule::{Fault, SETTLING},
    site::Site,
    world::{Event, Meeting, World, trace},
};
use crate::{Command, Input, Wish, party::active::ActiveParty};

/// Schedules of a run of the test suite.
const ROUNDS: u64 = 300;
/// The same with a server that lies.
const LYING_ROUNDS: u64 = 100;
/// Between two looks at what is to be done.
const LOOK: Duration = Duration::from_millis(250);
/// What a game sends, and how often.
const PACKETS: u32 = 40;

/// A party in which much is ruled.
struct Play {
    seed: u64,
    world: World,
    /// What limited links carry that were made.
    passes: Vec<Pass>,
}

#[test]
fn whoever_is_out_is_deaf_and_all_who_are_in_conclude_the_same() {
    run_all(ROUNDS, Meeting::Knocks);
}

#[test]
fn whoever_is_out_is_deaf_and_all_who_are_in_conclude_the_same_whatever_the_server_says() {
    run_all(LYING_ROUNDS, Meeting::Server);
}

fn run_all(rounds: u64, meeting: Meeting) {
    let chosen = super::number("LANRAGE_SIM_SEED");
    let first = super::number("LANRAGE_SIM_FIRST").unwrap_or(0);
    let rounds = super::number("LANRAGE_SIM_ROUNDS").unwrap_or(rounds);
    let seeds = chosen.map_or(first..first + rounds, |seed| seed..seed + 1);
    let (mut ruled, mut together, mut lies) = (0, 0, 0);
    for seed in seeds.clone() {
        println!("seed {seed}");
        let outcome = run(seed, chosen.is_some(), meeting);
        ruled += outcome.ruled;
        together += outcome.together;
        lies += outcome.lies;
    }
    println!(
        "{ruled} rulings stood in the end, and {together} players were together; the server lied {lies} times"
    );
    let schedules = (seeds.end - seeds.start) as usize;
    assert!(ruled > schedules && together > 2 * schedules, "nobody has ruled, or nobody was there");
    assert_eq!(lies > schedules as u64, meeting == Meeting::Server, "the server lies");
}

/// What a schedule came to.
struct Outcome {
    /// Rulings that stand.
    ruled: usize,
    /// Players who are in and reach each other.
    together: usize,
    /// How often the server lied.
    lies: u64,
}

/// Runs one schedule.
fn run(seed: u64, traced: bool, meeting: Meeting) -> Outcome {
    let mut play = Play { seed, world: World::new(seed, traced, meeting), passes: Vec::new() };
    play.world.liar = (meeting == Meeting::Server).then(Liar::default);
    let hosts = 4 + play.world.rng.below(2);
    for site in 0..hosts {
        play.world.sites.push(Site::PUBLIC);
        play.world.add_host(site);
    }
    play.world.loss = play.world.rng.pick(&[0, 20, 100]);
    play.world.hosts.iter_mut().for_each(|host| host.wants_party = true);
    let length = play.world.rng.millis(10_000..30_000);
    while play.world.now() < length {
        play.attend();
        if play.world.rng.chance(250) {
            play.operate();
        }
        play.pass(LOOK);
    }
    play.world.loss = 0;
    for host in 0..hosts {
        Fault::Online { host }.strike(&mut play.world);
    }
    // It begins again, and says what is so: what it said before counts for that connection alone.
    let lies = play.world.liar.take().map_or(0, |liar| liar.lies);
    if meeting == Meeting::Server {
        Fault::StopControl.strike(&mut play.world);
        Fault::StartControl { remembers: true }.strike(&mut play.world);
    }
    trace!(play.world, "calm");
    play.settle(2 * SETTLING);
    play.go_on_with_some();
    play.settle(2 * SETTLING);
    let merged = play.merged();
    Outcome { ruled: merged.all().count(), together: play.together(&merged).len(), lies }
}

impl Play {
    /// Waits until all is as it must be in the end.
    fn settle(&mut self, within: Duration) {
        let deadline = self.world.now() + within;
        while let Some(problem) = self.problem() {
            if self.world.now() >= deadline {
                violation!("seed {}: {problem}", self.seed);
            }
            self.attend();
            self.pass(LOOK);
        }
    }

    /// Of those who are together any are there and all others are off, the owner or not. They play on: one of them starts again
    /// and finds the others, a friend comes in by a link of theirs if it is one to let in, and who may rule does. Then all come back.
    fn go_on_with_some(&mut self) {
        let members = self.together(&self.merged());
        let there: Vec<usize> = members.into_iter().filter(|_| self.world.rng.chance(600)).collect();
        let Some(by) = there.first().copied() else { return };
        for host in (0..self.world.hosts.len()).filter(|host| !there.contains(host)) {
            Fault::Offline { host }.strike(&mut self.world);
        }
        if self.world.rng.chance(500) {
            let host = self.world.rng.pick(&there);
            Fault::Restart { host }.strike(&mut self.world);
        }
        trace!(self.world, "{there:?} go on");
        let newcomer = self.newcomer();
        let deadline = self.world.now() + 2 * SETTLING;
        while let Some(problem) = self.problem_of_some(&there, newcomer) {
            if self.world.now() >= deadline {
                violation!("seed {}: of {there:?}: {problem}", self.seed);
            }
            if self.party(newcomer).is_none()
                && self.world.hosts[newcomer].party().is_none()
                && let Some(link) = self.link_of(by)
            {
                let joins = Command::JoinParty(Box::new(link));
                self.world.input(newcomer, Input::Command(2, joins));
            }
            self.let_in();
            self.pass(LOOK);
        }
        for host in 0..self.world.hosts.len() {
            Fault::Online { host }.strike(&mut self.world);
        }
    }

    /// Somebody who has never been in the party.
    fn newcomer(&mut self) -> usize {
        let host = self.world.hosts.len();
        self.world.sites.push(Site::PUBLIC);
        self.world.add_host(host);
        self.world.hosts[host].wants_party = true;
        host
    }

    /// What is not as it must be while only these members are there, and a newcomer.
    fn problem_of_some(&self, there: &[usize], newcomer: usize) -> Option<String> {
        let hosts = &self.world.hosts;
        let reaches = |one: usize, other: usize| {
            self.party(one).is_some_and(|party| party.connections.reached().contains(&hosts[other].id))
        };
        let known = self.merged_of(there);
        let decides = |host: &usize| known.role(&hosts[*host].id) >= Role::Moderator;
        let mut all = there.to_vec();
        match known.admission() {
            Admission::Open => all.push(newcomer),
            Admission::Ask if there.iter().any(decides) => all.push(newcomer),
            _ => {}
        }
        let pairs = all.iter().flat_map(|one| all.iter().map(move |other| (*one, *other)));
        pairs
            .filter(|(one, other)| one != other)
            .find(|(one, other)| !reaches(*one, *other))
            .map(|(one, other)| format!("host {one} does not reach host {other}"))
    }

    fn pass(&mut self, pause: Duration) {
        let end = self.world.now() + pause;
        self.world.run_until(end);
    }

    /// The party as a host is in it; `None` while it is not, or still asks.
    fn party(&self, host: usize) -> Option<&ActiveParty> {
        self.world.hosts[host].party().filter(|party| !party.is_being_joined())
    }

    /// Those who are in the party as far as they know.
    fn present(&self) -> Vec<usize> {
        (0..self.world.hosts.len()).filter(|host| self.party(*host).is_some()).collect()
    }

    /// Whoever is in no party makes it, or follows a link to it.
    fn attend(&mut self) {
        self.let_in();
        for host in 0..self.world.hosts.len() {
            if self.world.hosts[host].party().is_some() || self.world.hosts[host].offline {
                continue;
            }
            let present = self.present();
            if self.world.invitation.is_none() {
                if host == 0 {
                    let name = Name::new("LAN").expect("a name");
                    self.world.input(0, Input::Command(3, Command::CreateParty { name }));
                    self.world.invitation = self.link_of(0);
                }
            } else if !present.is_empty() {
                let by = self.world.rng.pick(&present);
                let Some(mut link) = self.link_of(by) else { continue };
                // Nobody gives a link of after the removal to whoever was removed; and some follow an old one.
                let is_removed = self.merged().share_of(&self.world.hosts[host].id).is_some();
                if is_removed || self.world.rng.chance(300) {
                    link.shares.clear();
                }
                if !self.passes.is_empty() && self.world.rng.chance(600) {
                    let at = self.world.rng.below(self.passes.len());
                    link.pass = Some(self.passes[at].clone());
                }
                self.world.input(host, Input::Command(2, Command::JoinParty(Box::new(link))));
            }
        }
    }

    /// Whoever may let in those who wait does: a link of before somebody was removed only asks.
    fn let_in(&mut self) {
        let wall = self.world.time().wall;
        for host in self.present() {
            let waiting = self.party(host).into_iter().flat_map(|party| party.requests.waiting(wall));
            let waiting: Vec<PeerId> = waiting.map(|(record, _)| record.claimed().peer_id()).collect();
            for peer in waiting {
                let wish = Wish::Standing(peer, Standing::Member);
                trace!(self.world, "host {host} lets {peer} in");
                self.world.input(host, Input::Command(7, Command::Rule(wish)));
            }
        }
    }

    fn link_of(&self, host: usize) -> Option<Invitation> {
        self.world.hosts[host].link(self.world.time())?.parse().ok()
    }

    /// Somebody does something, whether they may or not.
    fn operate(&mut self) {
        let present = self.present();
        if present.is_empty() {
            return;
        }
        let host = self.world.rng.pick(&present);
        let other = self.world.rng.below(self.world.hosts.len());
        let peer = self.world.hosts[other].id;
        let wish = match self.world.rng.below(16) {
            0..=4 => {
                let standings = [Standing::Member, Standing::Moderator, Standing::Kicked, Standing::Banned];
                Wish::Standing(peer, self.world.rng.pick(&standings))
            }
            5 | 6 => Wish::Standing(peer, Standing::Member),
            7 => Wish::Admission(self.world.rng.pick(&[Admission::Open, Admission::Ask])),
            8 => Wish::HandOver(peer),
            9 | 10 => self.new_link(host),
            11 if !self.passes.is_empty() => {
                let at = self.world.rng.below(self.passes.len());
                let is_revoked = self.world.rng.chance(700);
                Wish::Revoke { serial: self.passes[at].serial(), is_revoked }
            }
            13 => Wish::Undo,
            12 => {
                let lasts = self.world.rng.millis(500..9_000);
                Fault::Offline { host }.strike(&mut self.world);
                return self.world.after(lasts, Event::Fault(Fault::Online { host }));
            }
            14 if self.world.liar.is_some() && self.world.rng.chance(500) => {
                // With what it had, or what it lost: then it is told by whoever comes first.
                let remembers = self.world.rng.chance(500);
                Fault::StopControl.strike(&mut self.world);
                return Fault::StartControl { remembers }.strike(&mut self.world);
            }
            14 => return Fault::Restart { host }.strike(&mut self.world),
            _ => {
                let pause = self.world.rng.millis(16..60);
                let game = Event::Game { from: other, to: host, left: PACKETS, pause };
                return self.world.after(Duration::ZERO, game);
            }
        };
        trace!(self.world, "host {host} wants {wish:?} (host {other})");
        // Of games with whoever is concerned, packets are under way when it is ruled.
        for from in self.present() {
            let game = Event::Game { from: other, to: from, left: PACKETS, pause: Duration::from_millis(20) };
            if from != other {
                self.world.after(Duration::ZERO, game);
            }
        }
        self.world.input(host, Input::Command(7, Command::Rule(wish)));
    }

    fn new_link(&mut self, host: usize) -> Wish {
        let party = self.world.invitation.as_ref().expect("a party").party;
        let serial = Serial::from_bytes((self.passes.len() as u32).to_be_bytes());
        let pass = Pass::of(self.world.hosts[host].identity(), &party, serial);
        let uses = NonZeroU16::new(self.world.rng.below(3) as u16);
        let terms =
            LinkTerms { serial, key: pass.key(), uses, ends: None, needs_approval: false, for_guests: false };
        self.passes.push(pass);
        Wish::Link(terms)
    }

    /// What follows from all that anybody of the party knows.
    fn merged(&self) -> Rulings {
        self.merged_of(&self.present())
    }

    /// What follows from all that any of these knows.
    fn merged_of(&self, hosts: &[usize]) -> Rulings {
        let party = self.world.invitation.as_ref().expect("a party");
        let mut merged = Rulings::new(party.party, party.host);
        // One may rest on what comes later.
        for _ in 0..4 {
            for host in hosts {
                for ruling in self.party(*host).into_iter().flat_map(|party| party.membership.rulings.all()) {
                    merged.take(ruling.clone(), self.world.time().wall);
                }
            }
        }
        merged
    }

    /// Those who may be in and are, and reach the owner, be it by others. Whoever is cut off, or has come back by the link of
    /// somebody who is out and has not heard of it, knows nothing of what was ruled since.
    fn together(&self, merged: &Rulings) -> Vec<usize> {
        let ids: Vec<PeerId> = self.world.hosts.iter().map(|host| host.id).collect();
        let present: Vec<usize> =
            self.present().into_iter().filter(|host| merged.admits(&ids[*host])).collect();
        let reaches = |one: usize, other: usize| {
            self.party(one).is_some_and(|party| party.connections.reached().contains(&ids[other]))
        };
        let mut together: Vec<usize> =
            present.iter().copied().filter(|host| ids[*host] == merged.owner()).collect();
        loop {
            let is_new = |host: &usize| {
                !together.contains(host)
                    && together.iter().any(|known| reaches(*known, *host) && reaches(*host, *known))
            };
            let Some(next) = present.iter().copied().find(is_new) else { return together };
            together.push(next);
        }
    }

    /// Whether somebody knows where none of these members is: whoever came by a link of somebody who is out and has not heard of
    /// it, for one. Without a store, or another link, nothing leads from there to the party.
    fn is_misled(&self, host: usize, members: &[usize]) -> bool {
        let Some(party) = self.party(host) else { return false };
        let place = |member: &usize| {
            let member = &self.world.hosts[*member];
            Some(SocketAddr::new(member.place?.1, member.port()))
        };
        let places: Vec<SocketAddr> = members.iter().filter_map(place).collect();
        let linked = party.membership.invitation.addresses.iter().copied();
        let mut known = party.connections.lost_addresses(NatType::Unknown).chain(linked);
        !known.any(|address| places.contains(&address))
    }

    /// What is not as it must be in the end, if something is.
    fn problem(&self) -> Option<String> {
        let members = self.together(&self.merged());
        // Whoever is out, and cut off since, may have ruled what nobody has heard.
        let merged = self.merged_of(&members);
        let hosts = &self.world.hosts;
        let is_in = |host: &usize| merged.admits(&hosts[*host].id);
        let absent = (0..hosts.len()).filter(is_in).find(|host| self.party(*host).is_none());
        if let Some(host) = absent {
            return Some(format!("host {host} may be in, and is not"));
        }
        let mut others = (0..hosts.len()).filter(|host| is_in(host) && !members.contains(host));
        if let Some(host) = others.find(|host| !self.is_misled(*host, &members)) {
            return Some(format!("host {host} is in, and reaches nobody who reaches the owner"));
        }
        let ids: Vec<PeerId> = members.iter().map(|host| hosts[*host].id).collect();
        for host in &members {
            let party = self.party(*host)?;
            if party.membership.rulings.digest() != merged.digest() {
                return Some(format!("host {host} knows other rulings"));
            }
            let known = party.connections.connections();
            if let Some(stranger) = known.keys().find(|peer| !merged.admits(peer)) {
                return Some(format!("host {host} still knows {stranger}"));
            }
            let others = || ids.iter().filter(|id| **id != hosts[*host].id);
            if let Some(missing) = others().find(|id| !known.contains_key(id)) {
                return Some(format!("host {host} does not know {missing}"));
            }
            if let Some(missing) = others().find(|id| known[*id].path().is_none()) {
                return Some(format!("host {host} has no path to {missing}"));
            }
        }
        let secrets: Vec<u32> = members
            .iter()
            .filter_map(|host| Some(self.party(*host)?.membership.epochs.present().number))
            .collect();
        if secrets.iter().any(|number| *number != secrets[0]) {
            return Some(format!("members know other secrets: {secrets:?}"));
        }
        let out = (0..hosts.len()).filter(|host| !is_in(host));
        for gone in out.clone() {
            let known = hosts[gone].party().into_iter().flat_map(|party| party.membership.epochs.all());
            let knows = known.into_iter().any(|epoch| secrets.first() == Some(&epoch.number));
            if knows && merged.share_of(&hosts[gone].id).is_some() {
                return Some(format!("host {gone} is out, and knows the secret in force"));
            }
        }
        for (gone, host) in out.flat_map(|gone| members.iter().map(move |host| (gone, *host))) {
            if hosts[host].plane.has_peer(&hosts[gone].id) {
                return Some(format!("the data plane of host {host} still knows host {gone}"));
            }
        }
        merged.links().into_iter().find_map(|link| {
            let is_beyond = link.terms.uses.is_some_and(|uses| link.came.len() > uses.get().into());
            is_beyond.then(|| format!("link {} has let in too many", link.terms.serial))
        })
    }
}
