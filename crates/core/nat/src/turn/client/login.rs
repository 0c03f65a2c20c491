use std::time::Instant;

use super::transaction::Transaction;
use crate::{
    TransactionIds,
    turn::{LongTermKey, Transport, TurnCredentials, message::Message, reading::Parsed},
};

/// Implementation: how often in a row a server may ask one request for other credentials. Twice is normal: once
/// for any at all, once for a nonce that ran out meanwhile.
const CHALLENGES: u8 = 3;

/// The client's side of the long-term credential mechanism (RFC 8489 §9.2).
#[derive(Debug)]
pub(super) struct Login {
    ids: TransactionIds,
    transport: Transport,
    /// For the next allocation, and for this one when the server takes the old ones no more.
    newest: TurnCredentials,
    session: Option<Session>,
    generation: u32,
}

/// What the server asked for, and what we answer with.
#[derive(Debug)]
struct Session {
    credentials: TurnCredentials,
    realm: String,
    nonce: String,
    key: LongTermKey,
}

/// What to do about a refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Send it again, as a new transaction.
    Again,
    /// It was refused for good.
    Refused,
}

impl Login {
    pub(super) fn new(credentials: TurnCredentials, transport: Transport, seed: [u8; 32]) -> Self {
        let ids = TransactionIds::from_seed(seed);
        Self { ids, transport, newest: credentials, session: None, generation: 0 }
    }

    pub(super) fn is_over_stream(&self) -> bool {
        self.transport == Transport::Stream
    }

    pub(super) fn ids(&mut self) -> &mut TransactionIds {
        &mut self.ids
    }

    pub(super) fn set_credentials(&mut self, credentials: TurnCredentials) {
        self.newest = credentials;
    }

    /// A new allocation uses the newest credentials; within one the user name stays (RFC 8656 §5).
    pub(super) fn use_newest(&mut self) {
        if let Some(session) = &self.session
            && session.credentials != self.newest
        {
            let (realm, nonce) = (session.realm.clone(), session.nonce.clone());
            self.begin(realm, nonce);
        }
    }

    pub(super) fn is_challenged(&self) -> bool {
        self.session.is_some()
    }

    /// Signs a request, as far as the server has said what with.
    pub(super) fn request(&mut self, now: Instant, mut message: Message) -> Transaction {
        message.id = self.ids.next_id();
        let key = self.session.as_ref().map(|session| {
            message.username = Some(session.credentials.username.clone());
            message.realm = Some(session.realm.clone());
            message.nonce = Some(session.nonce.clone());
            session.key
        });
        let generation = if key.is_some() { self.generation } else { 0 };
        Transaction::new(now, message.id, message.encode(key.as_ref()), key, generation, self.transport)
    }

    /// The request `again`, if the server's refusal of `refused` is one that better credentials or a newer nonce
    /// help against (401 and 438, RFC 8489 §9.2.5).
    pub(super) fn retry(
        &mut self,
        now: Instant,
        refused: &Transaction,
        reply: &Parsed<'_>,
        again: Message,
    ) -> Option<Transaction> {
        if refused.challenges >= CHALLENGES || self.learn(refused, &reply.message) == Answer::Refused {
            return None;
        }
        let mut transaction = self.request(now, again);
        transaction.challenges = refused.challenges + 1;
        Some(transaction)
    }

    fn learn(&mut self, refused: &Transaction, reply: &Message) -> Answer {
        let Some(nonce) = reply.nonce.clone() else {
            return Answer::Refused;
        };
        let was_current = refused.generation == self.generation && refused.key.is_some();
        match (reply.error, &mut self.session) {
            // Sent before we knew what we know now.
            (Some(401 | 438), Some(_)) if !was_current => Answer::Again,
            (Some(438), Some(session)) => {
                session.nonce = nonce;
                self.generation += 1;
                Answer::Again
            }
            (Some(401), session) => {
                let Some(realm) = reply.realm.clone() else {
                    return Answer::Refused;
                };
                // The same credentials in the same realm would only be refused again.
                let hopeless = session
                    .as_ref()
                    .is_some_and(|session| session.credentials == self.newest && session.realm == realm);
                if hopeless {
                    return Answer::Refused;
                }
                self.begin(realm, nonce);
                Answer::Again
            }
            _ => Answer::Refused,
        }
    }

    fn begin(&mut self, realm: String, nonce: String) {
        let credentials = self.newest.clone();
        let key = credentials.key(&realm);
        self.session = Some(Session { credentials, realm, nonce, key });
        self.generation += 1;
    }

    /// Forgets what the server said: it may be another one behind the same address.
    pub(super) fn forget(&mut self) {
        self.session = None;
    }
}
