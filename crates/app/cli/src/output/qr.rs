//! A link as a code that a telephone reads from the terminal.

use qrcode::{Color, EcLevel, QrCode};

/// Free space around the code that readers need, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// The code in half blocks, two rows of it a line; `None` if the text is longer than one can be. In colours it is black on white
/// whatever the terminal's are; without, its light parts are drawn, for a dark terminal.
pub(crate) fn code(text: &str, colours: bool) -> Option<String> {
    // The lowest level of error correction: a screen is neither torn nor dirty, and larger modules read better.
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let size = code.width();
    let modules = code.to_colors();
    let is_light = |row: usize, column: usize| {
        let inside = row.checked_sub(QUIET).zip(column.checked_sub(QUIET));
        let module = inside.filter(|(row, column)| *row < size && *column < size);
        module.is_none_or(|(row, column)| modules[row * size + column] == Color::Light)
    };
    let mut drawn = String::new();
    for row in (0..size + 2 * QUIET).step_by(2) {
        drawn += if colours { "\x1b[97;40m" } else { "" };
        for column in 0..size + 2 * QUIET {
            drawn.push(match (is_light(row, column), is_light(row + 1, column)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawn += if colours { "\x1b[0m\n" } else { "\n" };
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_corners_of_a_code_are_where_readers_look_for_them() {
        let code = code("lanrage://join/AXsicCI6", false).unwrap();
        let lines: Vec<Vec<char>> = code.lines().map(|line| line.chars().collect()).collect();
        let size = lines[0].len() - 2 * QUIET;
        assert!(
            lines.iter().all(|line| line.len() == size + 2 * QUIET) && lines.len() == (size + 8).div_ceil(2)
        );
        // A corner is seven modules of dark, with light ones around it.
        let row: String = lines[QUIET / 2].iter().collect();
        assert!(row.starts_with("████ ▄▄▄▄▄ █") && row.ends_with("█ ▄▄▄▄▄ ████"), "{code}");
        assert!(lines[..2].iter().flatten().all(|cell| *cell == '█'), "{code}");
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(code(&"a".repeat(4_000), true).is_none());
        assert!(
            code("a", true)
                .unwrap()
                .lines()
                .all(|line| line.starts_with("\x1b[") && line.ends_with("\x1b[0m"))
        );
    }
}
