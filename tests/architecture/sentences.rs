//! What people read stands in the catalogue: whoever decides says facts.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::{root, sources};

/// The sources that say facts only.
const FACTS_ONLY: &[&str] = &["crates/core/", "crates/io/adapter/src/", "crates/app/support/src/doctor"];

/// What takes a text for the log, for another program, or for whoever mends this one.
const NOT_FOR_PEOPLE: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "expect",
    "panic",
    "unreachable",
    "assert",
    "assert_eq",
    "debug_assert",
    "debug_assert_eq",
    // What is wrong with data: of serde, of a frame, of a text form; and the detail of a refusal on the wire.
    "custom",
    "Malformed",
    "text_form",
    "detail",
    // The step at which the system failed, which the log names.
    "from_io",
    "step",
    "failed",
];

/// Texts that are no sentences although they are long: what is hashed, why a deadline is due, the text of an I/O error.
const NO_SENTENCES: &[&str] =
    &["lanrage control state v{version}\n", "link of a new party", "the helper hung up"];

/// From so many words on, a text is taken for a sentence.
const WORDS: usize = 4;

fn looks_like_a_sentence(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
    let words = text.split_whitespace().filter(is_word).count();
    let is_whole = text.starts_with(char::is_uppercase) && text.ends_with('.') && text.contains(' ');
    // A command to copy is data.
    (is_whole || words >= WORDS) && !text.starts_with("sudo ") && !NO_SENTENCES.contains(&text)
}

/// The texts in code; those of attributes, doc comments among them, and those that are not for people are passed over.
fn texts(code: TokenStream, found: &mut Vec<String>) {
    // The last tokens, the nearest first.
    let mut before = [const { String::new() }; 4];
    for token in code {
        let [last, second, ..] = &before;
        // `let detail = …` is what `detail(…)` takes.
        let is_detail = before.windows(2).any(|pair| pair == ["=", "detail"]);
        match &token {
            TokenTree::Literal(literal) if !is_detail => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            TokenTree::Group(group) => {
                let is_attribute = last == "#" || last == "!" && second == "#";
                // `warn!(…)` and `.expect(…)`.
                let is_called = |word: &&str| last == word || last == "!" && second == word;
                if !is_attribute && !is_detail && !NOT_FOR_PEOPLE.iter().any(is_called) {
                    texts(group.stream(), found);
                }
            }
            TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        before.rotate_right(1);
        before[0] = token.to_string();
    }
}

#[test]
fn no_sentence_for_people_stands_outside_the_catalogue() {
    let mut wrong = Vec::new();
    for source in sources::all(&root()) {
        if !source.is_product() || !FACTS_ONLY.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        let mut found = Vec::new();
        for item in source.product_items() {
            texts(item.to_token_stream(), &mut found);
        }
        found.retain(|text| looks_like_a_sentence(text));
        wrong.extend(found.into_iter().map(|text| format!("{}: {text:?}", source.path)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sentence_is_found_wherever_it_is_written_and_a_text_for_the_log_is_not() {
    let found = |code: &str| {
        let mut found = Vec::new();
        texts(code.parse().unwrap(), &mut found);
        found.retain(|text| looks_like_a_sentence(text));
        found
    };
    assert_eq!(found(r#"fn f() { g("Start LANrage."); format!("{name} is not online now") }"#).len(), 2);
    assert!(found(r#"/// Says what it is.
        #[error("the relay does not answer")] fn f() { warn!("it does not answer at all"); x.expect("a name is always there") }"#).is_empty());
    assert!(found(r#"fn f() { g("sudo modprobe tun"); h("in the helper") }"#).is_empty());
}
