use lanrage_party::NatType;

use super::*;
use crate::{
    FilteringBehaviour, Gap, MappingBehaviour, NatBehaviour, NatReport, NatVerdict,
    stun::{self, Message, TransactionId},
};

const SERVERS: [&str; 3] = ["198.51.100.1:3478", "198.51.100.2:3478", "198.51.100.3:3478"];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A survey under way, and what it has sent.
fn begun(now: Instant) -> (Survey, Vec<(SocketAddr, TransactionId)>) {
    let mut survey = Survey::new(now, &SERVERS.map(address), [7; 32]);
    let sent = std::iter::from_fn(|| survey.poll_transmit());
    let sent = sent
        .map(|(to, datagram)| match stun::parse(&datagram) {
            Ok(Message::BindingRequest { id, .. }) => (to, id),
            other => panic!("{other:?}"),
        })
        .collect();
    (survey, sent)
}

fn answer(survey: &mut Survey, now: Instant, (from, id): (SocketAddr, TransactionId), other: Option<&str>) {
    let mapped = address("203.0.113.9:4000");
    let datagram = match other {
        Some(other) => stun::behaviour_response(id, mapped, from, address(other)),
        None => stun::binding_response(id, mapped),
    };
    survey.handle_datagram(now, from, &datagram);
}

#[test]
fn a_server_that_can_do_all_ends_the_survey_at_once() {
    let now = Instant::now();
    let (mut survey, sent) = begun(now);
    assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), SERVERS.map(address));
    answer(&mut survey, now, sent[2], None);
    assert!(survey.poll_timeout().is_some());
    answer(&mut survey, now, sent[1], Some("198.51.100.9:3479"));
    assert_eq!(survey.poll_timeout(), None);
    let choice = survey.choice().unwrap();
    assert_eq!((choice.server, choice.ability), (sent[1].0, Ability::OtherAddress));
    assert_eq!(choice.further, [sent[2].0]);
}

#[test]
fn without_such_a_server_the_others_get_a_moment_and_the_more_able_is_chosen() {
    let now = Instant::now();
    let (mut survey, sent) = begun(now);
    answer(&mut survey, now, sent[0], None);
    answer(&mut survey, now + Duration::from_millis(10), sent[1], Some("198.51.100.2:3479"));
    let end = now + Duration::from_millis(300);
    while survey.poll_timeout().is_some_and(|at| at < end) {
        survey.handle_timeout(survey.poll_timeout().unwrap());
    }
    assert_eq!(survey.poll_timeout(), Some(end));
    survey.handle_timeout(end);
    assert_eq!(survey.poll_timeout(), None);
    let choice = survey.choice().unwrap();
    assert_eq!((choice.server, choice.ability), (sent[1].0, Ability::OtherPort));
    assert_eq!(choice.further, [sent[0].0]);
}

#[test]
fn among_equals_the_fastest_is_chosen() {
    let now = Instant::now();
    let (mut survey, sent) = begun(now);
    for index in [2, 0, 1] {
        answer(&mut survey, now, sent[index], None);
    }
    assert_eq!(survey.poll_timeout(), None, "all have answered");
    let choice = survey.choice().unwrap();
    assert_eq!((choice.server, choice.further), (sent[2].0, vec![sent[0].0, sent[1].0]));
}

#[test]
fn an_answer_counts_only_from_whom_it_was_asked_with_what_was_asked() {
    let now = Instant::now();
    let (mut survey, sent) = begun(now);
    answer(&mut survey, now, (address("192.0.2.66:3478"), sent[0].1), None);
    answer(&mut survey, now, (sent[1].0, sent[0].1), None);
    answer(&mut survey, now, (sent[0].0, TransactionId([9; 12])), None);
    assert_eq!(survey.choice(), None);
}

#[test]
fn silence_ends_after_five_requests_to_each_server() {
    let now = Instant::now();
    let (mut survey, sent) = begun(now);
    let mut count = sent.len();
    let mut last = now;
    while let Some(at) = survey.poll_timeout() {
        survey.handle_timeout(at);
        last = at;
        count += std::iter::from_fn(|| survey.poll_transmit()).count();
    }
    assert_eq!((last - now, count), (Duration::from_millis(3_250), 15));
    assert_eq!(survey.choice(), None);
}

#[test]
fn where_nobody_could_test_the_filtering_the_strictest_is_assumed_and_said() {
    let behaviour = |mapping| NatBehaviour {
        mapped: address("203.0.113.9:4000"),
        mapping,
        filtering: FilteringBehaviour::Unknown,
        hairpinning: Some(false),
    };
    let choice = Choice { server: address(SERVERS[0]), ability: Ability::Plain, further: Vec::new() };
    let report = NatReport::of(behaviour(MappingBehaviour::EndpointIndependent), &choice);
    assert_eq!((report.nat_type(), &report.gaps[..]), (NatType::PortRestrictedCone, &[Gap::Filtering][..]));
    let report = NatReport::of(behaviour(MappingBehaviour::AddressDependent), &choice);
    assert_eq!(report.nat_type(), NatType::Symmetric);
    let report = NatReport::of(behaviour(MappingBehaviour::Unknown), &choice);
    assert_eq!((report.nat_type(), report.gaps.len()), (NatType::Unknown, 2));
    assert_eq!(NatReport::without_behaviour(NatVerdict::Blocked).nat_type(), NatType::Unknown);
}
