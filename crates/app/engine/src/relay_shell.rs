use std::{collections::HashMap, sync::Arc};

use lanrage_nat::relay_stream::{RelayStream, RelayStreamEvent, RelayStreamHandle, RelayTls};
use lanrage_party::AllocationId;
use lanrage_session::RelayStreamCommand;
use lanrage_tunnel::{RelayLink, Tunnel};
use tokio::{sync::mpsc, task::JoinSet};
use tracing::error;

/// The data plane's way into a connection to a relay.
struct Link(RelayStreamHandle);

impl lanrage_tunnel::RelayStream for Link {
    fn send(&self, message: &[u8]) -> bool {
        self.0.send(message)
    }
}

/// Holds the connections to relays over TCP and TLS. When nobody speaks to it any more, it closes them and ends.
pub(crate) async fn run(
    tunnel: Arc<Tunnel>,
    mut commands: mpsc::Receiver<RelayStreamCommand>,
    events: mpsc::Sender<(AllocationId, RelayStreamEvent)>,
) {
    let tls = match RelayTls::new() {
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
                let (stream, handle) = RelayStream::new(target, tls.clone());
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
