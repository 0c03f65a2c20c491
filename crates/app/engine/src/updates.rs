//! Whether there is a newer version: looked for once a day while the settings say so, and whenever somebody asks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_base::clock::now;
use lanrage_party::facts::News;
use lanrage_updates::{LookFault, Release, Source, own_version};
use tokio::{
    sync::{Mutex, broadcast, watch},
    time::sleep,
};
use tracing::{debug, info};

use crate::{CommandError, Notice, settings::AppSettings};

/// The first look comes when a start is over.
const FIRST: Duration = Duration::from_secs(120);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Whoever asks again sooner hears the same.
const FRESH: Duration = Duration::from_secs(60);

/// Whom this program asks for the newest version, and what it was told.
#[derive(Debug, Default)]
pub(crate) struct Updates {
    source: Option<Source>,
    last: Mutex<Option<(Instant, Release)>>,
}

impl Updates {
    /// Asks there; without a source nobody is asked.
    pub(crate) fn of(source: Option<Source>) -> Self {
        Self { source, last: Mutex::default() }
    }

    /// Whether this program knows anybody whom it can ask.
    pub(crate) const fn can_look(&self) -> bool {
        self.source.is_some()
    }

    /// The newest version, if it is newer than this program.
    ///
    /// # Errors
    /// What it is cannot be read.
    pub(crate) async fn newer(&self) -> Result<Option<Release>, CommandError> {
        let Some(source) = &self.source else { return Ok(None) };
        let mut last = self.last.lock().await;
        if last.as_ref().is_none_or(|(at, _)| at.elapsed() >= FRESH) {
            *last = Some((Instant::now(), source.look().await.map_err(refusal)?));
        }
        let release = last.as_ref().map(|(_, release)| release);
        Ok(release.filter(|release| release.is_newer_than(&own_version())).cloned())
    }

    /// Looks once a day, and tells of each version once.
    pub(crate) async fn follow(
        self: Arc<Self>,
        settings: watch::Receiver<AppSettings>,
        notices: broadcast::Sender<Notice>,
    ) {
        let mut told = own_version();
        sleep(FIRST).await;
        loop {
            let is_wanted = settings.borrow().check_updates;
            if is_wanted {
                match self.newer().await {
                    Ok(Some(Release { version, .. })) if version > told => {
                        info!(%version, "there is a newer version");
                        let news = News::NewVersion { version: version.to_string() };
                        // Nobody listens while there is no window.
                        let _ = notices.send(Notice { at_ms: now().wall.0, party: None, news });
                        told = version;
                    }
                    Ok(_) => {}
                    Err(error) => debug!(?error, "the newest version is not known"),
                }
            }
            sleep(DAY).await;
        }
    }
}

fn refusal(fault: LookFault) -> CommandError {
    match fault {
        LookFault::Unreachable(cause) => CommandError::VersionNotTold { cause },
        LookFault::Release(_) => CommandError::VersionNotSigned,
    }
}
