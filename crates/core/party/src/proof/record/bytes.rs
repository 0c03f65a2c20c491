//! A signed record as bytes, for what has to fit one datagram: half as long as its text.

use lanrage_base::wire::Reader;

use super::{PeerRecord, RecordMac, SignedRecord};
use crate::{Approval, IdentityKey, Name, PartyId, Signature, VirtualIp, WireGuardKey, limits};

impl SignedRecord {
    /// The most bytes that [`Self::put`] writes: 32 of the identity, 32 of the WireGuard key, 4 of the lease, 2 of the
    /// protocol, 4 of the epoch, 8 of the sequence, the name and its length, 64 of the signature, 32 of the code, and an
    /// approval with its length.
    pub const MAX_BYTES: usize =
        32 + 32 + 4 + 2 + 4 + 8 + 1 + limits::NAME_BYTES + 64 + 32 + 1 + Approval::BYTES;

    /// Writes the record; its party is not among the bytes, as both ends know it. Last comes an approval with its length,
    /// which is zero where there is none; older readers pass over one.
    pub fn put(&self, bytes: &mut Vec<u8>) {
        let PeerRecord { identity, wireguard_key, virtual_ip, name, protocol, epoch, sequence, .. } =
            &self.record;
        bytes.extend(identity.as_bytes());
        bytes.extend(wireguard_key.as_bytes());
        bytes.extend(virtual_ip.0.octets());
        bytes.extend(protocol.to_be_bytes());
        bytes.extend(epoch.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.push(name.as_str().len() as u8);
        bytes.extend(name.as_str().as_bytes());
        bytes.extend(self.signature.as_bytes());
        bytes.extend(self.mac.0);
        match &self.approval {
            Some(approval) => {
                bytes.push(Approval::BYTES as u8);
                bytes.extend(approval.to_bytes());
            }
            None => bytes.push(0),
        }
    }

    /// Reads what [`Self::put`] wrote for a party. Nothing in it may be used before [`Self::verify`]. Total: any bytes give a
    /// record or `None`.
    pub fn read(reader: &mut Reader<'_>, party: PartyId) -> Option<Self> {
        let identity = IdentityKey::from_bytes(reader.array()?);
        let wireguard_key = WireGuardKey::from_bytes(reader.array()?);
        let virtual_ip = VirtualIp(reader.array::<4>()?.into());
        let protocol = reader.u16()?;
        let epoch = u32::from_be_bytes(reader.array()?);
        let sequence = reader.u64()?;
        let len = reader.byte()?;
        let name = Name::new(std::str::from_utf8(reader.take(len.into())?).ok()?).ok()?;
        let signature = Signature::from_bytes(reader.array()?);
        let mac = RecordMac(reader.array()?);
        let len = reader.byte()?;
        let approval = Approval::from_bytes(reader.take(len.into())?).map(Box::new);
        let record =
            PeerRecord { party, identity, wireguard_key, virtual_ip, name, protocol, epoch, sequence };
        Some(Self { record, signature, mac, approval })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DeviceIdentity, PEER_PROTOCOL, PartySecret, Pass, Serial, WireGuardPrivateKey};

    fn signed(name: &str) -> SignedRecord {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let record = PeerRecord {
            party: PartyId::from_random([1; 16]),
            identity: ann.public(),
            wireguard_key: WireGuardPrivateKey::from_random([4; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 1, 2].into()),
            name: Name::new(name).unwrap(),
            protocol: PEER_PROTOCOL,
            epoch: 1,
            sequence: u64::MAX,
        };
        record.sign(&ann, &PartySecret::from_random([2; 32]))
    }

    #[test]
    fn a_record_comes_back_from_its_bytes_and_verifies() {
        let ann = DeviceIdentity::from_seed(&[3; 32]);
        let party = PartyId::from_random([1; 16]);
        let approval = Pass::of(&ann, &party, Serial::from_bytes([7; 4])).approve(&party, &ann.peer_id());
        let longest = signed(&"ö".repeat(limits::NAME_BYTES / 2));
        for signed in [signed("A"), longest.clone(), longest.with_approval(Some(approval))] {
            let mut bytes = Vec::new();
            signed.put(&mut bytes);
            assert!(bytes.len() <= SignedRecord::MAX_BYTES);
            let mut reader = Reader::new(&bytes);
            let read = SignedRecord::read(&mut reader, PartyId::from_random([1; 16])).unwrap();
            assert!(read == signed && reader.rest().is_empty());
            let secret = PartySecret::from_random([2; 32]);
            assert!(read.verify(&PartyId::from_random([1; 16]), 1, &secret).is_ok());
        }
    }

    #[test]
    fn what_a_later_program_adds_is_passed_over() {
        let mut bytes = Vec::new();
        signed("Ann").put(&mut bytes);
        *bytes.last_mut().unwrap() = 3;
        bytes.extend([7, 7, 7, 9]);
        let mut reader = Reader::new(&bytes);
        assert_eq!(SignedRecord::read(&mut reader, PartyId::from_random([1; 16])), Some(signed("Ann")));
        assert_eq!(reader.rest(), [9]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, cut in 0_usize..SignedRecord::MAX_BYTES) {
            let party = PartyId::from_random([1; 16]);
            SignedRecord::read(&mut Reader::new(&bytes), party);
            let mut whole = Vec::new();
            signed("Ann").put(&mut whole);
            let cut = cut.min(whole.len() - 1);
            prop_assert_eq!(SignedRecord::read(&mut Reader::new(&whole[..cut]), party), None);
        }
    }
}
