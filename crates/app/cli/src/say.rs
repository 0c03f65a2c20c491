//! What the terminal says of facts: English, as ever, so that scripts which read lines go on.
//!
//! JSON has the facts themselves, and beside them the sentences under the names that scripts know.

use lanrage_engine::{
    AdapterView, Check, CommandError, ControlView, DoctorReport, NetworkView, Notice, PortMappingView,
    Snapshot,
};
use lanrage_words::{Language, Words};
use serde::Serialize;
use serde_json::{Value, json};

const WORDS: Words = Words::new(Language::ENGLISH);

/// The sentence for a fact, in the first of these families that has one.
fn fact(families: &[&str], fact: &impl Serialize) -> String {
    let value = serde_json::to_value(fact).unwrap_or_default();
    let code = value.as_str().or_else(|| value.get("code")?.as_str()).unwrap_or_default().replace('_', "-");
    let family = families.iter().find(|family| WORDS.has(&format!("{family}-{code}")));
    WORDS.fact(family.unwrap_or(&families[0]), fact)
}

pub(crate) fn problem(fault: &impl Serialize) -> String {
    fact(&["problem"], fault)
}

/// What to do; empty if nothing is to be done.
pub(crate) fn remedy(remedy: Option<&impl Serialize>) -> String {
    remedy.map(|remedy| fact(&["remedy"], remedy)).unwrap_or_default()
}

pub(crate) fn notice(notice: &Notice) -> String {
    fact(&["notice", "problem", "refusal"], &notice.news)
}

pub(crate) fn refusal(error: &CommandError) -> String {
    fact(&["refusal"], error)
}

pub(crate) fn situation(situation: &impl Serialize) -> String {
    fact(&["situation"], situation)
}

pub(crate) fn relay_fault(fault: &impl Serialize) -> String {
    fact(&["relay-fault"], fault)
}

/// Why there is no session with the server, without a full stop; empty if there is one.
pub(crate) fn server_fault(view: &ControlView) -> String {
    match view {
        ControlView::Disconnected { .. } => WORDS.fact("server-fault", view),
        _ => String::new(),
    }
}

/// What the router does, how it chooses ports, and whom it lets in; each is empty until it is known.
pub(crate) fn router(network: &NetworkView) -> [String; 3] {
    let mapping = network.mapping_behaviour.map(|mapping| fact(&["mapping"], &mapping)).unwrap_or_default();
    let filtering = network.filtering_behaviour.map(|filtering| fact(&["filtering"], &filtering));
    let summary = match network.nat_summary {
        Some(_) if !mapping.is_empty() => mapping.clone(),
        Some(summary) => fact(&["nat-summary"], &summary),
        None => String::new(),
    };
    [summary, mapping, filtering.unwrap_or_default()]
}

/// What a check is about, what was found, what depends on it, and what to do.
pub(crate) fn check(check: &Check) -> [String; 4] {
    [
        fact(&["check"], &check.subject),
        fact(&["finding", "problem"], &check.finding),
        fact(&["meaning"], &check.subject),
        remedy(check.remedy.as_ref()),
    ]
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The state for a script.
pub(crate) fn snapshot_json(snapshot: &Snapshot) -> Value {
    let mut value = json(snapshot);
    let network = &snapshot.network;
    let [summary, mapping, filtering] = router(network);
    value["network"]["summary"] = json!(summary);
    value["network"]["mapping"] = json!(mapping);
    value["network"]["filtering"] = json!(filtering);
    if let PortMappingView::Unavailable { fault } = &network.port_mapping {
        value["network"]["port_mapping"]["reason"] = json!(fact(&["port-mapping"], fault));
    }
    for (at, relay) in network.relays.iter().enumerate() {
        let trouble = relay.fault.as_ref().map(relay_fault).unwrap_or_default();
        value["network"]["relays"][at]["trouble"] = json!(trouble);
    }
    if let ControlView::Disconnected { .. } = &snapshot.control {
        value["control"]["reason"] = json!(server_fault(&snapshot.control));
    }
    if let AdapterView::Unavailable { fault, remedy: what, .. } = &snapshot.adapter {
        value["adapter"]["reason"] = json!(problem(fault));
        value["adapter"]["fix"] = json!(remedy(Some(what)));
    }
    for (at, peer) in snapshot.party.iter().flat_map(|party| &party.peers).enumerate() {
        value["party"]["peers"][at]["explanation"] = json!(situation(&peer.situation));
    }
    for (at, found) in snapshot.problems.iter().enumerate() {
        value["problems"][at]["text"] = json!(problem(&found.fault));
        value["problems"][at]["fix"] = json!(remedy(found.remedy.as_ref()));
    }
    value
}

/// A notice for a script.
pub(crate) fn notice_json(notice: &Notice) -> Value {
    let mut value = json(notice);
    value["text"] = json!(self::notice(notice));
    value
}

/// The doctor's report for a script.
pub(crate) fn report_json(report: &DoctorReport) -> Value {
    let mut value = json(report);
    for (at, found) in report.checks.iter().enumerate() {
        let [title, result, meaning, fix] = check(found);
        let entry = &mut value["checks"][at];
        entry["title"] = json!(title);
        entry["result"] = json!(result);
        entry["meaning"] = json!(meaning);
        entry["fix"] = json!(fix);
    }
    value
}
