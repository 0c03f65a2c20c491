//! The Rust sources of the project, read once per test and parsed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Item, ItemUse, UseTree};

/// A source file.
pub(crate) struct Source {
    /// From the project's folder, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Whether it is compiled into a product: neither a test, nor a benchmark, nor the simulation.
    pub(crate) fn is_product(&self) -> bool {
        let workshop = ["crates/xtask/", "tests/"].iter().any(|folder| self.path.starts_with(folder));
        let test = self.path.split('/').any(|part| {
            matches!(
                part.trim_end_matches(".rs"),
                "tests" | "benches" | "examples" | "simulation" | "build" | "reference"
            )
        });
        !workshop && !test
    }

    /// Its items without those under `#[cfg(test)]`.
    pub(crate) fn product_items(&self) -> Vec<Item> {
        let file =
            syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{} is not Rust: {error}", self.path));
        without_tests(file.items)
    }
}

/// All of them, sorted by path.
pub(crate) fn all(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "src-tauri", "migrations", "tests"] {
        collect(&root.join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 50, "the sources are found");
    let named = |path: PathBuf| Source {
        path: path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(&path).expect("a source file is text"),
    };
    found.into_iter().map(named).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" && name != "gen" {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn without_tests(items: Vec<Item>) -> Vec<Item> {
    items
        .into_iter()
        .filter(|item| !attributes(item).iter().any(is_for_tests))
        .map(|item| match item {
            Item::Mod(mut module) => {
                module.content = module.content.map(|(brace, items)| (brace, without_tests(items)));
                Item::Mod(module)
            }
            item => item,
        })
        .collect()
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let text = attribute.meta.to_token_stream().to_string();
    text == "cfg (test)" || text.starts_with("cfg (all (test ,") || text == "test"
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The code of some items, word by word: comments and layout are gone, and a whole path (`a::b`) is one word.
pub(crate) fn words(items: &[Item]) -> Vec<String> {
    fn walk(code: TokenStream, found: &mut Vec<String>) {
        for token in code {
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                        proc_macro2::Delimiter::Brace => ("{", "}"),
                        proc_macro2::Delimiter::Bracket => ("[", "]"),
                        proc_macro2::Delimiter::None => ("", ""),
                    };
                    found.push(open.into());
                    walk(group.stream(), found);
                    found.push(close.into());
                }
                token => found.push(token.to_string()),
            }
        }
    }
    let mut single = Vec::new();
    items.iter().for_each(|item| walk(item.to_token_stream(), &mut single));
    let is_name = |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    // After these a path begins anew: `return ::std::…`.
    let is_keyword = |word: &str| {
        ["as", "break", "else", "for", "if", "in", "match", "move", "mut", "return", "use", "while"]
            .contains(&word)
    };
    let mut words: Vec<String> = Vec::new();
    let mut rest = single.into_iter().peekable();
    while let Some(word) = rest.next() {
        if word == ":" && rest.peek().is_some_and(|next| next == ":") {
            rest.next();
            match words.last_mut().filter(|last| is_name(last.trim_start_matches(':')) && !is_keyword(last)) {
                Some(last) => last.push_str("::"),
                None => words.push("::".into()),
            }
        } else if is_name(&word) && words.last().is_some_and(|last| last.ends_with("::")) {
            words.last_mut().expect("just seen").push_str(&word);
        } else {
            words.push(word);
        }
    }
    words
}

/// What every `use` in some items names, those inside functions, modules and macros too.
pub(crate) fn all_uses(items: &[Item]) -> BTreeSet<(Vec<String>, String)> {
    fn walk(code: TokenStream, found: &mut BTreeSet<(Vec<String>, String)>) {
        let mut rest = code.into_iter();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(word) if word == "use" => {
                    let is_end =
                        |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
                    let tree: TokenStream = rest.by_ref().take_while(|token| !is_end(token)).collect();
                    // `+ use<'a>` of a type is no import.
                    if let Ok(import) = syn::parse2::<ItemUse>(quote!(use #tree;)) {
                        found.extend(uses(&import.tree));
                    }
                }
                TokenTree::Group(group) => walk(group.stream(), found),
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    items.iter().for_each(|item| walk(item.to_token_stream(), &mut found));
    found
}

/// What a `use` names, each with its whole path and the name that it gets here.
pub(crate) fn uses(tree: &UseTree) -> BTreeSet<(Vec<String>, String)> {
    fn walk(tree: &UseTree, before: &[String], found: &mut BTreeSet<(Vec<String>, String)>) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(path.ident.to_string()), found),
            UseTree::Name(name) if name.ident == "self" => {
                found.insert((before.to_vec(), before.last().cloned().unwrap_or_default()));
            }
            UseTree::Name(name) => {
                found.insert((with(name.ident.to_string()), name.ident.to_string()));
            }
            UseTree::Rename(renamed) if renamed.ident == "self" => {
                found.insert((before.to_vec(), renamed.rename.to_string()));
            }
            UseTree::Rename(renamed) => {
                found.insert((with(renamed.ident.to_string()), renamed.rename.to_string()));
            }
            UseTree::Glob(_) => {
                found.insert((before.to_vec(), "*".into()));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, found)),
        }
    }
    let mut found = BTreeSet::new();
    walk(tree, &[], &mut found);
    found
}
