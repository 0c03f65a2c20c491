//! What older releases have kept.

use std::fs;

use lanrage_nat::NetworkState;
use lanrage_party::{Admission, DeviceIdentity, NatType, Role, Standing};
use lanrage_session::{
    Command, DataPlaneView, Entropy, Input, Output, Outputs, Session, Setup, Snapshot, Traffic, Wish, step,
};
use lanrage_shield::Rules;
use lanrage_store::{Config, DataDir, open_secret_store};

use super::*;
use crate::settings::session_settings;

/// Made by version 0.1.0 of the program.
const SCHEMA_V1: &[u8] = include_bytes!("../../../../../io/store/src/database/tests/fixtures/schema_v1.db");

/// How commands came out.
#[derive(Default)]
struct Done(Vec<Result<(), crate::CommandError>>);

impl Outputs for Done {
    fn perform(&mut self, _: &Session, output: Output) {
        if let Output::Complete { result, .. } = output {
            self.0.push(result);
        }
    }
}

fn shown(session: &Session) -> Snapshot {
    session.snapshot(now(), |_| Traffic::default(), DataPlaneView::default())
}

#[tokio::test]
async fn a_party_that_release_0_1_kept_is_its_hosts_who_rules_in_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lanrage.db"), SCHEMA_V1).unwrap();
    let data_dir = DataDir::open(Some(folder.path().to_owned())).unwrap();
    let database = SettingsDatabase::open(&data_dir, now().wall).await.unwrap().0;
    let secrets: Arc<dyn SecretStore> = Arc::from(open_secret_store(&data_dir).unwrap().0);
    let party = database.active_membership().await.unwrap().unwrap().party;
    for (name, byte) in [(party_secret_name(&party), 9), (party_key_name(&party), 5)] {
        secrets.set(&name, &Secret::new(vec![byte; 32])).unwrap();
    }
    let kept = load(&database, &secrets, None).await.unwrap().unwrap();
    let SavedMembership { rulings, spare_shares, former, invitation, .. } = &kept.membership;
    assert!(
        rulings.is_empty() && spare_shares.is_empty() && former.is_empty() && invitation.shares.is_empty()
    );

    let config = Config::repaired(&Default::default()).0;
    let setup = Setup {
        identity: DeviceIdentity::from_seed(&[1; 32]),
        udp_port: 50_000,
        settings: session_settings(&config, Rules::default()),
        network: NetworkState::default(),
        newest_sequence: 0,
        remembered_nat: NatType::Unknown,
        problems: Vec::new(),
    };
    let mut session = Session::new(now(), setup, Entropy::new(|bytes| bytes.fill(7)));
    let mut done = Done::default();
    step(&mut session, now(), Input::Restore(kept), &mut done);
    let before = shown(&session).party.unwrap();
    assert_eq!((before.role, before.admission, before.is_host), (Role::Owner, Admission::Open, true));
    assert_eq!((before.peers.len(), before.peers[0].name.as_str()), (1, "Bob"));
    let bob = before.peers[0].id.parse().unwrap();
    let kick = Command::Rule(Wish::Standing(bob, Standing::Kicked));
    step(&mut session, now(), Input::Command(1, kick), &mut done);
    let after = shown(&session).party.unwrap();
    assert_eq!((done.0, after.peers.len(), after.removed.len()), (vec![Ok(())], 0, 1));
    assert!(after.older_links_ask && after.invitation != before.invitation, "the secret is another one");
}
