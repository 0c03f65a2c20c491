//! What people read stands in the catalogue: whoever decides says facts.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Fields, Item};

use crate::{root, sources};

/// The sources that say facts only.
const FACTS_ONLY: &[&str] = &[
    "crates/base/",
    "crates/core/",
    "crates/io/adapter/src/",
    "crates/app/engine/src/",
    "crates/app/support/src/doctor",
    "crates/app/cli/src/",
    "src-tauri/src/",
];

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

/// Attributes whose texts nobody reads but in the log, the documentation and `--help`.
const ATTRIBUTES: &[&str] = &["allow", "arg", "command", "doc", "error", "expect", "must_use"];

/// Texts that are no sentences although they are long: what is hashed, why a deadline is due, the text of an I/O error,
/// and what a terminal is told before a language can be known (`--help`, or that there is no log).
const NO_SENTENCES: &[&str] = &[
    "link of a new party",
    "the helper hung up",
    "the line is too long",
    "starting its packet thread",
    "{} by allocation {id}",
    "lanrage: no log: {error}",
    "expected a whole number with h, d or w behind it, as 12h, 7d or 2w",
    "expected a whole number from {least} to {}",
    "expected seconds from 0.2 to 60",
    "expected a port, or the first and the last with a hyphen between, as 27960 or 27960-27969",
];

/// From so many words on, a text is taken for a sentence.
const WORDS: usize = 4;

/// Fields by whose names somebody would put in what a library said, in English and for nobody but the log.
const TOLD: &[&str] = &["cause", "detail", "details", "error", "message", "reason", "text"];

/// Those that may be text: what the other end of the wire says for a log, and what a fault of the window itself threw,
/// of which there is no kind.
const MAY_BE_TOLD: &[&str] =
    &["Refusal.detail", "CommandError.detail", "ChatLineView.text", "VoiceView.text"];

fn looks_like_a_sentence(text: &str) -> bool {
    let is_word = |word: &&str| word.contains('{') || word.chars().any(char::is_alphabetic);
    let words = text.split_whitespace().filter(is_word).count();
    let is_whole = text.starts_with(char::is_uppercase) && text.ends_with('.') && text.contains(' ');
    // A command to copy is data.
    let is_command = ["sudo ", "sc.exe "].iter().any(|program| text.starts_with(program));
    (is_whole || words >= WORDS) && !is_command && !NO_SENTENCES.contains(&text)
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
                let names = group.stream().into_iter().next().map(|name| name.to_string());
                let is_attribute = (last == "#" || last == "!" && second == "#")
                    && names.is_some_and(|name| ATTRIBUTES.contains(&name.as_str()));
                // `warn!(…)` and `.expect(…)`.
                let is_called = |word: &&str| last == word || last == "!" && second == word;
                if is_attribute || is_detail || NOT_FOR_PEOPLE.iter().any(is_called) {
                    // Not for people.
                } else if is_called(&"concat") {
                    let mut parts = Vec::new();
                    texts(group.stream(), &mut parts);
                    found.push(parts.concat());
                } else {
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

/// The fields of types that leave the program, or of which every kind has words, that hold a text of somebody else's.
fn told(items: &[Item]) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |owner: &str, fields: &Fields| {
        for field in fields {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let kind = field.ty.to_token_stream().to_string();
            if TOLD.contains(&name.as_str()) && kind.split(' ').any(|word| word == "String" || word == "str")
            {
                found.push(format!("{owner}.{name}"));
            }
        }
    };
    let leaves = |attributes: &[syn::Attribute]| {
        attributes.iter().any(|attribute| {
            let text = attribute.meta.to_token_stream().to_string();
            text.starts_with("derive") && (text.contains("Serialize") || text.contains("EnumIter"))
        })
    };
    for item in items {
        match item {
            Item::Struct(item) if leaves(&item.attrs) => look(&item.ident.to_string(), &item.fields),
            Item::Enum(item) if leaves(&item.attrs) => {
                for variant in &item.variants {
                    look(&item.ident.to_string(), &variant.fields);
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_fact_says_why_as_a_kind_and_not_as_a_text_in_english() {
    let mut wrong = Vec::new();
    for source in sources::all(&root()) {
        if source.is_product() && FACTS_ONLY.iter().any(|folder| source.path.starts_with(folder)) {
            let found = told(&source.product_items()).into_iter();
            let found = found.filter(|field| !MAY_BE_TOLD.contains(&field.as_str()));
            wrong.extend(found.map(|field| format!("{}: {field}", source.path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_text_in_a_fact_is_found_and_one_that_stays_inside_is_not() {
    let found = |code: &str| told(&syn::parse_file(code).unwrap().items);
    assert_eq!(found("#[derive(Debug, Serialize)] enum F { A { cause: String } }"), ["F.cause"]);
    assert_eq!(
        found("#[derive(EnumIter)] enum F { A { detail: Option<String>, path: String } }"),
        ["F.detail"]
    );
    assert_eq!(found("#[derive(Serialize)] struct F { reason: &'static str, cause: Cause }"), ["F.reason"]);
    assert!(found("#[derive(Debug)] struct E { reason: String }").is_empty());
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
    assert_eq!(found(r#"fn f() { format!("{} is not {}", a, b) }"#).len(), 1);
    assert_eq!(found(r#"const A: &str = concat!("Start ", "LANrage", " once more");"#).len(), 1);
    assert_eq!(found(r#"#[strum(message = "you are in no party")] struct A;"#).len(), 1);
    assert_eq!(found(r#"macro_rules! m { () => { "you are in no party" } }"#).len(), 1);
    assert_eq!(found(r##"const A: &[&str] = &[r"you are in no party", "in\nno\nparty\nnow"];"##).len(), 2);
    assert!(found(r#"/// Says what it is.
        #[error("the relay does not answer")] fn f() { warn!("it does not answer at all"); x.expect("a name is always there") }"#).is_empty());
    assert!(found(r#"fn f() { g("sudo modprobe tun"); h("in the helper") }"#).is_empty());
}
