//! Which adapters the helper opens, whoever asks.

use std::ops::RangeInclusive;

use lanrage_adapter::{AdapterConfig, helper::Request};
use lanrage_party::{AdapterName, facts::Cause};

/// MTUs in bytes: from what every host must take (RFC 791) to what Ethernet carries.
const MTU: RangeInclusive<u16> = 576..=1500;

/// The adapter asked for, or what is wrong with it. That its network is one that parties have is known since the request
/// was read; that no route overlaps it is seen when it is opened.
pub(crate) fn check(request: Request) -> Result<AdapterConfig, Cause> {
    let config = request.into_config();
    config.validate().map_err(|error| error.cause())?;
    if !AdapterName::new(&config.name).is_some_and(|name| name.is_given_by_helper()) {
        return Err(Cause::BadName);
    }
    if !MTU.contains(&config.mtu) {
        return Err(Cause::BadPacketSize);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use lanrage_adapter::helper::Wish;
    use lanrage_party::{Subnet, VirtualIp};

    use super::*;

    fn usual() -> AdapterConfig {
        AdapterConfig {
            name: "lanrage0".into(),
            address: VirtualIp([10, 66, 0, 7].into()),
            subnet: Subnet::DEFAULT,
            mtu: 1420,
            offload: true,
        }
    }

    fn refused(change: impl FnOnce(&mut AdapterConfig)) -> bool {
        let mut config = usual();
        change(&mut config);
        check(Request::new(Wish::Adapter, config)).is_err()
    }

    #[test]
    fn a_partys_usual_adapter_is_opened_as_it_was_asked_for() {
        for subnet in Subnet::ALTERNATIVES {
            let address = VirtualIp((u32::from(subnet.net().network()) + 1).into());
            let config = AdapterConfig { subnet, address, ..usual() };
            assert_eq!(check(Request::new(Wish::Adapter, config.clone())), Ok(config));
        }
    }

    #[test]
    fn only_names_that_no_other_device_has_are_taken() {
        for name in [
            "",
            "eth0",
            "wg0",
            "lanrage",
            "lanrage100",
            "lanrage0a",
            "lanrage-1",
            "Lanrage0",
            "xlanrage0",
            "lanrage٣",
        ] {
            assert!(refused(|config| config.name = name.into()), "{name}");
        }
        assert!(!refused(|config| config.name = "lanrage42".into()));
    }

    #[test]
    fn the_address_is_a_lease_of_the_network() {
        for address in
            [[10, 67, 0, 1], [10, 66, 0, 0], [10, 66, 255, 255], [127, 0, 0, 1], [255, 255, 255, 255]]
        {
            assert!(refused(|config| config.address = VirtualIp(address.into())), "{address:?}");
        }
    }

    #[test]
    fn the_mtu_is_an_ordinary_one() {
        for (mtu, wrong) in
            [(0, true), (575, true), (576, false), (1500, false), (1501, true), (u16::MAX, true)]
        {
            assert_eq!(refused(|config| config.mtu = mtu), wrong, "{mtu}");
        }
    }
}
