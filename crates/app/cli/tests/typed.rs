//! What somebody types who knows terminals: each is answered in one sentence, with the same code wherever it is found out.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

struct Terminal(TempDir);

impl Terminal {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_lanrage"));
        program.args(words).env("LANRAGE_DATA_DIR", self.folder()).env("LC_ALL", "C");
        program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap()
    }

    /// The code, and what was said.
    fn say(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }
}

#[test]
fn what_was_typed_wrong_ends_with_two_and_one_sentence() {
    let terminal = Terminal::new();
    let long = "a".repeat(60);
    for (words, sentence) in [
        (&["settings", "get", "nosuch"][..], "There is no setting nosuch."),
        (&["settings", "set", "nosuch", "1"], "There is no setting nosuch."),
        (&["settings", "reset", "nosuch"], "There is no setting nosuch."),
        (&["settings", "get", "UDP-PORT"], "There is no setting UDP-PORT. Did you mean udp_port?"),
        (&["settings", "set", "udp_prot", "1"], "There is no setting udp_prot. Did you mean udp_port?"),
        (&["settings", "reset", "tehme"], "There is no setting tehme. Did you mean theme?"),
        (
            &["settings", "set", "udp_port", "99999"],
            "udp_port is 99999, and must be a whole number from 0 to 65535",
        ),
        (&["settings", "activate", "nosuch"], "There is no saved set nosuch."),
        (&["settings", "delete", "nosuch"], "There is no saved set nosuch."),
        (&["join", "foo"], "There is no invitation to a party in this."),
        (&["join", "7R1E-G3W0-7R1E-G3WB"], "This code has a typo"),
        (&["create", "--party-name", ""], "A name is 1 to 48 visible letters"),
        (&["create", "--name", &long], "A name is 1 to 48 visible letters"),
        (&["rename", &long], "A name is 1 to 48 visible letters"),
        (&["create", "--control", "ftp://example.org"], "A server address must be ws:// or wss://"),
        (&["favorites", "remove", "nosuch"], "There is no favourite nosuch."),
        (&["forget", "nosuch"], "There is no party nosuch; `lanrage recent` lists them."),
        (&["games", "show", "nosuch"], "There is no game nosuch; `lanrage games list` lists them."),
        (&["games", "show", "teewords"], "Did you mean teeworlds?"),
        (&["profiles", "delete", "nosuch"], "There is no game nosuch"),
        (
            &["data", "restore", "/nosuch/lanrage.db"],
            "/nosuch/lanrage.db cannot be restored. [it is not there]",
        ),
        (&["data", "backup", "/nosuch/lanrage.db"], "/nosuch/lanrage.db cannot be written: it is not there"),
        (&["invite", "--for", "1m"], "expected a whole number with h, d or w behind it, as 12h, 7d or 2w"),
        (&["invite", "--uses", "many"], "expected a whole number from 1 to 65535"),
        (&["log", "-n", "x"], "expected a whole number from 0 to"),
        (&["ping", "Bo", "--count", "0"], "expected a whole number from 1 to 4294967295"),
        (&["ping", "Bo", "--interval", "0.001"], "expected seconds from 0.2 to 60"),
        (&["shield", "level", "nosuch"], "must be one of open, guarded, games, closed"),
    ] {
        let (code, said) = terminal.say(words);
        assert!(code == 2 && said.contains(sentence), "{words:?}: {code}, {said}");
        assert!(said.starts_with("lanrage: ") || said.starts_with("error: "), "{words:?}: {said}");
    }
}

#[test]
fn what_needs_a_lanrage_that_runs_says_so_with_three() {
    let terminal = Terminal::new();
    for words in [
        &["status"][..],
        &["status", "--watch"],
        &["friends"],
        &["ping", "Bo"],
        &["resume"],
        &["invite", "--qr"],
    ] {
        let (code, said) = terminal.say(words);
        assert!(
            code == 3 && said.starts_with("lanrage: LANrage is not running."),
            "{words:?}: {code}, {said}"
        );
    }
}

#[test]
fn the_folder_stands_anywhere_on_the_line_and_no_usage_asks_for_it() {
    let terminal = Terminal::new();
    let folder = terminal.folder().to_str().unwrap().to_owned();
    for words in [["--data-dir", &folder, "recent"], ["recent", "--data-dir", &folder]] {
        assert_eq!(terminal.run(&words).status.code(), Some(0), "{words:?}");
    }
    let (code, said) = terminal.say(&["nosuch"]);
    assert!(code == 2 && said.contains("Usage: lanrage [OPTIONS] <COMMAND>"), "{said}");
}

#[test]
fn a_favourite_is_added_by_its_address_alone_and_removed_by_its_name() {
    let terminal = Terminal::new();
    assert_eq!(terminal.say(&["favorites", "add", "wss://play.example.org"]).0, 0);
    let (_, listed) = terminal.say(&["favorites", "list"]);
    assert!(listed.contains("play.example.org  wss://play.example.org/"), "{listed}");
    let (code, said) = terminal.say(&["favorites", "remove", "play.exmaple.org"]);
    assert!(code == 2 && said.contains("Did you mean play.example.org?"), "{said}");
    assert_eq!(terminal.say(&["favorites", "remove", "play.example.org"]).0, 0);
}

#[test]
fn the_sizes_of_the_database_and_of_its_backups_are_for_people() {
    let terminal = Terminal::new();
    assert!(terminal.say(&["data", "size"]).1.contains("There are no backups yet."));
    let (code, said) = terminal.say(&["data", "backup"]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(code == 0 && lines[0].starts_with("The database has ") && lines[0].ends_with("KiB."), "{said}");
    assert!(lines.len() == 2 && lines[1].contains(".db  ") && lines[1].ends_with("KiB"), "{said}");
}

#[test]
fn a_new_name_is_the_settings() {
    let terminal = Terminal::new();
    assert_eq!(terminal.say(&["rename", "Anna the Second"]), (0, "Done.\n".to_owned()));
    assert_eq!(terminal.say(&["settings", "get", "player_name"]).1, "Anna the Second\n");
}

#[test]
fn a_log_is_lines_for_people_and_json_for_programs() {
    let terminal = Terminal::new();
    let entry = r#"{"timestamp":"2026-11-26T21:04:05.123456Z","level":"WARN","fields":{"message":"no answer"},"target":"lanrage_link"}"#;
    std::fs::write(terminal.folder().join("network.log"), format!("{entry}\n")).unwrap();
    assert_eq!(terminal.say(&["log"]).1, "2026-11-26 21:04:05.123 warn  no answer (lanrage_link)\n");
    assert_eq!(terminal.say(&["log", "--json"]).1, format!("{entry}\n"));
}

#[test]
fn no_message_of_clap_names_a_type_or_a_parser_of_ours() {
    let terminal = Terminal::new();
    for words in [
        &["invite", "--uses", "x"][..],
        &["log", "-n", "x"],
        &["create", "--udp-port", "x"],
        &["invite", "--for", "x"],
        &["party", "role", "Bo", "x"],
        &["shield", "open", "--tcp", "x"],
        &["ping", "Bo", "--interval", "x"],
    ] {
        let (code, said) = terminal.say(words);
        let is_plain =
            !["digit", "ParseIntError", "u16", "u32", "usize"].iter().any(|word| said.contains(word));
        assert!(code == 2 && is_plain, "{words:?}: {said}");
    }
}
