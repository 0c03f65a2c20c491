//! `lanrage doctor`: what keeps a player from playing.

use std::fmt::Write;

use lanrage_engine::{Check, CheckState, DoctorReport, Engine, LocalError, api::RunDoctor};

use crate::{arguments::Target, failure::Failure, output::Output, running};

/// Asks the LANrage that runs; without one, judges what can be seen without.
pub(crate) async fn examine(target: Target) -> Result<(), Failure> {
    let report = match running::connect(&target).await {
        Ok(mut client) => client.ask(RunDoctor {}).await?,
        Err(Failure::NotRunning(LocalError::NotRunning)) => Engine::offline_doctor(target.data_dir).await?,
        Err(failure) => return Err(failure),
    };
    Output { json: target.json }.write(&render(&report), &report);
    let is_well = report.checks.iter().all(|check| check.state != CheckState::Bad);
    if is_well { Ok(()) } else { Err(Failure::Unwell) }
}

fn render(report: &DoctorReport) -> String {
    let mut text = String::new();
    for Check { title, state, result, meaning, fix, .. } in &report.checks {
        let _ = writeln!(text, "{:<7}  {title}: {result}", word(*state));
        if *state != CheckState::Good {
            let _ = writeln!(text, "         {meaning}");
        }
        if !fix.is_empty() {
            let _ = writeln!(text, "         What you can do: {fix}");
        }
    }
    text
}

const fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Good => "good",
        CheckState::Warning => "warning",
        CheckState::Bad => "bad",
        CheckState::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: CheckState, fix: &str) -> Check {
        Check {
            code: "relay".to_owned(),
            title: "Relays".to_owned(),
            state,
            result: "None is known.".to_owned(),
            meaning: "A relay carries packets.".to_owned(),
            fix: fix.to_owned(),
        }
    }

    #[test]
    fn what_is_good_takes_one_line_and_what_is_not_says_what_it_means_and_what_to_do() {
        let report = DoctorReport {
            checks: vec![check(CheckState::Good, ""), check(CheckState::Bad, "Use another server.")],
        };
        assert_eq!(
            render(&report),
            "good     Relays: None is known.\n\
             bad      Relays: None is known.\n         A relay carries packets.\n         \
             What you can do: Use another server.\n"
        );
    }
}
