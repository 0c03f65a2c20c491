//! Segmentation offload of the virtual device: the OS hands over one packet of up to 64 KB with a header that says how to
//! cut it (`segment`), and takes many packets of one flow as such a one (`coalesce`). The rules are those of Linux' GSO
//! and GRO. Both work in place: payload is never copied, nothing is allocated.

mod coalesce;
mod layout;
mod segment;
mod virtio;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub(crate) use coalesce::{Coalescer, PIECES};
pub(crate) use segment::segment;
pub(crate) use virtio::Virtio;
