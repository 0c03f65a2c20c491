//! The packet threads: what each waits for, and in which order it does what is there.
//!
//! A lane with sockets of its own has a thread that waits at them (`lane_thread`). A queue of the device has one that waits
//! at it (`device_thread`), unless the thread at the sockets can wait for both (`express_queue`).

pub(crate) mod deadlines;
pub(crate) mod device_thread;
pub(crate) mod express_queue;
mod housekeeping;
mod lane_sockets;
pub(crate) mod lane_thread;
mod moderation;
