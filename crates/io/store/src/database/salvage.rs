//! What a damaged database still gives: more than the newest backup has, where the damage is small.

use std::path::Path;

use futures_util::TryStreamExt;
use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel, Order,
    QueryOrder, TransactionTrait, sea_query::Expr,
};
use tracing::{info, warn};

use super::{
    connect,
    entities::{
        departures as departure_rows, dht_nodes as node_rows, favorite_parties as favorite_rows,
        favorite_servers, friend_trust as trust_rows, game_profiles, memberships as membership_rows,
        muted_friends as muted_rows, nat_results, port_grants as grant_rows, roster_peers,
        server_configs as config_rows, settings as setting_rows,
    },
    rows,
    tables::{
        departures, dht_nodes, favorite_parties, favorite_servers::read as read_favorite, friend_trust,
        game_profiles::read as read_profile, memberships, muted_friends, nat_results as nat, port_grants,
        roster, server_configs, settings,
    },
};
use crate::StoreError;

/// Most rows of a table that are taken from a damaged file, whose tables may have no end.
const ROWS: usize = 10_000;

/// Puts every row that the damaged file still gives, and that is a value, over what `into` has. Returns how many
/// there were.
///
/// # Errors
/// [`StoreError`] if `into` cannot be written; a file that gives nothing is none.
pub(super) async fn salvage(damaged: &Path, into: &DatabaseConnection) -> Result<usize, StoreError> {
    let from = match connect::reader(damaged).await {
        Ok(from) => from,
        Err(error) => {
            info!(%error, "nothing can be read from the damaged database");
            return Ok(0);
        }
    };
    let transaction = into.begin().await?;
    // Only one row may be active, and the damaged file's is the newer one.
    if rows_of::<membership_rows::Entity>(&from).await.iter().any(|row| row.is_active) {
        memberships::deactivate(&transaction).await?;
    }
    if rows_of::<config_rows::Entity>(&from).await.iter().any(|row| row.is_active) {
        server_configs::deactivate(&transaction).await?;
    }
    let salvaged = copy::<setting_rows::Entity>(&from, &transaction, settings::is_plausible).await
        + copy::<config_rows::Entity>(&from, &transaction, |row| server_configs::read(row).is_some()).await
        + copy::<favorite_servers::Entity>(&from, &transaction, |row| read_favorite(row).is_some()).await
        + copy::<game_profiles::Entity>(&from, &transaction, |row| read_profile(row).is_some()).await
        + copy::<membership_rows::Entity>(&from, &transaction, |row| memberships::read(row).is_some()).await
        + copy::<roster_peers::Entity>(&from, &transaction, |row| roster::read(row).is_some()).await
        + copy::<departure_rows::Entity>(&from, &transaction, |row| departures::read(row).is_some()).await
        + copy::<favorite_rows::Entity>(&from, &transaction, |row| favorite_parties::read(row).is_some())
            .await
        + copy::<nat_results::Entity>(&from, &transaction, |row| nat::read(row).is_some()).await
        + copy::<node_rows::Entity>(&from, &transaction, |row| dht_nodes::read(row).is_some()).await
        + copy::<trust_rows::Entity>(&from, &transaction, |row| friend_trust::read(row).is_some()).await
        + copy::<grant_rows::Entity>(&from, &transaction, |row| port_grants::read(row).is_some()).await
        + copy::<muted_rows::Entity>(&from, &transaction, |row| muted_friends::read(row).is_some()).await;
    transaction.commit().await?;
    if let Err(error) = from.close().await {
        warn!(%error, "the damaged database was not closed cleanly");
    }
    Ok(salvaged)
}

async fn copy<E: EntityTrait>(
    from: &DatabaseConnection,
    into: &DatabaseTransaction,
    is_value: impl Fn(&E::Model) -> bool,
) -> usize
where
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let mut copied = 0;
    for row in rows_of::<E>(from).await {
        if !is_value(&row) {
            continue;
        }
        let insert = E::insert(row.into_active_model()).on_conflict(rows::replace::<E>());
        // One that the schema refuses, as a member of no party, is not worth more than the others.
        match insert.exec_without_returning(into).await {
            Ok(_) => copied += 1,
            Err(error) => info!(%error, "a row of the damaged database is refused"),
        }
    }
    copied
}

/// The rows before the first damage and, where there is any, those behind the last.
async fn rows_of<E: EntityTrait>(from: &DatabaseConnection) -> Vec<E::Model>
where
    E::Model: PartialEq,
{
    let mut found: Vec<E::Model> = Vec::new();
    for order in [Order::Asc, Order::Desc] {
        let known = found.len();
        let Ok(mut stream) = E::find().order_by(Expr::cust("rowid"), order).stream(from).await else {
            break;
        };
        loop {
            match stream.try_next().await {
                Ok(Some(row)) if found.len() < ROWS => {
                    if !found[..known].contains(&row) {
                        found.push(row);
                    }
                }
                Ok(_) => return found,
                Err(_) => break,
            }
        }
    }
    found
}
