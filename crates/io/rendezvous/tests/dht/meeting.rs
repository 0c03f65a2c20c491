//! Two who find each other: decisions and engine together, in real time.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail};
use lanrage_lab::world;
use lanrage_party::{DeviceIdentity, NatType, PartySecret, UnixMillis};
use lanrage_rendezvous::{
    Call, Caller, Event, Finder, FinderOutput, Keys, Kind, Member, Now, Order, PLAIN_BYTES, PeerMark, Place,
    Token,
};
use lanrage_rendezvous_engines::{EngineSettings, Entrance, Rendezvous, run};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use crate::support::{Setting, seconds};

/// Where these tests begin; what matters of it is that the window does not change.
fn wall(keys: &Keys) -> UnixMillis {
    let day = UnixMillis(1_800_000_000_000);
    day.plus(keys.until_change_ms(day) + 8 * 3_600_000)
}

fn keys() -> Keys {
    Keys::new(&PartySecret::from_random([5; 32]), 1)
}

fn member(n: u8) -> Member {
    Member {
        peer: DeviceIdentity::from_seed(&[n; 32]).peer_id(),
        addresses: [SocketAddr::from(([203, 0, 113, n], 5_000))].into_iter().collect(),
        reachable: false,
        relays: false,
        nat_type: NatType::Unknown,
    }
}

/// One player: a finder, and the engines' task beside it.
struct Player {
    finder: Finder,
    begun: Instant,
    orders: mpsc::Sender<Order>,
    told: mpsc::Receiver<Event>,
    _settings: watch::Sender<EngineSettings>,
    _tasks: JoinSet<()>,
}

impl Player {
    fn new(setting: &Setting, n: u8) -> Self {
        let dht = Entrance { kept: Vec::new(), names: setting.names() };
        let (settings, watched) = watch::channel(EngineSettings { dht, relays: Vec::new() });
        let (orders, ordered) = mpsc::channel(64);
        let (events, told) = mpsc::channel(256);
        let mut tasks = JoinSet::new();
        tasks.spawn(run(watched, ordered, events));
        let begun = Instant::now();
        let now = Now { instant: begun.into_std(), wall: wall(&keys()) };
        let finder = Finder::new(now, keys(), member(n), [n; 32]);
        Self { finder, begun, orders, told, _settings: settings, _tasks: tasks }
    }

    fn now(&self) -> Now {
        let passed = self.begun.elapsed();
        Now { instant: (self.begun + passed).into_std(), wall: wall(&keys()).plus(passed.as_millis() as u64) }
    }

    /// Goes on until it is led to somebody.
    async fn until_called(&mut self, who: Caller) -> Result<Call> {
        loop {
            while let Some(output) = self.finder.poll_output() {
                match output {
                    FinderOutput::Order(order) => self.orders.send(order).await?,
                    FinderOutput::Knock(call) if call.caller == who => return Ok(call),
                    FinderOutput::Knock(_) | FinderOutput::Health(_) => {}
                }
            }
            let due = self.finder.poll_timeout().map_or(Instant::now() + seconds(60), Instant::from_std);
            let event = tokio::select! {
                event = self.told.recv() => Some(event.context("the engines' task has ended")?),
                () = sleep_until(due) => None,
            };
            let now = self.now();
            match event {
                Some(event) => self.finder.handle_event(now, event),
                None => self.finder.handle_timeout(now),
            }
        }
    }

    /// The same for a while, whoever is met.
    async fn go_on(&mut self, time: Duration) {
        // Nobody has this token: it is the time that ends it.
        let _ = timeout(time, self.until_called(Caller::Newcomer(Token([0; 8])))).await;
    }
}

/// How long the guest needs to the beacon, and the host to the guest's entry at the door.
async fn meet(setting: &Setting) -> Result<(Duration, Duration)> {
    let mut host = Player::new(setting, 1);
    host.finder.handle_up(host.now());
    host.go_on(seconds(5)).await;
    let mut guest = Player::new(setting, 2);
    let begun = Instant::now();
    guest.finder.handle_search(guest.now());
    let token = guest.finder.token();
    let mut beacon = None;
    let guests = async {
        let call = guest.until_called(Caller::Member(PeerMark::of(&member(1).peer))).await?;
        beacon = Some(begun.elapsed());
        assert_eq!(call.addresses, [SocketAddr::from(([203, 0, 113, 1], 5_000))]);
        guest.go_on(seconds(15)).await;
        anyhow::Ok(())
    };
    let hosts = async {
        let call = host.until_called(Caller::Newcomer(token)).await?;
        assert_eq!(call.addresses, [SocketAddr::from(([203, 0, 113, 2], 5_000))]);
        anyhow::Ok(begun.elapsed())
    };
    let door = tokio::select! {
        door = hosts => door?,
        guests = guests => {
            guests?;
            bail!("the host does not come to the door")
        }
    };
    Ok((beacon.context("the guest does not find the beacon")?, door))
}

#[test]
fn a_guest_finds_the_host_by_the_beacon_and_the_host_the_guest_by_the_door() {
    world::test(|| {
        Setting::new()?.play(async |setting| {
            let (beacon, door) = meet(setting).await?;
            println!("beacon {beacon:.1?}, door {door:.1?}");
            assert!(beacon < Duration::from_millis(1_500) && door < seconds(9));
            Ok(())
        })
    });
}

#[test]
fn they_do_so_while_half_of_the_nodes_is_silent() {
    world::test(|| {
        let mut setting = Setting::new()?;
        setting.nodes.silence(12);
        setting.play(async |setting| {
            let (beacon, door) = meet(setting).await?;
            println!("half silent: beacon {beacon:.1?}, door {door:.1?}");
            assert!(beacon < Duration::from_millis(3_500) && door < seconds(11));
            Ok(())
        })
    });
}

#[test]
fn they_do_so_where_a_link_holder_froze_the_places_of_the_day() {
    world::test(|| {
        Setting::new()?.play(async |setting| {
            let dht = setting.dht();
            for kind in [Kind::Beacon, Kind::Door] {
                let place = Place { kind, window: keys().window(wall(&keys())), slot: 0 };
                let frozen = keys().seal(place, 1 << 62, &[0; PLAIN_BYTES], [1; 24]);
                assert_eq!(dht.publish(frozen).await, Ok(()));
            }
            let (beacon, door) = meet(setting).await?;
            println!("frozen: beacon {beacon:.1?}, door {door:.1?}");
            assert!(beacon < Duration::from_millis(3_500) && door < seconds(11));
            Ok(())
        })
    });
}
