//! What the system tells the program: how it was started, that it was started once more, a link to look at, a signal to
//! end, and that it is to start anew.

pub(crate) mod arguments;
pub(crate) mod link;
pub(crate) mod restart;
pub(crate) mod signals;
pub(crate) mod single_instance;
