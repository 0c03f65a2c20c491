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

pub mod networks;

/// What must come out where two networks meet.
pub use lanrage_testnet::expected;

#[cfg(target_os = "linux")]
pub mod capture;
#[cfg(target_os = "linux")]
pub mod dht;
#[cfg(target_os = "linux")]
pub mod echo;
#[cfg(target_os = "linux")]
pub mod integrity;
#[cfg(target_os = "linux")]
mod net;
#[cfg(target_os = "linux")]
mod play;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
pub mod radar;
#[cfg(target_os = "linux")]
pub mod sweep;
#[cfg(target_os = "linux")]
pub mod teeworlds;
#[cfg(target_os = "linux")]
pub mod throwaway;
#[cfg(target_os = "linux")]
pub mod web_proxy;

#[cfg(target_os = "linux")]
pub use self::{
    net::{Carrier, Host, Lab, Lan, Uplinks, WindowsHost, WindowsKit, Wire, world},
    play::{
        Player, Stage, all_meet, connected_friends, disturb, flow, friend_in, lan, meeting, names_a_host,
        order, recovery, restore, serverless, soak, stage, ways,
    },
    process::{Process, Threads},
    program::program,
};
