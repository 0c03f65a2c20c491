use serde::Serialize;
use serde_json::Value;
use strum::IntoStaticStr;

use super::{ConfigFault, KeptSecret, Kind};

/// All there is to know about a setting: the window, the CLI and the documentation are made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Declaration {
    /// Its name: lower-case words joined by `_`.
    pub key: &'static str,
    /// Where it is shown.
    pub group: Group,
    /// Which values it takes.
    pub kind: Kind,
    /// Whether it may be left empty (JSON `null`).
    pub optional: bool,
    /// Its value when nobody chose one.
    pub default: DefaultValue,
    /// Unit of a number.
    pub unit: Option<&'static str>,
    /// What it does, for people.
    pub doc: &'static str,
    /// Whether a change takes effect only when the engine starts again.
    pub restart_required: bool,
}

/// What a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Group {
    /// The player.
    Player,
    /// Parties and their control plane.
    Party,
    /// Ports, addresses and the adapter.
    Network,
    /// Backups.
    Data,
    /// The log.
    Log,
    /// The desktop app: its window, its tray and what it tells unasked.
    App,
}

/// A default that can stand in a constant. Serialised as the bare value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum DefaultValue {
    /// Empty.
    Empty,
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(&'static str),
}

impl DefaultValue {
    /// The value as stored settings have it.
    pub fn value(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Boolean(boolean) => boolean.into(),
            Self::Integer(integer) => integer.into(),
            Self::Text(text) => text.into(),
        }
    }
}

impl Declaration {
    /// A required setting; key and doc text come from the table.
    pub(super) const fn new(group: Group, kind: Kind, default: DefaultValue) -> Self {
        Self { key: "", group, kind, optional: false, default, unit: None, doc: "", restart_required: false }
    }

    /// A setting that may be empty, and is by default.
    pub(super) const fn optional(group: Group, kind: Kind) -> Self {
        Self { optional: true, ..Self::new(group, kind, DefaultValue::Empty) }
    }

    pub(super) const fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    pub(super) const fn restart(self) -> Self {
        Self { restart_required: true, ..self }
    }

    /// The value in the one form in which it is stored.
    ///
    /// # Errors
    /// [`ConfigFault`] if the setting does not take it.
    pub fn accept(&self, value: &Value) -> Result<Value, ConfigFault> {
        if self.optional && value.is_null() {
            return Ok(Value::Null);
        }
        self.kind.accept(value).ok_or_else(|| self.fault(value))
    }

    /// The value that a text, typed by a person, stands for. An empty text empties an optional setting.
    ///
    /// # Errors
    /// [`ConfigFault`] if it is none that the setting takes.
    pub fn parse(&self, text: &str) -> Result<Value, ConfigFault> {
        let text = text.trim();
        let value = if self.optional && text.is_empty() { Value::Null } else { self.kind.parse(text) };
        self.accept(&value)
    }

    pub(super) fn fault(&self, value: &Value) -> ConfigFault {
        // What was typed may be a key but for a letter.
        let value = if self.kind.is_secret() { KeptSecret::MARK.into() } else { value.clone() };
        ConfigFault { key: self.key.to_owned(), value, rule: self.kind.rule(), or_empty: self.optional }
    }
}
