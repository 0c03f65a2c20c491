//! The shell: reads the system, decides nothing.

use std::{fs, path::Path, sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_net::dial::{self, DialError, Target};
use lanrage_party::{
    ControlEndpoint,
    facts::{Cause, Fault},
};
use lanrage_session::Snapshot;
use lanrage_store::{Config, DataDir, KeyringSecretStore, SettingsDatabase, StoreError};
use tokio::{task::spawn_blocking, time::timeout};

use super::facts::{Facts, Firewall, Keyring, Permission, Stored};
#[cfg(not(windows))]
use crate::{HELPER_UNIT, helper_is_installed};

/// How long a control server may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(3);
/// Specification: number of the capability to configure networks (capabilities(7)).
#[cfg(any(not(windows), test))]
const CAP_NET_ADMIN: u32 = 12;

/// Of a running engine.
pub(super) async fn with_engine(snapshot: Arc<Snapshot>, database: &SettingsDatabase) -> Facts {
    let (stored, config) = split(stored(database).await);
    let (permission, firewall) = blocking(|| (permission(), firewall())).await;
    let kept_in_files =
        snapshot.problems.iter().find(|problem| matches!(problem.fault, Fault::SecretsInFiles { .. }));
    let keyring = kept_in_files.map_or(Keyring::Works, |problem| Keyring::Files(problem.fault.clone()));
    let control_server = server(config.as_ref()).map(ToString::to_string);
    let in_use = snapshot.control.server().or(control_server.as_deref());
    Facts {
        at: now().wall,
        proxy: in_use.and_then(dial::proxy_to),
        control_server,
        server_answers: None,
        snapshot: Some(snapshot),
        permission,
        keyring,
        database: stored,
        firewall,
    }
}

/// Of a data folder that nobody uses.
pub(super) async fn without_engine(data_dir: &DataDir) -> Facts {
    let (database, config) = match SettingsDatabase::open(data_dir, now().wall).await {
        Ok((database, _)) => {
            let (stored, config) = split(stored(&database).await);
            // What it says about its log is of no interest to a look at it.
            let _ = database.close().await;
            (stored, config)
        }
        Err(error) => (Err(error.cause()), None),
    };
    let server = server(config.as_ref());
    let server_answers = match server {
        Some(server) => Some(knock(server).await),
        None => None,
    };
    let dir = data_dir.clone();
    let keyring = blocking(move || match KeyringSecretStore::system(&dir) {
        Ok(_) => Keyring::Works,
        Err(error) => Keyring::Fails(error.cause()),
    });
    let (permission, firewall) = blocking(|| (permission(), firewall())).await;
    Facts {
        at: now().wall,
        snapshot: None,
        proxy: server.and_then(|server| dial::proxy_to(server.url().as_str())),
        control_server: server.map(ToString::to_string),
        server_answers,
        permission,
        keyring: keyring.await,
        database,
        firewall,
    }
}

fn server(config: Option<&Config>) -> Option<&ControlEndpoint> {
    config?.control_server.as_ref()
}

fn split(stored: Result<(Stored, Config), StoreError>) -> (Result<Stored, Cause>, Option<Config>) {
    match stored {
        Ok((stored, config)) => (Ok(stored), Some(config)),
        Err(error) => (Err(error.cause()), None),
    }
}

async fn stored(database: &SettingsDatabase) -> Result<(Stored, Config), StoreError> {
    let (config, refused) = Config::repaired(&database.get_all_settings().await?);
    let stored = Stored {
        bytes: database.get_database_size().await?,
        faults: database.validate_database_integrity().await?.faults.len() as u64,
        refused: refused.into_iter().map(|fault| fault.key).collect(),
    };
    Ok((stored, config))
}

/// Whether anybody listens at the server's port. What they speak shows only in a session.
async fn knock(server: &ControlEndpoint) -> Result<(), Cause> {
    let target = Target::of(server.url()).ok_or(Cause::NoAddress)?;
    match timeout(KNOCK, dial::dial(&target)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(DialError::UnknownHost(cause) | DialError::Unreachable(cause))) => Err(cause),
        Err(_) => Err(Cause::TooSlow),
    }
}

#[cfg(windows)]
fn permission() -> Permission {
    use crate::helper_unit::{HelperService, helper_service};
    match helper_service() {
        HelperService::Ready => Permission::Helper,
        HelperService::Disabled => Permission::HelperIsOff,
        HelperService::Missing => Permission::Missing,
    }
}

#[cfg(not(windows))]
fn permission() -> Permission {
    if !cfg!(target_os = "linux") {
        return Permission::Untold;
    }
    if !Path::new("/dev/net/tun").exists() {
        return Permission::NoDriver;
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if has_capability(&status, CAP_NET_ADMIN) {
        return Permission::Held;
    }
    if !helper_is_installed() {
        return Permission::Missing;
    }
    let asked = std::process::Command::new("systemctl").args(["is-active", "--quiet", HELPER_UNIT]).status();
    if asked.is_ok_and(|status| status.success()) { Permission::Helper } else { Permission::HelperIsOff }
}

/// Whether `/proc/self/status` names an effective capability (proc(5)).
#[cfg(any(not(windows), test))]
fn has_capability(status: &str, number: u32) -> bool {
    let held = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    held.and_then(|held| u64::from_str_radix(held.trim(), 16).ok())
        .is_some_and(|held| held >> number & 1 == 1)
}

/// Which firewall is on. Reads a small file.
pub fn firewall() -> Firewall {
    if !cfg!(target_os = "linux") {
        return Firewall::Systems;
    }
    let ufw = fs::read_to_string("/etc/ufw/ufw.conf").unwrap_or_default();
    if is_enabled(&ufw) {
        Firewall::Ufw
    } else if Path::new("/run/firewalld.pid").exists() {
        Firewall::Firewalld
    } else {
        Firewall::None
    }
}

/// Whether ufw's own configuration switches it on.
fn is_enabled(ufw_conf: &str) -> bool {
    ufw_conf.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_read_from_the_process_status_and_nothing_else_is_taken_for_one() {
        let status = |held: &str| format!("Name:\tlanrage\nCapPrm:\t000001ffffffffff\nCapEff:\t{held}\n");
        assert!(has_capability(&status("000001ffffffffff"), CAP_NET_ADMIN));
        assert!(has_capability(&status("0000000000001000"), CAP_NET_ADMIN));
        assert!(!has_capability(&status("0000000000000000"), CAP_NET_ADMIN));
        assert!(!has_capability(&status("ffffffffffffefff"), CAP_NET_ADMIN));
        assert!(!has_capability("", CAP_NET_ADMIN) && !has_capability(&status("many"), CAP_NET_ADMIN));
    }

    #[test]
    fn ufw_is_on_only_where_its_configuration_says_so() {
        assert!(is_enabled("# comment\nENABLED=yes\nLOGLEVEL=low\n"));
        assert!(!is_enabled("ENABLED=no\n") && !is_enabled("# ENABLED=yes\n") && !is_enabled(""));
    }
}
