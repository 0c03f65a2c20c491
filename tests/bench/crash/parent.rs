//! Kills, restarts, compares.

use std::{
    env, fmt,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    change::{Content, apply, change},
    random::Random,
};

/// A program is killed at the latest so long after it has begun to change things.
const LONGEST_LIFE: Duration = Duration::from_millis(80);
/// Or, in one of four rounds, so long after its start: while it opens, migrates, recovers.
const LONGEST_START: Duration = Duration::from_millis(40);
/// A program that does not say what it has by then never will.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// What came of all rounds.
#[derive(Debug)]
pub(crate) struct Outcome {
    rounds: u32,
    seed: u64,
    /// Rounds in which the program lived long enough to show what it had.
    compared: u32,
    confirmed: u64,
    /// What was not as it must be, at most one text for each round.
    faults: Vec<String>,
    took: Duration,
}

impl Outcome {
    /// Whether nothing was lost, and something was tested.
    pub(crate) fn is_good(&self) -> bool {
        self.faults.is_empty() && self.confirmed > 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in self.faults.iter().take(10) {
            writeln!(f, "LOST: {fault}")?;
        }
        write!(
            f,
            "{} rounds, {} confirmed, {} lost; compared after {} kills, in {:.1} s ({:.0} ms a round), seed {}",
            self.rounds,
            self.confirmed,
            self.faults.len(),
            self.compared,
            self.took.as_secs_f64(),
            self.took.as_secs_f64() * 1e3 / f64::from(self.rounds.max(1)),
            self.seed,
        )
    }
}

/// What must be in the database.
#[derive(Debug, Default)]
struct Ledger {
    confirmed: u64,
    content: Content,
}

impl Ledger {
    fn confirm(&mut self) {
        apply(&mut self.content, change(self.confirmed));
        self.confirmed += 1;
    }

    /// Whether this is what was confirmed, with or without the change after it.
    fn admits(&self, found: &Content) -> bool {
        if *found == self.content {
            return true;
        }
        let mut next = self.content.clone();
        apply(&mut next, change(self.confirmed));
        *found == next
    }
}

/// Runs so many rounds in a new folder, and one more that kills only after everything was compared.
pub(crate) fn run(rounds: u32, seed: u64) -> Result<Outcome> {
    println!("Seed {seed}");
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let mut random = Random::new(seed);
    let mut outcome =
        Outcome { rounds, seed, compared: 0, confirmed: 0, faults: Vec::new(), took: Duration::ZERO };
    let mut ledger = Ledger::default();
    for round in 0..=rounds {
        let moment = match random.below(4) {
            0 if round < rounds => Moment::AfterStart(random.duration(LONGEST_START)),
            _ => Moment::AfterOpening(random.duration(LONGEST_LIFE)),
        };
        match live_and_die(folder.path(), &mut ledger, moment)? {
            Life::TooShort => {}
            Life::Compared => outcome.compared += 1,
            Life::Lost(fault) => {
                outcome.faults.push(format!("round {round}: {fault}"));
                outcome.rounds = round;
                // What is there now cannot be reasoned about further.
                break;
            }
        }
    }
    outcome.confirmed = ledger.confirmed;
    outcome.took = started.elapsed();
    Ok(outcome)
}

/// When a program is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    AfterStart(Duration),
    AfterOpening(Duration),
}

#[derive(Debug)]
enum Life {
    /// It was killed before it could show what it had.
    TooShort,
    Compared,
    Lost(String),
}

/// One round.
fn live_and_die(folder: &Path, ledger: &mut Ledger, moment: Moment) -> Result<Life> {
    let mut child = Command::new(env::current_exe()?)
        .arg("child")
        .arg(folder)
        .arg(ledger.confirmed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let started = Instant::now();
    let lines = lines_of(&mut child)?;
    let (mut deadline, mut life_after_opening) = match moment {
        Moment::AfterStart(life) => (started + life, None),
        Moment::AfterOpening(life) => (started + OPEN_LIMIT, Some(life)),
    };
    let (mut alive, mut compared) = (true, false);
    loop {
        // After the kill, what was said before it is still read to its end.
        let line = match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Timeout) if alive => {
                child.kill()?;
                (alive, deadline) = (false, Instant::now() + OPEN_LIMIT);
                continue;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => bail!("a killed program still speaks"),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        };
        if line == "confirms" {
            ledger.confirm();
            continue;
        }
        let found = line.strip_prefix("has ").context("a line that means nothing")?;
        let found: Content = serde_json::from_str(found)?;
        if !ledger.admits(&found) {
            child.kill()?;
            child.wait()?;
            return Ok(Life::Lost(difference(ledger, &found)));
        }
        compared = true;
        if let Some(life) = life_after_opening.take() {
            deadline = Instant::now() + life;
        }
    }
    if alive {
        // It has ended by itself, which it does only for a reason that it gives.
        let mut reason = String::new();
        child.stderr.take().context("no standard error")?.read_to_string(&mut reason)?;
        child.wait()?;
        return Ok(Life::Lost(format!("the program gave up: {}", reason.trim())));
    }
    child.wait()?;
    Ok(if compared { Life::Compared } else { Life::TooShort })
}

fn difference(ledger: &Ledger, found: &Content) -> String {
    let entries = ledger.content.keys().chain(found.keys());
    let mut differing: Vec<_> =
        entries.filter(|entry| ledger.content.get(*entry) != found.get(*entry)).collect();
    differing.sort_unstable();
    differing.dedup();
    let words: Vec<_> = differing
        .into_iter()
        .map(|entry| {
            format!("{entry}: {:?} confirmed, {:?} found", ledger.content.get(entry), found.get(entry))
        })
        .collect();
    format!("after {} changes: {}", ledger.confirmed, words.join("; "))
}

/// What the program says, line by line, until its end. A line that was cut off is none.
fn lines_of(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    // When it is full the reader waits, then the pipe fills, then the program waits: nothing is dropped.
    let (sender, receiver) = mpsc::sync_channel(1_024);
    let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
    thread::spawn(move || {
        let mut line = String::new();
        while matches!(output.read_line(&mut line), Ok(length) if length > 0) {
            let whole = line.strip_suffix('\n').map(str::to_owned);
            line.clear();
            if whole.is_some_and(|line| sender.send(line).is_err()) {
                break;
            }
        }
    });
    Ok(receiver)
}
