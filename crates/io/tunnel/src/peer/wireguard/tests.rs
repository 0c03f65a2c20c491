//! Two ends, one of which begins.

mod admission;

use lanrage_party::PartySecret;

use super::*;
use crate::{
    datagram::demux::{Kind, classify},
    packet::{batch::SLOT_BYTES, ipv4::build},
    peer::index::PeerIndex,
};

const A: PeerIndex = PeerIndex::nth(3);
const B: PeerIndex = PeerIndex::nth(4);

struct End {
    key: LocalKey,
    session: Session,
    out: Vec<u8>,
}

impl End {
    fn handshake(&mut self, datagram: &[u8]) -> Result<(Vec<u8>, bool), DropReason> {
        let Ok(Kind::WireGuard(message)) = classify(datagram) else { panic!("not WireGuard") };
        let done = self.session.handshake(message, datagram, &mut self.out)?;
        Ok((self.out[..done.reply.unwrap_or(0)].to_vec(), done.established))
    }

    fn open(&mut self, datagram: &[u8]) -> Result<(Option<Vec<u8>>, bool), DropReason> {
        let Ok(Kind::WireGuard(Message::Data { receiver })) = classify(datagram) else { panic!("not data") };
        let opened = self.session.open(receiver, datagram, &mut self.out)?;
        Ok((opened.packet.map(|len| self.out[..len].to_vec()), opened.established))
    }

    fn seal(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let len = if self.session.is_live() { self.session.seal(packet, &mut self.out) } else { None };
        len.map(|len| self.out[..len].to_vec())
    }

    fn initiate(&mut self) -> Vec<u8> {
        let len = self.session.initiate(true, &mut self.out).unwrap();
        self.out[..len].to_vec()
    }
}

fn pair() -> (End, End) {
    let [a, b] = [1, 2].map(|n| WireGuardPrivateKey::from_random([n; 32]));
    let psk = PartySecret::from_random([3; 32]).preshared_key(&a.public(), &b.public());
    let end = |own: &WireGuardPrivateKey, peer: &WireGuardPrivateKey, index: PeerIndex| {
        let key = LocalKey::new(own);
        let session = Session::new(&key, &peer.public(), &psk, index.session(Lane::Bulk));
        End { key, session, out: vec![0; SLOT_BYTES] }
    };
    (end(&a, &b, A), end(&b, &a, B))
}

fn packet() -> Vec<u8> {
    build::udp([10, 66, 0, 1].into(), [10, 66, 0, 2].into(), (1, 2), b"move")
}

#[test]
fn a_session_is_up_for_the_active_side_at_the_response_and_for_the_passive_at_its_first_message() {
    let (mut active, mut passive) = pair();
    assert!(active.seal(&packet()).is_none() && passive.seal(&packet()).is_none());
    let initiation = active.initiate();
    assert_eq!(passive.key.initiator_of(&initiation), Some(active.key.public()));
    let (response, established) = passive.handshake(&initiation).unwrap();
    assert!(!established && !passive.session.is_live());
    let (confirmation, established) = active.handshake(&response).unwrap();
    assert!(established && active.session.is_live());
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
    assert!(passive.session.is_live());

    let sealed = passive.seal(&packet()).unwrap();
    assert_eq!(active.open(&sealed), Ok((Some(packet()), false)));
    assert_eq!(active.open(&sealed), Err(DropReason::Replay), "a second copy over another path");
    let sealed = active.seal(&packet()).unwrap();
    assert_eq!(passive.open(&sealed), Ok((Some(packet()), false)), "established once per session");
}

#[test]
fn copies_of_an_initiation_are_harmless_and_the_answer_to_the_one_before_counts() {
    let (mut active, mut passive) = pair();
    let first = active.initiate();
    let second = active.initiate();
    let (response, _) = passive.handshake(&first).unwrap();
    passive.handshake(&first).unwrap();
    assert!(passive.handshake(&second).is_ok());
    passive.handshake(&first).unwrap();
    let (confirmation, established) = active.handshake(&response).unwrap();
    assert!(established);
    assert_eq!(active.handshake(&response), Err(DropReason::StaleHandshake));
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
}

/// A session between the two; one more end with the first one's keys and an initiation that it made before, which is the
/// first one again, after its clock was put back; and still older initiations, the newest first.
fn set_back() -> (End, End, End, Vec<u8>, Vec<Vec<u8>>) {
    let mut recorded: Vec<_> = (0..2 * SET_BACK).map(|_| pair().0.initiate()).collect();
    recorded.reverse();
    let (mut again, _) = pair();
    let old = again.initiate();
    let (mut active, mut passive) = pair();
    let (response, _) = passive.handshake(&active.initiate()).unwrap();
    let (confirmation, _) = active.handshake(&response).unwrap();
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
    (active, passive, again, old, recorded)
}

#[test]
fn a_peer_whose_clock_was_put_back_is_in_session_at_once_and_the_session_before_is_over() {
    let (mut active, mut passive, mut again, old, _) = set_back();
    let (response, established) = passive.handshake(&old).unwrap();
    assert!(!established);
    let before =
        passive.seal(&packet()).expect("the session of before is in use until the new one is proven");
    assert_eq!(active.open(&before), Ok((Some(packet()), false)));

    let (confirmation, established) = again.handshake(&response).unwrap();
    assert!(established);
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
    let sealed = passive.seal(&packet()).unwrap();
    assert_eq!(again.open(&sealed), Ok((Some(packet()), false)));
    assert!(active.open(&sealed).is_err());
    // And goes on from there, by the clock as it is now.
    let (response, _) = passive.handshake(&again.initiate()).unwrap();
    let (confirmation, _) = again.handshake(&response).unwrap();
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
}

#[test]
fn old_initiations_that_somebody_replays_change_nothing_and_keep_nobody_out() {
    let (mut active, mut passive, mut again, old, recorded) = set_back();
    for initiation in &recorded {
        passive.handshake(initiation).unwrap();
        assert!(passive.session.set_back.len() <= SET_BACK);
        let sealed = passive.seal(&packet()).expect("the session in use stays");
        assert_eq!(active.open(&sealed), Ok((Some(packet()), false)));
        let sealed = active.seal(&packet()).unwrap();
        assert_eq!(passive.open(&sealed), Ok((Some(packet()), false)));
    }
    let (response, _) = passive.handshake(&old).unwrap();
    let (confirmation, _) = again.handshake(&response).unwrap();
    assert_eq!(passive.open(&confirmation), Ok((None, true)), "the true one gets in beside them");
    assert!(passive.session.set_back.is_empty());
}

#[test]
fn answered_initiations_that_nobody_completes_are_no_session() {
    let (mut active, mut passive) = pair();
    let mut answers = Vec::new();
    for n in 0..2 * SESSIONS {
        let initiation = active.initiate();
        answers.push(passive.handshake(&initiation).unwrap().0);
        assert!(!passive.session.is_live() && passive.seal(&packet()).is_none(), "{n}");
    }
    let (confirmation, _) = active.handshake(&answers.pop().unwrap()).unwrap();
    assert_eq!(passive.open(&confirmation), Ok((None, true)));
    let sealed = passive.seal(&packet()).unwrap();
    assert_eq!(active.open(&sealed), Ok((Some(packet()), false)));

    for _ in 0..SESSIONS {
        let initiation = active.initiate();
        passive.handshake(&initiation).unwrap();
    }
    assert!(passive.seal(&packet()).is_none(), "the session in use was pushed out: packets wait again");
}
