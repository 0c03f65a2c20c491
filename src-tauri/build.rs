//! Tauri's code generation, with a permission for each of the window's two commands.

#![allow(missing_docs)]

use std::{fs, path::Path};

use tauri_build::{AppManifest, Attributes};

/// All that the window may call: `src/commands.rs`.
const COMMANDS: [&str; 2] = ["ask", "ask_desktop"];

/// Stands in for the user interface until it is built, so that a fresh clone compiles.
const PLACEHOLDER: &str = "<!doctype html><title>LANrage</title>\
    <p>The user interface is not built yet: start the app with <code>cargo xtask run</code>.</p>\n";

fn main() {
    let page = Path::new("../ui/dist/index.html");
    if !page.exists() {
        let folder = page.parent().expect("a file in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(page, PLACEHOLDER))
            .expect("ui/dist can be written");
    }
    let manifest = AppManifest::new().commands(&COMMANDS);
    tauri_build::try_build(Attributes::new().app_manifest(manifest)).expect("tauri.conf.json is sound");
}
