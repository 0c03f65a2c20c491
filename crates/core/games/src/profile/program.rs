use std::fmt;

use super::{ProfileFault, texts::text_serde};

/// Longest file name, and longest argument, in bytes.
const BYTES: usize = 128;

/// A program of a game: its file name, and where many programs have that name, a part of an argument without which it is
/// not meant. Written `teeworlds`, or `java with net.minecraft.client.main.Main`. A `*` at the end stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    file: String,
    with: Option<String>,
}

impl Program {
    /// The file name, as it was written.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether it is a program for Windows, which runs on others by Wine.
    pub fn is_for_windows(&self) -> bool {
        let end = self.file.len().checked_sub(4);
        end.and_then(|end| self.file.get(end..)).is_some_and(|end| end.eq_ignore_ascii_case(".exe"))
    }

    /// Whether its file name alone says what to start.
    pub fn is_whole(&self) -> bool {
        self.with.is_none() && !self.file.ends_with('*')
    }

    /// Whether this file, run with these arguments, is it.
    pub fn is(&self, file: &str, arguments: &[String]) -> bool {
        let is_meant = |with: &String| arguments.iter().any(|one| one.contains(with));
        self.has_file(file) && self.with.as_ref().is_none_or(is_meant)
    }

    /// Whether this file may be it, with whatever arguments. Case does not count: it does not on Windows.
    pub fn has_file(&self, file: &str) -> bool {
        match self.file.strip_suffix('*') {
            Some(begin) => file.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)),
            None => self.file.eq_ignore_ascii_case(file),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.with.iter().try_for_each(|with| write!(f, " with {with}"))
    }
}

impl std::str::FromStr for Program {
    type Err = ProfileFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (file, with) = match text.split_once(" with ") {
            Some((file, with)) => (file, Some(with)),
            None => (text, None),
        };
        let is_text = |text: &str| {
            (1..=BYTES).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
        };
        let is_file =
            is_text(file) && !file.contains(['/', '\\']) && !file.trim_matches(['.', '*']).is_empty();
        if is_file && with.is_none_or(is_text) {
            Ok(Self { file: file.to_owned(), with: with.map(str::to_owned) })
        } else {
            Err(ProfileFault::Program)
        }
    }
}

text_serde!(Program);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_file_and_a_common_one_by_an_argument_too() {
        let is = |text: &str, file: &str, arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
            text.parse::<Program>().unwrap().is(file, &arguments)
        };
        assert!(is("Factorio.exe", "factorio.EXE", &[]) && !is("factorio", "factorio.exe", &[]));
        assert!(is("openra-*", "OpenRA-ra", &[]) && !is("openra-*", "openra", &[]));
        assert!(!is("ö*", "", &[]) && !is("aö*", "a\u{304}", &[]));
        assert!(is("java with net.minecraft", "java", &["-cp", "x", "net.minecraft.client.main.Main"]));
        assert!(!is("java with net.minecraft", "java", &["-jar", "editor.jar"]));
    }

    #[test]
    fn what_looks_like_a_pattern_is_a_name_and_takes_no_time() {
        let bomb: Program = "(a+)+$ with (x+x+)+y".parse().unwrap();
        let long = ["x".repeat(1 << 20)];
        assert!(!bomb.is(&"a".repeat(1 << 20), &long) && !bomb.is("(a+)+$", &long));
        assert!(bomb.is("(A+)+$", &["--say=(x+x+)+y".to_owned()]));
        let stars: Program = format!("{}b", "a*".repeat(60)).parse().unwrap();
        assert!(!stars.has_file(&"a".repeat(1 << 20)), "only the last one stands for anything");
    }

    #[test]
    fn a_program_has_no_folder_and_is_not_everything() {
        for bad in ["", "*", ".", "..", "a/b", "a\\b", " a", "a\n", "a with ", &"a".repeat(129)] {
            assert_eq!(bad.parse::<Program>(), Err(ProfileFault::Program), "{bad:?}");
        }
        for good in ["Stardew Valley.exe", "java with zombie.network.GameServer", "hl2_linux"] {
            assert_eq!(good.parse::<Program>().map(|read| read.to_string()).as_deref(), Ok(good));
        }
        assert!("A.EXE".parse::<Program>().unwrap().is_for_windows());
        assert!(!"é".parse::<Program>().unwrap().is_for_windows());
    }
}
