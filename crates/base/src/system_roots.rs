//! The root certificates that this system's owner trusts: a company's own authority, or that of somebody who runs a server
//! for friends, is among them and not among the web's.

use std::{env, fs, path::PathBuf};

/// Where systems keep them in one file: Debian, Arch and Alpine; Fedora; openSUSE; macOS and the BSDs.
const FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates, as PEM (RFC 7468); empty where the system has no such file. `SSL_CERT_FILE` names another, as for other
/// programs. Read anew every time, so that one that was added counts at once.
pub fn pem() -> Vec<u8> {
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let files = named.into_iter().chain(FILES.map(PathBuf::from));
    files.filter_map(|file| fs::read(file).ok()).find(|pem| !pem.is_empty()).unwrap_or_default()
}
