//! What shows the window on Windows: the WebView2 runtime, which nearly every system has. Without it Tauri would end before
//! anything is seen.

use lanrage_words::{Language, Words};
use rfd::{MessageDialog, MessageLevel};

/// Whether the window can be shown. If not, a box of the system's says what is missing and where it is had.
pub(crate) fn is_there() -> bool {
    let found = tauri::webview_version();
    if found.is_err() {
        let words = Words::new(Language::of_system());
        MessageDialog::new()
            .set_level(MessageLevel::Error)
            .set_title("LANrage")
            .set_description(words.say("webview-missing"))
            .show();
    }
    found.is_ok()
}
