//! The connections to relays over TCP and TLS.

use std::{collections::HashMap, sync::Arc};

use lanrage_nat::relay_stream::RelayStreamEvent;
use lanrage_net::{
    relay_stream::{RelayStream, RelayStreamHandle},
    tls,
};
use lanrage_party::AllocationId;
use lanrage_session::RelayStreamCommand;
use lanrage_tunnel::{RelayLink, Tunnel};
use tokio::{sync::mpsc, task::JoinSet};
use tracing::error;

use crate::{ports::port::Port, tasks::Tasks};

/// Messages to and from relays that are not packets. One that finds no room is lost and asked for again; an allocation
/// whose connection cannot be asked for is told to be closed.
const MESSAGES: usize = 64;

pub(crate) type RelayStreamsPort = Port<RelayStreamCommand, (AllocationId, RelayStreamEvent)>;

/// The data plane's way into a connection to a relay.
struct Link(RelayStreamHandle);

impl lanrage_tunnel::RelayStream for Link {
    fn send(&self, message: &[u8]) -> bool {
        self.0.send(message)
    }
}

/// When nobody asks any more, the connections are closed and the task ends.
pub(crate) fn spawn(tasks: &mut Tasks, tunnel: Arc<Tunnel>) -> RelayStreamsPort {
    let (tx, commands) = mpsc::channel(MESSAGES);
    let (events, rx) = mpsc::channel(MESSAGES);
    tasks.spawn("relays", run(tunnel, commands, events));
    Port { tx, rx }
}

async fn run(
    tunnel: Arc<Tunnel>,
    mut commands: mpsc::Receiver<RelayStreamCommand>,
    events: mpsc::Sender<(AllocationId, RelayStreamEvent)>,
) {
    let tls = match tls::client() {
        Ok(tls) => tls,
        Err(error) => {
            error!(%error, "relays cannot be reached over TCP");
            return;
        }
    };
    let mut handles: HashMap<AllocationId, RelayStreamHandle> = HashMap::new();
    let mut streams = JoinSet::new();
    loop {
        let command = tokio::select! {
            command = commands.recv() => command,
            Some(_) = streams.join_next() => continue,
        };
        match command {
            Some(RelayStreamCommand::Connect(target)) => {
                let allocation = target.allocation;
                let (stream, handle) = RelayStream::new(target, Arc::clone(&tls));
                let tunnel = Arc::clone(&tunnel);
                let packets = move |message: &[u8]| {
                    tunnel.receive_channel_data(allocation, message);
                    true
                };
                streams.spawn(stream.run(events.clone(), packets));
                handles.insert(allocation, handle);
            }
            Some(RelayStreamCommand::Send { allocation, bytes }) => {
                if let Some(handle) = handles.get(&allocation) {
                    // What finds no room is lost, and asked for again.
                    let _ = handle.send(&bytes);
                }
            }
            Some(RelayStreamCommand::Use(allocation)) => {
                if let Some(handle) = handles.get(&allocation) {
                    let link: RelayLink = RelayLink::Stream(Arc::new(Link(handle.clone())));
                    tunnel.open_allocation(allocation, link);
                }
            }
            Some(RelayStreamCommand::Close(allocation)) => {
                if let Some(handle) = handles.remove(&allocation) {
                    handle.close();
                }
            }
            None => break,
        }
    }
    handles.into_values().for_each(|handle| handle.close());
    while streams.join_next().await.is_some() {}
}
