//! Parts of README.md that a command writes.

use std::fs;

use anyhow::{Context, Result};

use crate::project;

/// Replaces what stands in README.md between `<!-- name -->` and `<!-- /name -->`.
///
/// # Errors
/// If the marks are not there, or the file cannot be written.
pub(crate) fn replace(name: &str, text: &str) -> Result<()> {
    let file = project::root().join("README.md");
    let before = fs::read_to_string(&file)?;
    fs::write(&file, replaced(&before, name, text)?).context("README.md")
}

fn replaced(before: &str, name: &str, text: &str) -> Result<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let missing = || format!("README.md has no {} … {}", open.trim(), close.trim());
    let (head, rest) = before.split_once(&open).with_context(missing)?;
    let (_, tail) = rest.split_once(&close).with_context(missing)?;
    Ok(format!("{head}{open}\n{text}\n{close}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn what_stands_between_the_marks_is_replaced_and_nothing_else() {
        let before = "one\n<!-- t -->\nold\n<!-- /t -->\ntwo\n";
        let after = replaced(before, "t", "new").expect("marks");
        assert_eq!(after, "one\n<!-- t -->\n\nnew\n<!-- /t -->\ntwo\n");
        assert_eq!(replaced(&after, "t", "new").expect("marks"), after);
        assert!(replaced("nothing", "t", "new").is_err());
    }
}
