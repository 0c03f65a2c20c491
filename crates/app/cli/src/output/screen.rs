//! A screen of its own for what changes all the time.

use std::io::{self, Write};

use crate::say::person;

/// The terminal's other screen (xterm's private mode 1049): what stood on the first one is there again afterwards. It is drawn
/// line over line and never cleared, so that nothing flickers, and at once where the terminal can (mode 2026).
pub(crate) struct Screen<W: Write> {
    to: W,
}

impl<W: Write> Screen<W> {
    /// Enters it, and hides the cursor.
    ///
    /// # Errors
    /// If the terminal has gone away.
    pub(crate) fn enter(mut to: W) -> io::Result<Self> {
        to.write_all(b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J")?;
        to.flush()?;
        Ok(Self { to })
    }

    /// Shows this text in place of the one before, as many lines of it as there is room for.
    ///
    /// # Errors
    /// If the terminal has gone away.
    pub(crate) fn show(&mut self, text: &str, height: Option<usize>) -> io::Result<()> {
        let lines: Vec<&str> = text.lines().collect();
        let room = height.unwrap_or(usize::MAX).max(2);
        let shown = if lines.len() <= room { lines.len() } else { room - 1 };
        let mut drawn = String::from("\x1b[?2026h\x1b[H");
        for (at, line) in lines[..shown].iter().enumerate() {
            // A line break after the last one of the screen would scroll it.
            drawn += if at == 0 { "" } else { "\r\n" };
            drawn += line;
            // What the line before was longer.
            drawn += "\x1b[K";
        }
        if shown < lines.len() {
            let more = person().say_with("terminal-more-lines", [("lines", (lines.len() - shown).into())]);
            drawn += &format!("\r\n\x1b[2m{more}\x1b[0m\x1b[K");
        }
        drawn += "\x1b[J\x1b[?2026l";
        self.to.write_all(drawn.as_bytes())?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        let _ = self.to.write_all(b"\x1b[?25h\x1b[?1049l");
        let _ = self.to.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(texts: &[&str], height: Option<usize>) -> String {
        let mut to = Vec::new();
        let mut screen = Screen::enter(&mut to).unwrap();
        texts.iter().for_each(|text| screen.show(text, height).unwrap());
        drop(screen);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn it_is_entered_and_left_and_between_two_texts_never_cleared() {
        let all = drawn(&["one\ntwo\n", "one\n"], Some(24));
        assert!(all.starts_with("\x1b[?1049h") && all.ends_with("\x1b[?25h\x1b[?1049l"), "{all:?}");
        assert_eq!(all.matches("\x1b[2J").count(), 1, "it flickers: {all:?}");
        assert!(all.contains("\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J"), "{all:?}");
        assert!(all.contains("\x1b[Hone\x1b[K\x1b[J"), "{all:?}");
    }

    #[test]
    fn a_text_that_has_no_room_ends_with_how_much_is_missing_and_scrolls_nothing() {
        let all = drawn(&[&"line\n".repeat(30)], Some(10));
        assert_eq!(all.matches("\r\n").count(), 9, "{all:?}");
        assert!(all.contains("21"), "{all:?}");
    }
}
