//! What strangers and members do to a control server in `cargo xtask attack`, and what everybody else notices of it. Each
//! role is a command that writes lines of JSON: `{"ready": true}` once it has begun, and in the end what it saw.

mod connections;
mod parties;
mod session;
mod storm;
mod watch;

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Send pings without end on connections whose answers are never read
    Pings {
        /// The control server
        server: SocketAddr,
        #[arg(long)]
        connections: usize,
        #[arg(long)]
        seconds: f64,
    },
    /// Hold connections that say nothing, and open new ones for those that are closed
    Silent {
        /// The control server, or a relay by TCP
        server: SocketAddr,
        /// From these addresses, in turn
        #[arg(long, value_delimiter = ',')]
        from: Vec<IpAddr>,
        #[arg(long)]
        connections: usize,
        #[arg(long)]
        seconds: f64,
    },
    /// Log in with one new identity after the other, and make parties with each
    Parties {
        /// The control server
        server: SocketAddr,
        #[arg(long)]
        identities: usize,
        /// Of each identity
        #[arg(long)]
        parties: usize,
        #[arg(long)]
        seconds: f64,
    },
    /// Ask for a full party again and again, with all of its members at once, and read no answer
    Storm {
        /// The control server
        server: SocketAddr,
        #[arg(long)]
        members: usize,
        #[arg(long)]
        seconds: f64,
    },
    /// Be a player in a party of its own: the longest time that the server took to answer a sign of life
    Heartbeat {
        /// The control server
        server: SocketAddr,
        #[arg(long)]
        seconds: f64,
    },
    /// Be two players of whom one makes a party and the other joins it: how long both took, or why not
    Meet {
        /// The control server
        server: SocketAddr,
    },
    /// Ask a STUN server for one's own address: the longest time that it took to answer
    Stun {
        /// The STUN server
        server: SocketAddr,
        /// By TCP, with a connection for each question (RFC 8489 §6.2.2)
        #[arg(long)]
        tcp: bool,
        #[arg(long)]
        seconds: f64,
    },
    /// Join by a link, and list what every member has to know of the others: names and WireGuard keys
    Roster {
        /// The invitation
        link: String,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let said = match Arguments::parse().role {
        Role::Pings { server, connections, seconds } => {
            connections::ping(server, connections, seconds).await?
        }
        Role::Silent { server, from, connections, seconds } => {
            connections::be_silent(server, &from, connections, seconds).await?
        }
        Role::Parties { server, identities, parties, seconds } => {
            parties::make_many(server, identities, parties, seconds).await?
        }
        Role::Storm { server, members, seconds } => storm::ask(server, members, seconds).await?,
        Role::Heartbeat { server, seconds } => watch::heartbeat(server, seconds).await?,
        Role::Meet { server } => watch::meet(server).await?,
        Role::Stun { server, tcp, seconds } => watch::stun(server, tcp, seconds).await?,
        Role::Roster { link } => parties::roster(&link).await?,
    };
    println!("{said}");
    Ok(())
}

/// Says that what is to be seen from now on counts.
fn say_ready() {
    println!("{}", serde_json::json!({ "ready": true }));
}
