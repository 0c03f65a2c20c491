//! Everything that is stored, opened for a start.

use std::{sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_party::{DeviceIdentity, facts::Fault};
use lanrage_store::{
    Config, ConfigFault, DataDir, Replacement, SecretError, SecretNotice, SecretStore, SettingsDatabase,
    StoreError, load_or_create_identity, open_secret_store,
};
use tokio::{task::spawn_blocking, time::interval};
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::StartError;
use crate::{Problem, Severity, ports::keeper::KeepError};

/// How often it is looked whether a daily backup is due.
const BACKUP_CHECK: Duration = Duration::from_secs(3_600);

/// The stored side of an engine.
pub(crate) struct Storage {
    pub(crate) database: Arc<SettingsDatabase>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) identity: DeviceIdentity,
    pub(crate) config: Config,
    /// What the user should know of how opening went.
    pub(crate) problems: Vec<Problem>,
}

/// Opens the database and the secrets of a data folder that this process has locked. What is damaged is repaired
/// or replaced, and said; a setting with a value that it does not take has its default meanwhile.
pub(crate) async fn open(data_dir: &DataDir, seed: Zeroizing<[u8; 32]>) -> Result<Storage, StartError> {
    let (database, report) = SettingsDatabase::open(data_dir, now().wall).await?;
    let mut problems = Vec::new();
    if let Some(damage) = report.damage {
        let backup = match damage.replacement {
            Replacement::Backup { path, .. } => Some(path.display().to_string()),
            Replacement::Fresh => None,
        };
        problems.push(warning(Fault::DatabaseRestored {
            cause: damage.cause,
            backup,
            salvaged: damage.salvaged as u64,
            set_aside: damage.set_aside.map(|folder| folder.display().to_string()),
        }));
    }
    let (config, faults) = Config::repaired(&database.get_all_settings().await?);
    problems.extend(faults.into_iter().map(|ConfigFault { key, value, rule, or_empty }| {
        Problem::new(Severity::Error, Fault::BadSetting { key, value: value.to_string(), rule, or_empty })
    }));
    let data_dir = data_dir.clone();
    // Secret stores block: the user may be asked to unlock the keyring.
    let opened = spawn_blocking(move || -> Result<_, SecretError> {
        let (secrets, notice) = open_secret_store(&data_dir)?;
        let identity = load_or_create_identity(secrets.as_ref(), seed)?;
        Ok((secrets, notice, identity))
    });
    let (secrets, notice, identity) = match opened.await {
        Ok(opened) => opened?,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    };
    if let Some(notice) = notice {
        let (not_moved, cause) = match notice {
            SecretNotice::KeptInFiles { cause } => (0, cause),
            SecretNotice::NotMoved { names, cause } => (names.len() as u64, cause),
        };
        problems.push(warning(Fault::SecretsInFiles { not_moved, cause }));
    }
    Ok(Storage { database: Arc::new(database), secrets: Arc::from(secrets), identity, config, problems })
}

/// Why the last party does not come back.
pub(crate) fn not_restored(error: KeepError) -> Problem {
    warn!(%error, "the last party cannot be restored");
    warning(match error {
        KeepError::KeysMissing(party) => Fault::PartyKeysMissing { party: party.to_string() },
        error => Fault::PartyNotRestored { cause: error.cause() },
    })
}

fn warning(fault: Fault) -> Problem {
    Problem::new(Severity::Warning, fault)
}

/// Makes the daily backups, for as long as the setting says so.
pub(crate) async fn back_up_daily(database: Arc<SettingsDatabase>) {
    let mut ticks = interval(BACKUP_CHECK);
    loop {
        ticks.tick().await;
        if let Err(error) = back_up_if_due(&database).await {
            warn!(%error, "no daily backup was made");
        }
    }
}

async fn back_up_if_due(database: &SettingsDatabase) -> Result<(), StoreError> {
    let (config, _) = Config::repaired(&database.get_all_settings().await?);
    if config.backup_daily
        && let Some(backup) = database.back_up_if_due(now().wall, config.backup_keep).await?
    {
        info!(path = %backup.path.display(), "daily backup made");
    }
    Ok(())
}
