//! Between values and columns. Reading is total: what is no value is `None`.

use lanrage_party::UnixMillis;
use sea_orm::{EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, sea_query::OnConflict};
use serde::{Serialize, de::DeserializeOwned};
use tracing::warn;

pub(super) fn time(at: UnixMillis) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

pub(super) fn read_time(millis: i64) -> UnixMillis {
    UnixMillis(u64::try_from(millis).unwrap_or(0))
}

/// Inserting a row replaces the one with its key, in place: removing it would remove what refers to it.
pub(super) fn replace<E: EntityTrait>() -> OnConflict {
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    let others: Vec<E::Column> = E::Column::iter().filter(|column| !is_key(column)).collect();
    OnConflict::columns(keys).update_columns(others).to_owned()
}

/// JSON text of a value whose type has no failing serialisation.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers, lists and string-keyed maps are JSON")
}

/// The bare word of a value that is a JSON string.
pub(super) fn word(value: &impl Serialize) -> String {
    json(value).trim_matches('"').to_owned()
}

pub(super) fn read_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}

/// The rows that are values. The others stay in the table: they may be of use to another version or to somebody
/// who looks into the file.
pub(super) fn readable<M, T>(table: &'static str, rows: Vec<M>, read: impl Fn(&M) -> Option<T>) -> Vec<T> {
    let total = rows.len();
    let values: Vec<T> = rows.iter().filter_map(read).collect();
    if values.len() < total {
        warn!(table, unreadable = total - values.len(), "rows of the database cannot be read");
    }
    values
}
