//! A member that was kicked, and whose program tries whatever it can to stay.

use std::{net::SocketAddr, time::Duration};

use lanrage_control::protocol::Change;
use lanrage_party::{
    Admission, AllocationId, Departure, Invitation, KnockKey, KnockWord, Leave, LinkTerms, Matter, Pass,
    PeerId, Remote, Ruling, Serial, SignedRecord, Standing, TunnelEvent, WireGuardPrivateKey,
};

use super::{guest, standing, wish};
use crate::{
    Input, Output, Wish,
    peers::gossip::message::Message,
    session::tests::{
        knocks::{hear, host, knock, say},
        stage::{Somebody, Stage, entry, somewhere},
        trust::{sealed, signal},
    },
};

const SERIAL: Serial = Serial::from_bytes([7; 4]);

fn outside() -> SocketAddr {
    "203.0.113.66:6666".parse().unwrap()
}

/// A device on whose party somebody is kicked; a member who is in helps them.
struct Scene {
    stage: Stage,
    link: Invitation,
    bob: Somebody,
    eve: Somebody,
    /// Who may rule.
    owner: Somebody,
    /// A limited link of the owner's, of which nobody has made use.
    pass: Pass,
    /// What the owner had ruled of bob before.
    before: Ruling,
    has_server: bool,
}

/// What it is, and what bob's program and its helper do.
type Way = (&'static str, fn(&mut Scene));

const WAYS: [Way; 26] = [
    ("it talks on in its session", |scene| {
        let record = scene.newer(1);
        say(&mut scene.stage, &scene.bob, &Message::Records(vec![record]));
    }),
    ("its tunnel makes a new handshake", |scene| {
        let (peer, from) = (scene.bob.identity.peer_id(), outside().into());
        scene.stage.input(Input::Tunnel(TunnelEvent::SessionEstablished { peer, from }));
        scene.stage.input(Input::Tunnel(TunnelEvent::NewRemote { peer, from }));
    }),
    ("it comes by an allocation at a relay, its own or this device’s", |scene| {
        let peer = scene.bob.identity.peer_id();
        for via in [None, Some(AllocationId(7))] {
            let from = Remote { address: outside(), via };
            scene.stage.input(Input::Tunnel(TunnelEvent::SessionEstablished { peer, from }));
            scene.stage.input(Input::Tunnel(TunnelEvent::NewRemote { peer, from }));
            let payload = Message::Records(vec![scene.newer(3)]).to_bytes();
            scene.stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
        }
    }),
    ("a moderator lets it in whom the owner has made a member again since", |scene| {
        let (at, link) = (scene.stage.now().wall.0 + 50, scene.link.clone());
        let eve = scene.eve.identity.peer_id();
        let on = |peer, standing| Matter::Peer { peer, standing, name: None, share: None };
        let sign = |by: &Somebody, at, matter| Ruling::sign(&by.identity, &link.party, at, matter);
        let matters = [on(eve, Standing::Moderator), on(eve, Standing::Member)];
        let mut rulings: Vec<Ruling> =
            (at..).zip(matters).map(|(at, matter)| sign(&scene.owner, at, matter)).collect();
        rulings.insert(1, sign(&scene.eve, at, scene.on_bob(Standing::Member)));
        say(&mut scene.stage, &scene.eve, &Message::Rulings(rulings));
    }),
    ("it calls as a member does", |scene| {
        let record = scene.bob.sign(&scene.link.secret);
        scene.knock(KnockWord::Call, record);
    }),
    ("it asks as a newcomer does", |scene| {
        let record = scene.newer(1);
        scene.knock(KnockWord::Ask, record);
    }),
    ("it asks under another name", |scene| {
        scene.bob.record.name = lanrage_party::Name::new("Nobody in particular").unwrap();
        let record = scene.newer(1);
        scene.knock(KnockWord::Ask, record);
    }),
    ("it asks with another address", |scene| {
        scene.bob.record.virtual_ip = lanrage_party::VirtualIp([10, 66, 9, 9].into());
        let record = scene.newer(1);
        scene.knock(KnockWord::Ask, record);
    }),
    ("it asks with another key", |scene| {
        scene.bob.record.wireguard_key = WireGuardPrivateKey::from_random([77; 32]).public();
        let record = scene.newer(1);
        scene.knock(KnockWord::Ask, record);
    }),
    ("it answers before anybody has asked", |scene| {
        let record = scene.newer(1);
        scene.knock(KnockWord::Answer, record);
    }),
    ("a friend passes its old record on", |scene| {
        let record = scene.bob.sign(&scene.link.secret);
        say(&mut scene.stage, &scene.eve, &Message::Records(vec![record]));
    }),
    ("a friend passes a new record on", |scene| {
        let record = scene.newer(1_000);
        say(&mut scene.stage, &scene.eve, &Message::Records(vec![record]));
    }),
    ("a friend passes its knock on", |scene| {
        let ask = knock(&scene.stage, KnockWord::Ask, [9; 8], scene.newer(1));
        let key = KnockKey::new(&scene.link.secret, scene.link.party, scene.link.epoch);
        let bytes = key.seal(&ask, [8; 25]);
        say(&mut scene.stage, &scene.eve, &Message::Knock { from: outside(), bytes });
    }),
    ("a friend carries its signal", |scene| {
        let sealed = sealed(&scene.stage, &scene.bob, 9);
        let to = scene.stage.snapshot().peer_id.parse().unwrap();
        let message = Message::Signal { hops: 1, from: scene.bob.identity.peer_id(), to, sealed };
        say(&mut scene.stage, &scene.eve, &message);
    }),
    ("a friend asks that it be relayed to", |scene| {
        let bob = scene.bob.identity.peer_id();
        say(&mut scene.stage, &scene.eve, &Message::RelayAsk(vec![bob]));
    }),
    ("a friend offers to relay for it", |scene| {
        let bob = scene.bob.identity.peer_id();
        say(&mut scene.stage, &scene.eve, &Message::RelayChannels(vec![(bob, 0x4000)]));
    }),
    ("it leaves, and comes as if for the first time", |scene| {
        let leave = Leave::sign(&scene.bob.identity, &scene.link.party, 5_000);
        let departure = Departure { identity: scene.bob.identity.public(), leave };
        say(&mut scene.stage, &scene.eve, &Message::Departures(vec![departure]));
        let record = scene.newer(6_000);
        scene.knock(KnockWord::Ask, record);
    }),
    ("it lets itself in", |scene| {
        let matter = scene.on_bob(Standing::Member);
        scene.rule_by_bob(matter);
    }),
    ("it makes itself moderator, with the greatest version of all", |scene| {
        let matter = scene.on_bob(Standing::Moderator);
        let ruling = Ruling::sign(&scene.bob.identity, &scene.link.party, u64::MAX, matter);
        say(&mut scene.stage, &scene.eve, &Message::Rulings(vec![ruling]));
    }),
    ("a friend without the right lets it in", |scene| {
        let (matter, at) = (scene.on_bob(Standing::Member), scene.stage.now().wall.0 + 50);
        let ruling = Ruling::sign(&scene.eve.identity, &scene.link.party, at, matter);
        say(&mut scene.stage, &scene.eve, &Message::Rulings(vec![ruling]));
    }),
    ("it brings an older word of the owner’s again", |scene| {
        let before = scene.before.clone();
        say(&mut scene.stage, &scene.eve, &Message::Rulings(vec![before]));
    }),
    ("it forges a word of the owner’s", |scene| {
        let at = scene.stage.now().wall.0 + 50;
        let real = Ruling::sign(&scene.owner.identity, &scene.link.party, at, scene.on_bob(Standing::Kicked));
        let mut bytes = Vec::new();
        real.put(&mut bytes);
        // Behind key, version, kind and peer stands what it is to be.
        bytes[32 + 8 + 1 + 16] = Standing::Member as u8;
        let forged = Ruling::read(&mut lanrage_base::wire::Reader::new(&bytes)).unwrap();
        say(&mut scene.stage, &scene.eve, &Message::Rulings(vec![forged]));
    }),
    ("it claims the party, as if its owner were silent", |scene| {
        let matter = Matter::Owner(scene.bob.identity.peer_id());
        scene.rule_by_bob(matter);
        let matter = scene.on_bob(Standing::Member);
        scene.rule_by_bob(matter);
    }),
    ("it comes by a limited link that is good", |scene| {
        let approval = scene.pass.approve(&scene.link.party, &scene.bob.identity.peer_id());
        let record = scene.newer(1).with_approval(Some(approval));
        scene.knock(KnockWord::Ask, record.clone());
        say(&mut scene.stage, &scene.eve, &Message::Records(vec![record]));
    }),
    ("it says itself that it has come by that link", |scene| {
        let (peer, at) = (scene.bob.identity.peer_id(), scene.stage.now().wall);
        scene.rule_by_bob(Matter::Redeemed { peer, serial: SERIAL, at, name: None });
        let redeemed = Matter::Redeemed { peer, serial: SERIAL, at, name: None };
        let ruling = Ruling::sign(&scene.eve.identity, &scene.link.party, at.0 + 50, redeemed);
        say(&mut scene.stage, &scene.eve, &Message::Rulings(vec![ruling]));
    }),
    ("a server lists it, and carries its signals", |scene| {
        if scene.has_server {
            let records = [scene.newer(1), scene.eve.sign(&scene.link.secret)];
            scene.stage.say_party(&records);
            let record = scene.newer(2);
            scene.stage.say_change(Change::PeerJoined { entry: entry(&record) });
            let peer = scene.bob.identity.peer_id();
            scene.stage.say_change(Change::PeerOnline { peer, online: true });
            let sealed = sealed(&scene.stage, &scene.bob, 9);
            signal(&mut scene.stage, &scene.bob, sealed);
        }
    }),
];

impl Scene {
    /// The device of the owner, with a server or without.
    fn owners(has_server: bool) -> Self {
        let mut stage = if has_server { Stage::in_party() } else { host() };
        let link = stage.invitation();
        let owner = Somebody::new(1, link.party);
        let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
        if has_server {
            stage.say_party(&[bob.sign(&link.secret), eve.sign(&link.secret)]);
        } else {
            for friend in [&bob, &eve] {
                let seed = friend.record.virtual_ip.0.octets()[3];
                let ask = knock(&stage, KnockWord::Ask, [seed; 8], friend.sign(&link.secret));
                hear(&mut stage, &link, somewhere(), &ask);
            }
        }
        for friend in [&bob, &eve] {
            stage.prove_path(friend.identity.peer_id(), somewhere());
        }
        let pass = Pass::of(&owner.identity, &link.party, SERIAL);
        assert_eq!(wish(&mut stage, Wish::Link(terms(&pass))), Ok(()));
        assert_eq!(wish(&mut stage, standing(&bob, Standing::Moderator)), Ok(()));
        let rulings = &stage.party().unwrap().membership.rulings;
        let of_bob = lanrage_party::Subject::Peer(bob.identity.peer_id());
        let before = rulings.all().find(|ruling| ruling.matter().subject() == of_bob).unwrap().clone();
        assert_eq!(wish(&mut stage, standing(&bob, Standing::Kicked)), Ok(()));
        Self { stage, link, bob, eve, owner, pass, before, has_server }
    }

    /// The device of a member, whom the owner's rulings have reached.
    fn members() -> Self {
        let (mut stage, link, owner) = guest();
        let [bob, eve] = [2, 3].map(|n| Somebody::new(n, link.party));
        say(&mut stage, &owner, &Message::Records(vec![bob.sign(&link.secret), eve.sign(&link.secret)]));
        for friend in [&bob, &eve] {
            stage.prove_path(friend.identity.peer_id(), somewhere());
        }
        let pass = Pass::of(&owner.identity, &link.party, SERIAL);
        let own: PeerId = stage.snapshot().peer_id.parse().unwrap();
        let on = |peer, standing| Matter::Peer { peer, standing, name: None, share: None };
        let matters = [
            on(bob.identity.peer_id(), Standing::Moderator),
            on(own, Standing::Member),
            on(eve.identity.peer_id(), Standing::Member),
            Matter::Admission(Admission::Ask),
            Matter::Link { terms: terms(&pass), is_revoked: false },
            on(bob.identity.peer_id(), Standing::Kicked),
        ];
        let at = stage.now().wall.0;
        let sign = |(n, matter)| Ruling::sign(&owner.identity, &link.party, at + n, matter);
        let rulings: Vec<Ruling> = (0..).zip(matters).map(sign).collect();
        let before = rulings[0].clone();
        for some in rulings.chunks(4) {
            say(&mut stage, &owner, &Message::Rulings(some.to_vec()));
        }
        Self { stage, link, bob, eve, owner, pass, before, has_server: false }
    }

    /// Bob's record, so much newer than the first.
    fn newer(&self, by: u64) -> SignedRecord {
        let mut record = self.bob.record.clone();
        record.sequence += by;
        record.sign(&self.bob.identity, &self.link.secret)
    }

    fn knock(&mut self, word: KnockWord, record: SignedRecord) {
        let ask = knock(&self.stage, word, [9; 8], record);
        hear(&mut self.stage, &self.link, outside(), &ask);
    }

    fn on_bob(&self, standing: Standing) -> Matter {
        Matter::Peer { peer: self.bob.identity.peer_id(), standing, name: None, share: None }
    }

    /// What bob has signed, as its friend passes it on.
    fn rule_by_bob(&mut self, matter: Matter) {
        let at = self.stage.now().wall.0 + 50;
        let ruling = Ruling::sign(&self.bob.identity, &self.link.party, at, matter);
        say(&mut self.stage, &self.eve, &Message::Rulings(vec![ruling]));
    }

    /// Whether nothing goes to bob but that it is out, and nothing is expected from there.
    fn check(&self, way: &str) {
        let bob = self.bob.identity.peer_id();
        let shown = self.stage.snapshot().party.expect("still in the party");
        assert!(shown.peers.iter().all(|peer| peer.id != bob.to_string()), "{way}: it is shown");
        assert!(shown.peers.iter().any(|peer| peer.name == "peer 3"), "{way}: its helper is a member");
        let rulings = &self.stage.party().unwrap().membership.rulings;
        assert!(!rulings.admits(&bob), "{way}: it is let in");
        let key = KnockKey::new(&self.link.secret, self.link.party, self.link.epoch);
        for output in &self.stage.tunnel {
            match output {
                Output::AddPeer(peer) => assert!(peer.id != bob, "{way}: the data plane knows it"),
                Output::SetPath { peer, .. }
                | Output::Probe { peer, .. }
                | Output::Handshake { peer, .. } => {
                    assert!(*peer != bob, "{way}: {output:?}");
                }
                Output::Forward { pairs, .. } => {
                    assert!(pairs.is_empty(), "{way}: it is relayed for");
                }
                Output::Datagram { to, bytes } if to.address == outside() => {
                    let word = key.open(bytes).map(|knock| knock.word);
                    assert!(matches!(word, Ok(KnockWord::Refusal(_))), "{way}: it is told {word:?}");
                }
                _ => {}
            }
        }
    }
}

fn terms(pass: &Pass) -> LinkTerms {
    LinkTerms {
        serial: SERIAL,
        key: pass.key(),
        uses: None,
        ends: None,
        needs_approval: false,
        for_guests: false,
    }
}

#[test]
fn a_hostile_members_program_tries_two_dozen_ways_to_stay_and_none_is_one() {
    let scenes: [fn() -> Scene; 3] = [|| Scene::owners(false), Scene::members, || Scene::owners(true)];
    for make in scenes {
        for (way, tries) in WAYS {
            let mut scene = make();
            scene.stage.tunnel.clear();
            scene.check("before");
            tries(&mut scene);
            scene.check(way);
            scene.stage.pass(Duration::from_secs(90));
            scene.check(way);
        }
    }
}
