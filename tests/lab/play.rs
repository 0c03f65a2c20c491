//! What players do in a lab.

mod acts;
pub mod disturb;
pub mod flow;
pub mod lan;
pub mod meeting;
pub mod order;
mod player;
pub mod recovery;
mod relay;
mod replies;
pub mod restore;
pub mod serverless;
pub mod soak;
pub mod stage;
mod transfer;

pub use self::{
    player::{Player, all_meet, connected_friends, friend_in, names_a_host},
    stage::{Stage, ways},
};
