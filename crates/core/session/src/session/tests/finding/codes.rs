//! Short codes: made by a party's owner, looked up by whoever is told one.

use std::{num::NonZeroU16, time::Duration};

use lanrage_party::{
    Admission, DeviceIdentity, Invitation, KnockWord, LinkTerms, Pass, Serial, facts::CodesOff,
    facts::CommandError,
};
use lanrage_rendezvous::{
    PutFault,
    code::{CodeKeys, CodeNote, ShortCode},
};

use crate::{
    Command, Input, NewCode, Output, Settings, Wish,
    session::tests::{
        knocks::{self, hear, knock},
        stage::{Somebody, Stage, settings, somewhere},
    },
};

/// Something that ends a code.
type End<'a> = &'a dyn Fn(&mut Stage);

const LIFE: Duration = Duration::from_secs(900);

fn code(n: u8) -> ShortCode {
    ShortCode::from_random([n; 10])
}

fn with_store(mut stage: Stage) -> Stage {
    stage.input(Input::Configure(Settings { uses_rendezvous: true, ..settings(None) }));
    stage
}

/// The owner of a party without a server, which looks for friends in the public store.
fn host() -> Stage {
    with_store(knocks::host())
}

/// Makes the n-th code of the party.
fn make(stage: &mut Stage, n: u8) -> Result<(), CommandError> {
    let pass = pass(&stage.invitation(), n);
    let terms = LinkTerms {
        serial: pass.serial(),
        key: pass.key(),
        uses: Some(NonZeroU16::MIN),
        ends: Some(stage.now().wall.plus(LIFE.as_millis() as u64)),
        needs_approval: false,
        for_guests: false,
    };
    let new = NewCode { code: code(n), keys: CodeKeys::of(&code(n)), pass, terms };
    stage.command(50, Command::MakeCode(Box::new(new)));
    stage.results.pop().expect("it is answered").1
}

fn pass(link: &Invitation, n: u8) -> Pass {
    Pass::of(&DeviceIdentity::from_seed(&[1; 32]), &link.party, Serial::from_bytes([n; 4]))
}

/// What lies in the store behind the n-th code: the newest of all that was put there.
fn note(stage: &Stage, n: u8) -> Option<CodeNote> {
    let keys = CodeKeys::of(&code(n));
    let own = stage.puts.iter().filter(|item| item.key == keys.item_key());
    let newest = own.max_by_key(|item| item.seq)?;
    Some(CodeNote::parse(&keys.open(newest).expect("it is sealed for the code")).expect("it is a note"))
}

fn codes(stage: &Stage) -> Vec<(String, bool)> {
    let party = stage.snapshot().party.expect("a party");
    party.codes.into_iter().map(|code| (code.code.0, code.is_stored)).collect()
}

fn look_up(stage: &mut Stage, n: u8) {
    stage.command(60, Command::FindCode(CodeKeys::of(&code(n))));
}

fn opened(stage: &Stage) -> Option<Invitation> {
    stage.tunnel.iter().find_map(|output| match output {
        Output::CodeOpened { ticket: 60, invitation } => Some(Invitation::clone(invitation)),
        _ => None,
    })
}

#[test]
fn a_code_leads_whoever_is_told_it_to_a_limited_link_of_the_party() {
    let mut stage = host();
    assert_eq!(make(&mut stage, 2), Ok(()));
    assert_eq!(codes(&stage), [(code(2).to_string(), true)]);
    let link = stage.snapshot().party.unwrap().links.remove(0);
    assert_eq!((link.uses, link.fault), (Some(1), None));

    let mut newcomer = with_store(Stage::without_server());
    newcomer.items = stage.puts.clone();
    look_up(&mut newcomer, 2);
    assert_eq!(newcomer.results.pop(), Some((60, Ok(()))));
    let followed = opened(&newcomer).expect("it is opened");
    let own = stage.invitation();
    assert_eq!((followed.party, &followed.secret), (own.party, &own.secret));
    assert_eq!((followed.pass, followed.expires_at), (Some(pass(&own, 2)), None));
    assert!(newcomer.snapshot().code_search.is_none());
}

#[test]
fn whoever_has_come_by_a_code_was_the_last() {
    let mut stage = host();
    make(&mut stage, 2).unwrap();
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    let approval = pass(&link, 2).approve(&link.party, &bob.identity.peer_id());
    let ask = knock(&stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret).with_approval(Some(approval)));
    hear(&mut stage, &link, somewhere(), &ask);
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1, "the newcomer is in");
    assert_eq!((note(&stage, 2), codes(&stage)), (Some(CodeNote::Gone), Vec::new()));
}

#[test]
fn a_code_is_gone_when_its_time_is_over_when_it_is_taken_back_and_when_the_party_is_left() {
    let revoke = Wish::Revoke { serial: Serial::from_bytes([2; 4]), is_revoked: true };
    let ends: [(&str, End<'_>); 5] = [
        ("its time is over", &|stage| stage.pass(LIFE)),
        ("it is revoked", &|stage| stage.command(7, Command::Rule(revoke))),
        ("the party is paused", &|stage| stage.command(7, Command::PauseParty)),
        ("the party is left", &|stage| stage.command(7, Command::LeaveParty)),
        ("the store is not used any more", &|stage| stage.input(Input::Configure(settings(None)))),
    ];
    for (why, end) in ends {
        let mut stage = host();
        make(&mut stage, 2).unwrap();
        stage.pass(LIFE - Duration::from_secs(1));
        assert!(matches!(note(&stage, 2), Some(CodeNote::Invitation(_))), "{why}: not before");
        end(&mut stage);
        assert_eq!(note(&stage, 2), Some(CodeNote::Gone), "{why}");
        assert!(stage.snapshot().party.is_none_or(|party| party.codes.is_empty()), "{why}");
    }
}

#[test]
fn a_code_that_nobody_stores_is_refused_and_its_link_lets_nobody_in() {
    let mut stage = host();
    stage.put_outcome = Err(PutFault::NoNodes);
    let pass = pass(&stage.invitation(), 2);
    let terms = LinkTerms {
        serial: pass.serial(),
        key: pass.key(),
        uses: None,
        ends: Some(stage.now().wall.plus(60_000)),
        needs_approval: false,
        for_guests: false,
    };
    let new = NewCode { code: code(2), keys: CodeKeys::of(&code(2)), pass, terms };
    stage.command(50, Command::MakeCode(Box::new(new)));
    assert!(stage.results.is_empty() && !codes(&stage)[0].1, "it is tried more than once");
    stage.pass(Duration::from_secs(30));
    assert_eq!(stage.results.pop(), Some((50, Err(CommandError::CodeNotStored))));
    let party = stage.snapshot().party.unwrap();
    assert_eq!(party.admission, Admission::Open, "who may come in is as before");
    assert_eq!((party.codes, party.links[0].fault), (Vec::new(), Some(lanrage_party::LinkFault::Revoked)));
}

#[test]
fn there_are_a_few_codes_at_a_time() {
    let mut stage = host();
    for n in 2..6 {
        assert_eq!(make(&mut stage, n), Ok(()));
    }
    assert_eq!(make(&mut stage, 6), Err(CommandError::TooManyCodes { most: 4 }));
    stage.command(7, Command::Rule(Wish::Revoke { serial: Serial::from_bytes([2; 4]), is_revoked: true }));
    assert_eq!(make(&mut stage, 6), Ok(()));
}

#[test]
fn an_unknown_code_is_told_so_and_the_search_can_be_called_off() {
    let mut stage = with_store(Stage::without_server());
    look_up(&mut stage, 2);
    assert!(stage.snapshot().code_search.is_some() && stage.results.is_empty());
    stage.pass(Duration::from_secs(10));
    assert_eq!(stage.results.pop(), Some((60, Err(CommandError::CodeUnknown))));
    look_up(&mut stage, 3);
    stage.command(7, Command::LeaveParty);
    assert_eq!(stage.results.split_off(0), [(60, Err(CommandError::Cancelled)), (7, Ok(()))]);
    assert!(stage.snapshot().code_search.is_none());
    stage.command(8, Command::LeaveParty);
    assert_eq!(stage.results.pop(), Some((8, Err(CommandError::NotInParty))));
}

#[test]
fn codes_are_tried_five_times_and_then_once_a_minute() {
    let mut stage = with_store(Stage::without_server());
    for _ in 0..5 {
        look_up(&mut stage, 2);
        stage.command(7, Command::LeaveParty);
    }
    stage.results.clear();
    look_up(&mut stage, 2);
    assert_eq!(stage.results.pop(), Some((60, Err(CommandError::CodesTooOften))));
    stage.pass(Duration::from_secs(60));
    look_up(&mut stage, 2);
    assert!(stage.snapshot().code_search.is_some());
}

#[test]
fn whoever_uses_no_store_or_hides_has_no_codes() {
    let hidden = Settings { uses_rendezvous: true, relay_only: true, ..settings(None) };
    for (settings, because) in [(settings(None), CodesOff::NoStore), (hidden, CodesOff::Hidden)] {
        let off = Err(CommandError::CodesOff { because });
        let mut stage = knocks::host();
        stage.input(Input::Configure(settings.clone()));
        assert_eq!(make(&mut stage, 2), off);
        assert!(stage.snapshot().party.unwrap().links.is_empty(), "nothing was made");
        let mut newcomer = Stage::without_server();
        newcomer.input(Input::Configure(settings));
        look_up(&mut newcomer, 2);
        assert_eq!(newcomer.results.pop(), Some((60, off)));
    }
}

#[test]
fn in_a_party_no_code_is_looked_up() {
    let mut stage = host();
    look_up(&mut stage, 2);
    assert_eq!(stage.results.pop(), Some((60, Err(CommandError::AlreadyInParty))));
}
