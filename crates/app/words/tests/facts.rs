//! Every fact has a message in every language, which mentions its fields and nothing else; and every message of facts
//! has its fact. What a message chooses by a code names all the codes there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey},
    parser,
};
use lanrage_games::{Certainty, DiscoveryKind, Fix, Hint, Verdict};
use lanrage_nat::{FilteringBehaviour, MappingBehaviour, NatSummary};
use lanrage_party::facts::{
    AdapterFault, AddressTrouble, BlockedWay, Cause, CodesOff, CommandError, DropReason, EndpointUse,
    ExportFault, Fault, GameFault, HelperTrouble, HostHint, LeaseFault, LostPart, Meeting, NameTrouble, News,
    PeerRefusal, PermissionTrouble, PortMappingFault, RelayFault, RelayReason, Remedy, SearchTrouble,
    ServerFault, ServerRefusal, SettingRule, Situation, StoreEngine, Unanswered, Unreached,
};
use lanrage_support::{Finding, Subject};
use serde::Serialize;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

/// The group of the catalogue in which facts have their messages.
const GROUP: &str = "Facts (from Rust)";

/// The field in which a fact says why something failed, and the family of what it says there.
const CAUSE: &str = "cause";

/// What an argument can be, for whoever chooses by it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Argument {
    Text,
    Number,
    OptionalNumber,
    OptionalText,
    Flag,
    Code(BTreeSet<String>),
}

type Arguments = BTreeMap<String, Argument>;

/// Every variant of a fact, with fields of no consequence.
fn all<T: IntoEnumIterator + Serialize>() -> Vec<Value> {
    T::iter().map(|fact| serde_json::to_value(fact).expect("a fact is JSON")).collect()
}

fn code(fact: &Value) -> &str {
    fact.as_str().or_else(|| fact.get("code")?.as_str()).expect("a fact has a code")
}

/// What a field can be of which a default says too little: codes, and what may be absent.
fn fields() -> BTreeMap<(&'static str, &'static str), Vec<Value>> {
    BTreeMap::from([
        (("situation-relayed", "because"), all::<RelayReason>()),
        (("situation-no-path", "because"), all::<Unreached>()),
        (("refusal-nobody-answers", "because"), all::<Unanswered>()),
        (("refusal-codes-off", "because"), all::<CodesOff>()),
        (("problem-control-disconnected", "why"), all::<ServerFault>()),
        (("problem-control-disconnected", "why_refusal"), all::<ServerRefusal>()),
        (("problem-adapter-permission", "by"), all::<PermissionTrouble>()),
        (("problem-adapter-helper", "trouble"), all::<HelperTrouble>()),
        (("problem-adapter-name", "trouble"), all::<NameTrouble>()),
        (("problem-adapter-address", "trouble"), all::<AddressTrouble>()),
        (("problem-adapter-endpoint", "used_as"), all::<EndpointUse>()),
        (("problem-adapter-stripped", "part"), all::<LostPart>()),
        (("problem-adapter-blocked", "way"), all::<BlockedWay>()),
        (("problem-adapter-searches", "trouble"), all::<SearchTrouble>()),
        (("refusal-control-unreachable", "why"), all::<ServerFault>()),
        (("refusal-control-unreachable", "why_refusal"), all::<ServerRefusal>()),
        (("refusal-no-address", "why"), all::<LeaseFault>()),
        (("problem-bad-setting", "rule"), all::<SettingRule>()),
        (("refusal-bad-setting", "rule"), all::<SettingRule>()),
        (("finding-server-disconnected", "why"), all::<ServerFault>()),
        (("finding-server-disconnected", "why_refusal"), all::<ServerRefusal>()),
        (("finding-router-not-measurable", "summary"), all::<NatSummary>()),
        (("finding-router", "mapping"), all::<MappingBehaviour>()),
        (("finding-router", "filtering"), all::<FilteringBehaviour>()),
        (("finding-port-unavailable", "fault"), all::<PortMappingFault>()),
        (("finding-relays-fail", "fault"), all::<RelayFault>()),
        (("situation-relayed", "retry_in_s"), vec![Value::Null, 0.into()]),
        (("meeting-store", "holders"), vec![Value::Null]),
        (("finding-store", "engine"), all::<StoreEngine>()),
        (("finding-store", "holders"), vec![Value::Null]),
        (("finding-store", "looked_s"), vec![Value::Null]),
        (("finding-store-silent", "engine"), all::<StoreEngine>()),
        (("finding-store-silent", "looked_s"), vec![Value::Null]),
    ])
}

fn add(arguments: &mut Arguments, key: &str, name: &str, value: &Value) {
    let known = fields();
    let argument = match (known.get(&(key, name)), value) {
        (Some(values), _) if values.contains(&Value::Null) => Argument::OptionalNumber,
        (Some(facts), _) => {
            for fact in facts {
                if let Value::Object(fields) = fact {
                    for (field, value) in fields.iter().filter(|(field, _)| *field != "code") {
                        add(arguments, key, &format!("{name}_{field}"), value);
                    }
                }
            }
            Argument::Code(facts.iter().map(|fact| code(fact).to_owned()).collect())
        }
        (None, Value::Null) => Argument::OptionalText,
        (None, Value::Bool(_)) => Argument::Flag,
        (None, Value::Number(_)) => Argument::Number,
        (None, Value::String(_) | Value::Array(_)) => Argument::Text,
        // Its own message is put in.
        (None, Value::Object(_)) if name == CAUSE || name.ends_with("_cause") => Argument::Text,
        (None, Value::Object(_)) => panic!("{key} has a fact in {name} whose kind nobody has named"),
    };
    arguments.insert(name.to_owned(), argument);
}

/// The facts that have no message in another family.
fn of_its_own(facts: Vec<Value>, of_others: Vec<Value>) -> Vec<Value> {
    facts.into_iter().filter(|fact| !of_others.contains(fact)).collect()
}

/// The messages that there must be, and what each may mention.
fn wanted() -> BTreeMap<String, Arguments> {
    let families: [(&str, Vec<Value>); 22] = [
        (CAUSE, [all::<Cause>(), all::<ExportFault>(), all::<GameFault>()].concat()),
        ("situation", all::<Situation>()),
        ("meeting", all::<Meeting>()),
        ("host-hint", all::<HostHint>()),
        ("hint", all::<Hint>()),
        ("verdict", all::<Verdict>()),
        ("fix", all::<Fix>()),
        ("discovery", all::<DiscoveryKind>()),
        ("certainty", all::<Certainty>()),
        ("nat-summary", all::<NatSummary>()),
        ("mapping", all::<MappingBehaviour>()),
        ("filtering", all::<FilteringBehaviour>()),
        ("port-mapping", all::<PortMappingFault>()),
        ("relay-fault", all::<RelayFault>()),
        ("drop-reason", DropReason::ALL.iter().map(|reason| json!(reason)).collect()),
        ("problem", [all::<Fault>(), all::<AdapterFault>(), all::<PeerRefusal>()].concat()),
        // Who was not let in and what was refused are said as a problem or a refusal is.
        ("notice", of_its_own(all::<News>(), [all::<PeerRefusal>(), all::<CommandError>()].concat())),
        ("refusal", [all::<CommandError>(), all::<ServerRefusal>()].concat()),
        ("remedy", all::<Remedy>()),
        ("check", all::<Subject>()),
        ("meaning", all::<Subject>()),
        ("finding", of_its_own(all::<Finding>(), all::<Fault>())),
    ];
    let mut wanted = BTreeMap::new();
    for (family, facts) in families {
        for fact in facts {
            let key = format!("{family}-{}", code(&fact).replace('_', "-"));
            let mut arguments = Arguments::new();
            if let Value::Object(fields) = &fact {
                for (name, value) in fields.iter().filter(|(name, _)| *name != "code") {
                    add(&mut arguments, &key, name, value);
                }
            }
            wanted.insert(key, arguments);
        }
    }
    wanted
}

/// What a message mentions, those inside it included.
#[derive(Debug, Default)]
struct Mentions {
    arguments: BTreeSet<String>,
    choices: Vec<(String, BTreeSet<String>)>,
    messages: BTreeSet<String>,
}

type Messages<'s> = BTreeMap<&'s str, &'s Pattern<&'s str>>;

impl Mentions {
    fn pattern(&mut self, all: &Messages<'_>, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(all, expression);
            }
        }
    }

    fn expression(&mut self, all: &Messages<'_>, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(all, inline),
            Expression::Select { selector, variants } => {
                self.inline(all, selector);
                if let InlineExpression::VariableReference { id } = selector {
                    let keys = variants.iter().map(|variant| match &variant.key {
                        VariantKey::Identifier { name } => (*name).to_owned(),
                        VariantKey::NumberLiteral { value } => (*value).to_owned(),
                    });
                    self.choices.push((id.name.to_owned(), keys.collect()));
                }
                for variant in variants {
                    self.pattern(all, &variant.value);
                }
            }
        }
    }

    fn inline(&mut self, all: &Messages<'_>, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.arguments.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, .. } => {
                self.messages.insert(id.name.to_owned());
                self.pattern(all, all.get(id.name).unwrap_or_else(|| panic!("there is no {}", id.name)));
            }
            InlineExpression::Placeable { expression } => self.expression(all, expression),
            _ => {}
        }
    }
}

fn fits(argument: &Argument, keys: &BTreeSet<String>) -> bool {
    let only = |allowed: &[&str]| keys.iter().all(|key| allowed.contains(&key.as_str()));
    match argument {
        Argument::Text => false,
        Argument::Number => only(&["0", "one", "few", "many", "other"]),
        Argument::OptionalNumber => {
            keys.contains("none") && only(&["none", "0", "one", "few", "many", "other"])
        }
        Argument::OptionalText => keys.contains("none") && only(&["none", "other"]),
        Argument::Flag => only(&["true", "false"]) && keys.len() == 2,
        Argument::Code(codes) => keys == codes,
    }
}

fn catalogues() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales");
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a catalogue is text");
        (path.file_name().expect("a file has a name").to_string_lossy().into_owned(), text)
    };
    let files = fs::read_dir(folder).expect("the folder of the catalogues").flatten();
    files.map(|entry| read(entry.path())).collect()
}

#[test]
fn every_fact_has_a_message_with_exactly_its_fields_in_every_language_and_every_message_its_fact() {
    let wanted = wanted();
    let mut wrong = Vec::new();
    for (file, text) in catalogues() {
        let resource = parser::parse(text.as_str()).expect("every message parses");
        let mut all = Messages::new();
        let mut of_facts = BTreeSet::new();
        let mut is_of_facts = false;
        for entry in &resource.body {
            match entry {
                Entry::GroupComment(comment) => is_of_facts = comment.content == [GROUP],
                Entry::Message(message) => {
                    all.insert(message.id.name, message.value.as_ref().expect("a message has a value"));
                    if is_of_facts {
                        of_facts.insert(message.id.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        assert!(!of_facts.is_empty(), "{file} has no group {GROUP}");
        let mut used = BTreeSet::new();
        for (key, arguments) in &wanted {
            let Some(pattern) = all.get(key.as_str()) else {
                wrong.push(format!("{file} lacks {key}"));
                continue;
            };
            used.insert(key.clone());
            let mut mentions = Mentions::default();
            mentions.pattern(&all, pattern);
            used.append(&mut mentions.messages);
            if !mentions.arguments.iter().eq(arguments.keys()) {
                let fields: Vec<_> = arguments.keys().collect();
                wrong.push(format!("{file}: {key} mentions {:?}, and has {fields:?}", mentions.arguments));
            }
            for (variable, keys) in &mentions.choices {
                if arguments.get(variable).is_some_and(|argument| !fits(argument, keys)) {
                    wrong.push(format!("{file}: {key} chooses by ${variable} among {keys:?}"));
                }
            }
        }
        wrong.extend(of_facts.difference(&used).map(|key| format!("{file}: {key} is of no fact")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
