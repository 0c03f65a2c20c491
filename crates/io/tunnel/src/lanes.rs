//! The way of packets through a lane, from the device to the network and back.

mod bulk_queue;
mod codel;
pub(crate) mod inbox;
pub(crate) mod queue_reader;
pub(crate) mod shared;
