//! What keeps a folder of sources readable: few files, no import circle, one convention.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

use crate::{
    root,
    sources::{self, Source, all_uses, uses},
};

/// Most source files that lie side by side.
const FOLDER_FILES: usize = 15;

#[test]
fn no_folder_of_sources_holds_more_than_fifteen_files() {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources::all(&root()) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        *files.entry(folder).or_default() += 1;
    }
    let wrong: Vec<String> = files
        .into_iter()
        .filter(|(_, count)| *count > FOLDER_FILES)
        .map(|(folder, count)| format!("{folder} -> {count} files"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_module_with_children_is_a_file_beside_its_folder() {
    let wrong: Vec<String> = sources::all(&root())
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.ends_with("/mod.rs") && path.contains("/src/"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut crates: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in sources::all(&root()) {
        if let Some((home, _)) = source.path.split_once("/src/")
            && source.is_product()
        {
            crates.entry(home.to_owned()).or_default().push(source);
        }
    }
    assert!(crates.len() > 10, "the crates are found");
    let mut wrong = Vec::new();
    for (home, sources) in &crates {
        wrong.extend(sources.iter().filter_map(hidden));
        wrong.extend(circles(&imports(sources)).into_iter().map(|circle| {
            let files: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            format!("{home}: {}", files.join(" -> "))
        }));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An import of all names of a module above, which hides whose they are.
fn hidden(source: &Source) -> Option<String> {
    let globs = all_uses(&source.product_items()).into_iter().filter(|(_, name)| name == "*");
    let upward =
        |(path, _): &(Module, String)| matches!(path.first().map(String::as_str), Some("super" | "crate"));
    let glob = globs.filter(upward).map(|(path, _)| path.join("::")).next()?;
    Some(format!("{} -> {glob}::*: hides what is imported", source.path))
}

/// The path of a module inside its crate; the crate's root is the empty one.
type Module = Vec<String>;
type Imports = BTreeMap<Module, BTreeSet<Module>>;

/// Which module's file names which other's. A module and its own children are one thing to the reader, and may name
/// each other.
fn imports(sources: &[Source]) -> Imports {
    let items: BTreeMap<Module, Vec<Item>> =
        sources.iter().map(|source| (module_of(&source.path), source.product_items())).collect();
    let aliases: BTreeMap<&Module, BTreeMap<String, Module>> =
        items.iter().map(|(module, items)| (module, aliases_of(module, items))).collect();
    let mut imports = Imports::new();
    for (module, items) in &items {
        let mut named = BTreeSet::new();
        named.extend(all_uses(items).into_iter().map(|(path, _)| path));
        items.iter().for_each(|item| paths(item.to_token_stream(), &mut named));
        let targets = named
            .into_iter()
            .filter_map(|path| absolute(module, &path))
            .map(|path| resolve(&path, &aliases, 0))
            .filter(|target| !target.starts_with(module) && !module.starts_with(target));
        imports.insert(module.clone(), targets.collect());
    }
    imports
}

fn module_of(path: &str) -> Module {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut parts: Module = inside.split('/').map(str::to_owned).collect();
    if parts.len() == 1 && matches!(parts[0].as_str(), "lib" | "main") {
        parts.clear();
    }
    parts
}

/// The names that a module gives to what others of its crate define: its re-exports among them.
fn aliases_of(module: &Module, items: &[Item]) -> BTreeMap<String, Module> {
    let used = items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(uses(&item.tree)),
        _ => None,
    });
    let aliases = used.flatten().filter_map(|(path, name): (Module, String)| {
        let target = relative(module, &path)?;
        Some((name, target))
    });
    aliases.collect()
}

/// A path from the crate's root; `None` for other crates.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    match path.first().map(String::as_str)? {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some(module.iter().chain(&path[1..]).cloned().collect()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let kept = module.len().checked_sub(ups)?;
            Some(module[..kept].iter().chain(&path[ups..]).cloned().collect())
        }
        _ => None,
    }
}

/// As [`absolute`], where a path may also begin with a child of the module.
fn relative(module: &Module, path: &[String]) -> Option<Module> {
    absolute(module, path).or_else(|| Some(module.iter().chain(path).cloned().collect()))
}

/// The module whose file defines what a path names.
fn resolve(path: &Module, aliases: &BTreeMap<&Module, BTreeMap<String, Module>>, depth: usize) -> Module {
    let mut module = Module::new();
    for (index, part) in path.iter().enumerate() {
        let child: Module = module.iter().chain([part]).cloned().collect();
        if aliases.contains_key(&child) {
            module = child;
            continue;
        }
        if let Some(target) = aliases.get(&module).and_then(|names| names.get(part))
            && depth < 8
        {
            let rest = target.iter().chain(&path[index + 1..]).cloned().collect();
            let found = resolve(&rest, aliases, depth + 1);
            return if found.is_empty() { module } else { found };
        }
        break;
    }
    module
}

/// The paths in some code that begin with `crate` or `super`.
fn paths(code: TokenStream, found: &mut BTreeSet<Module>) {
    let mut path: Option<Module> = None;
    let mut colons = 0;
    for token in code {
        match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                match &mut path {
                    Some(parts) if colons == 2 => parts.push(name),
                    _ => {
                        found.extend(path.take().filter(|parts| parts.len() > 1));
                        path = matches!(name.as_str(), "crate" | "super").then(|| vec![name]);
                    }
                }
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                found.extend(path.take().filter(|parts| parts.len() > 1));
                colons = 0;
                paths(group.stream(), found);
            }
            _ => {
                found.extend(path.take().filter(|parts| parts.len() > 1));
                colons = 0;
            }
        }
    }
    found.extend(path.filter(|parts| parts.len() > 1));
}

/// The groups of modules that reach each other, each once.
fn circles(imports: &Imports) -> Vec<Vec<Module>> {
    let reached = |from: &Module| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Module> = imports.get(from).into_iter().flatten().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module.clone()) {
                next.extend(imports.get(module).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> =
        imports.keys().map(|module| (module, reached(module))).collect();
    let mut circles: Vec<Vec<Module>> = Vec::new();
    for (module, seen) in &reach {
        if !seen.contains(*module) || circles.iter().any(|circle| circle.contains(module)) {
            continue;
        }
        let back = |other: &&Module| reach.get(*other).is_some_and(|seen| seen.contains(*module));
        circles.push(seen.iter().filter(back).cloned().collect());
    }
    circles
}

#[test]
fn the_resolver_finds_a_circle_through_a_re_export_and_lets_a_parent_know_its_children() {
    let source = |path: &str, text: &str| Source { path: format!("crates/x/src/{path}"), text: text.into() };
    let tree = [
        source("lib.rs", "mod a; mod b; mod c; pub use b::Thing;"),
        source("a.rs", "mod child; use crate::Thing; use child::Inner; pub struct Mine;"),
        source("a/child.rs", "use super::Mine; pub struct Inner;"),
        source("b.rs", "pub struct Thing; fn f() -> crate::c::Other { todo() }"),
        source("c.rs", "#[cfg(test)] mod tests { use crate::a::Mine; } pub struct Other;"),
    ];
    assert_eq!(circles(&imports(&tree)), Vec::<Vec<Module>>::new());
    let mut circular = tree;
    circular[4] = source("c.rs", "use super::a::Mine; pub struct Other;");
    let names = ["a", "b", "c"].map(|name| vec![name.to_owned()]).to_vec();
    assert_eq!(circles(&imports(&circular)), std::slice::from_ref(&names));
    circular[4] = source("c.rs", "fn f() { use super::{a::{Mine}}; } pub struct Other;");
    assert_eq!(circles(&imports(&circular)), [names]);
    assert!(hidden(&source("c.rs", "use super::*; fn f() -> a::Mine { todo() }")).is_some());
    assert!(hidden(&source("c.rs", "mod child; pub use child::*;")).is_none());
}
