//! What the operator sees and does while the server runs.

use lanrage_control::protocol::{ClientMessage, ServerMessage};
use lanrage_control_server::{AdminAnswer, AdminRequest, Server, ask};

use crate::support::{Player, Raw, party, read_metrics, settings, start};

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_operator_lists_and_removes_members_and_parties_of_a_running_server() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let asked = |request: AdminRequest| {
        let directory = directory.path().to_owned();
        tokio::task::spawn_blocking(move || ask(&directory, &request).unwrap())
    };
    let (ann, bob) = (Player::new(1), Player::new(2));
    let mut host = Raw::connect(server.addr()).await;
    host.sign_in(&ann.identity).await;
    host.send(ClientMessage::Request(ann.create()).encode()).await;
    assert!(matches!(host.receive().await, Some(ServerMessage::Party { .. })));
    let mut guest = Raw::connect(server.addr()).await;
    guest.sign_in(&bob.identity).await;
    guest.send(ClientMessage::Request(bob.join()).encode()).await;
    assert!(matches!(guest.receive().await, Some(ServerMessage::Party { .. })));

    let AdminAnswer::Parties { parties } = asked(AdminRequest::Parties).await.unwrap() else {
        panic!("no list")
    };
    assert_eq!((parties.len(), parties[0].party, parties[0].members, parties[0].online), (1, party(), 2, 2));
    let members = asked(AdminRequest::Members { party: party() }).await.unwrap();
    let AdminAnswer::Members { members } = members else { panic!("{members:?}") };
    assert!(members.iter().any(|member| member.peer == ann.id() && member.host));

    let remove = AdminRequest::RemoveMember { party: party(), peer: bob.id() };
    assert_eq!(asked(remove.clone()).await.unwrap(), AdminAnswer::Removed);
    while !matches!(guest.receive().await.expect("it is told"), ServerMessage::Left { .. }) {}
    assert_eq!(asked(remove).await.unwrap(), AdminAnswer::Unknown);
    assert_eq!(asked(AdminRequest::RemoveParty { party: party() }).await.unwrap(), AdminAnswer::Removed);
    while !matches!(host.receive().await.expect("it is told"), ServerMessage::Left { .. }) {}
    assert_eq!(asked(AdminRequest::Parties).await.unwrap(), AdminAnswer::Parties { parties: vec![] });
    assert_eq!(
        asked(AdminRequest::RemoveRelay { name: "north".into() }).await.unwrap(),
        AdminAnswer::Unknown
    );

    use std::os::unix::fs::PermissionsExt;
    let socket = directory.path().join("admin.sock").metadata().unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    server.shutdown().await;
    assert!(ask(directory.path(), &AdminRequest::Parties).is_err(), "nobody answers any more");
}

#[tokio::test]
async fn what_is_refused_is_counted_by_its_cause_and_told_on_a_port_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings(directory.path());
    settings.metrics = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(settings).await.unwrap();
    let page = [("origin", "https://example.org")];
    assert!(Raw::connect_from([127, 0, 0, 1], server.addr(), &page).await.is_none(), "a web page");
    let numbers = read_metrics(server.metrics_addr().unwrap()).await;
    assert!(numbers.contains("lanrage_refused_total{cause=\"web_page\"} 1\n"), "{numbers}");
    assert!(numbers.contains("\nlanrage_parties 0\n"), "{numbers}");
    assert!(read_metrics(server.addr()).await.starts_with("HTTP/1.1 404"), "not where clients come");
    server.shutdown().await;
}

/// What the packaged dashboard draws is what a server with a relay tells.
#[tokio::test]
async fn the_dashboard_draws_what_there_is() {
    let dashboard = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/grafana-dashboard.json");
    let text = std::fs::read_to_string(dashboard).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let drawn: Vec<&str> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| target["expr"].as_str().unwrap())
        .collect();
    let named: std::collections::BTreeSet<&str> = drawn
        .iter()
        .flat_map(|drawn| drawn.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        .filter(|word| word.starts_with("lanrage_"))
        .collect();
    assert!(drawn.iter().all(|drawn| drawn.contains("lanrage_")) && named.len() > 10, "{drawn:?}");

    let directory = tempfile::tempdir().unwrap();
    let mut settings = crate::relay::with_relay(directory.path(), |_| {});
    settings.metrics = Some("127.0.0.1:0".parse().unwrap());
    let server = Server::start(settings).await.unwrap();
    let told = read_metrics(server.metrics_addr().unwrap()).await;
    for name in named {
        assert!(told.contains(&format!("# TYPE {name} ")), "the server tells no {name}: {told}");
    }
    server.shutdown().await;
}
