//! What goes away for a while: a player who pauses, and the server.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::{Player, Process, connected_friends};

use super::play::{PASS, passes, say};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Pauses a Windows player's party and goes on with it: for friends it is away, and back.
pub(super) fn pause(ann: &Player, player: &Player) -> Result<()> {
    let address = player.wait_for_address(PASS)?;
    let connected = connected_friends(&ann.status()?);
    ensure_said(player, "pause")?;
    let at = Instant::now();
    ann.wait_until("a friend has paused", |said| connected_friends(said) + 1 == connected)?;
    say(&format!("Paused: a friend sees it after {} ms", at.elapsed().as_millis()));
    let at = Instant::now();
    ensure_said(player, "resume")?;
    passes(ann.host(), address).context("after the pause")?;
    say(&format!("Resumed: packets pass after {} ms", at.elapsed().as_millis()));
    Ok(())
}

fn ensure_said(walt: &Player, word: &str) -> Result<()> {
    let (code, said) = walt.run(&[word])?;
    ensure!(code == Some(0), "{word} ended with {code:?}: {said}");
    Ok(())
}

/// The server dies, is away for a while, and comes back: who plays notices nothing.
pub(super) fn outlive(
    server: &mut Process,
    again: impl FnOnce() -> Result<Process>,
    ann: &Player,
    walt: &Player,
) -> Result<()> {
    let of_walt = walt.wait_for_address(PASS)?;
    server.kill()?;
    passes(ann.host(), of_walt).context("while the server is dead")?;
    let at = Instant::now();
    *server = again()?;
    let deadline = at + PASS;
    while !walt.has_control_server()? {
        ensure!(Instant::now() < deadline, "{} does not come back to the server", walt.name());
        thread::sleep(LOOK);
    }
    passes(ann.host(), of_walt).context("after the server came back")?;
    say(&format!(
        "The server was killed: friends play on; the Windows player is there again {:.1?} after its new start",
        at.elapsed()
    ));
    Ok(())
}
