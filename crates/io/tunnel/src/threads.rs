//! The packet threads: what each waits for, and in which order it does what is there.

pub(crate) mod deadlines;
pub(crate) mod device_thread;
pub(crate) mod lane_thread;
pub(crate) mod moderation;
