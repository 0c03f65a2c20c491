//! A small internet on one machine: private LANs behind NAT routers, a public segment, and hosts in each.
//!
//! Every lab stands in a [`world`] of its own (private mount, network and process namespaces), so nothing of the
//! machine's network is touched and nothing is left behind, however the program ends.
//!
//! ```no_run
//! # #[cfg(target_os = "linux")]
//! # fn main() -> anyhow::Result<()> {
//! use lanrage_lab::{Lab, networks};
//!
//! let mut lab = Lab::new()?;
//! let server = lab.public_host("server", 5)?;
//! let home = lab.lan(networks::HOME)?;
//! let player = lab.host(&home, "one")?;
//! lab.settle()?;
//!
//! let socket = player.udp(7000)?;
//! socket.send_to(b"hello", (server.address(), 3478))?;
//! # Ok(())
//! # }
//! ```

pub mod expected;
pub mod networks;

#[cfg(target_os = "linux")]
pub mod capture;
#[cfg(target_os = "linux")]
pub mod echo;
#[cfg(target_os = "linux")]
pub mod flow;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
pub mod integrity;
#[cfg(target_os = "linux")]
mod ip;
#[cfg(target_os = "linux")]
pub mod meeting;
#[cfg(target_os = "linux")]
mod nat;
#[cfg(target_os = "linux")]
mod player;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
pub mod recovery;
#[cfg(target_os = "linux")]
mod relay;
#[cfg(target_os = "linux")]
pub mod restore;
#[cfg(target_os = "linux")]
pub mod stage;
#[cfg(target_os = "linux")]
pub mod teeworlds;
#[cfg(target_os = "linux")]
pub mod throwaway;
#[cfg(target_os = "linux")]
mod topology;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
pub mod world;

#[cfg(target_os = "linux")]
pub use self::{
    host::Host,
    player::{Player, names_a_host},
    process::Process,
    program::program,
    stage::Stage,
    topology::{Carrier, Lab, Lan},
    wire::Wire,
};
