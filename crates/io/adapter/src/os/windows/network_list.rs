//! The list of networks that Windows keeps, each with a category for its firewall.
#![allow(unsafe_code)]

use std::{sync::Arc, thread};

use windows::{
    Win32::{
        Networking::NetworkListManager::{
            INetwork, INetworkListManager, NLM_NETWORK_CATEGORY_PRIVATE, NLM_NETWORK_CATEGORY_PUBLIC,
            NetworkListManager,
        },
        System::Com::{CLSCTX_ALL, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize},
    },
    core::{GUID, Result},
};

use super::Event;
use crate::os::category::{Category, Seen};

/// The thread that keeps the network of an adapter *private*. Dropping this ends it.
#[derive(Debug)]
pub(super) struct PrivateNetwork(Arc<Event>);

impl PrivateNetwork {
    /// Begins with the adapter of this identity.
    ///
    /// # Errors
    /// The system's, if there is no thread to be had.
    pub(super) fn keep(adapter: u128) -> std::io::Result<Self> {
        let over = Arc::new(Event::new()?);
        let until = Arc::clone(&over);
        // Nobody waits for its end: the system may take seconds for an answer.
        thread::Builder::new().name("network-category".to_owned()).spawn(move || {
            if let Err(error) = keep(&GUID::from_u128(adapter), &until) {
                tracing::warn!(%error, "the category of the adapter's network cannot be told");
            }
        })?;
        Ok(Self(over))
    }
}

impl Drop for PrivateNetwork {
    fn drop(&mut self) {
        self.0.set();
    }
}

fn keep(adapter: &GUID, until: &Event) -> Result<()> {
    let _com = Com::begin()?;
    // SAFETY: COM is in use on this thread, and stays so until after the last call.
    let list: INetworkListManager = unsafe { CoCreateInstance(&NetworkListManager, None, CLSCTX_ALL)? };
    let (mut category, mut is_told) = (Category::default(), false);
    loop {
        let network = network_of(&list, adapter);
        let looked =
            network.and_then(|network| network.map(|network| Ok((see(&network)?, network))).transpose());
        let found = looked.unwrap_or_else(|error| {
            if !std::mem::replace(&mut is_told, true) {
                tracing::warn!(%error, "the network of the adapter is not told");
            }
            None
        });
        if category.is_due(found.as_ref().map(|(seen, _)| *seen))
            && let Some((seen, network)) = found
        {
            // SAFETY: as above.
            match unsafe { network.SetCategory(NLM_NETWORK_CATEGORY_PRIVATE) } {
                Ok(()) => {
                    category.settle(seen.network);
                    tracing::info!("the network of the adapter is private to the firewall");
                }
                Err(error) if !std::mem::replace(&mut is_told, true) => {
                    tracing::warn!(%error, "the network of the adapter stays public: the firewall may close games");
                }
                Err(_) => {}
            }
        }
        if until.is_set_within(category.pause()) {
            return Ok(());
        }
    }
}

/// The network that an adapter is connected with, once the system has told it.
fn network_of(list: &INetworkListManager, adapter: &GUID) -> Result<Option<INetwork>> {
    // SAFETY: COM is in use on this thread.
    unsafe {
        let connections = list.GetNetworkConnections()?;
        loop {
            let mut connection = [None];
            connections.Next(&mut connection, None)?;
            let [Some(connection)] = connection else { return Ok(None) };
            if connection.GetAdapterId()? == *adapter {
                return connection.GetNetwork().map(Some);
            }
        }
    }
}

fn see(network: &INetwork) -> Result<Seen> {
    // SAFETY: COM is in use on this thread.
    let (id, category) = unsafe { (network.GetNetworkId()?, network.GetCategory()?) };
    Ok(Seen { network: id.to_u128(), is_public: category == NLM_NETWORK_CATEGORY_PUBLIC })
}

/// That this thread uses COM.
struct Com;

impl Com {
    fn begin() -> Result<Self> {
        // SAFETY: it is this thread's first use, and ended by the same thread.
        unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) }.ok().map(|()| Self)
    }
}

impl Drop for Com {
    fn drop(&mut self) {
        // SAFETY: it was begun on this thread.
        unsafe { CoUninitialize() };
    }
}
