//! A party's link behind sixteen symbols, for friends who talk to each other: [`ShortCode`].
//!
//! Whoever makes a code seals a link in an item of the public store ([`CodeOffer`]); whoever types it looks that item up
//! ([`CodeSearch`]). Place and seal both follow from the whole code by a slow hash ([`CodeKeys`]), so the item says nothing to
//! who has not the code, and nobody can try codes faster than that hash lets them.

mod keys;
mod note;
mod offer;
mod search;

use std::fmt;

use lanrage_party::limits::PASTED_BYTES;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use keys::CodeKeys;
pub use note::{CodeNote, NoteFault};
pub use offer::{CodeOffer, OfferState};
pub use search::{CodeSearch, SearchEnd};

/// Symbols of a code.
const SYMBOLS: usize = 16;
/// Symbols of a group, as a code is shown.
const GROUP: usize = 4;
/// Crockford's Base32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// With fewer or more symbols a text that looks like a code otherwise is one in which some were left out, or typed twice.
const NEARLY: std::ops::RangeInclusive<usize> = 13..=19;

/// Sixteen symbols that lead to a party: 75 random bits and a check symbol. Every wrong symbol and every two that are swapped are
/// noticed. Never printed but by [`Display`](fmt::Display).
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ShortCode([u8; SYMBOLS]);

/// A text looks like a code, and is none: a symbol is wrong, missing or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the short code is mistyped")]
pub struct Mistyped;

impl ShortCode {
    /// A code of random bytes, of which 75 bits count.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        let mut bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut symbols = [0; SYMBOLS];
        for symbol in &mut symbols[..SYMBOLS - 1] {
            *symbol = (bits & 31) as u8;
            bits >>= 5;
        }
        symbols[SYMBOLS - 1] = doubled(sum(&symbols[..SYMBOLS - 1]));
        Self(symbols)
    }

    /// The code in a text: alone, in either case, with what people put between the symbols; or in a message, where its groups of four
    /// stand apart or not at all. O counts as 0, I and L as 1. `None` if nothing in it looks like one. Total.
    ///
    /// # Errors
    /// [`Mistyped`], if the whole text looks like a code, or a part with dashes between the groups, and no code is in it.
    pub fn find(text: &str) -> Option<Result<Self, Mistyped>> {
        if text.len() > PASTED_BYTES {
            return None;
        }
        let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        Self::alone(text.trim()).or_else(|| Self::in_words(&text))
    }

    fn alone(text: &str) -> Option<Result<Self, Mistyped>> {
        let mut typed = text.chars().filter(|c| !is_between(*c));
        let symbols: String = typed.by_ref().take(NEARLY.end() + 1).collect();
        if !symbols.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        match symbols.len() {
            SYMBOLS => Some(Self::of(symbols.bytes())),
            near if NEARLY.contains(&near) && text.contains(is_dash) => Some(Err(Mistyped)),
            _ => None,
        }
    }

    fn in_words(text: &str) -> Option<Result<Self, Mistyped>> {
        let mut told = None;
        let mut before = None;
        for (at, c) in text.char_indices() {
            let begins = c.is_ascii_alphanumeric() && before.is_none_or(|c: char| !c.is_alphanumeric());
            before = Some(c);
            let Some((symbols, has_dashes)) = begins.then(|| grouped(&text[at..])).flatten() else {
                continue;
            };
            // Four words of four letters are no code that somebody mistyped.
            let is_meant = has_dashes || symbols.iter().any(u8::is_ascii_digit);
            match Self::of(symbols.into_iter()) {
                Ok(code) if is_meant => return Some(Ok(code)),
                Err(mistyped) if has_dashes => told = Some(Err(mistyped)),
                _ => {}
            }
        }
        told
    }

    fn of(symbols: impl Iterator<Item = u8>) -> Result<Self, Mistyped> {
        let mut read = [0; SYMBOLS];
        for (digit, symbol) in read.iter_mut().zip(symbols) {
            *digit = value(symbol).ok_or(Mistyped)?;
        }
        if sum(&read) == 0 { Ok(Self(read)) } else { Err(Mistyped) }
    }
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.0.chunks(GROUP).enumerate() {
            let dash = if at > 0 { "-" } else { "" };
            let symbols: String =
                group.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect();
            write!(f, "{dash}{symbols}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortCode(..)")
    }
}

/// The sixteen symbols with which a text begins, in groups of four with one character between them or none, if no further
/// letter follows; and whether dashes stand between the groups.
fn grouped(text: &str) -> Option<([u8; SYMBOLS], bool)> {
    let mut symbols = [0; SYMBOLS];
    let mut typed = text.chars().peekable();
    let mut dashes = 0;
    for (at, symbol) in symbols.iter_mut().enumerate() {
        if at > 0 && at % GROUP == 0 {
            let between = typed.next_if(|c| is_between(*c));
            dashes += usize::from(between.is_some_and(is_dash));
        }
        *symbol = u8::try_from(typed.next()?).ok().filter(u8::is_ascii_alphanumeric)?;
    }
    let ends = typed.peek().is_none_or(|c| !c.is_alphanumeric());
    ends.then_some((symbols, dashes == SYMBOLS / GROUP - 1))
}

fn value(symbol: u8) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|other| *other == symbol).map(|digit| digit as u8)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// What people put between symbols.
fn is_between(c: char) -> bool {
    is_dash(c) || c.is_whitespace() || matches!(c, '.' | '_')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What is 0 for a code: the symbols as the digits of a polynomial over GF(32), where x is a primitive element. So the sum
/// of two digits at two places changes if one of them does, and if they change places.
fn sum(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |sum, digit| doubled(sum) ^ digit)
}

/// Times x, modulo x⁵ + x² + 1.
const fn doubled(digit: u8) -> u8 {
    let shifted = digit << 1;
    if shifted & 32 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn code(seed: u8) -> ShortCode {
        ShortCode::from_random(std::array::from_fn(|at| {
            seed.wrapping_mul(37).wrapping_add((at as u8).wrapping_mul(91))
        }))
    }

    #[test]
    fn a_code_is_shown_in_four_groups_and_read_however_it_was_typed() {
        let code = code(3);
        let shown = code.to_string();
        let groups: Vec<&str> = shown.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert_eq!(format!("{code:?}"), "ShortCode(..)");
        let spelled = shown.replace('0', "o").replace('1', "l");
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            shown.replace('-', " "),
            shown.replace('-', " – "),
            format!("  {}\n", shown.replace('-', ".")),
            shown.chars().flat_map(|c| [c, ' ']).collect(),
            spelled.clone(),
            spelled.replace('l', "I"),
            format!("the code is {shown}, hurry"),
            format!("({shown})"),
            format!("code: {}.", shown.replace('-', " ")),
            format!("code={}", shown.replace('-', "")),
            format!("\u{200b}{}", shown.replace('-', "-\u{200b}")),
        ] {
            assert_eq!(ShortCode::find(&typed), Some(Ok(code.clone())), "{typed}");
        }
    }

    #[test]
    fn what_looks_like_a_code_and_is_none_is_told_from_what_is_something_else() {
        let shown = code(3).to_string();
        let wrong = if shown.ends_with('A') { "B" } else { "A" };
        let mistyped = format!("{}{wrong}", &shown[..shown.len() - 1]);
        for typed in [
            mistyped.clone(),
            mistyped.replace('-', ""),
            format!("it is {mistyped}"),
            shown[..shown.len() - 1].to_owned(),
            format!("{shown}7"),
            shown.replace(&shown[..1], "U"),
        ] {
            assert_eq!(ShortCode::find(&typed), Some(Err(Mistyped)), "{typed}");
        }
        for text in [
            "",
            "hello",
            "0123",
            "https://play.example/join",
            "lanrage://join/AXsicCI6",
            "when does this game come out then",
            "come over this evening with Jonas, we play",
            "ünïcode",
            "0123-4567",
            "00000000000000000000000000000000",
        ] {
            assert_eq!(ShortCode::find(text), None, "{text}");
        }
        assert_eq!(ShortCode::find(&format!("{}{shown}", " ".repeat(PASTED_BYTES))), None);
    }

    #[test]
    fn every_wrong_symbol_and_every_two_that_changed_places_are_noticed() {
        for seed in 0..20 {
            let right = code(seed);
            for at in 0..SYMBOLS {
                for digit in (0..32).filter(|digit| *digit != right.0[at]) {
                    let mut wrong = right.0;
                    wrong[at] = digit;
                    assert_ne!(sum(&wrong), 0, "{at} {digit}");
                }
                for other in at + 1..SYMBOLS {
                    let mut wrong = right.0;
                    wrong.swap(at, other);
                    assert_eq!(sum(&wrong) == 0, wrong == right.0, "{at} {other}");
                }
            }
        }
    }

    #[test]
    fn all_random_bits_count() {
        let codes: BTreeSet<String> = (0..75)
            .map(|bit| {
                let bits = (1_u128 << bit).to_be_bytes();
                ShortCode::from_random(*bits.last_chunk().unwrap()).to_string()
            })
            .collect();
        assert_eq!(codes.len(), 75);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_code_that_reads_the_same_or_none(text in "\\PC{0,80}", random: [u8; 10]) {
            if let Some(Ok(code)) = ShortCode::find(&text) {
                prop_assert_eq!(ShortCode::find(&code.to_string()), Some(Ok(code)));
            }
            let code = ShortCode::from_random(random);
            prop_assert_eq!(ShortCode::find(&code.to_string()), Some(Ok(code)));
        }
    }
}
