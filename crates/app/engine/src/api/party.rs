//! The party: entered, left, and how friends get there.

mod codes;

use std::time::Duration;

use lanrage_base::clock::now;
use lanrage_party::{Invitation, LinkTerms, Pass, Serial, Subnet, UnixMillis};
use lanrage_session::Wish;
use tokio::{sync::oneshot, time::timeout};

use super::{
    AnswerReady, AskReady, CreateParty, HandOver, JoinParty, LeaveParty, LinkAgain, LinkCopied, MadeLink,
    MakeLink, NewInvitation, PauseParty, PinVoiceLink, Ping, PreviewInvitation, ReplyCopied, ResumeParty,
    RevokeLink, Say, Serve, SetAdmission, SetStanding, Status, TakeReply, TrustServer, UndoRemoval,
    parse::{self, Joined},
};
use crate::{CommandError, Handle, InvitationLink, InvitationPreview, Snapshot, handle::Command};

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
        let invitation = match parse::joined(&request.link.0)? {
            Joined::Link(invitation) => invitation,
            Joined::Code(code) => self.open_code(code).await?,
        };
        let unusual = unusual_network(&invitation.subnet);
        if let Some(network) = unusual.filter(|network| request.accepted_network.as_ref() != Some(network)) {
            return Err(CommandError::UnusualNetwork { network });
        }
        self.command(|answer| Command::JoinParty { invitation, answer }).await
    }
}

/// How long a friend has for the answer to a ping.
const PONG_PATIENCE: Duration = Duration::from_secs(2);

impl Serve<Ping> for Handle {
    async fn serve(&self, Ping { peer }: Ping) -> Result<Option<f64>, CommandError> {
        let peer = parse::peer(&peer)?;
        let (pong, answered) = oneshot::channel();
        self.command(|answer| Command::Ping { peer, pong, answer }).await?;
        let rtt = timeout(PONG_PATIENCE, answered).await.ok().and_then(Result::ok);
        Ok(rtt.map(|rtt| rtt.as_secs_f64() * 1_000.0))
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
        let own = self.own_link()?;
        let invitation = match request.expires_in_hours {
            Some(hours) => own.ending_in(hours, now().wall)?,
            None => own,
        };
        // Who left the party meanwhile has a link all the same, and nobody to look for.
        let _ = self.serve(LinkCopied {}).await;
        Ok(invitation.link())
    }
}

impl Serve<MakeLink> for Handle {
    async fn serve(&self, request: MakeLink) -> Result<MadeLink, CommandError> {
        let MakeLink { uses, expires_in_hours, needs_approval, for_guests } = request;
        let own = self.own_link()?;
        let uses = uses.map(parse::uses).transpose()?;
        let ends = match expires_in_hours {
            Some(hours) => {
                Invitation { expires_at: None, ..own.clone() }.ending_in(hours, now().wall)?.expires_at
            }
            None => None,
        };
        let (serial, pass) = self.new_pass(&own);
        let terms = LinkTerms { serial, key: pass.key(), uses, ends, needs_approval, for_guests };
        let wish = Wish::Link(terms);
        self.command(|answer| Command::Rule { wish, answer }).await?;
        let _ = self.serve(LinkCopied {}).await;
        Ok(made(own, pass, ends))
    }
}

impl Serve<LinkAgain> for Handle {
    async fn serve(&self, LinkAgain { serial }: LinkAgain) -> Result<MadeLink, CommandError> {
        let serial = parse::serial(&serial)?;
        let snapshot = self.snapshots().borrow().clone();
        let links = snapshot.party.as_ref().map_or(&[][..], |party| &party.links);
        let known = links.iter().find(|link| link.is_own && link.serial == serial.to_string());
        let ends = known.ok_or(CommandError::UnknownLink)?.expires_at_ms.map(UnixMillis);
        let own = self.own_link()?;
        let pass = Pass::of(self.identity(), &own.party, serial);
        let _ = self.serve(LinkCopied {}).await;
        Ok(made(own, pass, ends))
    }
}

impl Serve<RevokeLink> for Handle {
    async fn serve(&self, RevokeLink { serial, revoked }: RevokeLink) -> Result<(), CommandError> {
        let wish = Wish::Revoke { serial: parse::serial(&serial)?, is_revoked: revoked };
        self.command(|answer| Command::Rule { wish, answer }).await
    }
}

impl Serve<SetStanding> for Handle {
    async fn serve(&self, SetStanding { peer, standing }: SetStanding) -> Result<(), CommandError> {
        let wish = Wish::Standing(parse::peer(&peer)?, standing);
        self.command(|answer| Command::Rule { wish, answer }).await
    }
}

impl Serve<UndoRemoval> for Handle {
    async fn serve(&self, UndoRemoval {}: UndoRemoval) -> Result<(), CommandError> {
        self.command(|answer| Command::Rule { wish: Wish::Undo, answer }).await
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

impl Serve<Say> for Handle {
    async fn serve(&self, Say { text }: Say) -> Result<(), CommandError> {
        self.command(|answer| Command::Say { text, answer }).await
    }
}

impl Serve<AskReady> for Handle {
    async fn serve(&self, AskReady {}: AskReady) -> Result<(), CommandError> {
        self.command(|answer| Command::AskReady { answer }).await
    }
}

impl Serve<AnswerReady> for Handle {
    async fn serve(&self, AnswerReady { is_ready }: AnswerReady) -> Result<(), CommandError> {
        self.command(|answer| Command::AnswerReady { is_ready, answer }).await
    }
}

impl Serve<PinVoiceLink> for Handle {
    async fn serve(&self, PinVoiceLink { text }: PinVoiceLink) -> Result<(), CommandError> {
        self.command(|answer| Command::PinVoiceLink { text, answer }).await
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

impl Handle {
    /// What a new limited link carries, and its serial.
    pub(super) fn new_pass(&self, own: &Invitation) -> (Serial, Pass) {
        let [a, b, c, d, ..] = self.identity().nonce(now().wall.0);
        let serial = Serial::from_bytes([a, b, c, d]);
        (serial, Pass::of(self.identity(), &own.party, serial))
    }

    /// The party's own link.
    pub(super) fn own_link(&self) -> Result<Invitation, CommandError> {
        let snapshot = self.snapshots().borrow().clone();
        let party = snapshot.party.as_ref().ok_or(CommandError::NotInParty)?;
        parse::invitation(&party.invitation.0)
    }
}

/// The party's own link, and what makes it a limited one.
fn made(own: Invitation, pass: Pass, ends: Option<UnixMillis>) -> MadeLink {
    let serial = pass.serial().to_string();
    let limited = Invitation { pass: Some(pass), expires_at: ends, ..own };
    MadeLink { serial, link: InvitationLink(limited.link()) }
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
            shares: Vec::new(),
            expires_at: None,
            pass: None,
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
