//! Which backups are made and which are removed. Backups are named by a clock that may have been wrong.

use lanrage_party::UnixMillis;

use crate::{Backup, BackupKind};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Newest first. One from the future was made under a wrong clock, so nobody knows how old it is: it comes
/// after all others.
pub(super) fn newest_first(backups: &mut [Backup], now: UnixMillis) {
    backups.sort_by_key(|backup| (backup.made_at > now, std::cmp::Reverse(backup.made_at)));
}

/// Whether a day has passed since the newest daily backup, of those not from the future.
pub(super) fn daily_is_due(backups: &[Backup], now: UnixMillis) -> bool {
    let newest = backups
        .iter()
        .filter(|backup| backup.kind == BackupKind::Daily && backup.made_at <= now)
        .map(|backup| backup.made_at)
        .max();
    newest.is_none_or(|newest| now.since(newest) >= DAY_MS)
}

/// All of a kind but the `keep` that come first; `backups` are sorted, and at least one is kept.
pub(super) fn outdated(backups: &[Backup], kind: BackupKind, keep: usize) -> impl Iterator<Item = &Backup> {
    backups.iter().filter(move |backup| backup.kind == kind).skip(keep.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backups(kind: BackupKind, days: &[u64]) -> Vec<Backup> {
        days.iter().map(|day| Backup { path: "x".into(), kind, made_at: UnixMillis(day * DAY_MS) }).collect()
    }

    fn days<'a>(backups: impl IntoIterator<Item = &'a Backup>) -> Vec<u64> {
        backups.into_iter().map(|backup| backup.made_at.0 / DAY_MS).collect()
    }

    #[test]
    fn the_oldest_of_the_kind_go_and_those_from_the_future_before_them() {
        let now = UnixMillis(10 * DAY_MS);
        let mut all = backups(BackupKind::Daily, &[7, 99, 9, 8, 10]);
        all.extend(backups(BackupKind::Upgrade, &[1]));
        newest_first(&mut all, now);
        assert_eq!(days(&all), [10, 9, 8, 7, 1, 99]);
        assert_eq!(days(outdated(&all, BackupKind::Daily, 3)), [7, 99]);
        assert_eq!(days(outdated(&all, BackupKind::Upgrade, 3)), [0; 0]);
        assert_eq!(days(outdated(&all, BackupKind::Daily, 0)), [9, 8, 7, 99]);
    }

    #[test]
    fn a_backup_is_due_after_a_day_and_whenever_the_clock_was_wrong() {
        let due = |days: &[u64], now| daily_is_due(&backups(BackupKind::Daily, days), UnixMillis(now));
        assert!(due(&[], 0));
        assert!(!due(&[10], 11 * DAY_MS - 1));
        assert!(due(&[10], 11 * DAY_MS));
        assert!(due(&[10], 9 * DAY_MS));
        assert!(!due(&[99, 9], 9 * DAY_MS + 1));
        assert!(daily_is_due(&backups(BackupKind::Upgrade, &[10]), UnixMillis(10 * DAY_MS)));
    }
}
