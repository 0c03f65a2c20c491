//! What is kept beside a membership of what has come to the party's secret, as bytes for a secret store.

use lanrage_base::wire::Reader;
use zeroize::Zeroizing;

use super::Epoch;
use crate::{
    PartySecret, Share,
    limits::{FORMER_EPOCHS, SHARES, SHARES_KEPT},
};

/// The form of the bytes.
const FORM: u8 = 1;

/// Shares of a party's secret, and secrets of before. At most 1,100 bytes: some keyrings take no more than 2,560.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptShares {
    /// Those in force.
    pub in_force: Vec<Share>,
    /// Others.
    pub spare: Vec<Share>,
    /// Secrets of before, the newest first.
    pub former: Vec<Epoch>,
}

impl KeptShares {
    /// Whether there is nothing to be kept.
    pub const fn is_empty(&self) -> bool {
        self.in_force.is_empty() && self.spare.is_empty() && self.former.is_empty()
    }

    /// A form, the three lists with their lengths before them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        for (shares, most) in [(&self.in_force, SHARES), (&self.spare, SHARES_KEPT)] {
            let shares = &shares[..shares.len().min(most)];
            bytes.push(shares.len() as u8);
            shares.iter().for_each(|share| bytes.extend(share.expose()));
        }
        let former = &self.former[..self.former.len().min(FORMER_EPOCHS)];
        bytes.push(former.len() as u8);
        for epoch in former {
            bytes.extend(epoch.number.to_be_bytes());
            bytes.extend(epoch.secret.expose());
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] gave. Total: any bytes give this or `None`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != FORM {
            return None;
        }
        let shares = |reader: &mut Reader<'_>, most: usize| {
            let count = reader.byte().filter(|count| usize::from(*count) <= most)?;
            (0..count).map(|_| reader.array().map(Share::from_bytes)).collect::<Option<Vec<Share>>>()
        };
        let in_force = shares(&mut reader, SHARES)?;
        let spare = shares(&mut reader, SHARES_KEPT)?;
        let count = reader.byte().filter(|count| usize::from(*count) <= FORMER_EPOCHS)?;
        let epoch = |reader: &mut Reader<'_>| {
            let number = u32::from_be_bytes(reader.array()?);
            let secret = Zeroizing::new(reader.array()?);
            Some(Epoch { number, secret: PartySecret::from_random(*secret) })
        };
        let former = (0..count).map(|_| epoch(&mut reader)).collect::<Option<Vec<Epoch>>>()?;
        reader.rest().is_empty().then_some(Self { in_force, spare, former })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(in_force: usize, spare: usize, former: usize) -> KeptShares {
        let shares = |count: usize| (0..count).map(|n| Share::from_bytes([n as u8; 32])).collect();
        let epoch = |n: usize| Epoch { number: n as u32, secret: PartySecret::from_random([n as u8; 32]) };
        KeptShares {
            in_force: shares(in_force),
            spare: shares(spare),
            former: (0..former).map(epoch).collect(),
        }
    }

    #[test]
    fn it_comes_back_from_its_bytes_and_is_never_long() {
        let most = kept(SHARES, SHARES_KEPT, FORMER_EPOCHS);
        for kept in [KeptShares::default(), kept(1, 0, 1), most.clone()] {
            assert_eq!(KeptShares::from_bytes(&kept.to_bytes()), Some(kept));
        }
        assert_eq!(KeptShares::from_bytes(&kept(99, 99, 99).to_bytes()), Some(most.clone()));
        assert!(most.to_bytes().len() < 1_200);
        assert_eq!(KeptShares::from_bytes(&[most.to_bytes(), vec![0]].concat()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            KeptShares::from_bytes(&bytes);
            KeptShares::from_bytes(&[vec![FORM], bytes].concat());
        }
    }
}
