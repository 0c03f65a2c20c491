//! `lanrage doctor`: what keeps a player from playing.

use std::fmt::Write;

use lanrage_engine::{CheckState, DoctorReport, Engine, api::RunDoctor};

use crate::{
    arguments::Target,
    failure::Failure,
    output::{
        Output,
        look::{Look, Tone, padded},
    },
    running,
    say::{self, Say, person},
};

/// Asks the LANrage that runs; without one, judges what can be seen without.
pub(crate) async fn examine(target: &Target) -> Result<(), Failure> {
    let report = match running::connect(target).await {
        Ok(mut client) => client.ask(RunDoctor {}).await?,
        Err(Failure::NotRunning) => Engine::offline_doctor(target.data_dir()).await?,
        Err(failure) => return Err(failure),
    };
    Output { json: target.json }
        .write(&render(&report, person(), Look::of_output()), &say::report_json(&report));
    let is_well = report.checks.iter().all(|check| check.state != CheckState::Bad);
    if is_well { Ok(()) } else { Err(Failure::Unwell) }
}

/// The columns of a state's word, and the space behind.
const STATE: usize = 9;

fn render(report: &DoctorReport, say: Say, look: Look) -> String {
    let mut text = String::new();
    let column = STATE + if look.marks { 2 } else { 0 };
    let indent = " ".repeat(column);
    for check in &report.checks {
        let [title, result, meaning, fix] = say.check(check);
        let tone = match check.state {
            CheckState::Good => Tone::Good,
            CheckState::Warning => Tone::Warning,
            CheckState::Bad => Tone::Bad,
            CheckState::Unknown => Tone::Faint,
        };
        let state = padded(&say.word("terminal-check", &check.state), STATE);
        let found = look.wrap(&format!("{title}: {result}"), column);
        let _ = writeln!(text, "{}{}{found}", look.mark(tone), look.paint(tone, &state));
        if check.state != CheckState::Good {
            let _ = writeln!(text, "{indent}{}", look.paint(Tone::Faint, &look.wrap(&meaning, column)));
        }
        if !fix.is_empty() {
            let what_to_do = say.say_with("terminal-what-to-do", [("remedy", fix.into())]);
            let _ = writeln!(text, "{indent}{}", look.wrap(&what_to_do, column));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{Check, Finding, Subject};

    use super::*;

    fn report() -> DoctorReport {
        let check = |state, finding, remedy: Option<&str>| {
            let remedy = remedy.map(|code| serde_json::json!({ "code": code }));
            let remedy = remedy.map(|json| serde_json::from_value(json).unwrap());
            Check { subject: Subject::Relay, state, finding, remedy }
        };
        let good = Finding::Relays { usable: 1, count: 2, nearest: "near".to_owned(), rtt_ms: Some(12) };
        let bad = check(CheckState::Bad, Finding::NoRelays, Some("use_server_with_relays"));
        DoctorReport { checks: vec![check(CheckState::Good, good, None), bad] }
    }

    #[test]
    fn what_is_good_takes_one_line_and_what_is_not_says_what_it_means_and_what_to_do() {
        assert_eq!(
            render(&report(), say::in_language("en"), Look::default()),
            "good     Relays: 1 of 2 on offer; the nearest is near, 12 ms away.\n\
             bad      Relays: None is known.\n         A relay carries your packets, encrypted, where no straight \
             path to a friend exists.\n         What you can do: Use a control server that offers relays; without \
             one, a few pairs of routers cannot meet.\n"
        );
    }

    #[test]
    fn a_player_reads_it_in_the_language_of_the_setting() {
        assert_eq!(
            render(&report(), say::in_language("de"), Look::default()).lines().last(),
            Some(
                "         Was du tun kannst: Benutze einen Server, der Relays anbietet; ohne eines können sich wenige \
                 Paare von Routern nicht treffen."
            )
        );
    }

    #[test]
    fn a_terminal_sees_at_a_glance_what_is_well_and_its_lines_are_broken() {
        let look = Look { marks: true, colours: true, width: Some(60) };
        let shown = render(&report(), say::in_language("en"), look);
        assert!(shown.starts_with("\x1b[32m✔\x1b[0m \x1b[32mgood     \x1b[0mRelays: 1 of 2"), "{shown:?}");
        assert!(shown.contains("\n\x1b[31m✖\x1b[0m \x1b[31mbad      \x1b[0mRelays: None"), "{shown:?}");
        let plain = render(&report(), say::in_language("en"), Look { colours: false, ..look });
        assert!(plain.lines().all(|line| line.chars().count() <= 60), "{plain}");
        assert!(plain.lines().count() > 5, "{plain}");
    }

    #[test]
    fn a_script_finds_the_sentences_under_the_names_it_knows_and_the_facts_beside_them() {
        let json = say::report_json(&report());
        let bad = &json["checks"][1];
        assert_eq!(
            (&bad["code"], &bad["state"], &bad["title"]),
            (&"relay".into(), &"bad".into(), &"Relays".into())
        );
        assert_eq!(
            (&bad["result"], &bad["finding"]["code"]),
            (&"None is known.".into(), &"no_relays".into())
        );
        assert_eq!(json["checks"][0]["fix"], "");
    }
}
