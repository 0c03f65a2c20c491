//! The `ip` and `nft` commands, with their words in the error when they fail.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// Runs `ip` with the words of `arguments`.
pub(crate) fn run(arguments: &str) -> Result<()> {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .output()
        .context("cannot run `ip` (package iproute2)")?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "ip {arguments}: {}", problem.trim());
    Ok(())
}

/// Runs each line of `script` as one `ip` command inside the namespace, in one process.
pub(crate) fn batch(namespace: &str, script: &str) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(["-n", namespace, "-batch", "-"]);
    feed(command, script).with_context(|| format!("ip -n {namespace} -batch:\n{script}"))
}

/// Loads an nftables rule set inside the namespace.
pub(crate) fn load_rules(namespace: &str, rules: &str) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, "nft", "-f", "-"]);
    feed(command, rules).with_context(|| format!("nft in {namespace} (package nftables):\n{rules}"))
}

fn feed(mut command: Command, input: &str) -> Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
