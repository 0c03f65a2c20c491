//! A file in place of words on the command line, for a server that the system starts.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigFileError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{} is not TOML: {reason}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A value is of no kind that an option has.
    #[error("{}: {key} must be text, a number, true or false, or a list of texts and numbers", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Whose value.
        key: String,
    },
}

/// The file that a command line names, if it does.
pub(crate) fn named_in(said: &[OsString]) -> Option<PathBuf> {
    said.iter().enumerate().find_map(|(at, word)| match word.to_str()?.strip_prefix("--config")? {
        "" => said.get(at + 1).map(PathBuf::from),
        value => value.strip_prefix('=').map(PathBuf::from),
    })
}

/// The words that a file stands for. Each key is the name of an option without its dashes; a list gives it several times, and
/// `true` is an option that has no value. What there is no option for is for the command line's parser to say.
///
/// # Errors
/// [`ConfigFileError`].
pub(crate) fn words(path: &Path) -> Result<Vec<OsString>, ConfigFileError> {
    let at = || path.to_owned();
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigFileError::Read { path: at(), source })?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| ConfigFileError::Syntax {
        path: at(),
        reason: error.to_string(),
    })?;
    words_of(table).map_err(|key| ConfigFileError::Value { path: at(), key })
}

/// # Errors
/// The key whose value is of no such kind.
fn words_of(table: Table) -> Result<Vec<OsString>, String> {
    let mut words = Vec::new();
    for (key, value) in table {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            // With its name in one word, so that a value never passes for an option.
            let word = match value {
                Value::Boolean(false) => continue,
                Value::Boolean(true) => format!("--{key}"),
                Value::String(text) => format!("--{key}={text}"),
                Value::Integer(number) => format!("--{key}={number}"),
                _ => return Err(key),
            };
            words.push(word.into());
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<Vec<String>, String> {
        let words = words_of(text.parse().unwrap())?;
        Ok(words.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn each_key_is_an_option() {
        let words = of(
            "listen = \"[::]:8787\"\nname = [\"a:1\", \"--b\"]\nno-relay = true\njson = false\nretention-days = 7",
        );
        let expected = ["--listen=[::]:8787", "--name=--b", "--name=a:1", "--no-relay", "--retention-days=7"];
        let mut words = words.unwrap();
        words.sort_unstable();
        assert_eq!(words, expected);
        assert_eq!(of("relay = { a = 1 }"), Err("relay".to_owned()));
        assert_eq!(of("a = [[1]]"), Err("a".to_owned()));
    }

    #[test]
    fn the_file_is_found_in_either_form() {
        let named = |words: &[&str]| named_in(&words.iter().map(OsString::from).collect::<Vec<_>>());
        for words in
            [&["x", "--config", "a b"][..], &["x", "--config=a b"], &["x", "relay", "--json", "--config=a b"]]
        {
            assert_eq!(named(words), Some("a b".into()));
        }
        for words in [&["x"][..], &["x", "--configs=a"], &["x", "--config"]] {
            assert_eq!(named(words), None);
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_not_toml_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        assert!(matches!(words(&path), Err(ConfigFileError::Read { .. })));
        std::fs::write(&path, "listen 8787").unwrap();
        let error = words(&path).unwrap_err().to_string();
        assert!(error.contains("server.toml") && error.contains("line 1"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_words_or_an_error(text in any::<String>()) {
            if let Ok(table) = text.parse() {
                let _ = words_of(table);
            }
        }
    }
}
