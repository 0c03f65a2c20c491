//! Segmentation offload of the virtual device: the OS hands over one packet of up to 64 KB with a header that says how to
//! cut it (`segment`), and takes many packets of one flow as such a one (`coalesce`). The rules are those of Linux' GSO
//! and GRO. Both work in place: payload is never copied, nothing is allocated.

pub(crate) mod coalesce;
mod layout;
pub(crate) mod merging;
pub(crate) mod segment;
pub(crate) mod virtio;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
