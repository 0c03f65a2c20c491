//! The desktop app on a Windows computer that lacks what shows its window, as wine does.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use lanrage_lab::{Host, Process, WindowsHost};

use crate::shell;

/// How long a program may take to show something, or to end.
const SHOWN: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// The app, as it lies on the disk.
const APP: &str = "lanrage-desktop.exe";
/// What the box's title says.
const TITLE: &str = "^LANrage$";
/// Where its button is, from the lower right corner.
const BUTTON: [u32; 2] = [47, 17];
/// A link that names no party: the handler of its scheme is what is tried.
const LINK: &str = "lanrage://join/x";

/// A screen for the windows of one computer.
#[derive(Debug)]
pub(super) struct Screen {
    _server: Process,
    name: String,
}

impl Screen {
    /// Starts an X server that draws into memory.
    pub(super) fn start(host: &Host) -> Result<Self> {
        let mut server = host.command("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
        let server = host.spawn(server)?;
        let number =
            server.wait_for("the number of the screen", SHOWN, |line| line.trim().parse::<u32>().ok())?;
        Ok(Self { _server: server, name: format!(":{number}") })
    }

    /// As `DISPLAY` has it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it says; `None` if it fails, as it does where there is no such window.
    fn ask(&self, words: &[&str]) -> Option<String> {
        shell::ask(Command::new("xdotool").args(words).env("DISPLAY", &self.name))
    }

    /// The program's box, if it is shown.
    fn window(&self) -> Option<String> {
        let found = self.ask(&["search", "--onlyvisible", "--name", TITLE])?;
        found.lines().next().map(str::to_owned)
    }

    /// Presses the only button of a box, as people do: by a key, and with the mouse where the box hears no key, as it has no window
    /// manager that gives it the keyboard.
    fn press_button(&self, window: &str) -> Option<()> {
        self.ask(&["windowfocus", window])?;
        self.ask(&["key", "Return"])?;
        let geometry = self.ask(&["getwindowgeometry", "--shell", window])?;
        let number =
            |key: &str| geometry.lines().find_map(|line| line.strip_prefix(key)?.parse::<u32>().ok());
        let (width, height) = (number("WIDTH=")?, number("HEIGHT=")?);
        let [x, y] =
            [width.saturating_sub(BUTTON[0]), height.saturating_sub(BUTTON[1])].map(|at| at.to_string());
        self.ask(&["mousemove", "--window", window, &x, &y, "click", "1"])?;
        Some(())
    }
}

/// A link is opened as a browser does it: the app that is installed says what is missing, in a box that can be closed.
pub(super) fn says_what_is_missing(windows: &WindowsHost, screen: &Screen) -> Result<Duration> {
    let opened = Instant::now();
    let mut start = windows.command("start.exe".as_ref());
    start.arg(LINK);
    let _starting = windows.host().spawn(start)?;
    while screen.window().is_none() {
        ensure!(opened.elapsed() < SHOWN, "no program opens a link");
        thread::sleep(LOOK);
    }
    let (took, shown) = (opened.elapsed(), Instant::now());
    while is_running() {
        ensure!(shown.elapsed() < SHOWN, "it does not end");
        // Before it is drawn it hears no key.
        if let Some(window) = screen.window() {
            let _ = screen.press_button(&window);
        }
        thread::sleep(LOOK);
    }
    Ok(took)
}

/// Whether the app runs on any computer of this world.
fn is_running() -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    words.any(|words| String::from_utf8_lossy(&words).contains(APP))
}
