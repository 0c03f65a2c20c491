//! The one file that names boringtun, and hides that it reads a clock and a source of randomness itself.
//!
//! What keeps it calm, measured: no WireGuard keepalive (the engine's probes are it); nothing is sealed without
//! a session younger than [`SESSION_USABLE`], so boringtun's own queue stays empty and the passive side never
//! starts a handshake only because it has data; its initiations are always sent on; and its clock, which moves
//! only in `update_timers`, is moved before every handshake message.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use boringtun::{
    noise::{
        Packet, Tunn, TunnResult, errors::WireGuardError, handshake::parse_handshake_anon,
        rate_limiter::RateLimiter,
    },
    x25519::{PublicKey, StaticSecret},
};
use lanrage_party::{Lane, PresharedKey, WireGuardKey, WireGuardPrivateKey, facts::DropReason};
use parking_lot::Mutex;

use crate::{
    datagram::demux::{INITIATION_BYTES, LANE_BYTE, Message},
    peer::{
        admission::{Admission, Mac1},
        index::SessionIndex,
    },
};

/// Specification: a session dies after 180 s (whitepaper §6.1, Reject-After-Time).
/// Implementation: five seconds less, so that nothing sealed is refused on arrival.
const SESSION_USABLE: Duration = Duration::from_secs(175);

/// Implementation: boringtun's sessions per peer; a session's place is its index modulo this.
const SESSIONS: usize = 8;

/// Implementation: initiations fan out over many ways and may change order.
const SET_BACK: usize = 3;

const INITIATION_TYPE: u8 = 1;
const RESPONSE_TYPE: u8 = 2;
/// Room for a cookie reply.
pub(crate) const COOKIE_REPLY_BYTES: usize = 64;

/// The party's key pair of this device, and the guard in front of the expensive half of a handshake.
pub(crate) struct LocalKey {
    private: StaticSecret,
    public: PublicKey,
    /// Asks everybody for a cookie. How many go without one is for [`Admission`] to say: boringtun counts all together.
    guard: RateLimiter,
    /// Looks at `mac1` alone.
    open: Arc<RateLimiter>,
    admission: Mutex<Admission>,
}

/// Who sent a handshake message.
pub(crate) struct Sender<E> {
    /// What a cookie is bound to.
    pub(crate) cookie_address: IpAddr,
    /// By what the sender is counted.
    pub(crate) source: IpAddr,
    /// Whether one more message of it is expected. Asked at most once, of a message whose `mac1` is right.
    pub(crate) is_expected: E,
}

impl LocalKey {
    pub(crate) fn new(key: &WireGuardPrivateKey) -> Self {
        let private = StaticSecret::from(*key.expose());
        let public = PublicKey::from(&private);
        let guard = RateLimiter::new(&public, 0);
        let open = RateLimiter::new(&public, u64::MAX).into();
        Self { private, public, guard, open, admission: Mutex::new(Admission::new()) }
    }

    pub(crate) fn public(&self) -> WireGuardKey {
        WireGuardKey::from_bytes(*self.public.as_bytes())
    }

    /// Judges a handshake message before any Diffie-Hellman. `Err((reason, n))`: drop it, and send back the
    /// first `n` bytes of `reply` if there are any.
    pub(crate) fn admit(
        &self,
        from: Sender<impl FnOnce() -> bool>,
        (message, datagram): (Message, &[u8]),
        now: Instant,
        reply: &mut [u8; COOKIE_REPLY_BYTES],
    ) -> Result<(), (DropReason, usize)> {
        let mut admission = self.admission.lock();
        let mut mac1 = mac1(datagram);
        // One that was led to the other lane is no copy, or it would keep the right one out.
        if let (Some([first, ..]), Message::Initiation { lane }) = (&mut mac1, message) {
            *first ^= lane as u8;
        }
        if mac1.is_some_and(|mac1| admission.is_repeated(&mac1)) {
            return Err((DropReason::StaleHandshake, 0));
        }
        verified(self.open.verify_packet(None, datagram, reply))?;
        if !(from.is_expected)() && !admission.admits_unproven(now) {
            if mac1.is_none() {
                return Err((DropReason::RateLimited, 0));
            }
            verified(self.guard.verify_packet(Some(from.cookie_address), datagram, reply)).map_err(
                |(reason, len)| (reason, if len > 0 && admission.gives_cookie(now) { len } else { 0 }),
            )?;
            if !admission.admits_proven(from.source, now) {
                return Err((DropReason::HandshakeFlood, 0));
            }
        }
        mac1.into_iter().for_each(|mac1| admission.note(mac1));
        Ok(())
    }

    /// Who sent an initiation: its static key, decrypted but not yet proven.
    pub(crate) fn initiator_of(&self, datagram: &[u8]) -> Option<WireGuardKey> {
        let Ok(Packet::HandshakeInit(initiation)) = Tunn::parse_incoming_packet(datagram) else {
            return None;
        };
        let half = parse_handshake_anon(&self.private, &self.public, &initiation).ok()?;
        Some(WireGuardKey::from_bytes(half.peer_static_public))
    }
}

/// The first code at a handshake message's end (whitepaper §5.4.4); a cookie reply has none.
fn mac1(datagram: &[u8]) -> Option<Mac1> {
    if datagram.len() <= COOKIE_REPLY_BYTES {
        return None;
    }
    datagram.get(datagram.len() - 32..)?.first_chunk().copied()
}

/// What a rate limiter says of a message; with an error, the length of its reply.
fn verified(said: Result<Packet<'_>, TunnResult<'_>>) -> Result<(), (DropReason, usize)> {
    match said {
        Ok(_) => Ok(()),
        Err(TunnResult::WriteToNetwork(cookie)) => Err((DropReason::RateLimited, cookie.len())),
        Err(TunnResult::Err(error)) => Err((reason(&error), 0)),
        Err(_) => Err((DropReason::MalformedDatagram, 0)),
    }
}

/// The sessions with one peer: the present one, its predecessors, and the handshake for the next.
pub(crate) struct Session {
    tunn: Tunn,
    keys: Keys,
    /// Sessions that were offered in answer to initiations older than others before them, the newest last; at most
    /// [`SET_BACK`].
    ///
    /// WireGuard drops such initiations as replayed (whitepaper §5.1), and with them a peer whose clock was put back. Here they
    /// are answered, beside the session in use: the first message in a session that was offered proves that nobody replays,
    /// as its keys take the initiator's ephemeral one.
    set_back: Vec<Tunn>,
    lane: Lane,
    /// Sessions that we answered the handshake of and that the initiator has not used yet.
    unconfirmed: [Option<u32>; SESSIONS],
    /// The session that was established last.
    established: Option<u32>,
}

/// What all sessions with a peer are made of.
struct Keys {
    private: StaticSecret,
    peer: PublicKey,
    preshared: [u8; 32],
    index: u32,
    open: Arc<RateLimiter>,
}

impl Keys {
    fn fresh(&self) -> Tunn {
        let (private, preshared) = (self.private.clone(), Some(self.preshared));
        Tunn::new(private, self.peer, preshared, None, self.index, Some(self.open.clone()))
    }
}

/// What came out of a handshake message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    /// Bytes of the output to send back.
    pub(crate) reply: Option<usize>,
    /// A session is up.
    pub(crate) established: bool,
}

/// What came out of a data message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Bytes of the output that are a packet; none for a keepalive.
    pub(crate) packet: Option<usize>,
    /// The message is the first of a session: it is up now.
    pub(crate) established: bool,
}

impl Session {
    /// `index` must differ from that of every other session: data messages are told apart by it. It says the lane.
    pub(crate) fn new(
        local: &LocalKey,
        peer: &WireGuardKey,
        preshared: &PresharedKey,
        index: SessionIndex,
    ) -> Self {
        let keys = Keys {
            private: local.private.clone(),
            peer: PublicKey::from(*peer.as_bytes()),
            preshared: *preshared.expose(),
            index: index.get(),
            open: local.open.clone(),
        };
        let (tunn, lane) = (keys.fresh(), index.lane());
        Self { tunn, keys, set_back: Vec::new(), lane, unconfirmed: [None; SESSIONS], established: None }
    }

    /// Whether packets can be sealed and will be accepted.
    pub(crate) fn is_live(&self) -> bool {
        // boringtun counts a session as present once it answered the handshake, and lets the eighth answered
        // initiation take the place of the session in use. Packets sealed with one of those would be lost.
        let in_place = self.established.is_some_and(|index| self.unconfirmed[place(index)].is_none());
        in_place && self.tunn.time_since_last_handshake().is_some_and(|age| age < SESSION_USABLE)
    }

    /// Seals a packet into `out`, which must have room for 32 bytes more than the packet. Only while the session
    /// [is live](Self::is_live); the look at the clock is the caller's, once for many packets.
    pub(crate) fn seal(&mut self, packet: &[u8], out: &mut [u8]) -> Option<usize> {
        match self.tunn.encapsulate(packet, out) {
            TunnResult::WriteToNetwork(datagram) => Some(datagram.len()),
            _ => None,
        }
    }

    /// Opens a data message into `out`, which must have room for the whole datagram.
    pub(crate) fn open(
        &mut self,
        receiver: u32,
        datagram: &[u8],
        out: &mut [u8],
    ) -> Result<Opened, DropReason> {
        let packet = match open(&mut self.tunn, datagram, out) {
            Err(reason) if self.set_back.is_empty() => return Err(reason),
            Err(reason) => {
                let taken = self.open_set_back(datagram, out).ok_or(reason)?;
                self.establish(receiver);
                return Ok(Opened { packet: taken, established: true });
            }
            Ok(packet) => packet,
        };
        let established = self.unconfirmed[place(receiver)] == Some(receiver);
        if established {
            self.establish(receiver);
        }
        Ok(Opened { packet, established })
    }

    /// Takes an initiation, response or cookie reply that [`LocalKey::admit`] let through. Call
    /// [`tick`](Self::tick) first.
    pub(crate) fn handshake(
        &mut self,
        message: Message,
        datagram: &[u8],
        out: &mut [u8],
    ) -> Result<Handshake, DropReason> {
        let reply = match self.tunn.decapsulate(None, datagram, out) {
            TunnResult::WriteToNetwork(reply) => &*reply,
            TunnResult::Done => return Ok(Handshake { reply: None, established: false }),
            TunnResult::Err(WireGuardError::WrongTai64nTimestamp) => {
                let reply = self.answer_set_back(datagram, out)?;
                return Ok(Handshake { reply: Some(reply), established: false });
            }
            TunnResult::Err(error) => return Err(reason(&error)),
            _ => return Err(DropReason::MalformedDatagram),
        };
        if let ([RESPONSE_TYPE, _, _, _, index @ ..], Message::Initiation { .. }) = (reply, message)
            && let Some(index) = index.first_chunk().map(|index| u32::from_le_bytes(*index))
        {
            // No session before the initiator uses it: the answer may never arrive.
            self.unconfirmed[place(index)] = Some(index);
        }
        let reply = Some(reply.len());
        if let Message::Response { receiver } = message {
            self.establish(receiver);
            return Ok(Handshake { reply, established: true });
        }
        Ok(Handshake { reply, established: false })
    }

    /// Answers an initiation that is authentic and older than one before it.
    fn answer_set_back(&mut self, datagram: &[u8], out: &mut [u8]) -> Result<usize, DropReason> {
        for tunn in self.set_back.iter_mut().rev() {
            // Its clock stood still since it was made, and it has nothing to say by itself.
            tunn.update_timers(&mut [0; INITIATION_BYTES]);
            if let TunnResult::WriteToNetwork(reply) = tunn.decapsulate(None, datagram, out) {
                return Ok(reply.len());
            }
        }
        let mut tunn = self.keys.fresh();
        let reply = match tunn.decapsulate(None, datagram, out) {
            TunnResult::WriteToNetwork(reply) => reply.len(),
            _ => return Err(DropReason::StaleHandshake),
        };
        if self.set_back.len() == SET_BACK {
            self.set_back.remove(0);
        }
        self.set_back.push(tunn);
        Ok(reply)
    }

    /// Opens a data message of a session that was offered to a peer whose clock was put back. It takes the place of all others.
    fn open_set_back(&mut self, datagram: &[u8], out: &mut [u8]) -> Option<Option<usize>> {
        let opened = |tunn: &mut Tunn| open(tunn, datagram, out).ok();
        let (at, packet) =
            self.set_back.iter_mut().map(opened).enumerate().find_map(|(at, opened)| Some((at, opened?)))?;
        self.tunn = self.set_back.swap_remove(at);
        self.unconfirmed = [None; SESSIONS];
        Some(packet)
    }

    fn establish(&mut self, index: u32) {
        self.unconfirmed[place(index)] = None;
        self.established = Some(index);
        self.set_back.clear();
    }

    /// Writes a handshake initiation. Without `force`, none if one is under way (boringtun repeats it every 5 s
    /// for 90 s through [`tick`](Self::tick)). With it, always a fresh one; answers to the one before it are
    /// still taken, to older ones not.
    pub(crate) fn initiate(&mut self, force: bool, out: &mut [u8]) -> Option<usize> {
        // After the machine slept, boringtun would date the handshake before the sleep and give it up at once.
        match self.tunn.update_timers(out) {
            TunnResult::WriteToNetwork(datagram) if datagram[0] == INITIATION_TYPE => {
                datagram[LANE_BYTE] = self.lane as u8;
                return Some(datagram.len());
            }
            _ => {}
        }
        match self.tunn.format_handshake_initiation(out, force) {
            TunnResult::WriteToNetwork(datagram) => {
                datagram[LANE_BYTE] = self.lane as u8;
                Some(datagram.len())
            }
            _ => None,
        }
    }

    /// Moves the clock; how often is for `threads::deadlines` to say. May write a datagram: a keepalive, or an initiation
    /// where the session grows old or the peer silent. After boringtun gave a handshake up this is quiet until
    /// the next [`initiate`](Self::initiate) or initiation of the peer.
    pub(crate) fn tick(&mut self, out: &mut [u8]) -> Option<usize> {
        match self.tunn.update_timers(out) {
            TunnResult::WriteToNetwork(datagram) => {
                if datagram[0] == INITIATION_TYPE {
                    datagram[LANE_BYTE] = self.lane as u8;
                }
                Some(datagram.len())
            }
            _ => None,
        }
    }
}

/// What boringtun knows as an initiation: without the number of the lane, which is outside its integrity check. One that is led
/// to the other lane's session is answered there, as the preshared key is mixed into the answer, and never completed.
pub(crate) fn without_lane(initiation: &[u8]) -> Option<[u8; INITIATION_BYTES]> {
    let mut plain: [u8; INITIATION_BYTES] = initiation.try_into().ok()?;
    plain[LANE_BYTE] = 0;
    Some(plain)
}

/// The length of the packet in a data message; none for a keepalive.
fn open(tunn: &mut Tunn, datagram: &[u8], out: &mut [u8]) -> Result<Option<usize>, DropReason> {
    match tunn.decapsulate(None, datagram, out) {
        TunnResult::WriteToTunnelV4(packet, _) | TunnResult::WriteToTunnelV6(packet, _) => {
            Ok(Some(packet.len()))
        }
        TunnResult::Done => Ok(None),
        TunnResult::Err(WireGuardError::InvalidPacket) => Err(DropReason::MalformedPacket),
        TunnResult::Err(error) => Err(reason(&error)),
        TunnResult::WriteToNetwork(_) => Err(DropReason::MalformedDatagram),
    }
}

const fn place(index: u32) -> usize {
    index as usize % SESSIONS
}

fn reason(error: &WireGuardError) -> DropReason {
    match error {
        WireGuardError::WrongIndex | WireGuardError::NoCurrentSession => DropReason::NoSession,
        WireGuardError::DuplicateCounter | WireGuardError::InvalidCounter => DropReason::Replay,
        WireGuardError::InvalidMac | WireGuardError::InvalidAeadTag => DropReason::Unauthenticated,
        WireGuardError::WrongTai64nTimestamp | WireGuardError::UnexpectedPacket => DropReason::StaleHandshake,
        WireGuardError::WrongKey => DropReason::UnknownPeer,
        WireGuardError::UnderLoad => DropReason::RateLimited,
        _ => DropReason::MalformedDatagram,
    }
}

#[cfg(test)]
mod tests;
