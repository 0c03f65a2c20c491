use lanrage_party::{
    Departure, DeviceIdentity, Epoch, Epochs, Invitation, Ipam, IpamError, Leave, LocalEnd, Name,
    PEER_PROTOCOL, PeerId, PeerRecord, Ruling, Rulings, Share, SignedRecord, StoredPeer, UnixMillis,
    VirtualIp, VoiceLink, WireGuardPrivateKey,
};

/// My right to be in a party: what its invitation says, my WireGuard key in it, and my lease.
#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) invitation: Invitation,
    pub(crate) private_key: WireGuardPrivateKey,
    pub(crate) virtual_ip: VirtualIp,
    pub(crate) created_at: UnixMillis,
    /// What was ruled in the party.
    pub(crate) rulings: Rulings,
    /// Its secrets.
    pub(crate) epochs: Epochs,
    ipam: Ipam,
    sequence: u64,
    /// The last record that was signed.
    signed: Option<SignedRecord>,
    own: PeerId,
}

/// A membership as it is kept: everything needed to be in the party again without asking anybody.
#[derive(Debug, Clone)]
pub struct SavedMembership {
    /// What this member can pass on, with the party's secret.
    pub invitation: Invitation,
    /// This device's WireGuard key in the party.
    pub private_key: WireGuardPrivateKey,
    /// This device's lease.
    pub virtual_ip: VirtualIp,
    /// When the party was made or joined.
    pub created_at: UnixMillis,
    /// Sequence of the last record that was signed.
    pub sequence: u64,
    /// What was ruled in the party, in an order in which one after the other can be taken.
    pub rulings: Vec<Ruling>,
    /// Where the party talks, as was pinned last.
    pub voice_link: Option<VoiceLink>,
    /// Shares of the party's secret that are not in force.
    pub spare_shares: Vec<Share>,
    /// Secrets of before, the newest first.
    pub former: Vec<Epoch>,
}

impl SavedMembership {
    /// A newer link of the same party leads further: what has come to the secret counts.
    pub(crate) fn take_link(&mut self, link: &Invitation) {
        let mut epochs = self.epochs();
        if epochs.take_link(&link.shares) {
            self.invitation.shares = epochs.shares_in_force();
            (self.spare_shares, self.former) = epochs.to_kept();
        }
    }

    fn epochs(&self) -> Epochs {
        epochs_of(&self.invitation).with_kept(self.spare_shares.clone(), self.former.clone())
    }
}

fn epochs_of(invitation: &Invitation) -> Epochs {
    let first = Epoch { number: invitation.epoch, secret: invitation.secret.clone() };
    Epochs::new(invitation.party, first, &invitation.shares)
}

/// A membership that was kept, complete.
#[derive(Debug)]
pub struct Kept {
    /// This device's right to be in the party.
    pub membership: SavedMembership,
    /// The party's host, as last heard.
    pub host: PeerId,
    /// The other members, as last heard.
    pub peers: Vec<StoredPeer>,
    /// Who has left, by its own word. To be verified again: the file may have been changed.
    pub departures: Vec<Departure>,
}

impl Membership {
    /// A new membership with a fresh key. The lease is the one that party and peer identity give.
    pub(crate) fn new(
        invitation: Invitation,
        private_key: WireGuardPrivateKey,
        identity: &DeviceIdentity,
        created_at: UnixMillis,
    ) -> Result<Self, IpamError> {
        let mut ipam = Ipam::new(invitation.party, invitation.subnet);
        let virtual_ip = ipam.lease(identity.peer_id())?;
        let rulings = Rulings::new(invitation.party, invitation.host);
        Ok(Self {
            epochs: epochs_of(&invitation),
            invitation,
            private_key,
            virtual_ip,
            created_at,
            rulings,
            ipam,
            sequence: 0,
            signed: None,
            own: identity.peer_id(),
        })
    }

    /// A membership as it was kept.
    pub(crate) fn restore(
        saved: SavedMembership,
        identity: &DeviceIdentity,
        wall: UnixMillis,
    ) -> Result<Self, IpamError> {
        let mut epochs = saved.epochs();
        let SavedMembership {
            invitation, private_key, virtual_ip, created_at, sequence, rulings: kept, ..
        } = saved;
        let mut rulings = Rulings::new(invitation.party, invitation.host);
        for ruling in kept {
            rulings.take(ruling, wall);
        }
        epochs.want(rulings.shares());
        let mut ipam = Ipam::new(invitation.party, invitation.subnet);
        ipam.claim(identity.peer_id(), virtual_ip)?;
        Ok(Self {
            invitation,
            private_key,
            virtual_ip,
            created_at,
            rulings,
            epochs,
            ipam,
            sequence,
            signed: None,
            own: identity.peer_id(),
        })
    }

    /// What has to be kept for [`Membership::restore`]; where the party talks is known elsewhere.
    pub(crate) fn to_saved(&self) -> SavedMembership {
        let (spare_shares, former) = self.epochs.to_kept();
        SavedMembership {
            invitation: Invitation { pass: None, ..self.invitation.clone() },
            private_key: self.private_key.clone(),
            virtual_ip: self.virtual_ip,
            created_at: self.created_at,
            sequence: self.sequence,
            rulings: self.rulings.all().cloned().collect(),
            voice_link: None,
            spare_shares,
            former,
        }
    }

    /// Puts in force what has come to the party's secret, if all of it is known. True if the secret is another one now.
    pub(crate) fn settle_epoch(&mut self) -> bool {
        let is_another = self.epochs.settle();
        self.invitation.shares = self.epochs.shares_in_force();
        is_another
    }

    /// A newer link of the party: what has come to its secret counts. True if the secret is another one now.
    pub(crate) fn take_link(&mut self, link: &Invitation) -> bool {
        let is_another = self.epochs.take_link(&link.shares);
        self.invitation.shares = self.epochs.shares_in_force();
        is_another
    }

    /// Whether somebody is let in who shows the secret of this number: anybody that rulings admit by the one in force, and by one
    /// of before only whom a ruling says to be a member. Whoever was removed has those too, and may come by another name.
    pub(crate) fn lets_in(&self, peer: &PeerId, epoch: u32) -> bool {
        self.rulings.admits(peer) && (self.epochs.is_present(epoch) || self.rulings.vouches_for(peer))
    }

    /// What this device said of itself last, for somebody who knows the secret of this number alone.
    pub(crate) fn record_in(&self, epoch: u32, identity: &DeviceIdentity) -> Option<SignedRecord> {
        let signed = self.signed.as_ref()?;
        let Epoch { number, secret } = self.epochs.get(epoch)?;
        if signed.claimed().epoch == *number {
            return Some(signed.clone());
        }
        // Of the two the one with the present secret is the newer.
        let sequence = signed.claimed().sequence.saturating_sub(1);
        Some(PeerRecord { epoch: *number, sequence, ..signed.claimed().clone() }.sign(identity, secret))
    }

    /// This device's end of the party, for the data plane.
    pub(crate) fn local_end(&self) -> LocalEnd {
        LocalEnd {
            private_key: self.private_key.clone(),
            virtual_ip: self.virtual_ip,
            subnet: self.invitation.subnet,
        }
    }

    /// Sequence of the last record that was signed: every start in the party signs one, so it tells starts apart.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Takes the next address of this peer's sequence, because others hold `taken`.
    pub(crate) fn take_next_lease(
        &mut self,
        identity: &DeviceIdentity,
        taken: &[VirtualIp],
    ) -> Result<(), IpamError> {
        let own = identity.peer_id();
        self.ipam.release(&own);
        for ip in taken.iter().chain([&self.virtual_ip]) {
            self.ipam.avoid(*ip);
        }
        self.virtual_ip = self.ipam.lease(own)?;
        Ok(())
    }

    /// Takes the address that the control plane already keeps for this peer.
    pub(crate) fn take_kept_lease(
        &mut self,
        identity: &DeviceIdentity,
        kept: VirtualIp,
    ) -> Result<(), IpamError> {
        self.ipam.release(&identity.peer_id());
        self.ipam.claim(identity.peer_id(), kept)?;
        self.virtual_ip = kept;
        Ok(())
    }

    /// What this peer said of itself last.
    pub(crate) const fn signed(&self) -> Option<&SignedRecord> {
        self.signed.as_ref()
    }

    /// Whether this device's player is a guest: nothing of the party is kept, and it ends when they leave.
    pub(crate) fn is_guests(&self) -> bool {
        self.rulings.is_guest(&self.own)
    }

    /// Whether the party has no server: its members find each other by themselves.
    pub(crate) const fn is_serverless(&self) -> bool {
        self.invitation.control.is_empty()
    }

    /// Says nothing any more that is as old as `sequence`: others have heard this peer say that already.
    pub(crate) fn skip_to(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// That this peer leaves, newer than all it has said before.
    pub(crate) fn leave(&mut self, wall: UnixMillis, identity: &DeviceIdentity) -> Leave {
        self.sequence = wall.0.max(self.sequence + 1);
        Leave::sign(identity, &self.invitation.party, self.sequence)
    }

    /// What this peer says of itself, newer than all it has said before.
    pub(crate) fn record(
        &mut self,
        wall: UnixMillis,
        identity: &DeviceIdentity,
        name: &Name,
    ) -> SignedRecord {
        self.sequence = wall.0.max(self.sequence + 1);
        let record = PeerRecord {
            party: self.invitation.party,
            identity: identity.public(),
            wireguard_key: self.private_key.public(),
            virtual_ip: self.virtual_ip,
            name: name.clone(),
            protocol: PEER_PROTOCOL,
            epoch: self.epochs.present().number,
            sequence: self.sequence,
        };
        if self.rulings.owner() == identity.peer_id() {
            self.rulings.hear_owner(self.sequence);
        }
        let own = identity.peer_id();
        let pass = self.invitation.pass.as_ref().filter(|_| !self.rulings.has_come_by_link(&own));
        let approval = pass.map(|pass| pass.approve(&self.invitation.party, &own));
        let signed = record.sign(identity, &self.epochs.present().secret).with_approval(approval);
        self.signed = Some(signed.clone());
        signed
    }
}
