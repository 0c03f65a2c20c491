use lanrage_control::protocol::{ErrorCode, Refusal, Request, RequestKind};
use lanrage_party::VirtualIp;

use super::stage::Stage;

fn claimed(stage: &Stage) -> VirtualIp {
    match stage.requests.last() {
        Some(Request::CreateParty { record, .. }) => record.claimed().virtual_ip,
        other => panic!("no registration but {other:?}"),
    }
}

fn registering() -> Stage {
    let mut stage = Stage::connected();
    stage.make_party(1);
    stage
}

fn refusal(stage: &Stage, code: ErrorCode) -> Refusal {
    Refusal::new(code).about(RequestKind::CreateParty, stage.invitation().party)
}

#[test]
fn a_taken_address_leads_to_the_next_one_and_everything_follows() {
    let mut stage = registering();
    let first = claimed(&stage);
    let mut taken = refusal(&stage, ErrorCode::LeaseTaken);
    taken.taken = vec![first];
    stage.refuse(taken);
    let second = claimed(&stage);
    assert_ne!(first, second);
    assert_eq!(stage.adapters_opened, 2, "the adapter has the new address");
    stage.say_party(&[]);
    assert_eq!(stage.snapshot().party.unwrap().virtual_ip, second.to_string());
    assert!(matches!(stage.results.pop(), Some((1, Ok(())))));
}

#[test]
fn an_address_that_the_server_keeps_for_us_is_taken() {
    let mut stage = registering();
    let kept = VirtualIp([10, 66, 9, 9].into());
    let mut fixed = refusal(&stage, ErrorCode::LeaseFixed);
    fixed.lease = Some(kept);
    stage.refuse(fixed);
    assert_eq!(claimed(&stage), kept);
}

#[test]
fn a_server_that_calls_every_address_taken_is_given_up_on() {
    let mut stage = registering();
    for _ in 0..20 {
        if stage.party().is_none() {
            break;
        }
        let mut taken = refusal(&stage, ErrorCode::LeaseTaken);
        taken.taken = vec![claimed(&stage)];
        stage.refuse(taken);
    }
    assert!(stage.party().is_none());
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "control_lease_taken");
}
