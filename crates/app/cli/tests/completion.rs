//! What a shell is told when somebody presses the tabulator.

use std::{path::Path, process::Command};

/// What could stand at the end of this line, as bash asks.
fn complete(folder: &Path, line: &[&str]) -> Vec<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lanrage"));
    program.args(["--", "lanrage"]).args(line).env("LANRAGE_DATA_DIR", folder);
    program
        .env("LANRAGE_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", line.len().to_string())
        .env("_CLAP_IFS", "\n");
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    // Options can come everywhere.
    told.lines().filter(|word| !word.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn settings_and_their_choices_are_completed() {
    let folder = tempfile::tempdir().unwrap();
    let keys = complete(folder.path(), &["settings", "set", ""]);
    assert!(keys.len() > 20 && keys.iter().any(|key| key == "udp_port"), "{keys:?}");
    assert_eq!(complete(folder.path(), &["settings", "get", "them"]), ["theme"]);
    assert_eq!(complete(folder.path(), &["settings", "set", "theme", ""]), ["system", "light", "dark"]);
    assert_eq!(complete(folder.path(), &["settings", "set", "theme", "d"]), ["dark"]);
    assert_eq!(complete(folder.path(), &["party", "role", "Bo", "mod"]), ["moderator"]);
    assert!(complete(folder.path(), &["pin"]).contains(&"ping".to_owned()));
}

#[test]
fn names_of_what_is_stored_are_completed() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_lanrage"));
    program
        .args(["favorites", "add", "wss://play.example.org", "The club"])
        .env("LANRAGE_DATA_DIR", folder.path());
    assert!(program.status().unwrap().success());
    assert_eq!(complete(folder.path(), &["favorites", "remove", ""]), ["The club"]);
    assert!(complete(folder.path(), &["games", "show", "teew"]).contains(&"teeworlds".to_owned()));
    assert!(complete(folder.path(), &["resume", "x"]).is_empty());
}
