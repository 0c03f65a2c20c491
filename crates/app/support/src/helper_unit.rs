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

/// How it is with the helper's service on Windows.
#[cfg(windows)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HelperService {
    /// It was not installed.
    Missing,
    /// Somebody has turned it off.
    Disabled,
    /// It runs, or starts when it is asked.
    Ready,
}

/// How it is with the helper's service.
#[cfg(windows)]
pub(crate) fn helper_service() -> HelperService {
    use windows_service::{
        service::{ServiceAccess, ServiceStartType},
        service_manager::{ServiceManager, ServiceManagerAccess},
    };
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT);
    let service =
        manager.and_then(|manager| manager.open_service("LANrageHelper", ServiceAccess::QUERY_CONFIG));
    match service.and_then(|service| service.query_config()) {
        Ok(config) if config.start_type == ServiceStartType::Disabled => HelperService::Disabled,
        Ok(_) => HelperService::Ready,
        Err(_) => HelperService::Missing,
    }
}
