//! The control plane over real sockets and a real disk.

mod listen;
mod persist;
mod support;
