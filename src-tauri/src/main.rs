//! LANrage's desktop app.

// A release of a window program opens no console beside it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use clap::Parser;
use lanrage_desktop::Arguments;

fn main() {
    lanrage_desktop::run(&Arguments::parse());
}
