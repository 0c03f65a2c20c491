//! The property `Metered` of `org.freedesktop.NetworkManager`.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::{
    sync::watch::Sender,
    time::{sleep, timeout},
};
use zbus::{Connection, Proxy, Result, proxy::MethodFlags, zvariant::OwnedValue};

/// The pause between two looks, where there is no word of a change, and where nobody could be asked.
const LOOK: Duration = Duration::from_secs(60);

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
/// NMMetered: set by the player, or concluded from the network (a phone's hotspot says so by DHCP).
const METERED: [u32; 2] = [1, 3];

pub(super) async fn run(told: &Sender<bool>) {
    loop {
        let followed = async {
            let bus = Connection::system().await?;
            follow(&bus, told).await
        };
        tokio::select! {
            () = told.closed() => return,
            Err(error) = followed => tracing::debug!(%error, "nobody says whether the connection is metered"),
        }
        tell(told, false);
        tokio::select! {
            () = told.closed() => return,
            () = sleep(LOOK) => {}
        }
    }
}

/// Tells for as long as somebody answers.
async fn follow(bus: &Connection, told: &Sender<bool>) -> Result<std::convert::Infallible> {
    let properties = Proxy::new(bus, NAME, PATH, "org.freedesktop.DBus.Properties").await?;
    let mut changes = properties.receive_signal("PropertiesChanged").await?;
    loop {
        // Who asks must not be why it is started.
        let answer: Option<OwnedValue> =
            properties.call_with_flags("Get", MethodFlags::NoAutoStart.into(), &(NAME, "Metered")).await?;
        let metered = answer.map(u32::try_from).transpose()?;
        tell(told, metered.is_some_and(|metered| METERED.contains(&metered)));
        // A change is a reason to look, and so is a long silence.
        let _ = timeout(LOOK, changes.next()).await;
    }
}

fn tell(told: &Sender<bool>, is_metered: bool) {
    told.send_if_modified(|known| std::mem::replace(known, is_metered) != is_metered);
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use tokio::sync::watch;
    use zbus::{Guid, connection::Builder, interface};

    use super::*;

    /// As NetworkManager, as far as anybody asks here.
    struct Manager {
        metered: u32,
    }

    #[interface(name = "org.freedesktop.NetworkManager")]
    impl Manager {
        #[zbus(property)]
        fn metered(&self) -> u32 {
            self.metered
        }
    }

    #[tokio::test]
    async fn what_the_manager_says_is_told_and_its_end_is_the_end() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let manager = Builder::async_io_unix_stream(theirs)
            .server(Guid::generate())
            .unwrap()
            .p2p()
            .serve_at(PATH, Manager { metered: 4 })
            .unwrap()
            .build();
        let (manager, bus) =
            tokio::try_join!(manager, Builder::async_io_unix_stream(ours).p2p().build()).unwrap();
        let (told, mut hears) = watch::channel(false);
        let play = async {
            let served = manager.object_server().interface::<_, Manager>(PATH).await.unwrap();
            for (word, is_metered) in [(1, true), (2, false), (3, true), (0, false)] {
                served.get_mut().await.metered = word;
                served.get().await.metered_changed(served.signal_emitter()).await.unwrap();
                hears.wait_for(|told| *told == is_metered).await.unwrap();
            }
            manager.close().await.unwrap();
        };
        let (followed, ()) = tokio::join!(follow(&bus, &told), play);
        followed.unwrap_err();
    }
}
