//! Starts every shell.

use std::sync::Arc;

use lanrage_link::websocket;
use lanrage_nat::port_mapping::{MappingRequest, PortMapping};
use lanrage_net::{
    behaviour_shell, metered, name_lookup, net_watch, own_adapter::OwnAdapter, port_mapping, wake_clock,
};
use lanrage_party::PeerId;
use lanrage_session::Names;
use lanrage_store::{Config, SecretStore, SettingsDatabase};
use lanrage_tunnel::Tunnel;
use tokio::sync::{mpsc, watch};

use super::{NamesPort, NatTestPort, PortMappingPort, Ports};
use crate::{
    handle::Command,
    ports::{
        adapter, games,
        keeper::{self, Keeper},
        port::Port,
        relay_streams, rendezvous,
        reports::ReportsPort,
        routes, settings, store,
    },
    settings::AppSettings,
    tasks::TaskSets,
};

/// Address lists and the like: rare, so whoever sends more waits.
const FEW: usize = 8;

/// What shells read from and write to.
pub(crate) struct Home {
    pub(crate) database: Arc<SettingsDatabase>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) app_settings: watch::Sender<AppSettings>,
    pub(crate) config: Config,
    pub(crate) own: PeerId,
}

/// Starts every shell. Hosts' commands and the data plane's reports come from elsewhere.
pub(crate) fn all(
    TaskSets { endless, closing }: &mut TaskSets,
    home: &Home,
    tunnel: &Arc<Tunnel>,
    commands: mpsc::Receiver<Command>,
    tunnel_reports: ReportsPort,
) -> Ports {
    let adapter_name = home.config.adapter_name.as_str().to_owned();
    let own_adapter = OwnAdapter::default();
    let database = || Arc::clone(&home.database);
    let secrets = || Arc::clone(&home.secrets);

    let (link, link_actions) = mpsc::channel(websocket::ACTIONS);
    let (link_events, link_told) = mpsc::channel(websocket::EVENTS);
    closing.spawn("control-link", websocket::run_link(link_actions, link_events));
    let (network_told, network) = mpsc::channel(FEW);
    endless.spawn("net-watch", net_watch::run(own_adapter.clone(), network_told));
    let (woken_told, woken) = mpsc::channel(FEW);
    endless.spawn("wake-clock", wake_clock::run(woken_told));
    let (metered_told, is_metered) = watch::channel(false);
    endless.spawn("metered", metered::run(metered_told));
    let (names, names_wanted) = watch::channel(Names::default());
    let (names_found, names_told) = mpsc::channel(FEW);
    endless.spawn("name-lookup", name_lookup::run(names_wanted, names_found));
    let (measure, measurements) = mpsc::channel(FEW);
    let (nat_reports, reports) = watch::channel(None);
    endless.spawn("nat-test", behaviour_shell::run(measurements, nat_reports));
    let (mapping, mapped) = watch::channel(PortMapping::default());
    let map_port = home.config.port_mapping.then(|| {
        let (wanted, wishes) = watch::channel(MappingRequest::default());
        closing.spawn("port-mapping", port_mapping::run(wishes, mapping));
        wanted
    });
    let keeper = Keeper::default();
    let (trouble_told, trouble) = watch::channel(None);
    closing.spawn("keeper", keeper::run(keeper.clone(), database(), secrets(), home.own, trouble_told));
    Ports {
        commands,
        reports: tunnel_reports,
        link: Port { tx: link, rx: link_told },
        adapter: adapter::spawn(closing, adapter_name, own_adapter, Arc::clone(tunnel)),
        routes: routes::spawn(endless),
        network,
        woken,
        is_metered,
        names: NamesPort { wanted: names, rx: names_told },
        nat_test: NatTestPort { tx: measure, reports },
        port_mapping: PortMappingPort { wanted: map_port, mapped },
        relay_streams: relay_streams::spawn(closing, Arc::clone(tunnel)),
        rendezvous: rendezvous::spawn(closing, &home.config),
        games: games::spawn(endless),
        settings: settings::spawn(endless, database(), secrets(), home.app_settings.clone()),
        store: store::spawn(endless, database(), secrets()),
        keeper,
        trouble,
    }
}

#[cfg(test)]
mod tests {
    use lanrage_base::clock::now;
    use lanrage_party::DeviceIdentity;
    use lanrage_store::{DataDir, open_secret_store};
    use lanrage_tunnel::UdpSockets;

    use super::*;
    use crate::ports::reports;

    #[tokio::test]
    async fn every_shell_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(Some(folder.path().to_owned())).unwrap();
        let (config, _) = Config::repaired(&Default::default());
        let home = Home {
            database: Arc::new(SettingsDatabase::open(&data_dir, now().wall).await.unwrap().0),
            secrets: Arc::from(open_secret_store(&data_dir).unwrap().0),
            app_settings: watch::Sender::new(AppSettings::from(&config)),
            config,
            own: DeviceIdentity::from_seed(&[1; 32]).peer_id(),
        };
        let (sink, told) = reports::queues();
        let tunnel = Arc::new(Tunnel::start(UdpSockets::bind(0).unwrap(), sink).unwrap());
        let mut tasks = TaskSets::default();
        let ports = all(&mut tasks, &home, &tunnel, mpsc::channel(1).1, told);
        let names = |set: &crate::Tasks| set.names().into_iter().collect::<Vec<_>>();
        assert_eq!(
            names(&tasks.endless),
            [
                "game-questions",
                "game-search",
                "games",
                "load-party",
                "metered",
                "name-lookup",
                "nat-test",
                "net-watch",
                "routes",
                "settings",
                "wake-clock"
            ]
        );
        assert_eq!(
            names(&tasks.closing),
            ["adapter", "control-link", "keeper", "port-mapping", "relays", "rendezvous"]
        );
        drop((ports, tasks));
        tunnel.shutdown();
    }
}
