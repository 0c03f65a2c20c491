//! What friends are told of this computer's games: what runs, and what its servers answer.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_party::{Name, Place};

use crate::{
    detect::Detected,
    profile::{Query, Slug},
    query::{Answer, Protocol},
    statement::{Hosted, Statement},
};

/// After how long a server that has just begun to listen is asked again; then every [`EACH`].
const AGAIN: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];
/// Between two questions to a server that answers.
const EACH: Duration = Duration::from_secs(10);
/// Between two questions to one whose answer is always the same.
const RARELY: Duration = Duration::from_secs(60);
/// Answers that may be missing until a server is believed to be gone.
const MISSES: u32 = 3;
/// Most places where games are hosted on one computer.
const PLACES: usize = 16;

/// A server to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it speaks.
    pub protocol: Protocol,
    /// At which port of this computer.
    pub port: u16,
    key: Key,
}

type Key = (Slug, Place);

/// What is known of this computer's games.
#[derive(Debug, Default)]
pub struct Watch {
    played: BTreeMap<Slug, Name>,
    hosted: BTreeMap<Key, Host>,
}

#[derive(Debug)]
struct Host {
    name: Name,
    query: Option<Query>,
    /// Whether it hosts only if it answers.
    must_answer: bool,
    answer: Option<Answer>,
    /// Questions without an answer since the last one.
    missed: u32,
    due: Option<Instant>,
}

impl Watch {
    /// These games run, and no others.
    pub fn handle_detected(&mut self, now: Instant, games: Vec<Detected>) {
        self.played.clear();
        let mut hosted = std::mem::take(&mut self.hosted);
        for Detected { slug, name, is_played, hosted: certain, perhaps_hosted, query } in games {
            let places = certain.iter().map(|place| (*place, false));
            let perhaps = perhaps_hosted.difference(&certain).map(|place| (*place, true));
            for (place, must_answer) in places.chain(perhaps) {
                if self.hosted.len() >= PLACES {
                    break;
                }
                let key = (slug.clone(), place);
                let host = hosted.remove(&key).unwrap_or_else(|| Host {
                    name: name.clone(),
                    query,
                    must_answer,
                    answer: None,
                    missed: 0,
                    due: query.map(|_| now),
                });
                self.hosted.insert(key, Host { must_answer, ..host });
            }
            if is_played {
                self.played.insert(slug, name);
            }
        }
    }

    /// When [`Self::poll_questions`] has something to ask.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.hosted.values().filter_map(|host| host.due).min()
    }

    /// Whom to ask now. Each is answered by [`Self::handle_answer`], soon.
    pub fn poll_questions(&mut self, now: Instant) -> Vec<Question> {
        let mut questions = Vec::new();
        for (key, host) in &mut self.hosted {
            let (Some(query), Some(_)) = (host.query, host.due.filter(|due| *due <= now)) else { continue };
            let (protocol, port) = (query.protocol, query.port(key.1.port));
            let pause = AGAIN.get(host.missed as usize).copied().unwrap_or(EACH);
            host.due = Some(now + pause.max(protocol.patience()));
            questions.push(Question { protocol, port, key: key.clone() });
        }
        questions
    }

    /// What a server has answered; `None` if it has not.
    pub fn handle_answer(&mut self, now: Instant, question: &Question, answer: Option<Answer>) {
        if let Some(host) = self.hosted.get_mut(&question.key) {
            host.take(now, question.protocol, answer);
        }
    }

    /// What friends are told, what is hosted first.
    pub fn statements(&self) -> Vec<Statement> {
        let told = self.hosted.iter().filter(|(_, host)| !host.must_answer || host.answer.is_some());
        let mut statements: Vec<Statement> = told
            .map(|((slug, place), host)| {
                let hosted = Hosted::new(*place, host.answer.clone().unwrap_or_default());
                Statement { slug: slug.clone(), name: host.name.clone(), hosted: Some(hosted) }
            })
            .collect();
        for (slug, name) in &self.played {
            if !statements.iter().any(|told| told.slug == *slug) {
                statements.push(Statement { slug: slug.clone(), name: name.clone(), hosted: None });
            }
        }
        statements
    }
}

impl Host {
    fn take(&mut self, now: Instant, protocol: Protocol, answer: Option<Answer>) {
        if let Some(answer) = answer {
            let pause = if protocol.tells_more_later() { EACH } else { RARELY };
            (self.answer, self.missed, self.due) = (Some(answer), 0, Some(now + pause));
        } else {
            self.missed = self.missed.saturating_add(1);
            if self.missed >= MISSES {
                self.answer = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use lanrage_party::Transport;

    use crate::{Catalogue, Listening, Running};

    fn detected(file: &str, arguments: &[&str], sockets: &[(Transport, u16)]) -> Vec<Detected> {
        let running = Running {
            file: file.to_owned(),
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
            steam_app: None,
            listening: sockets
                .iter()
                .map(|(transport, port)| Listening {
                    transport: *transport,
                    address: (Ipv4Addr::UNSPECIFIED, *port).into(),
                })
                .collect(),
            started: None,
        };
        Catalogue::builtin().detect(&[running], Ipv4Addr::new(10, 66, 0, 2))
    }

    fn answer(title: &str) -> Option<Answer> {
        Some(Answer { title: title.to_owned(), players: Some(3), ..Answer::default() })
    }

    fn titles(watch: &Watch) -> Vec<Option<String>> {
        watch.statements().into_iter().map(|told| told.hosted.map(|hosted| hosted.title)).collect()
    }

    #[test]
    fn a_server_is_told_at_once_then_with_what_it_answers_and_gone_with_its_socket() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let server = || detected("teeworlds-server", &[], &[(Transport::Udp, 8_303)]);
        watch.handle_detected(start, server());
        assert_eq!(titles(&watch), [Some(String::new())]);
        let asked = watch.poll_questions(start);
        assert_eq!((asked.len(), asked[0].port), (1, 8_303));
        assert!(watch.poll_questions(start).is_empty(), "once");
        watch.handle_answer(start, &asked[0], None);
        let later = start + asked[0].protocol.patience();
        assert_eq!(watch.poll_timeout(), Some(later), "it has just begun");
        let asked = watch.poll_questions(later);
        watch.handle_answer(later, &asked[0], answer("Skyblock"));
        assert_eq!(titles(&watch), [Some("Skyblock".to_owned())]);
        assert_eq!(watch.poll_timeout(), Some(later + EACH));
        watch.handle_detected(later, server());
        assert_eq!(titles(&watch), [Some("Skyblock".to_owned())], "what is known stays");
        watch.handle_detected(later, Vec::new());
        assert!(titles(&watch).is_empty());
        watch.handle_answer(later, &asked[0], answer("too late"));
        assert!(titles(&watch).is_empty());
    }

    #[test]
    fn who_plays_is_told_to_host_only_while_the_server_in_the_game_answers() {
        let mut now = Instant::now();
        let mut watch = Watch::default();
        let game = detected("openarena", &[], &[(Transport::Udp, 27_960)]);
        watch.handle_detected(now, game);
        assert_eq!(titles(&watch), [None]);
        let asked = watch.poll_questions(now);
        watch.handle_answer(now, &asked[0], answer("dm"));
        assert_eq!(titles(&watch), [Some("dm".to_owned())]);
        for missed in 1..=MISSES {
            now = watch.poll_timeout().unwrap();
            let asked = watch.poll_questions(now);
            watch.handle_answer(now, &asked[0], None);
            let hosts = titles(&watch) == [Some("dm".to_owned())];
            assert_eq!(hosts, missed < MISSES, "{missed}");
        }
        assert_eq!(titles(&watch), [None]);
    }

    #[test]
    fn a_world_is_at_the_one_port_that_answers() {
        let now = Instant::now();
        let mut watch = Watch::default();
        let arguments = ["java", "net.minecraft.client.main.Main"];
        let sockets = [(Transport::Tcp, 40_000), (Transport::Tcp, 51_234), (Transport::Udp, 51_235)];
        watch.handle_detected(now, detected("java", &arguments, &sockets));
        let asked = watch.poll_questions(now);
        assert_eq!(asked.iter().map(|asked| asked.port).collect::<Vec<_>>(), [40_000, 51_234]);
        watch.handle_answer(now, &asked[0], None);
        watch.handle_answer(now, &asked[1], answer("World"));
        let told = watch.statements();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].hosted.as_ref().unwrap().place.port, 51_234);
    }
}
