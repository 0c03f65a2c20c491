//! A list of things that must all succeed, each under a heading, timed, and repeatable by hand.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use crate::shell;

/// What stands in a line about something that could not be tried here; the summary says it again.
const LEFT_OUT: &str = "LEFT OUT";

/// The steps done so far.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    done: Vec<(&'static str, Duration, String)>,
    passed_tests: u32,
}

impl Steps {
    /// No steps yet.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), done: Vec::new(), passed_tests: 0 }
    }

    /// Runs commands one after the other under one heading.
    ///
    /// # Errors
    /// With the command to repeat, if one fails.
    pub(crate) fn commands(
        &mut self,
        heading: &'static str,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<()> {
        self.work(heading, |steps| {
            let mut remark = String::new();
            for mut command in commands {
                if !speaks_english(|key| env::var(key).ok()) {
                    // What programs say is compared with what they say in English.
                    command.env("LC_ALL", "C.UTF-8").env_remove("LANGUAGE");
                }
                println!("$ {}", shell::words(&command));
                let run = shell::run_reading(&mut command, |line| {
                    steps.passed_tests += passed_tests(line);
                    if line.contains(LEFT_OUT) {
                        remark += &format!("; {line}");
                    }
                });
                run.map_err(|error| anyhow!("{error}\nTo repeat it: {}", shell::words(&command)))?;
            }
            Ok(remark)
        })
    }

    /// Runs one step of Rust under a heading; what it returns is its remark in the summary.
    ///
    /// # Errors
    /// What `work` returns.
    pub(crate) fn work(
        &mut self,
        heading: &'static str,
        work: impl FnOnce(&mut Self) -> Result<String>,
    ) -> Result<()> {
        println!("\n{}", shell::bold(&format!("── {heading} ")));
        let started = Instant::now();
        let result = work(self);
        let took = started.elapsed();
        match result {
            Ok(remark) => {
                println!("{} {heading}: {}", shell::green("✓"), seconds(took));
                self.done.push((heading, took, remark));
                Ok(())
            }
            Err(error) => {
                println!("{} {heading}: {}", shell::red("✗"), seconds(took));
                Err(error.context(format!("{heading} failed")))
            }
        }
    }

    /// Prints every step with its time.
    pub(crate) fn summary(&self) {
        println!("\n{}", shell::bold("── Summary "));
        for (heading, took, remark) in &self.done {
            println!("{} {:>8}  {heading}{remark}", shell::green("✓"), seconds(*took));
        }
        println!(
            "{}",
            shell::bold(&format!(
                "All {} steps passed in {}: {} Rust tests passed, 0 failed",
                self.done.len(),
                seconds(self.started.elapsed()),
                self.passed_tests
            ))
        );
    }
}

/// How many tests a line of the Rust test harness reports as passed.
pub(crate) fn passed_tests(line: &str) -> u32 {
    let counts = line.strip_prefix("test result: ok. ").and_then(|rest| rest.split_once(" passed"));
    counts.and_then(|(count, _)| count.parse().ok()).unwrap_or(0)
}

/// Whether programs speak English in this environment.
fn speaks_english(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |key: &str| variable(key).filter(|value| !value.is_empty());
    let is_english = |value: String| {
        value.starts_with("en") || ["C", "POSIX"].contains(&value.split('.').next().unwrap_or(""))
    };
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    [locale, set("LANGUAGE")].into_iter().flatten().all(is_english)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{passed_tests, speaks_english};

    #[test]
    fn english_is_spoken_where_no_other_language_is_asked_for() {
        let speaks = |variables: &[(&str, &str)]| {
            speaks_english(|key| {
                variables.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(speaks(&[]));
        assert!(speaks(&[("LANG", "C.UTF-8")]) && speaks(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "")]));
        assert!(speaks(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]));
        assert!(!speaks(&[("LANG", "de_DE.UTF-8")]));
        assert!(!speaks(&[("LANG", "C.UTF-8"), ("LC_ALL", "de_DE.UTF-8")]));
        assert!(!speaks(&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:en")]));
    }

    #[test]
    fn passed_tests_are_read_from_the_harness_summary_only() {
        assert_eq!(passed_tests("test result: ok. 12 passed; 0 failed; 0 ignored"), 12);
        assert_eq!(passed_tests("test a_name ... ok"), 0);
    }
}
