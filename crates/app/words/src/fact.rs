//! From a fact to the key and the arguments of its message.
//!
//! A fact is an enum serialised with `#[serde(tag = "code", rename_all = "snake_case")]`, an enum without data, or a
//! struct. The key is `<family>-<code>` with dashes for underscores, or `<family>` where there is no code. Every other
//! field is an argument under its own name:
//!
//! - a text is itself; a whole number is a number, so that plurals can be chosen by it; a fraction is a text with the
//!   language's decimal separator; `true` and `false` are those words; nothing is `none`;
//! - a fact inside a fact is its code, for a selector, and its fields are `<field>_<its field>`;
//! - a list is its texts, joined by commas;
//! - a fact in a field `cause` is the text of its own message, of the family `cause`: whatever failed can be said of
//!   whatever made it fail.
//!
//! `ui/src/lib/words.ts` has the same rule.

use fluent_bundle::{FluentArgs, FluentValue};
use serde::Serialize;
use serde_json::Value;

/// The field that says why something failed, and the family of its messages.
pub(crate) const CAUSE: &str = "cause";

/// The key and the arguments of a fact's message.
pub(crate) struct Fact {
    pub(crate) key: String,
    pub(crate) arguments: FluentArgs<'static>,
}

impl Fact {
    /// `cause_words` says a fact in a field [`CAUSE`], of that family.
    pub(crate) fn of(
        family: &str,
        fact: &impl Serialize,
        decimal_separator: &str,
        cause_words: &dyn Fn(&Value) -> String,
    ) -> Self {
        // Only a map with keys that are no text, or a failing `Serialize`, is no JSON; no fact is either.
        let fact = serde_json::to_value(fact).unwrap_or_default();
        let key = code(&fact)
            .map_or_else(|| family.to_owned(), |code| format!("{family}-{}", code.replace('_', "-")));
        let mut arguments = FluentArgs::new();
        if let Value::Object(fields) = fact {
            for (name, value) in fields.into_iter().filter(|(name, _)| name != "code") {
                Adding { arguments: &mut arguments, decimal_separator, cause_words }.add("", &name, &value);
            }
        }
        Self { key, arguments }
    }
}

fn code(fact: &Value) -> Option<&str> {
    fact.as_str().or_else(|| fact.get("code")?.as_str())
}

struct Adding<'a> {
    arguments: &'a mut FluentArgs<'static>,
    decimal_separator: &'a str,
    cause_words: &'a dyn Fn(&Value) -> String,
}

impl Adding<'_> {
    /// A field of the fact at `prefix`.
    fn add(&mut self, prefix: &str, name: &str, value: &Value) {
        let argument_name = format!("{prefix}{name}");
        let argument = match value {
            Value::Number(number) if !number.is_f64() => number.as_i64().map(FluentValue::from),
            Value::Object(_) if name == CAUSE => Some(FluentValue::from((self.cause_words)(value))),
            Value::Object(fields) => {
                for (field, value) in fields.iter().filter(|(field, _)| *field != "code") {
                    self.add(&format!("{argument_name}_"), field, value);
                }
                code(value).map(|code| FluentValue::from(code.to_owned()))
            }
            other => Some(FluentValue::from(text(other, self.decimal_separator))),
        };
        if let Some(argument) = argument {
            self.arguments.set(argument_name, argument);
        }
    }
}

fn text(value: &Value, decimal_separator: &str) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string().replace('.', decimal_separator),
        Value::Array(items) => {
            items.iter().map(|item| text(item, decimal_separator)).collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(tag = "code", rename_all = "snake_case")]
    enum Shape {
        Plain,
        WithData {
            party: &'static str,
            count: u64,
            share: f64,
            open: bool,
            server: Option<u8>,
            names: [&'static str; 2],
        },
        Nested {
            why: Box<Shape>,
        },
        Failed {
            why: Box<Shape>,
            cause: Box<Shape>,
        },
    }

    fn of(shape: &impl Serialize) -> (String, Vec<(String, String)>) {
        let Fact { key, arguments } = Fact::of("shape", shape, ",", &|cause| format!("because {cause}"));
        let arguments = arguments
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    FluentValue::String(text) => format!("{text:?}"),
                    FluentValue::Number(number) => number.value.to_string(),
                    other => panic!("{other:?}"),
                };
                (name.to_owned(), value)
            })
            .collect();
        (key, arguments)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_key_is_family_and_code_and_every_other_field_an_argument() {
        assert_eq!(of(&Shape::Plain), ("shape-plain".to_owned(), Vec::new()));
        assert_eq!(of(&"port_restricted"), ("shape-port-restricted".to_owned(), Vec::new()));
        let data = || Shape::WithData {
            party: "Ada's",
            count: 3,
            share: 2.5,
            open: true,
            server: None,
            names: ["Bob", "Cid"],
        };
        let fields = [
            ("count", "3"),
            ("names", "\"Bob, Cid\""),
            ("open", "\"true\""),
            ("party", "\"Ada's\""),
            ("server", "\"none\""),
            ("share", "\"2,5\""),
        ];
        assert_eq!(of(&data()), ("shape-with-data".to_owned(), pairs(&fields)));
        let (key, arguments) = of(&Shape::Nested { why: Box::new(data()) });
        assert_eq!(key, "shape-nested");
        assert_eq!(arguments[0], ("why".to_owned(), "\"with_data\"".to_owned()));
        assert!(arguments.contains(&("why_count".to_owned(), "3".to_owned())), "{arguments:?}");
    }

    #[test]
    fn a_cause_is_said_before_it_is_put_in_wherever_it_stands() {
        let plain = || Box::new(Shape::Plain);
        let inner = Box::new(Shape::Failed { why: plain(), cause: plain() });
        let (_, arguments) = of(&Shape::Failed { why: inner, cause: plain() });
        let because = r#""because {\"code\":\"plain\"}""#;
        assert_eq!(
            arguments,
            pairs(&[
                ("cause", because),
                ("why", "\"failed\""),
                ("why_cause", because),
                ("why_why", "\"plain\""),
            ])
        );
    }
}
