use std::{collections::BTreeMap, sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_control::{LinkAction, LinkEvent};
use lanrage_nat::{NetworkState, port_mapping::PortMapping};
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, NatType,
    facts::{Cause, ServerFault},
};
use lanrage_session::{Entropy, Names, Session, Settings, Setup};
use lanrage_store::{Config, DataDir, SettingsDatabase, open_secret_store};
use lanrage_tunnel::{Tunnel, UdpSockets};
use tempfile::TempDir;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::timeout,
};

use super::{EventLoop, Outside, Showing};
use crate::{
    CommandError, ControlView, Snapshot,
    handle::{Answer, Command},
    ports::{
        self, NamesPort, NatTestPort, PortMappingPort, Ports, adapter::AdapterPort, keeper::Keeper,
        port::Port, rendezvous::RendezvousPort, routes::RoutesPort,
    },
    settings::{AppSettings, Overrides, session_settings},
    tasks::TaskSets,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A loop with shells that hang: the test holds their other ends, and reads what it likes.
struct Rig {
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    database: Arc<SettingsDatabase>,
    app_settings: watch::Receiver<AppSettings>,
    adapter_wish: watch::Receiver<ports::adapter::Wish>,
    /// Never read.
    _link: (mpsc::Receiver<LinkAction>, mpsc::Sender<LinkEvent>),
    _folder: TempDir,
}

impl Rig {
    async fn start(server: Option<ControlEndpoint>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(Some(folder.path().to_owned())).unwrap();
        let database = Arc::new(SettingsDatabase::open(&data_dir, now().wall).await.unwrap().0);
        let identity = DeviceIdentity::from_seed(&[1; 32]);
        let (sink, reports) = crate::ports::reports::queues();
        let tunnel = Arc::new(Tunnel::start(UdpSockets::bind(0).unwrap(), sink).unwrap());
        let mut tasks = TaskSets::default();

        let (commands, command_inputs) = mpsc::channel(16);
        let (link, link_actions) = mpsc::channel(1);
        let (link_events, link_told) = mpsc::channel(1);
        // There is no room for anything else.
        link.try_send(LinkAction::Close).unwrap();
        let (wish, adapter_wish) = watch::channel(ports::adapter::Wish::default());
        let app_settings = watch::Sender::new(AppSettings::from(&Config::repaired(&Default::default()).0));
        let told = app_settings.subscribe();
        let ports = Ports {
            commands: command_inputs,
            reports,
            link: Port { tx: link, rx: link_told },
            adapter: AdapterPort { wish, rx: mpsc::channel(1).1 },
            routes: RoutesPort { wanted: watch::Sender::new(()), rx: mpsc::channel(1).1 },
            network: mpsc::channel(1).1,
            woken: mpsc::channel(1).1,
            is_metered: watch::channel(false).1,
            names: NamesPort { wanted: watch::Sender::new(Names::default()), rx: mpsc::channel(1).1 },
            nat_test: NatTestPort { tx: mpsc::channel(1).0, reports: watch::channel(None).1 },
            port_mapping: PortMappingPort { wanted: None, mapped: watch::channel(PortMapping::Off).1 },
            relay_streams: Port { tx: mpsc::channel(1).0, rx: mpsc::channel(1).1 },
            rendezvous: RendezvousPort {
                tx: mpsc::channel(1).0,
                rx: mpsc::channel(1).1,
                settings: watch::channel(Default::default()).0,
            },
            games: ports::games::spawn(&mut tasks.endless),
            settings: ports::settings::spawn(
                &mut tasks.endless,
                Arc::clone(&database),
                Arc::from(open_secret_store(&data_dir).unwrap().0),
                app_settings,
            ),
            store: Port { tx: mpsc::channel(1).0, rx: mpsc::channel(1).1 },
            keeper: Keeper::default(),
            trouble: watch::channel(None).1,
        };
        let setup = Setup {
            identity,
            udp_port: tunnel.local_port(),
            settings: Settings {
                server,
                ..session_settings(&Config::repaired(&Default::default()).0, Default::default())
            },
            network: NetworkState::default(),
            newest_sequence: 0,
            remembered_nat: NatType::Unknown,
            problems: Vec::new(),
        };
        let session = Session::new(now(), setup, Entropy::new(|bytes| bytes.fill(7)));
        let (snapshots, shown) = watch::channel(Arc::new(Snapshot::default()));
        let outside = Outside::new(ports, tunnel, None, broadcast::channel(16).0, Showing::new(snapshots));
        let overrides = Overrides::default();
        let event_loop = EventLoop { session, outside, tasks, overrides };
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(event_loop.run(()));
        Self {
            commands,
            snapshots: shown,
            database,
            app_settings: told,
            adapter_wish,
            _link: (link_actions, link_events),
            _folder: folder,
        }
    }

    async fn ask(&self, command: impl FnOnce(Answer) -> Command) -> Result<(), CommandError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.unwrap();
        timeout(PATIENCE, answered).await.expect("the loop answers").unwrap()
    }

    async fn rename(&self, name: &str) {
        let values = BTreeMap::from([("player_name".to_owned(), name.into())]);
        self.database.set_settings(&values.into_iter().collect(), now().wall).await.unwrap();
        self.ask(|answer| Command::ApplySettings { answer }).await.unwrap();
    }

    async fn stored_name(&self) -> String {
        let (config, _) = Config::repaired(&self.database.get_all_settings().await.unwrap());
        config.player_name.unwrap().to_string()
    }

    async fn shown(&mut self, what: impl FnMut(&Arc<Snapshot>) -> bool) {
        timeout(PATIENCE, self.snapshots.wait_for(what)).await.expect("it is shown").unwrap();
    }
}

#[tokio::test]
async fn a_shell_that_hangs_holds_nothing_up_and_the_session_hears_of_it() {
    let mut rig = Rig::start(Some("ws://server.example:8787".parse().unwrap())).await;
    let error = rig.ask(|answer| Command::LeaveParty { answer }).await.unwrap_err();
    assert_eq!(error.code(), "not_in_party");
    let hangs = ServerFault::Lost { cause: Cause::NoRoom };
    rig.shown(|snapshot| matches!(&snapshot.control, ControlView::Disconnected { why, .. } if *why == hangs))
        .await;
}

#[tokio::test]
async fn two_hosts_that_change_settings_at_once_end_with_the_newer() {
    let rig = Rig::start(None).await;
    for round in 0..20 {
        let (one, other) = (format!("one {round}"), format!("other {round}"));
        tokio::join!(rig.rename(&one), rig.rename(&other));
        let shown = rig.snapshots.borrow().player_name.clone();
        assert_eq!(shown, rig.stored_name().await);
    }
}

#[tokio::test]
async fn whoever_changes_a_setting_finds_it_in_effect() {
    let rig = Rig::start(None).await;
    let before = rig.app_settings.borrow().clone();
    let values = BTreeMap::from([("notifications".to_owned(), (!before.notifications).into())]);
    rig.database.set_settings(&values.into_iter().collect(), now().wall).await.unwrap();
    rig.rename("Bea").await;
    assert_eq!(rig.snapshots.borrow().player_name, "Bea");
    assert_ne!(*rig.app_settings.borrow(), before);
}

#[tokio::test]
async fn the_end_is_answered_when_everything_is_closed() {
    let rig = Rig::start(None).await;
    rig.ask(|answer| Command::Shutdown { answer }).await.unwrap();
    assert!(rig.adapter_wish.has_changed().is_err(), "nobody wishes for a device any more");
    timeout(PATIENCE, rig.commands.closed()).await.expect("the loop has ended");
}
