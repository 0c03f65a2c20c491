//! What of a computer's network settings a program could change.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use crate::Host;

/// Interfaces, addresses, routes of every table, rules, groups and firewall rules, a line each.
pub(super) struct Traces(BTreeSet<String>);

impl Traces {
    pub(super) fn of(host: &Host) -> Result<Self> {
        let mut lines = BTreeSet::new();
        for question in [
            &["ip", "-o", "link"][..],
            &["ip", "-o", "-4", "address"],
            &["ip", "-4", "route", "show", "table", "all"],
            &["ip", "-4", "rule"],
            &["ip", "-o", "-4", "maddress"],
            &["nft", "list", "ruleset"],
        ] {
            let output = host.command(question[0]).args(&question[1..]).output();
            let output = output.with_context(|| format!("cannot run `{}`", question.join(" ")))?;
            let text = String::from_utf8_lossy(&output.stdout);
            // Sockets of the test itself are users of groups, too; numbers of users say nothing.
            let told =
                text.lines().map(|line| line.split(" users ").next().unwrap_or_default().trim().to_owned());
            lines.extend(told.map(|line| format!("{}: {line}", question.join(" "))));
        }
        Ok(Self(lines))
    }

    /// Lines that are only there, or only here.
    pub(super) fn differences(&self, there: &Self) -> Vec<String> {
        let more = there.0.difference(&self.0).map(|line| format!("+ {line}"));
        let fewer = self.0.difference(&there.0).map(|line| format!("- {line}"));
        more.chain(fewer).collect()
    }
}
