//! Embeds every catalogue in `locales`, so that another language is one more file there.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder")).join("locales");
    let mut tags: Vec<String> = fs::read_dir(&folder)
        .expect("the catalogues are readable")
        .map(|entry| entry.expect("the catalogues are readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    tags.sort();
    let entries: String = tags
        .iter()
        .map(|tag| {
            format!("    Catalogue::new({tag:?}, include_str!({:?})),\n", folder.join(format!("{tag}.ftl")))
        })
        .collect();
    let out =
        Path::new(&env::var("OUT_DIR").expect("cargo names the folder for output")).join("catalogues.rs");
    fs::write(out, format!("static CATALOGUES: [Catalogue; {}] = [\n{entries}];\n", tags.len()))
        .expect("the list of catalogues is written");
}
