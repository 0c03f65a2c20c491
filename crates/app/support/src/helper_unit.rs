use std::path::Path;

/// The systemd unit whose socket hands out adapters, so that LANrage itself needs no privileges.
pub const HELPER_UNIT: &str = "lanrage-helper.socket";

/// Where packages and administrators put units (systemd.unit(5)).
const UNIT_FOLDERS: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Whether the helper is installed; it may not be switched on.
pub fn helper_is_installed() -> bool {
    UNIT_FOLDERS.iter().any(|folder| Path::new(folder).join(HELPER_UNIT).exists())
}
