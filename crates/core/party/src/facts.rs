//! What LANrage has to tell people, as data.
//!
//! Each enum here is a family of messages in the catalogue: a variant's snake-case name is its `code`, which scripts
//! may rely on, and its fields are what the message can mention. No sentence stands here. Texts in the data are names,
//! addresses, and what the system or a library said of a failure.

mod adapter_fault;
mod cause;
mod drop_reason;
mod meeting;
mod network;
mod news;
mod problem;
mod refusal;
mod remedy;
mod server_refusal;
mod setting_rule;
mod situation;

pub use adapter_fault::{
    AdapterFault, AddressTrouble, BlockedWay, EndpointUse, HelperTrouble, LostPart, NameTrouble,
    PermissionTrouble, SearchTrouble,
};
pub use cause::Cause;
pub use drop_reason::DropReason;
pub use meeting::{HostHint, Meeting, StoreEngine};
pub use network::{PortMappingFault, RelayFault, ServerFault};
pub use news::News;
pub use problem::{Fault, PeerRefusal};
pub use refusal::{CodesOff, CommandError, ExportFault, GameFault, LeaseFault, Unanswered};
pub use remedy::{ENABLE_HELPER, Remedy};
pub use server_refusal::ServerRefusal;
pub use setting_rule::SettingRule;
pub use situation::{NatObstacle, RelayReason, Situation, Unreached};
