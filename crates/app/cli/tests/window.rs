//! `lanrage open`, with programs in the window's place.
#![cfg(target_os = "linux")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

/// The program in a folder of its own, with this script as the window's.
fn open(folder: &Path, window: Option<&str>, display: Option<&str>) -> Output {
    let program = folder.join("lanrage");
    if !program.exists() {
        let built = env!("CARGO_BIN_EXE_lanrage");
        fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(|_| ())).unwrap();
    }
    if let Some(script) = window {
        let path = folder.join("lanrage-desktop");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(program);
    command
        .args(["open", "--data-dir"])
        .arg(folder.join("data"))
        .env("LC_ALL", "C")
        .env("PATH", "/usr/bin:/bin");
    command.env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY");
    if let Some(display) = display {
        command.env("DISPLAY", display);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_window_that_is_there_is_raised_with_the_folder_that_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let script = format!("printf '%s\\n' \"$@\" > {}", told.display());
    let output = open(folder.path(), Some(&script), Some(":0"));
    assert_eq!(said(&output), (Some(0), "The window is in front.\n".to_owned()));
    let data = folder.path().join("data");
    assert_eq!(fs::read_to_string(told).unwrap(), format!("--data-dir\n{}\n", data.display()));
}

#[test]
fn an_app_that_stays_was_started_and_lives_on_alone() {
    let folder = tempfile::tempdir().unwrap();
    let alive = folder.path().join("alive");
    let script = format!("sleep 5; touch {}", alive.display());
    let output = open(folder.path(), Some(&script), Some(":0"));
    assert_eq!(said(&output), (Some(0), "LANrage’s window opens.\n".to_owned()));
    let begun = Instant::now();
    while !alive.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it ended with the terminal's command");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn without_a_screen_a_program_or_a_good_end_it_is_said_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (window, display, words) in [
        (None, None, "There is no screen here"),
        (None, Some(":0"), "lanrage-desktop) is neither beside this one"),
        (Some("exit 3"), Some(":0"), "Start it by itself"),
    ] {
        let (code, said) = said(&open(folder.path(), window, display));
        assert!(code == Some(5) && said.starts_with("lanrage: ") && said.contains(words), "{code:?}: {said}");
    }
}
