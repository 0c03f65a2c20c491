//! The catalogue itself: every language says the same messages with the same arguments.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::{
    ast::{self, Entry, Expression, InlineExpression, PatternElement},
    parser,
};

use super::*;
use crate::catalogue;

type Arguments = BTreeMap<String, BTreeSet<String>>;

fn collect(pattern: &ast::Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_expression(expression, found);
        }
    }
}

fn collect_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => collect_inline(inline, found),
        Expression::Select { selector, variants } => {
            collect_inline(selector, found);
            variants.iter().for_each(|variant| collect(&variant.value, found));
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => collect_expression(expression, found),
        // A message inside a message takes the same arguments; it is checked at its own place.
        _ => {}
    }
}

fn messages(source: &str) -> Arguments {
    let resource = parser::parse(source).expect("every message parses");
    let mut messages = Arguments::new();
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let mut found = BTreeSet::new();
            collect(message.value.as_ref().expect("a message has a value"), &mut found);
            assert!(
                messages.insert(message.id.name.to_owned(), found).is_none(),
                "{} is there twice",
                message.id.name
            );
        }
    }
    messages
}

#[test]
fn every_language_has_the_same_messages_with_the_same_arguments() {
    let english = messages(Language::ENGLISH.catalogue().source());
    assert!(catalogue::all().count() > 1);
    for catalogue in catalogue::all() {
        let other = messages(catalogue.source());
        let missing: Vec<_> = english.keys().filter(|key| !other.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", catalogue.tag);
        for (key, arguments) in &other {
            assert_eq!(english.get(key), Some(arguments), "{key} in {}", catalogue.tag);
        }
    }
}

#[test]
fn a_message_is_said_with_its_arguments_and_without_isolation_marks() {
    let german = Words::new(Language::of_setting("de"));
    assert_eq!(
        german.say_with("tray-leave-for-good", [("party", "Ada".into())]),
        "„Ada“ endgültig verlassen"
    );
    assert_eq!(german.say("tray-quit"), "Beenden");
    assert_eq!(german.say("never-written"), "never-written");
    assert!(!german.has("never-written") && german.has("tray-quit"));
}
