use lanrage_party::{Glance, Invitation, InvitationError};

use crate::PLAIN_BYTES;

/// First byte of every note: the format's version.
const VERSION: u8 = 1;
const HEAD: usize = 3;

/// What the item of a code says: the version 1; the length of the invitation in two bytes, big-endian; the invitation as a link has
/// it; and zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeNote {
    /// Follow this.
    Invitation(Box<Invitation>),
    /// The code was used, was taken back, or its time is over. The invitation has the length 0.
    Gone,
}

/// Why an item says nothing. Whoever has the code has written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// Made by a program of another generation.
    #[error("the note has format {0}")]
    Version(u8),
    /// Nothing that a program of ours writes.
    #[error("the note is damaged")]
    Damaged,
}

impl CodeNote {
    /// The note that leads to a party. Of long lists of servers and addresses some are left out until it fits: whoever is in the party
    /// says the others. `None` if that is not enough.
    pub fn of(mut invitation: Invitation) -> Option<Self> {
        while HEAD + invitation.to_bytes().len() > PLAIN_BYTES {
            match &mut invitation {
                Invitation { addresses, .. } if addresses.len() > 2 => drop(addresses.pop()),
                Invitation { control, .. } if control.len() > 1 => drop(control.pop()),
                Invitation { glance, .. } if *glance != Glance::default() => *glance = Glance::default(),
                Invitation { addresses, .. } => drop(addresses.pop()?),
            }
        }
        Some(Self::Invitation(Box::new(invitation)))
    }

    /// What is sealed: of one length, whatever it says.
    pub(crate) fn to_plain(&self) -> [u8; PLAIN_BYTES] {
        let text = match self {
            Self::Invitation(invitation) => invitation.to_bytes(),
            Self::Gone => Vec::new(),
        };
        let mut plain = [0; PLAIN_BYTES];
        plain[0] = VERSION;
        plain[1..HEAD].copy_from_slice(&(text.len() as u16).to_be_bytes());
        plain[HEAD..][..text.len()].copy_from_slice(&text);
        plain
    }

    /// The note of a plain text. Total.
    ///
    /// # Errors
    /// [`NoteFault`].
    pub fn parse(plain: &[u8; PLAIN_BYTES]) -> Result<Self, NoteFault> {
        let [version, high, low, rest @ ..] = plain;
        if *version != VERSION {
            return Err(NoteFault::Version(*version));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (text, filling) = rest.split_at_checked(length).ok_or(NoteFault::Damaged)?;
        if filling.iter().any(|byte| *byte != 0) {
            return Err(NoteFault::Damaged);
        }
        if text.is_empty() {
            return Ok(Self::Gone);
        }
        match Invitation::from_bytes(text) {
            Ok(invitation) => Ok(Self::Invitation(Box::new(invitation))),
            Err(InvitationError::Version(version)) => Err(NoteFault::Version(version)),
            Err(_) => Err(NoteFault::Damaged),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use lanrage_party::{
        DeviceIdentity, Name, PartyId, PartySecret, Pass, Serial, ServerId, Share, Subnet, limits,
    };
    use proptest::prelude::*;

    use super::*;

    pub(in crate::code) fn invitation() -> Invitation {
        let maker = DeviceIdentity::from_seed(&[1; 32]);
        let party = PartyId::from_random([1; 16]);
        Invitation {
            party,
            name: Name::new("Friday LAN").unwrap(),
            host: maker.peer_id(),
            subnet: Subnet::DEFAULT,
            control: Vec::new(),
            addresses: vec!["192.0.2.7:5000".parse().unwrap()],
            server: None,
            secret: PartySecret::from_random([3; 32]),
            epoch: 1,
            shares: Vec::new(),
            expires_at: None,
            pass: Some(Pass::of(&maker, &party, Serial::from_bytes([7; 4]))),
            glance: Glance { host_name: Some(Name::new("Ada").unwrap()), members: Some(3) },
        }
    }

    #[test]
    fn a_note_is_of_one_length_and_comes_back() {
        for note in [CodeNote::of(invitation()).unwrap(), CodeNote::Gone] {
            assert_eq!(CodeNote::parse(&note.to_plain()), Ok(note));
        }
        let mut plain = CodeNote::Gone.to_plain();
        plain[0] = 2;
        assert_eq!(CodeNote::parse(&plain), Err(NoteFault::Version(2)));
        plain[0] = 1;
        plain[PLAIN_BYTES - 1] = 1;
        assert_eq!(CodeNote::parse(&plain), Err(NoteFault::Damaged));
        plain[1] = 0xFF;
        assert_eq!(CodeNote::parse(&plain), Err(NoteFault::Damaged));
    }

    #[test]
    fn the_longest_link_fits_without_what_is_not_needed_to_come_in() {
        let endpoint = |n: usize| format!("wss://{}.example/v1/{n}", "x".repeat(60)).parse().unwrap();
        let longest = Invitation {
            name: Name::new(&"n".repeat(limits::NAME_BYTES)).unwrap(),
            control: (0..limits::CONTROL_ENDPOINTS).map(endpoint).collect(),
            addresses: vec!["[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:50000".parse().unwrap(); 6],
            server: Some(ServerId::of(&DeviceIdentity::from_seed(&[2; 32]).public())),
            shares: (0..limits::SHARES as u8).map(|n| Share::from_bytes([n; 32])).collect(),
            glance: Glance {
                host_name: Some(Name::new(&"h".repeat(limits::NAME_BYTES)).unwrap()),
                members: Some(u16::MAX),
            },
            ..invitation()
        };
        let Some(CodeNote::Invitation(kept)) = CodeNote::of(longest.clone()) else {
            panic!("it does not fit")
        };
        assert!(kept.control[..] == longest.control[..1] && kept.shares == longest.shares);
        assert!(kept.pass == longest.pass && kept.secret == longest.secret && kept.name == longest.name);
        let usual = Invitation { control: longest.control[..1].to_vec(), shares: Vec::new(), ..longest };
        let Some(CodeNote::Invitation(kept)) = CodeNote::of(usual.clone()) else { panic!("it does not fit") };
        assert_eq!(*kept, usual, "nothing is left out of a usual one");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_note_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..PLAIN_BYTES), length: u16) {
            let mut plain = [0; PLAIN_BYTES];
            plain[..bytes.len()].copy_from_slice(&bytes);
            let _ = CodeNote::parse(&plain);
            plain[0] = VERSION;
            plain[1..HEAD].copy_from_slice(&length.to_be_bytes());
            let _ = CodeNote::parse(&plain);
        }
    }
}
