//! What winget, the package manager of Windows, has to know of a version: three files for its public list of packages.
//! They are written as JSON, which every reader of YAML reads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::folder;
use crate::{project, shell};

/// Whose form the files have: version 1.6.0 of winget's schemas.
const FORM: &str = "1.6.0";
/// What the package is called in the list.
const NAME: &str = "LANrage.LANrage";
const LANGUAGE: &str = "en-US";

/// Reads the address at which everybody gets the installer.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let is_one =
        text.starts_with("https://") && text.ends_with(".exe") && !text.contains(char::is_whitespace);
    is_one.then(|| text.to_owned()).ok_or_else(|| "expected an address as https://…/setup.exe".to_owned())
}

/// Writes the files for an installer that lies at this address; answers where they are.
pub(super) fn write(installer: &Path, address: &str) -> Result<Vec<PathBuf>> {
    let version = env!("CARGO_PKG_VERSION");
    let checksum = shell::ask(shell::command("sha256sum", &["--binary"]).arg(installer));
    let checksum = checksum.as_deref().and_then(|line| line.split(' ').next()).context("sha256sum")?;
    let product = fs::read_to_string(project::root().join("src-tauri/tauri.conf.json"))?;
    let manifests = manifests(version, address, checksum, &serde_json::from_str(&product)?)?;
    let place = folder().join("winget");
    fs::create_dir_all(&place)?;
    let mut files = Vec::new();
    for (ending, content) in manifests {
        let file = place.join(format!("{NAME}{ending}.yaml"));
        fs::write(&file, serde_json::to_string_pretty(&content)? + "\n")?;
        files.push(file);
    }
    Ok(files)
}

/// The files, by what stands behind the package's name in theirs.
fn manifests(version: &str, address: &str, checksum: &str, product: &Value) -> Result<[(String, Value); 3]> {
    ensure!(checksum.len() == 64 && checksum.bytes().all(|digit| digit.is_ascii_hexdigit()), "no checksum");
    let told = |pointer: &str| {
        product.pointer(pointer).filter(|text| text.is_string()).with_context(|| format!("no {pointer}"))
    };
    let manifest = |kind: &str, own: Value| {
        let mut all = json!({
            "PackageIdentifier": NAME,
            "PackageVersion": version,
            "ManifestType": kind,
            "ManifestVersion": FORM,
        });
        all.as_object_mut()
            .into_iter()
            .for_each(|all| all.extend(own.as_object().cloned().unwrap_or_default()));
        all
    };
    let installer = json!({
        "InstallerType": "nullsoft",
        "Scope": "machine",
        "ElevationRequirement": "elevatesSelf",
        "UpgradeBehavior": "install",
        "MinimumOSVersion": "10.0.0.0",
        "Commands": ["lanrage"],
        "Protocols": ["lanrage"],
        // As the installer names itself in the registry.
        "ProductCode": "LANrage",
        "Installers": [{ "Architecture": "x64", "InstallerUrl": address, "InstallerSha256": checksum.to_uppercase() }],
    });
    let words = json!({
        "PackageLocale": LANGUAGE,
        "Publisher": told("/bundle/publisher")?,
        "PackageName": told("/productName")?,
        "License": told("/bundle/license")?,
        "ShortDescription": told("/bundle/shortDescription")?,
        "Description": told("/bundle/longDescription")?,
        "Tags": ["games", "lan", "vpn"],
    });
    Ok([
        (String::new(), manifest("version", json!({ "DefaultLocale": LANGUAGE }))),
        (".installer".to_owned(), manifest("installer", installer)),
        (format!(".locale.{LANGUAGE}"), manifest("defaultLocale", words)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCT: &str = include_str!("../../../../src-tauri/tauri.conf.json");
    const SCRIPT: &str = include_str!("../../../../src-tauri/packaging/windows/lanrage.nsi");
    const CHECKSUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn made() -> [(String, Value); 3] {
        let product = serde_json::from_str(PRODUCT).unwrap();
        manifests("1.2.3", "https://example.org/setup.exe", CHECKSUM, &product).unwrap()
    }

    #[test]
    fn the_files_have_what_the_schemas_require_of_them() {
        let required: [&[&str]; 3] = [
            &["DefaultLocale"],
            &["Installers"],
            &["PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
        ];
        for ((ending, manifest), own) in made().iter().zip(required) {
            let of_all = ["PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"];
            for key in of_all.iter().chain(own) {
                assert!(!manifest[key].is_null(), "{ending} has no {key}");
            }
            assert_eq!(manifest["PackageVersion"], "1.2.3");
        }
        let kinds = made().map(|(_, manifest)| manifest["ManifestType"].as_str().unwrap().to_owned());
        assert_eq!(kinds, ["version", "installer", "defaultLocale"]);
        let installer = &made()[1].1["Installers"][0];
        assert_eq!(installer["Architecture"], "x64");
        assert_eq!(installer["InstallerUrl"], "https://example.org/setup.exe");
        assert_eq!(installer["InstallerSha256"], CHECKSUM.to_uppercase());
    }

    #[test]
    fn winget_finds_the_program_where_the_installer_enters_it() {
        let code = made()[1].1["ProductCode"].as_str().unwrap().to_owned();
        assert!(SCRIPT.contains(&format!(r"\CurrentVersion\Uninstall\{code}")));
        assert!(SCRIPT.contains("\"Publisher\" \"LANrage\"") && made()[2].1["Publisher"] == "LANrage");
    }

    #[test]
    fn what_names_no_installer_is_refused() {
        assert!(address("https://example.org/lanrage-1.2.3-setup.exe").is_ok());
        for text in ["", "example.org/setup.exe", "http://example.org/setup.exe", "https://example.org/"] {
            assert!(address(text).is_err(), "{text}");
        }
        let product = serde_json::from_str(PRODUCT).unwrap();
        assert!(manifests("1.2.3", "https://example.org/setup.exe", "abc", &product).is_err());
        assert!(manifests("1.2.3", "https://example.org/setup.exe", CHECKSUM, &json!({})).is_err());
    }
}
