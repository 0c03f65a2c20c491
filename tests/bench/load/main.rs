//! The traffic of `cargo xtask bench`, `attack` and `radar`: paced UDP packets, a game that is echoed, forged handshakes, stand-ins
//! for servers of games. Each role is a command that writes one line of JSON.
//!
//! Every packet carries its number and the time of its sending, by the one clock of the machine on which all of it runs.

mod burst;
mod echo;
mod game_server;
mod handshakes;
mod packet;
mod receive;
mod send;
mod socket;
mod steady;
mod strange;

use std::net::SocketAddr;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Send packets at a steady rate
    Send(send::Options),
    /// Count packets until none comes any more
    Receive {
        /// Where
        bind: SocketAddr,
    },
    /// Send every packet back, until killed
    Echo {
        /// Where
        bind: SocketAddr,
    },
    /// Play: small packets to an echo at a steady beat
    Game(echo::Options),
    /// Answer as a server of a game that cannot be had, until killed
    GameServer(game_server::Options),
    /// Forge handshakes for a player, at a steady rate
    Handshakes(handshakes::Options),
    /// Send what a stranger may try, at a steady rate, and count what comes back
    Strange(strange::Options),
}

fn main() -> Result<()> {
    socket::wake_on_time();
    match Arguments::parse().role {
        Role::Send(options) => send::run(&options),
        Role::Receive { bind } => receive::run(bind),
        Role::Echo { bind } => echo::answer(bind),
        Role::Game(options) => echo::play(&options),
        Role::GameServer(options) => game_server::run(&options),
        Role::Handshakes(options) => handshakes::run(&options),
        Role::Strange(options) => strange::run(&options),
    }
}
