use lanrage_party::{AdapterName, Subnet, VirtualIp};

use crate::AdapterError;

/// How many names [`Adapter::open`](crate::Adapter::open) tries before it gives up.
const NAME_ATTEMPTS: u64 = 8;

/// What an adapter is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterConfig {
    /// The interface's name, an [`AdapterName`]. If it is taken, its number is counted up: `lanrage0`, `lanrage1`, …
    /// macOS chooses the name itself.
    pub name: String,
    /// This computer's own address in the party; inside `subnet`.
    pub address: VirtualIp,
    /// The party's network.
    pub subnet: Subnet,
    /// Largest packet in bytes, IP header included; at least 68 (RFC 791).
    pub mtu: u16,
    /// Whether the device may have a queue for each lane and exchange packets larger than the MTU, where the system
    /// can. Without it there is one queue of plain packets, as on systems that cannot.
    pub offload: bool,
}

impl AdapterConfig {
    /// Refuses what no system would accept.
    ///
    /// # Errors
    /// [`AdapterError::InvalidName`] and [`AdapterError::AddressOutside`].
    pub fn validate(&self) -> Result<(), AdapterError> {
        if AdapterName::new(&self.name).is_none() {
            return Err(AdapterError::InvalidName { name: self.name.clone() });
        }
        if !self.subnet.contains(self.address) {
            return Err(AdapterError::AddressOutside { address: self.address, subnet: self.subnet });
        }
        Ok(())
    }

    /// The names to try, in order: the one asked for, then the ones with the next numbers.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let stem = self.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u64 = self.name[stem.len()..].parse().unwrap_or(0);
        std::iter::once(self.name.clone())
            .chain((1..NAME_ATTEMPTS).map(move |step| format!("{stem}{}", number + step)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> AdapterConfig {
        AdapterConfig {
            name: name.into(),
            address: VirtualIp([10, 66, 0, 1].into()),
            subnet: Subnet::DEFAULT,
            mtu: 1420,
            offload: true,
        }
    }

    #[test]
    fn a_taken_name_is_counted_up_seven_times() {
        let names: Vec<_> = named("lanrage0").names().collect();
        assert_eq!(names.len(), 8);
        assert_eq!((names[0].as_str(), names[7].as_str()), ("lanrage0", "lanrage7"));
        assert_eq!(named("lan9").names().nth(1).unwrap(), "lan10");
        assert_eq!(named("party").names().nth(1).unwrap(), "party1");
    }

    #[test]
    fn every_name_tried_fits_the_systems_fifteen_bytes() {
        for name in ["abcdefghijklmn", "abcdefghijkl99", "99999999999999"] {
            let config = named(name);
            config.validate().unwrap();
            assert!(config.names().all(|name| name.len() <= 15), "{name}");
        }
    }

    #[test]
    fn a_name_that_the_system_would_read_differently_is_refused() {
        for name in ["", ".", "a/b", "lan%d", "two words", "abcdefghijklmno", "größe"] {
            assert!(matches!(named(name).validate(), Err(AdapterError::InvalidName { .. })), "{name}");
        }
    }

    #[test]
    fn an_address_outside_the_subnet_is_refused() {
        let mut config = named("lanrage0");
        for address in [[10, 67, 0, 1], [10, 66, 0, 0], [10, 66, 255, 255]] {
            config.address = VirtualIp(address.into());
            assert!(matches!(config.validate(), Err(AdapterError::AddressOutside { .. })));
        }
    }
}
