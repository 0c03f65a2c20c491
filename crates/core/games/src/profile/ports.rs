use std::fmt;

use lanrage_party::{NEVER_OPENED, Transport};

use super::{ProfileFault, texts::text_serde};

/// Ports of one protocol, from `first` to `last`; written `udp 8303-8310`, or `tcp 25565`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    transport: Transport,
    first: u16,
    last: u16,
}

impl PortRange {
    /// Ports from `first` to `last`; `None` if there are none, or one is 0.
    pub const fn new(transport: Transport, first: u16, last: u16) -> Option<Self> {
        if first == 0 || last < first { None } else { Some(Self { transport, first, last }) }
    }

    /// The protocol.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The first port.
    pub const fn first(&self) -> u16 {
        self.first
    }

    /// The last port, not less than the first.
    pub const fn last(&self) -> u16 {
        self.last
    }

    /// How many they are.
    pub const fn count(&self) -> usize {
        (self.last - self.first) as usize + 1
    }

    /// Whether a port is one of them.
    pub fn contains(&self, transport: Transport, port: u16) -> bool {
        self.transport == transport && (self.first..=self.last).contains(&port)
    }

    /// Whether one of them is never opened.
    pub fn is_never_opened(&self) -> bool {
        NEVER_OPENED.iter().any(|(first, last)| *first <= self.last && self.first <= *last)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport: &str = self.transport.into();
        write!(f, "{transport} {}", self.first)?;
        if self.last > self.first { write!(f, "-{}", self.last) } else { Ok(()) }
    }
}

impl std::str::FromStr for PortRange {
    type Err = ProfileFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (transport, ports) = text.split_once(' ').ok_or(ProfileFault::Ports)?;
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let number = |text: &str| text.parse().map_err(|_| ProfileFault::Ports);
        let transport = transport.parse().map_err(|_| ProfileFault::Ports)?;
        Self::new(transport, number(first)?, number(last)?).ok_or(ProfileFault::Ports)
    }
}

text_serde!(PortRange);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_it_is_written() {
        for text in ["udp 8303-8310", "tcp 25565", "udp 1-65535"] {
            assert_eq!(text.parse::<PortRange>().map(|range| range.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "udp", "udp ", "sctp 5", "udp 0", "udp 9-8", "tcp 70000", "udp 1-2-3", "udp +5x"] {
            assert_eq!(bad.parse::<PortRange>(), Err(ProfileFault::Ports), "{bad}");
        }
    }

    #[test]
    fn a_range_around_a_port_that_is_never_opened_is_one_too() {
        for (text, expected) in
            [("tcp 100-200", true), ("udp 445", true), ("tcp 446-592", false), ("udp 5030-5040", true)]
        {
            assert_eq!(text.parse::<PortRange>().unwrap().is_never_opened(), expected, "{text}");
        }
    }
}
