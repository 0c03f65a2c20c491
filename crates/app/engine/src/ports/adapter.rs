//! The virtual device, opened and closed as the session wishes, and looked at while it is open.

use std::{future::pending, sync::Arc, time::Duration};

use lanrage_adapter::{Adapter, AdapterConfig, AdapterError, AdapterEye, Device};
use lanrage_net::{net_watch::Changes, own_adapter::OwnAdapter};
use lanrage_party::{Subnet, VirtualIp, limits};
use lanrage_session::{AdapterFailure, Input};
use lanrage_tunnel::Tunnel;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::{Instant, sleep_until},
};
use tracing::warn;

use super::device::TunnelDevice;
use crate::tasks::Tasks;

/// Between two looks at an open device.
const LOOK: Duration = Duration::from_secs(2);
/// The shortest time between two looks, however often the system tells of changes.
const LEAST: Duration = Duration::from_millis(300);
/// Answers that may wait: more than one is told of no device.
const ANSWERS: usize = 2;

/// What is wanted of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wish {
    /// The device with this address in this network, or none.
    device: Option<(VirtualIp, Subnet)>,
    /// Tells a device from an equal one that was closed before.
    number: u64,
    /// How often it was to be mended.
    mends: u64,
}

impl Wish {
    pub(crate) fn open(&mut self, address: VirtualIp, subnet: Subnet) {
        *self = Self { device: Some((address, subnet)), number: self.number + 1, mends: self.mends };
    }

    pub(crate) fn mend(&mut self) {
        self.mends += 1;
    }

    pub(crate) fn close(&mut self) {
        *self = Self { device: None, number: self.number + 1, mends: self.mends };
    }
}

/// Says which device is wanted, and hears what came of it. Never full: only the newest wish counts, and a device that is
/// open is closed before the next is opened.
pub(crate) struct AdapterPort {
    pub(crate) wish: watch::Sender<Wish>,
    /// [`Input::Adapter`] and [`Input::AdapterLook`].
    pub(crate) rx: mpsc::Receiver<Input>,
}

/// Ends when nobody can wish any more, with no device open if none was wanted at last.
pub(crate) fn spawn(tasks: &mut Tasks, name: String, own: OwnAdapter, tunnel: Arc<Tunnel>) -> AdapterPort {
    let (wish, wishes) = watch::channel(Wish::default());
    let (told, rx) = mpsc::channel(ANSWERS);
    let shell = Shell { name, own, tunnel, told, present: Wish::default(), eye: None };
    tasks.spawn("adapter", shell.run(wishes));
    AdapterPort { wish, rx }
}

struct Shell {
    name: String,
    /// For those who must leave the device out.
    own: OwnAdapter,
    tunnel: Arc<Tunnel>,
    told: mpsc::Sender<Input>,
    /// The wish that is carried out.
    present: Wish,
    /// Looks at the device that is open.
    eye: Option<AdapterEye>,
}

impl Shell {
    async fn run(mut self, mut wishes: watch::Receiver<Wish>) {
        let mut changes = Changes::new();
        let (mut looked, mut due) = (Instant::now(), Instant::now());
        loop {
            let is_open = self.eye.is_some();
            let input = tokio::select! {
                changed = wishes.changed() => match changed {
                    Ok(()) => {
                        let wish = *wishes.borrow_and_update();
                        let input = self.follow(wish).await;
                        due = Instant::now();
                        input
                    }
                    Err(_) => return,
                },
                () = look(is_open, due) => {
                    looked = Instant::now();
                    due = looked + LOOK;
                    self.look().await
                }
                () = changes.next(), if is_open => {
                    due = due.min(looked + LEAST);
                    None
                }
            };
            // Nobody hears a result at the very end, when the wish is to close.
            if let Some(input) = input
                && self.told.send(input).await.is_err()
            {
                return;
            }
        }
    }

    /// Carries out another wish.
    async fn follow(&mut self, wish: Wish) -> Option<Input> {
        let present = std::mem::replace(&mut self.present, wish);
        if (wish.device, wish.number) == (present.device, present.number) {
            let eye = self.eye.clone()?;
            // Where it is not permitted or does not help, the next look finds the same.
            if let Ok(Err(error)) = spawn_blocking(move || eye.mend()).await {
                warn!(%error, "the adapter cannot be mended");
            }
            return None;
        }
        self.eye = None;
        let (name, own, tunnel) = (self.name.clone(), self.own.clone(), Arc::clone(&self.tunnel));
        let changed = spawn_blocking(move || {
            // Joins the device's threads, which then drop the adapter.
            tunnel.detach();
            own.closed();
            wish.device.map(|(address, subnet)| {
                // Before the system can tell anybody of it.
                own.expect(address.0);
                let opened = open(name, &tunnel, address, subnet);
                match &opened {
                    Ok((name, _)) => own.opened(name),
                    Err(_) => own.closed(),
                }
                opened
            })
        });
        let result = changed.await.ok().flatten()?;
        let opened = result.map(|(name, eye)| {
            self.eye = Some(eye);
            name
        });
        Some(Input::Adapter(opened.map_err(|error| failure(&error))))
    }

    async fn look(&self) -> Option<Input> {
        let (eye, friends) = (self.eye.clone()?, self.tunnel.leases());
        // A device that is gone is told of by its packet threads.
        spawn_blocking(move || eye.look(&friends)).await.ok().flatten().map(Input::AdapterLook)
    }
}

async fn look(is_open: bool, due: Instant) {
    if is_open { sleep_until(due).await } else { pending().await }
}

fn open(
    name: String,
    tunnel: &Tunnel,
    address: VirtualIp,
    subnet: Subnet,
) -> Result<(String, AdapterEye), AdapterError> {
    let config = AdapterConfig { name, address, subnet, mtu: limits::PACKET_BYTES as u16, offload: true };
    let adapter = Adapter::open(&config)?;
    let (name, eye) = (adapter.name().to_owned(), adapter.eye());
    let device: Arc<dyn Device> = Arc::new(adapter);
    tunnel
        .attach(Arc::new(TunnelDevice::new(device)))
        .map_err(|source| AdapterError::Io { step: "starting its packet thread", source })?;
    Ok((name, eye))
}

fn failure(error: &AdapterError) -> AdapterFailure {
    warn!(%error, "no adapter");
    AdapterFailure { fault: error.fault(), remedy: error.remedy() }
}
