//! The bridge between window and program: `ui/src/bindings.ts` is what the Rust types and commands say.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use lanrage_desktop::{COMMANDS, CloseAsked, Event, LinkWaits, LogLines};
use lanrage_engine::{
    CommandError, DataAnswer, DataRequest, DoctorReport, InvitationPreview, Notice, Snapshot,
};
use lanrage_store::Kind;
use syn::{FnArg, GenericArgument, Item, Pat, PathArguments, ReturnType, Type};
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

#[test]
fn every_command_is_listed_and_the_window_is_allowed_to_ask_for_it() {
    let declared: Vec<_> = commands().into_iter().map(|command| command.name).collect();
    assert_eq!(declared, COMMANDS, "src/commands.rs and src/names.rs");
    let capability = fs::read_to_string(here("capabilities/main.json")).unwrap();
    let capability: serde_json::Value = serde_json::from_str(&capability).unwrap();
    let allowed = capability["permissions"].as_array().unwrap();
    let ours: Vec<_> = allowed
        .iter()
        .filter_map(|permission| permission.as_str()?.strip_prefix("allow-"))
        .map(|name| name.replace('-', "_"))
        .collect();
    assert_eq!(ours, COMMANDS, "capabilities/main.json");
}

#[test]
fn the_user_interface_uses_every_command_and_event() {
    let bridge = fs::read_to_string(here("../ui/src/lib/bridge.ts")).unwrap();
    for name in COMMANDS {
        assert!(bridge.contains(&format!("call('{name}'")), "bridge.ts does not use {name}");
    }
    for name in [Snapshot::NAME, Notice::NAME, LogLines::NAME, LinkWaits::NAME, CloseAsked::NAME] {
        assert!(bridge.contains(&format!("on('{name}'")), "bridge.ts does not listen to {name}");
    }
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn bindings() -> String {
    // What counts in JavaScript's numbers is exact to 2^53: packets, bytes and milliseconds stay far below.
    let config = Config::new().with_large_int("number");
    let mut types = Types { config: &config, declarations: BTreeMap::new() };
    types.visit::<Snapshot>();
    types.visit::<Notice>();
    types.visit::<InvitationPreview>();
    types.visit::<DoctorReport>();
    types.visit::<CommandError>();
    types.visit::<DataRequest>();
    types.visit::<DataAnswer>();
    types.visit::<Kind>();

    let mut text =
        "// Written by `cargo test -p lanrage bindings` from the Rust types. Do not edit.\n".to_owned();
    for declaration in types.declarations.values() {
        write!(text, "\n{declaration}\n").unwrap();
    }
    text.push_str(
        "\n/** What the window may ask: arguments and answer of each command. */\nexport type Commands = {\n",
    );
    for command in commands() {
        let args: Vec<_> = command.args.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
        let args = if args.is_empty() {
            "Record<string, never>".to_owned()
        } else {
            format!("{{ {} }}", args.join(", "))
        };
        writeln!(text, "  {}: {{ args: {args}, result: {} }},", command.name, command.result).unwrap();
    }
    text.push_str("};\n\n/** What the window is told unasked. */\nexport type Events = {\n");
    writeln!(text, "  {}: {},", Snapshot::NAME, Snapshot::name(&config)).unwrap();
    writeln!(text, "  {}: {},", Notice::NAME, Notice::name(&config)).unwrap();
    writeln!(text, "  {}: {},", LogLines::NAME, Vec::<String>::name(&config)).unwrap();
    for says_all_by_its_name in [LinkWaits::NAME, CloseAsked::NAME] {
        writeln!(text, "  {says_all_by_its_name}: null,").unwrap();
    }
    text.push_str("};\n");
    text
}

/// Collects the declarations of types and of everything in them.
struct Types<'a> {
    config: &'a Config,
    declarations: BTreeMap<String, String>,
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

/// One line for a field and one for its comment, without white space at their ends.
fn tidy(declaration: &str) -> String {
    let lined = declaration.replace("\n/**\n * ", "\n  /** ").replace("\n */\n", " */\n  ");
    lined.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A command as its source declares it, in TypeScript's words.
struct Command {
    name: String,
    args: Vec<(String, String)>,
    result: String,
}

fn commands() -> Vec<Command> {
    let source = fs::read_to_string(here("src/commands.rs")).unwrap();
    let functions = syn::parse_file(&source).unwrap().items.into_iter().filter_map(|item| match item {
        Item::Fn(function) => Some(function),
        _ => None,
    });
    functions
        .map(|function| Command {
            name: function.sig.ident.to_string(),
            args: {
                let args: Vec<_> = function.sig.inputs.iter().filter_map(argument).collect();
                let is_snake = function.attrs.iter().any(is_in_snake_case);
                // Else Tauri would expect it in camel case.
                assert!(is_snake || args.iter().all(|(name, _)| !name.contains('_')), "{args:?}");
                args
            },
            result: match &function.sig.output {
                ReturnType::Type(_, result) => typescript(&first_generic(result)),
                ReturnType::Default => panic!("{}: a command answers a Result", function.sig.ident),
            },
        })
        .collect()
}

/// Name and type of an argument that the window gives; `None` for what Tauri puts in.
fn argument(input: &FnArg) -> Option<(String, String)> {
    let FnArg::Typed(input) = input else { panic!("a command is a function") };
    let Pat::Ident(name) = &*input.pat else { panic!("an argument has a name") };
    let name = name.ident.to_string();
    let injected =
        matches!(&*input.ty, Type::Path(path) if INJECTED.contains(&last(path).ident.to_string().as_str()));
    (!injected).then(|| (name, typescript(&input.ty)))
}

/// What Tauri puts in.
const INJECTED: [&str; 4] = ["AppHandle", "Engine", "Feed", "Links"];

/// Whether a command takes its arguments under the names that they have in Rust.
fn is_in_snake_case(attribute: &syn::Attribute) -> bool {
    let Ok(list) = attribute.meta.require_list() else { return false };
    list.tokens.to_string().contains("rename_all = \"snake_case\"")
}

fn typescript(kind: &Type) -> String {
    match kind {
        Type::Tuple(unit) if unit.elems.is_empty() => "null".to_owned(),
        Type::Path(path) => match last(path).ident.to_string().as_str() {
            "String" => "string".to_owned(),
            "bool" => "boolean".to_owned(),
            "u32" => "number".to_owned(),
            "Option" => format!("{} | null", typescript(&first_generic(kind))),
            "Vec" => format!("Array<{}>", typescript(&first_generic(kind))),
            ours => ours.to_owned(),
        },
        _ => panic!("a command takes and answers named types"),
    }
}

fn first_generic(kind: &Type) -> Type {
    let Type::Path(path) = kind else { panic!("a command answers a Result") };
    match &last(path).arguments {
        PathArguments::AngleBracketed(generics) => match generics.args.first() {
            Some(GenericArgument::Type(kind)) => kind.clone(),
            _ => panic!("a Result, an Option and a Vec have a value"),
        },
        _ => panic!("a Result, an Option and a Vec have a value"),
    }
}

fn last(path: &syn::TypePath) -> &syn::PathSegment {
    path.path.segments.last().expect("a path has an end")
}
