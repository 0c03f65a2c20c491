//! A small internet on one machine: private LANs behind NAT routers, a public segment, and hosts in each.
//!
//! Every lab stands in a [`world`] of its own (private mount, network and process namespaces), so nothing of the
//! machine's network is touched and nothing is left behind, however the program ends.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use lanrage_lab::{Lab, NatBehaviour};
//!
//! let mut lab = Lab::new()?;
//! let server = lab.public_host("server", 5)?;
//! let home = lab.lan(NatBehaviour::PortRestricted)?;
//! let player = lab.host(&home, "one")?;
//! lab.settle()?;
//!
//! let socket = player.udp(7000)?;
//! socket.send_to(b"hello", (server.address(), 3478))?;
//! # Ok(())
//! # }
//! ```
#![cfg(target_os = "linux")]

pub mod capture;
pub mod echo;
mod host;
mod ip;
mod nat;
mod player;
mod process;
mod program;
pub mod restore;
pub mod stage;
pub mod teeworlds;
mod topology;
pub mod world;

pub use host::Host;
pub use nat::NatBehaviour;
pub use player::Player;
pub use process::Process;
pub use program::program;
pub use stage::Stage;
pub use topology::{Lab, Lan};
