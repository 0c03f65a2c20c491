use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_net::wake_clock;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::home::{self, LIMIT};

/// How long the process stands still: longer than what a busy machine can explain.
const PAUSE: Duration = Duration::from_millis(3_500);
const READY: &str = "it ticks";

/// What the stopped process does: tells that it runs, then what it heard.
#[test]
#[ignore = "is run by the other test of this file, in a process that it stops"]
fn the_process_that_is_stopped() {
    home::block_on(async {
        let (sender, mut wakes) = mpsc::channel(1);
        let mut tasks = JoinSet::new();
        tasks.spawn(wake_clock::run(sender));
        let mut output = std::io::stdout();
        // Two ticks are needed to compare.
        tokio::time::sleep(wake_clock::TICK / 2).await;
        writeln!(output, "\n{READY}")?;
        output.flush()?;
        let slept = timeout(LIMIT, wakes.recv()).await?.context("it has ended")?;
        writeln!(output, "\nslept {}", slept.as_millis())?;
        Ok(())
    })
    .expect("a wake-up");
}

#[test]
fn a_process_that_was_stopped_hears_of_it_within_a_second() {
    stop_and_go_on().expect("it works");
}

fn stop_and_go_on() -> Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["wake_clock::the_process_that_is_stopped", "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id())?).context("a process")?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines().map_while(Result::ok);
    lines.find(|line| line == READY).context("it does not start")?;
    kill_process(pid, Signal::STOP)?;
    std::thread::sleep(PAUSE);
    kill_process(pid, Signal::CONT)?;
    let begun = Instant::now();
    let slept =
        lines.find_map(|line| line.strip_prefix("slept ")?.parse().ok()).context("it heard nothing")?;
    let took = begun.elapsed();
    ensure!(child.wait()?.success());
    let slept = Duration::from_millis(slept);
    println!("stopped for {PAUSE:?}: {slept:?} are told {took:.1?} after it goes on");
    // The pause began up to a tick after the last one.
    ensure!(slept + wake_clock::TICK >= PAUSE && slept <= PAUSE + wake_clock::TICK, "{slept:?}");
    ensure!(took < Duration::from_secs(1), "{took:?}");
    Ok(())
}
