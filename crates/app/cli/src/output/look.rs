//! How the terminal is written to: a person at one sees marks, colours and whole words; a file and another program get plain lines.

use std::{env, ffi::OsStr, io::IsTerminal};

use terminal_size::{Height, Width, terminal_size};
use unicode_width::UnicodeWidthStr;

/// The narrowest terminal that lines are broken for; what is narrower breaks them itself.
const NARROWEST: usize = 40;
/// Longer lines than this are hard to read, however wide the terminal is.
const WIDEST: usize = 120;

/// What a line means at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It works.
    Good,
    /// It works, and not as it should; or it is under way.
    Warning,
    /// It does not work.
    Bad,
    /// It is not so now, or not known.
    Faint,
}

/// How lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether lines have marks.
    pub(crate) marks: bool,
    /// Whether they have colours.
    pub(crate) colours: bool,
    /// At which column lines end; they are as long as they are where none is given.
    pub(crate) width: Option<usize>,
}

impl Look {
    /// That of the standard output as it is now.
    pub(crate) fn of_output() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::default();
        }
        let is_dumb = env::var_os("TERM").is_some_and(|kind| kind == OsStr::new("dumb"));
        // See no-color.org: any text but none at all.
        let is_plain = env::var_os("NO_COLOR").is_some_and(|text| !text.is_empty());
        let width = terminal_size().map(|(Width(width), _)| usize::from(width));
        let width = width.filter(|width| *width >= NARROWEST).map(|width| width.min(WIDEST));
        Self { marks: true, colours: !is_dumb && !is_plain, width }
    }

    /// A text in the colour of its tone (ECMA-48 SGR).
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Warning => 33,
            Tone::Bad => 31,
            Tone::Faint => 2,
        };
        if self.colours && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The mark of a tone with the space behind it; nothing where there are no marks.
    pub(crate) fn mark(self, tone: Tone) -> String {
        let mark = match tone {
            Tone::Good => "✔",
            Tone::Warning => "!",
            Tone::Bad => "✖",
            Tone::Faint => "·",
        };
        if self.marks { self.paint(tone, mark) + " " } else { String::new() }
    }

    /// A text that begins at a column, broken between words; further lines begin at that column too.
    pub(crate) fn wrap(self, text: &str, column: usize) -> String {
        let Some(width) = self.width.filter(|width| *width > column + NARROWEST / 2) else {
            return text.to_owned();
        };
        let mut wrapped = String::new();
        let mut at = column;
        for word in text.split(' ') {
            let length = word.width();
            if at > column && at + 1 + length > width {
                wrapped.push('\n');
                wrapped.extend(std::iter::repeat_n(' ', column));
                at = column;
            } else if at > column {
                wrapped.push(' ');
                at += 1;
            }
            wrapped.push_str(word);
            at += length;
        }
        wrapped
    }
}

/// How many lines the terminal has, if the standard output is one.
pub(crate) fn height() -> Option<usize> {
    terminal_size().map(|(_, Height(height))| usize::from(height))
}

/// A cell of a table, as wide as its column.
pub(crate) fn padded(cell: &str, width: usize) -> String {
    let missing = width.saturating_sub(cell.width());
    format!("{cell}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_terminal_gets_plain_lines() {
        let plain = Look::default();
        assert_eq!(plain.paint(Tone::Bad, "bad"), "bad");
        assert_eq!(plain.mark(Tone::Bad), "");
        let long = "word ".repeat(100);
        assert_eq!(plain.wrap(&long, 4), long);
    }

    #[test]
    fn a_terminal_gets_marks_and_without_colours_those_alone() {
        let look = Look { marks: true, colours: true, width: Some(80) };
        assert_eq!(look.mark(Tone::Good), "\x1b[32m✔\x1b[0m ");
        assert_eq!(Look { colours: false, ..look }.mark(Tone::Bad), "✖ ");
    }

    #[test]
    fn lines_break_between_words_and_go_on_where_they_began() {
        let look = Look { width: Some(40), ..Look::default() };
        let wrapped = look.wrap("One two three four five six seven eight nine ten", 10);
        assert_eq!(wrapped, "One two three four five six\n          seven eight nine ten");
        assert!(wrapped.lines().skip(1).all(|line| line.width() <= 40));
        let address = "wss://a-very-long-name.that-does-not-fit.example.org/";
        assert_eq!(look.wrap(address, 4), address, "a word that is too long stays whole");
        assert_eq!(padded("字", 4), "字  ");
    }
}
