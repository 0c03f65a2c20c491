//! The control plane: how the members of a party learn of each other.
//!
//! - [`protocol`]: the messages, and nothing but the messages.
//! - [`registry`]: who is in which party and at which address. A pure state machine, used by the control server.
//! - [`session`]: the server's side of a connection.
//! - [`RemoteControlPlane`]: the client's side of a server, which the product's session talks to.
//!
//! Everything is pure. Sockets are in `lanrage-link`, which carries [`LinkAction`]s and decides nothing.
//!
//! Whatever a server says is unverified: a [`lanrage_party::SignedRecord`] is checked against the party
//! secret by the engine, which is the only one that has it.
//!
//! # Synchronisation
//!
//! Whatever happens to devices, servers and the network between them, in the end every member that is online
//! sees what the registry has, no two members have one address, and nobody who holds a membership is lost. The
//! rules (`tests/control/sync` holds random schedules against them):
//!
//! 1. **A member speaks for itself.** Only its own signed record says its address, name and keys. Of two
//!    records of one peer the one with the higher sequence counts; a device's sequence never goes back. An
//!    older one is refused with the sequence to go beyond.
//! 2. **A registry speaks for the party.** Who is a member, who holds which address, who is online, who hosts:
//!    its revision grows by one with each change. A client that sees a gap asks for the whole party, once;
//!    revisions of two connections are never compared.
//! 3. **A membership is the client's to keep.** It is registered again, with its newest record, in every new
//!    connection: so a server that was restored from an old backup, or lost everything, learns the party again
//!    under the same ids and leases. Registering what is known already changes nothing. A host whose party was
//!    inherited meanwhile comes back as a member.
//! 4. **The latest request decides.** Answers come in the order of requests; an answer to a request that a later
//!    one has overtaken is ignored.
//! 5. **One connection per identity, the later one.** The earlier is told [`protocol::ErrorCode::Replaced`], has
//!    no say any more, and comes back only when the other one is gone.
//! 6. **An address has one holder, who keeps it until it leaves**, however long it is away. Who finds it taken
//!    is told all that are taken, and takes another one. Who registers with another address than it holds is
//!    told the one that it holds.
//! 7. **Absence ends a membership only after the retention**, and only if the registry was there to see it
//!    ([`registry`], clean-up). Who left while its server could not be told is removed in the same way.

mod event;
mod link;
pub mod protocol;
pub mod registry;
mod remote;
pub mod session;

pub use lanrage_base::clock::Now;

pub use event::{ControlEvent, DisconnectReason};
pub use link::{LinkAction, LinkClosed, LinkEvent, LinkId};
pub use remote::{RemoteControlPlane, RemoteSettings, RemoteTimings};
