//! A session with a control server, without a client's manners.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use lanrage_control::protocol::{
    ClientMessage, Nonce, PROTOCOL_VERSION, PartySnapshot, Request, ServerMessage, SessionMessage,
    prove_message,
};
use lanrage_party::{
    DeviceIdentity, DoorPrivateKey, Ipam, Name, NatType, PartyId, PartySecret, PeerId, PeerRecord,
    SignedRecord, Subnet, WireGuardPrivateKey,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Who takes part in an attack: an identity, as anybody can make as many as he likes.
pub(crate) struct Somebody {
    pub(crate) identity: DeviceIdentity,
    name: Name,
}

/// A party, as its members know it.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) id: PartyId,
    secret: PartySecret,
    subnet: Subnet,
    epoch: u32,
}

impl Party {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            id: PartyId::from_random(random()?),
            secret: PartySecret::from_random(random()?),
            subnet: Subnet::DEFAULT,
            epoch: 1,
        })
    }

    fn door(&self) -> DoorPrivateKey {
        self.secret.door_key(self.epoch)
    }

    pub(crate) fn of(invitation: &lanrage_party::Invitation) -> Self {
        Self {
            id: invitation.party,
            secret: invitation.secret.clone(),
            subnet: invitation.subnet,
            epoch: invitation.epoch,
        }
    }
}

impl Somebody {
    pub(crate) fn new(name: &str) -> Result<Self> {
        Ok(Self { identity: DeviceIdentity::from_seed(&random()?), name: Name::new(name)? })
    }

    pub(crate) fn create(&self, party: &Party) -> Result<Request> {
        Ok(Request::CreateParty {
            party: party.id,
            name: Name::new("LAN")?,
            subnet: party.subnet,
            record: self.record(party)?,
            nat_type: NatType::Unknown,
            door: Some(party.door().public()),
            proof: None,
            access: None,
        })
    }

    pub(crate) fn join(&self, party: &Party) -> Result<Request> {
        Ok(Request::JoinParty {
            party: party.id,
            record: self.record(party)?,
            nat_type: NatType::Unknown,
            door: None,
            proof: None,
        })
    }

    fn record(&self, party: &Party) -> Result<SignedRecord> {
        let lease = Ipam::new(party.id, party.subnet).lease(self.identity.peer_id());
        let record = PeerRecord {
            party: party.id,
            identity: self.identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random(random()?).public(),
            virtual_ip: lease.context("no address is free")?,
            name: self.name.clone(),
            protocol: 1,
            epoch: party.epoch,
            sequence: 1,
        };
        Ok(record.sign(&self.identity, &party.secret))
    }
}

/// One connection to a server.
pub(crate) struct Session {
    socket: WebSocketStream<TcpStream>,
    authority: String,
    nonce: Nonce,
    peer: PeerId,
}

impl Session {
    /// Opens it, and logs in.
    pub(crate) async fn sign_in(server: SocketAddr, somebody: &Somebody) -> Result<Self> {
        Self::sign_in_at(server, &server.to_string(), somebody).await
    }

    pub(crate) async fn sign_in_at(server: SocketAddr, authority: &str, somebody: &Somebody) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async(format!("ws://{authority}/v1/session"), stream).await?;
        let (authority, nonce) = (authority.to_owned(), Nonce::from_random(random()?));
        let mut session = Self { socket, authority, nonce, peer: somebody.identity.peer_id() };
        session.nonce = session.log_in(&somebody.identity).await?;
        Ok(session)
    }

    /// The nonce of the session.
    async fn log_in(&mut self, identity: &DeviceIdentity) -> Result<Nonce> {
        let hello = SessionMessage::Hello {
            protocol: PROTOCOL_VERSION,
            client_version: "attack".to_owned(),
            identity: identity.public(),
            session: None,
            if_absent: false,
            nonce: None,
        };
        self.send(ClientMessage::Session(hello)).await?;
        let nonce = match self.receive().await? {
            ServerMessage::Challenge { nonce, .. } => nonce,
            other => bail!("no challenge but {other:?}"),
        };
        let authority = self.authority.clone();
        let signature = identity.sign(&prove_message(&nonce, &authority));
        self.send(ClientMessage::Session(SessionMessage::Prove { authority, signature })).await?;
        match self.receive().await? {
            ServerMessage::Welcome { nonce, .. } => nonce.context("no nonce"),
            other => bail!("not let in: {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, message: ClientMessage) -> Result<()> {
        Ok(self.socket.send(Message::text(message.encode())).await?)
    }

    /// The same without waiting for the socket to take it.
    pub(crate) async fn feed(&mut self, message: ClientMessage) -> Result<()> {
        Ok(self.socket.feed(Message::text(message.encode())).await?)
    }

    pub(crate) async fn receive(&mut self) -> Result<ServerMessage> {
        loop {
            match self.socket.next().await.context("the server has closed")?? {
                Message::Text(text) => return Ok(ServerMessage::parse(&text)?),
                Message::Close(frame) => bail!("the server has closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// With the proof that whoever asks has the party's secret.
    pub(crate) fn proven(&self, party: &Party, request: Request) -> Request {
        request.proven(&party.door(), &self.nonce, &self.peer)
    }

    /// Asks, and waits for the party or for a refusal.
    pub(crate) async fn enter(&mut self, party: &Party, request: Request) -> Result<PartySnapshot> {
        let request = self.proven(party, request);
        self.send(ClientMessage::Request(request)).await?;
        loop {
            match self.receive().await? {
                ServerMessage::Party { snapshot } => return Ok(snapshot),
                ServerMessage::Error(refusal) => bail!("refused: {refusal:?}"),
                _ => {}
            }
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("no random numbers")?;
    Ok(bytes)
}
