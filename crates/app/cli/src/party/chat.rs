//! What the party says.

use std::collections::HashSet;

use lanrage_engine::{
    ChatLineView, CommandError, Snapshot,
    api::{Say, Status},
};

use crate::{
    arguments::{Chat, Target},
    failure::Failure,
    output::{Output, report_done},
    running::connect,
    say::person,
};

pub(crate) async fn chat(chat: Chat, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    if !chat.words.is_empty() {
        client.ask(Say { text: chat.words.join(" ") }).await?;
        report_done(output);
        return Ok(());
    }
    let lines = lines(client.ask(Status {}).await?)?;
    if lines.is_empty() && !chat.follow && !output.json {
        println!("{}", person().say("terminal-chat-empty"));
    }
    show(output, &lines);
    if !chat.follow {
        return Ok(());
    }
    let mut shown: HashSet<String> = lines.into_iter().map(|line| line.id).collect();
    client.watch().await?;
    loop {
        let lines = self::lines(client.next_snapshot().await?)?;
        let new: Vec<_> = lines.iter().filter(|line| !shown.contains(&line.id)).cloned().collect();
        show(output, &new);
        // Those that are there no more are never shown again.
        shown = lines.into_iter().map(|line| line.id).collect();
    }
}

fn lines(snapshot: Snapshot) -> Result<Vec<ChatLineView>, CommandError> {
    Ok(snapshot.party.ok_or(CommandError::NotInParty)?.chat)
}

/// One line each; for a script with all that is known of it.
fn show(output: Output, lines: &[ChatLineView]) {
    for line in lines {
        output.write(&format!("{}: {}\n", line.name, line.text), line);
    }
}
