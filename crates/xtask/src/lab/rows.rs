//! A table that is written row by row, as each thing is played.

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::Value;

use crate::shell;

/// What every such command understands.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    pub(super) json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    pub(super) no_build: bool,
}

/// What was written so far.
#[derive(Debug)]
pub(super) struct Rows {
    is_json: bool,
    begun: Instant,
    failed: Vec<String>,
}

impl Rows {
    /// Begins with these lines, which are for people.
    pub(super) fn begin(output: &Output, headings: &[&str]) -> Self {
        let rows = Self { is_json: output.json, begun: Instant::now(), failed: Vec::new() };
        headings.iter().for_each(|heading| rows.remark(heading));
        rows
    }

    /// A row, with what is not as it should be below it.
    pub(super) fn show(&mut self, name: &str, faults: &[String], json: &Value, columns: &str) {
        if self.is_json {
            println!("{json}");
        } else {
            let mark = if faults.is_empty() { shell::green("✓") } else { shell::red("✗") };
            let faults: String =
                faults.iter().map(|fault| format!("\n    {}", fault.replace('\n', "\n    "))).collect();
            println!("{mark} {columns}{faults}");
        }
        if !faults.is_empty() {
            self.failed.push(name.to_owned());
        }
    }

    /// A line for people.
    pub(super) fn remark(&self, text: &str) {
        if !self.is_json {
            println!("{text}");
        }
    }

    /// Ends with how long all has taken; an error if a row was not as it should be.
    pub(super) fn end(self, failed: &str) -> Result<()> {
        self.remark(&format!("In {:.0} s", self.begun.elapsed().as_secs_f64()));
        ensure!(self.failed.is_empty(), "{failed}: {}", self.failed.join(", "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_row_with_a_fault_fails_the_table_by_its_name() {
        let output = Output { json: true, no_build: true };
        let mut rows = Rows::begin(&output, &["what"]);
        rows.show("good", &[], &json!({}), "");
        assert!(rows.failed.is_empty());
        rows.show("bad", &["late".to_owned()], &json!({}), "");
        assert_eq!(rows.end("not so").unwrap_err().to_string(), "not so: bad");
    }
}
