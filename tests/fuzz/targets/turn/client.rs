use lanrage_nat::turn::{Framing, Received, TURN_PEERS, TurnClient, TurnPhase};

use super::{
    wire::*,
    world::{self, REALM, credentials, server_address},
};
use crate::input::{Clock, Input};

/// Most requests at once: one and its repetition for each peer, and those of the allocation.
const TRANSMITS: usize = 2 * TURN_PEERS + 8;

/// A relay that knows our password and says what it likes, and strangers that do not know it and say the same. In
/// every state of the client: replies of either bring it about.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let mut world =
        World { client: world::client(clock.now), asked: Vec::new(), last: Vec::new(), realm: false };
    world.drain();
    while !input.is_empty() {
        world.step(&mut input, &mut clock);
        world.drain();
    }
}

struct World {
    client: TurnClient,
    /// The latest requests, the newest last.
    asked: Vec<Vec<u8>>,
    last: Vec<u8>,
    /// Whether the client knows the realm, without which it signs nothing.
    realm: bool,
}

impl World {
    fn step(&mut self, input: &mut Input<'_>, clock: &mut Clock) {
        match input.below(16) {
            0 => self.server_says(clock, input.bytes().to_vec(), false),
            1 => {
                let received = self.client.handle_datagram(clock.now, input.address(), input.bytes());
                assert_eq!(received, Received::NotOurs, "only the server's port is believed");
            }
            2 => {
                let class = input.pick(&[SUCCESS, ERROR, 0x010, 0x000]);
                let signed = input.flag();
                let Some(reply) = self.reply(input, class) else { return };
                let reply = reply.attributes(input);
                self.reply_with(clock, reply, signed);
            }
            3 => {
                let Some(reply) = self.reply(input, ERROR) else { return };
                let reply = reply.error(input.pick(&[401, 438])).challenge(REALM, &input.array::<8>());
                self.realm = true;
                self.reply_with(clock, reply, false);
            }
            4 => {
                let signed = input.flag();
                let Some(reply) = self.reply(input, SUCCESS) else { return };
                let relayed = ([198, 51, 100, 1], 50_000).into();
                let reply = reply.relayed(relayed).lifetime(u32::from_be_bytes(input.array()));
                self.reply_with(clock, reply, signed);
            }
            5 => {
                let signed = input.flag();
                let Some(reply) = self.reply(input, ERROR) else { return };
                let code = input.pick(&[300, 400, 403, 420, 437, 441, 442, 486, 500, 508]);
                self.reply_with(clock, reply.error(code), signed);
            }
            6 => {
                let id = input.array();
                let indication = Message::new(DATA_INDICATION, id).peer(input.address()).data(input.bytes());
                self.server_says(clock, indication.attributes(input).into_bytes(), false);
            }
            7 => {
                let datagram = channel_data(0x4000 + input.u16() % 8, input.bytes());
                self.server_says(clock, datagram, false);
            }
            8 => self.server_says(clock, self.last.clone(), true),
            9 => _ = self.client.add_peer(clock.now, input.address()),
            10 => self.client.remove_peer(input.address()),
            11 => self.frame(input),
            12 => self.client.check(clock.now),
            13 => self.client.set_credentials(clock.now, credentials("ann")),
            14 => self.client.close(clock.now),
            _ => {
                clock.advance(input);
                self.client.handle_timeout(clock.now);
                let due = self.client.poll_timeout();
                assert!(due.is_none_or(|due| due > clock.now), "nothing that was due is left");
            }
        }
    }

    /// The beginning of a reply to one of the latest requests.
    fn reply(&self, input: &mut Input<'_>, class: u16) -> Option<Message> {
        let latest = self.asked.len().checked_sub(1 + input.below(4))?;
        let request = self.asked.get(latest)?;
        Some(Message::new(kind_of(request)? | class, id_of(request)?))
    }

    fn reply_with(&mut self, clock: &Clock, reply: Message, signed: bool) {
        let reply = if signed { reply.sign(&credentials("ann"), REALM) } else { reply };
        self.server_says(clock, reply.into_bytes(), signed);
    }

    fn server_says(&mut self, clock: &Clock, datagram: Vec<u8>, signed: bool) {
        let before = self.client.relayed_address();
        if let Received::Data { payload, .. } =
            self.client.handle_datagram(clock.now, server_address(), &datagram)
        {
            assert!(datagram.get(payload).is_some());
            assert!(before.is_some(), "without an allocation nothing is relayed");
        }
        let after = self.client.relayed_address();
        let proven = signed && self.realm;
        assert!(proven || after.is_none() || after == before, "believed a reply that nobody signed");
        self.last = datagram;
    }

    fn frame(&self, input: &mut Input<'_>) {
        let (peer, payload) = (input.address(), input.bytes());
        let Some(framing) = self.client.framing(peer) else { return };
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        assert!(framing.write(&mut buffer, range).is_ok() || payload.len() > 65_000);
    }

    fn drain(&mut self) {
        for (said, (to, request)) in std::iter::from_fn(|| self.client.poll_transmit()).enumerate() {
            assert!(said < TRANSMITS && to == server_address());
            self.asked.push(request);
        }
        self.asked.drain(..self.asked.len().saturating_sub(4));
        assert!(std::iter::from_fn(|| self.client.poll_event()).count() <= TURN_PEERS + 8);
        assert_eq!(self.client.poll_timeout().is_none(), self.client.phase() == TurnPhase::Closed);
    }
}
