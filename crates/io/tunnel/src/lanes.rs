//! The way of packets through a lane: from a queue of the device to the sockets (`sender`), and from the sockets to the
//! device (`receiver`).

mod bulk_queue;
mod codel;
mod device_writer;
pub(crate) mod inbox;
pub(crate) mod queue_reader;
pub(crate) mod receiver;
mod sender;
pub(crate) mod sending;
pub(crate) mod shared;
