//! The bridge between window and program: `ui/src/bindings.ts` is what the Rust types and requests say.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use lanrage_desktop::{CloseAsked, DesktopRequest, Event, LinkWaits, LogLines};
use lanrage_engine::{CommandError, Notice, Request, Snapshot, api::Describe};
use lanrage_store::Kind;
use ts_rs::{Config, TS, TypeVisitor};

#[test]
fn the_bindings_of_the_user_interface_are_what_the_rust_types_say() {
    let file = here("../ui/src/bindings.ts");
    let wanted = bindings();
    if fs::read_to_string(&file).is_ok_and(|found| found.replace("\r\n", "\n") == wanted) {
        return;
    }
    fs::write(&file, wanted).unwrap();
    panic!("{} was out of date and has been written anew: look at it and commit it", file.display());
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn bindings() -> String {
    // What counts in JavaScript's numbers is exact to 2^53: packets, bytes and milliseconds stay far below.
    let config = Config::new().with_large_int("number");
    let mut types = Types { config: &config, declarations: BTreeMap::new(), requests: Vec::new() };
    types.visit::<Snapshot>();
    types.visit::<Notice>();
    types.visit::<CommandError>();
    types.visit::<Kind>();
    Request::describe(&mut types);
    let requests = std::mem::take(&mut types.requests);
    DesktopRequest::describe(&mut types);

    let mut text =
        "// Written by `cargo test -p lanrage bindings` from the Rust types. Do not edit.\n".to_owned();
    for declaration in types.declarations.values() {
        write!(text, "\n{declaration}\n").unwrap();
    }
    for (doc, name, requests) in [
        ("What the window may ask of the engine", "Requests", requests),
        ("What the window may ask of the desktop", "DesktopRequests", types.requests),
    ] {
        write!(text, "\n/** {doc}: arguments and answer of each request. */\nexport type {name} = {{\n")
            .unwrap();
        text.push_str(&requests.concat());
        text.push_str("};\n");
    }
    text.push_str("\n/** What the window is told unasked. */\nexport type Events = {\n");
    writeln!(text, "  {}: {},", Snapshot::NAME, Snapshot::name(&config)).unwrap();
    writeln!(text, "  {}: {},", Notice::NAME, Notice::name(&config)).unwrap();
    writeln!(text, "  {}: {},", LogLines::NAME, Vec::<String>::name(&config)).unwrap();
    for says_all_by_its_name in [LinkWaits::NAME, CloseAsked::NAME] {
        writeln!(text, "  {says_all_by_its_name}: null,").unwrap();
    }
    text.push_str("};\n");
    text
}

/// Collects requests, and the declarations of types and of everything in them.
struct Types<'a> {
    config: &'a Config,
    declarations: BTreeMap<String, String>,
    requests: Vec<String>,
}

impl TypeVisitor for Types<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of ours are declared; numbers, texts and lists are TypeScript's own.
        if T::output_path().is_some() && !self.declarations.contains_key(&T::ident(self.config)) {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}", tidy(&T::decl(self.config)));
            self.declarations.insert(T::ident(self.config), declaration);
            T::visit_dependencies(self);
        }
    }
}

impl Describe for Types<'_> {
    fn request<Q: TS + 'static, A: TS + 'static>(&mut self, name: &'static str) {
        Q::visit_dependencies(self);
        self.visit::<A>();
        // A list or an option is declared nowhere, but what is in it may be.
        A::visit_generics(self);
        let inline = tidy(&Q::inline(self.config));
        let args = if inline.contains(':') { inline } else { "Record<string, never>".to_owned() };
        let answer = A::name(self.config);
        let name = snake_case(name);
        self.requests.push(format!("  {name}: {{ args: {args}, answer: {answer} }},\n"));
    }
}

/// What serde makes of a variant's name.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// One line for a field and one for its comment, without white space at their ends.
fn tidy(declaration: &str) -> String {
    let lined = declaration.replace("\n/**\n * ", "\n  /** ").replace("\n */\n", " */\n  ");
    lined.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
