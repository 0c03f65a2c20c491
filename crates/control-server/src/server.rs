use std::{net::SocketAddr, sync::Arc};

use lanrage_control::protocol::StunEndpoint;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    ServerError, ServerSettings,
    connection::Context,
    coordinator::{COMMANDS, Coordinator},
    database::{Database, DirectoryLock},
    http, listen,
    shutdown::Shutdown,
    stun,
};

/// A running control server. Dropping it stops it at once; [`Server::shutdown`] lets it say goodbye.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stun_address: Option<SocketAddr>,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<&'static str>,
    _lock: DirectoryLock,
}

impl Server {
    /// Starts a server. It serves from the moment this returns.
    ///
    /// # Errors
    /// [`ServerError`], with nothing left running.
    pub async fn start(settings: ServerSettings) -> Result<Self, ServerError> {
        let lock = DirectoryLock::take(&settings.data_dir)?;
        let listener = listen::tcp(settings.listen)?;
        let stun_socket = settings.stun_listen.map(listen::udp).transpose()?;
        let local = |address: std::io::Result<SocketAddr>| {
            address.map_err(|source| ServerError::Listen { what: "TCP", address: settings.listen, source })
        };
        let address = local(listener.local_addr())?;
        let stun_address = stun_socket.as_ref().map(|socket| local(socket.local_addr())).transpose()?;

        let database = Database::open(&settings.data_dir).await?;
        let (healthy, health) = watch::channel(true);
        let stun = match stun_address {
            _ if !settings.advertised_stun.is_empty() => settings.advertised_stun,
            Some(address) => vec![StunEndpoint { host: String::new(), port: address.port() }],
            None => Vec::new(),
        };
        let (shutdown, stopping) = Shutdown::channel();
        let coordinator =
            Coordinator::load(settings.registry, database.clone(), stun, healthy, stopping.clone())
                .await
                .map_err(|error| ServerError::Database {
                    path: settings.data_dir,
                    reason: error.to_string(),
                })?;

        let (commands, inbox) = mpsc::channel(COMMANDS);
        let context = Arc::new(Context {
            limits: settings.limits,
            names: settings.names,
            database,
            commands,
            shutdown: stopping.clone(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(named("coordinator", coordinator.run(inbox)));
        tasks.spawn(named("accept", http::accept(listener, context, health)));
        if let Some(socket) = stun_socket {
            tasks.spawn(named("stun", stun::respond(socket, stopping)));
        }
        Ok(Self { address, stun_address, shutdown, tasks, _lock: lock })
    }

    /// Where it serves WebSocket and HTTP.
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers STUN.
    pub const fn stun_addr(&self) -> Option<SocketAddr> {
        self.stun_address
    }

    /// Waits until a part of the server ends on its own, which none should.
    pub async fn failed(&mut self) -> ServerError {
        ServerError::Failed(match self.tasks.join_next().await {
            Some(Ok(name)) => format!("its part {name:?} ended"),
            Some(Err(error)) => error.to_string(),
            None => "it has been shut down".into(),
        })
    }

    /// Says goodbye to every client, writes what is left to write, and ends all tasks.
    pub async fn shutdown(mut self) {
        self.shutdown.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the server panicked");
            }
        }
    }
}

async fn named(name: &'static str, task: impl Future<Output = ()>) -> &'static str {
    task.await;
    name
}
