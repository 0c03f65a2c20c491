//! What the terminal says: sentences in the language of the setting, or in the system's where the setting leaves it to
//! that, which is English where a script has set no language (C, POSIX).
//!
//! JSON has the facts themselves, and beside them the sentences under the names that scripts know, in English always.

use std::sync::OnceLock;

use lanrage_engine::{
    AdapterView, Check, CommandError, ControlView, DoctorReport, NetworkView, Notice, PortMappingView,
    Snapshot,
    api::SettingView,
    facts::{Cause, Fault, SettingRule},
};
use lanrage_words::{Language, Value as Argument, Words};
use serde::Serialize;
use serde_json::{Value, json};

/// Says it to a script.
const SCRIPT: Say = Say(Words::new(Language::ENGLISH));

static SPOKEN: OnceLock<Say> = OnceLock::new();

/// Whoever says it, in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Say(Words);

/// Chooses the language for people. To be called once, before anything is said.
pub(crate) fn speak(language: Language) {
    SPOKEN.get_or_init(|| Say(Words::new(language)));
}

/// Says it to a person.
pub(crate) fn person() -> Say {
    *SPOKEN.get_or_init(|| SCRIPT)
}

#[cfg(test)]
pub(crate) fn in_language(tag: &str) -> Say {
    Say(Words::new(Language::of_setting(tag)))
}

impl Say {
    pub(crate) fn say(self, key: &str) -> String {
        self.0.say(key)
    }

    pub(crate) fn say_with<'a, const N: usize>(
        self,
        key: &str,
        arguments: [(&'a str, Argument<'a>); N],
    ) -> String {
        self.0.say_with(key, arguments)
    }

    /// Why something failed, as a part of a sentence.
    pub(crate) fn cause(self, cause: &Cause) -> String {
        self.0.fact("cause", cause)
    }

    /// An amount of data, in the unit in which a person reads it.
    pub(crate) fn bytes(self, bytes: u64) -> String {
        let (unit, size) = match bytes {
            0..0x400 => ("B", 1),
            0x400..0x10_0000 => ("KiB", 0x400),
            0x10_0000..0x4000_0000 => ("MiB", 0x10_0000),
            _ => ("GiB", 0x4000_0000),
        };
        let tenths = (u128::from(bytes) * 10 + size / 2) / size;
        let (whole, rest) = (tenths / 10, tenths % 10);
        // From ten on, and of whole numbers, a tenth tells nothing.
        if rest == 0 || whole >= 10 {
            format!("{} {unit}", (tenths + 5) / 10)
        } else {
            format!("{whole}{}{rest} {unit}", self.say("decimal-separator"))
        }
    }

    /// The word for a value that is one of a family.
    pub(crate) fn word(self, family: &str, value: &impl Serialize) -> String {
        self.0.fact(family, value)
    }

    /// The sentence for a fact, in the first of these families that has one.
    fn fact(self, families: &[&str], fact: &impl Serialize) -> String {
        let value = json(fact);
        let code = value.as_str().or_else(|| value.get("code")?.as_str()).unwrap_or_default();
        let code = code.replace('_', "-");
        let family = families.iter().find(|family| self.0.has(&format!("{family}-{code}")));
        self.0.fact(family.unwrap_or(&families[0]), fact)
    }

    pub(crate) fn problem(self, fault: &impl Serialize) -> String {
        self.fact(&["problem"], fault)
    }

    /// What to do; empty if nothing is to be done.
    pub(crate) fn remedy(self, remedy: Option<&impl Serialize>) -> String {
        remedy.map(|remedy| self.fact(&["remedy"], remedy)).unwrap_or_default()
    }

    pub(crate) fn notice(self, notice: &Notice) -> String {
        self.fact(&["notice", "problem", "refusal"], &notice.news)
    }

    pub(crate) fn refusal(self, error: &CommandError) -> String {
        self.fact(&["refusal"], error)
    }

    pub(crate) fn host_hint(self, hint: &impl Serialize) -> String {
        self.fact(&["host-hint"], hint)
    }

    pub(crate) fn meeting(self, meeting: &impl Serialize) -> String {
        self.fact(&["meeting"], meeting)
    }

    pub(crate) fn situation(self, situation: &impl Serialize) -> String {
        self.fact(&["situation"], situation)
    }

    pub(crate) fn relay_fault(self, fault: &impl Serialize) -> String {
        self.fact(&["relay-fault"], fault)
    }

    /// Why there is no session with the server, without a full stop; empty if there is one.
    pub(crate) fn server_fault(self, view: &ControlView) -> String {
        match view {
            ControlView::Disconnected { .. } => self.0.fact("server-fault", view),
            _ => String::new(),
        }
    }

    /// What the router does, how it chooses ports, and whom it lets in; each is empty until it is known.
    pub(crate) fn router(self, network: &NetworkView) -> [String; 3] {
        let mapping =
            network.mapping_behaviour.map(|mapping| self.fact(&["mapping"], &mapping)).unwrap_or_default();
        let filtering = network.filtering_behaviour.map(|filtering| self.fact(&["filtering"], &filtering));
        let summary = match network.nat_summary {
            Some(_) if !mapping.is_empty() => mapping.clone(),
            Some(summary) => self.fact(&["nat-summary"], &summary),
            None => String::new(),
        };
        [summary, mapping, filtering.unwrap_or_default()]
    }

    /// What a check is about, what was found, what depends on it, and what to do.
    pub(crate) fn check(self, check: &Check) -> [String; 4] {
        [
            self.fact(&["check"], &check.subject),
            self.fact(&["finding", "problem"], &check.finding),
            self.fact(&["meaning"], &check.subject),
            self.remedy(check.remedy.as_ref()),
        ]
    }

    /// What a setting does.
    pub(crate) fn setting(self, setting: &SettingView) -> String {
        let key = format!("setting-doc-{}", setting.key.replace('_', "-"));
        if self.0.has(&key) { self.say(&key) } else { setting.doc.clone() }
    }

    /// What a setting's value must be.
    fn rule(self, rule: &SettingRule, or_empty: bool) -> String {
        self.0.fact("setting-rule", &json!({ "rule": rule, "or_empty": or_empty }))
    }

    /// The stored value of a setting that does not take it, and what it must be.
    pub(crate) fn refused_setting(self, setting: &SettingView, value: &str) -> String {
        let SettingView { rule, optional, .. } = setting;
        let fact = json!({ "rule": rule, "or_empty": optional, "value": value });
        self.0.fact("terminal-setting-refused", &fact)
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The state for a script.
pub(crate) fn snapshot_json(snapshot: &Snapshot) -> Value {
    let mut value = json(snapshot);
    let network = &snapshot.network;
    let [summary, mapping, filtering] = SCRIPT.router(network);
    value["network"]["summary"] = json!(summary);
    value["network"]["mapping"] = json!(mapping);
    value["network"]["filtering"] = json!(filtering);
    if let PortMappingView::Unavailable { fault } = &network.port_mapping {
        value["network"]["port_mapping"]["reason"] = json!(SCRIPT.fact(&["port-mapping"], fault));
    }
    for (at, relay) in network.relays.iter().enumerate() {
        let trouble = relay.fault.as_ref().map(|fault| SCRIPT.relay_fault(fault)).unwrap_or_default();
        value["network"]["relays"][at]["trouble"] = json!(trouble);
    }
    if let ControlView::Disconnected { .. } = &snapshot.control {
        value["control"]["reason"] = json!(SCRIPT.server_fault(&snapshot.control));
    }
    if let AdapterView::Unavailable { fault, remedy: what, .. } = &snapshot.adapter {
        value["adapter"]["reason"] = json!(SCRIPT.problem(fault));
        value["adapter"]["fix"] = json!(SCRIPT.remedy(Some(what)));
    }
    for (at, peer) in snapshot.party.iter().flat_map(|party| &party.peers).enumerate() {
        value["party"]["peers"][at]["explanation"] = json!(SCRIPT.situation(&peer.situation));
    }
    for (at, found) in snapshot.problems.iter().enumerate() {
        value["problems"][at]["text"] = json!(SCRIPT.problem(&found.fault));
        value["problems"][at]["fix"] = json!(SCRIPT.remedy(found.remedy.as_ref()));
        if let Fault::BadSetting { rule, or_empty, .. } = &found.fault {
            value["problems"][at]["rule"] = json!(SCRIPT.rule(rule, *or_empty));
        }
    }
    value
}

/// A notice for a script.
pub(crate) fn notice_json(notice: &Notice) -> Value {
    let mut value = json(notice);
    value["text"] = json!(SCRIPT.notice(notice));
    value
}

/// A setting for a script.
pub(crate) fn setting_json(setting: &SettingView) -> Value {
    let mut value = json(setting);
    let rule = SCRIPT.rule(&setting.rule, setting.optional);
    value["fault"] = if setting.is_refused { json!(rule) } else { Value::Null };
    value["rule"] = json!(rule);
    value
}

/// The doctor's report for a script.
pub(crate) fn report_json(report: &DoctorReport) -> Value {
    let mut value = json(report);
    for (at, found) in report.checks.iter().enumerate() {
        let [title, result, meaning, fix] = SCRIPT.check(found);
        let entry = &mut value["checks"][at];
        entry["title"] = json!(title);
        entry["result"] = json!(result);
        entry["meaning"] = json!(meaning);
        entry["fix"] = json!(fix);
    }
    value
}
