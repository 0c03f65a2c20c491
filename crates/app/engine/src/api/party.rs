//! The party: entered, left, and how friends get there.

use lanrage_base::clock::now;
use lanrage_party::{Invitation, Subnet};
use lanrage_session::Wish;

use super::{
    CreateParty, HandOver, JoinParty, LeaveParty, LinkCopied, NewInvitation, PauseParty, PreviewInvitation,
    ReplyCopied, ResumeParty, Serve, SetAdmission, SetStanding, Status, TakeReply, TrustServer, parse,
};
use crate::{CommandError, Handle, InvitationPreview, Snapshot, handle::Command};

impl Serve<Status> for Handle {
    async fn serve(&self, Status {}: Status) -> Result<Snapshot, CommandError> {
        Ok(Snapshot::clone(&self.snapshots().borrow()))
    }
}

impl Serve<CreateParty> for Handle {
    async fn serve(&self, CreateParty { name }: CreateParty) -> Result<(), CommandError> {
        let name = parse::name(&name)?;
        self.command(|answer| Command::CreateParty { name, answer }).await
    }
}

impl Serve<JoinParty> for Handle {
    async fn serve(&self, request: JoinParty) -> Result<(), CommandError> {
        let invitation = Box::new(parse::invitation(&request.link.0)?);
        let unusual = unusual_network(&invitation.subnet);
        if let Some(network) = unusual.filter(|network| request.accepted_network.as_ref() != Some(network)) {
            return Err(CommandError::UnusualNetwork { network });
        }
        self.command(|answer| Command::JoinParty { invitation, answer }).await
    }
}

impl Serve<LeaveParty> for Handle {
    async fn serve(&self, LeaveParty {}: LeaveParty) -> Result<(), CommandError> {
        self.command(|answer| Command::LeaveParty { answer }).await
    }
}

impl Serve<PauseParty> for Handle {
    async fn serve(&self, PauseParty {}: PauseParty) -> Result<(), CommandError> {
        self.command(|answer| Command::PauseParty { answer }).await
    }
}

impl Serve<TrustServer> for Handle {
    async fn serve(&self, TrustServer {}: TrustServer) -> Result<(), CommandError> {
        self.command(|answer| Command::TrustServer { answer }).await
    }
}

impl Serve<ResumeParty> for Handle {
    async fn serve(&self, ResumeParty { party }: ResumeParty) -> Result<(), CommandError> {
        let party = parse::party(&party)?;
        self.command(|answer| Command::ResumeParty { party, answer }).await
    }
}

impl Serve<PreviewInvitation> for Handle {
    async fn serve(&self, request: PreviewInvitation) -> Result<InvitationPreview, CommandError> {
        preview(&request.link.0)
    }
}

impl Serve<NewInvitation> for Handle {
    async fn serve(&self, request: NewInvitation) -> Result<String, CommandError> {
        let snapshot = self.snapshots().borrow().clone();
        let party = snapshot.party.as_ref();
        let party = party.ok_or(CommandError::NotInParty)?;
        let own = parse::invitation(&party.invitation.0)?;
        let invitation = match request.expires_in_hours {
            Some(hours) => own.ending_in(hours, now().wall)?,
            None => own,
        };
        // Who left the party meanwhile has a link all the same, and nobody to look for.
        let _ = self.serve(LinkCopied {}).await;
        Ok(invitation.link())
    }
}

impl Serve<SetStanding> for Handle {
    async fn serve(&self, SetStanding { peer, standing }: SetStanding) -> Result<(), CommandError> {
        let wish = Wish::Standing(parse::peer(&peer)?, standing);
        self.command(|answer| Command::Rule { wish, answer }).await
    }
}

impl Serve<SetAdmission> for Handle {
    async fn serve(&self, SetAdmission { admission }: SetAdmission) -> Result<(), CommandError> {
        let wish = Wish::Admission(admission);
        self.command(|answer| Command::Rule { wish, answer }).await
    }
}

impl Serve<HandOver> for Handle {
    async fn serve(&self, HandOver { peer }: HandOver) -> Result<(), CommandError> {
        let wish = Wish::HandOver(parse::peer(&peer)?);
        self.command(|answer| Command::Rule { wish, answer }).await
    }
}

impl Serve<LinkCopied> for Handle {
    async fn serve(&self, LinkCopied {}: LinkCopied) -> Result<(), CommandError> {
        self.command(|answer| Command::LinkCopied { answer }).await
    }
}

impl Serve<ReplyCopied> for Handle {
    async fn serve(&self, ReplyCopied {}: ReplyCopied) -> Result<(), CommandError> {
        self.command(|answer| Command::ReplyCopied { answer }).await
    }
}

impl Serve<TakeReply> for Handle {
    async fn serve(&self, TakeReply { reply }: TakeReply) -> Result<(), CommandError> {
        self.command(|answer| Command::TakeReply { reply, answer }).await
    }
}

/// What a link says, without joining.
///
/// # Errors
/// An `invitation_…` code.
pub fn preview(link: &str) -> Result<InvitationPreview, CommandError> {
    let Invitation { name, host, subnet, control, expires_at, glance, .. } = parse::invitation(link)?;
    Ok(InvitationPreview {
        party_name: name.to_string(),
        host_id: host.to_string(),
        subnet: subnet.net().to_string(),
        unusual_network: unusual_network(&subnet),
        control: control.iter().map(ToString::to_string).collect(),
        expires_at_ms: expires_at.map(|at| at.0),
        host_name: glance.host_name.map(Into::into),
        members: glance.members,
    })
}

/// The network of a party if whoever joins it must be asked.
fn unusual_network(subnet: &Subnet) -> Option<String> {
    (!subnet.is_usual()).then(|| subnet.net().to_string())
}

#[cfg(test)]
mod tests {
    use lanrage_party::{DeviceIdentity, Glance, Name, PartyId, PartySecret};

    use super::*;

    #[test]
    fn a_preview_says_who_hosts_and_how_many_play_where_the_link_tells_it() {
        let telling = Invitation {
            party: PartyId::from_random([1; 16]),
            name: Name::new("Friday LAN").unwrap(),
            host: DeviceIdentity::from_seed(&[1; 32]).peer_id(),
            subnet: Subnet::DEFAULT,
            control: Vec::new(),
            addresses: Vec::new(),
            server: None,
            secret: PartySecret::from_random([3; 32]),
            epoch: 1,
            expires_at: None,
            glance: Glance { host_name: Some(Name::new("Ada").unwrap()), members: Some(3) },
        };
        let silent = Invitation { glance: Glance::default(), ..telling.clone() };
        let seen = preview(&telling.link()).unwrap();
        assert_eq!((seen.host_name.as_deref(), seen.members), (Some("Ada"), Some(3)));
        let seen = preview(&silent.link()).unwrap();
        assert_eq!((seen.host_name, seen.members), (None, None));
        assert_eq!(seen.unusual_network, None);
        for (network, unusual) in [
            ("10.0.0.0/8", true),
            ("10.53.0.0/24", true),
            ("100.110.4.0/24", false),
            ("192.168.1.0/24", true),
        ] {
            let subnet = Subnet::new(network.parse().unwrap()).unwrap();
            let seen = preview(&Invitation { subnet, ..silent.clone() }.link()).unwrap();
            assert_eq!(seen.unusual_network, unusual.then(|| network.to_owned()));
        }
    }
}
