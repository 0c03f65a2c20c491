use std::fmt::Write;

use super::{Config, DefaultValue};

impl Config {
    /// A Markdown table of all settings, for the documentation.
    pub fn markdown() -> String {
        let mut table = String::from("| setting | values | default | what it does |\n|---|---|---|---|\n");
        for declaration in Self::declarations() {
            let unit = declaration.unit.map(|unit| format!(" ({unit})")).unwrap_or_default();
            let default = match declaration.default {
                DefaultValue::Empty => "empty".to_owned(),
                default => format!("`{}`", default.value().to_string().trim_matches('"')),
            };
            let restart = if declaration.restart_required { " Takes effect after a restart." } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| `{}` | {}{unit} | {default} | {}{restart} |",
                declaration.key,
                declaration.rule(),
                declaration.doc,
            );
        }
        table
    }
}
