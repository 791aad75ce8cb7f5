//! The single writer of `incoming`: units that a transfer or a purchase order will bring to a location. They stand
//! outside of what is on hand, so the ledger does not know them; the audit compares them with open transfers and orders.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{LocationId, VariantId};
use entity::{stock_level, stock_movement};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value};

use super::level::Key;
use super::movement::Movement;
use super::post::{self, ensure, lock};
use super::sql::{CHUNK, Sql};
use crate::{Error, Result, Tx};

const UPDATE: &str = "UPDATE stock_level SET incoming = stock_level.incoming + d.column3, updated_at = ";
const CONDITION: &str = " WHERE stock_level.location_id = d.column1 AND stock_level.variant_id = d.column2 \
    AND stock_level.incoming + d.column3 >= 0";

/// Units that will arrive at a location: levels that do not exist yet are made, empty. Locks the levels in the order of
/// location and variant; a caller that also moves stock elsewhere locks those together first with [`lock_all`].
pub(crate) async fn expect(tx: &Tx, place: LocationId, units: &[(VariantId, i64)]) -> Result<()> {
    change(tx, place, units, 1).await
}

/// Expected units are there; the caller posts them. Error: `Bug` when fewer were expected.
pub(crate) async fn arrive(tx: &Tx, place: LocationId, units: &[(VariantId, i64)]) -> Result<()> {
    change(tx, place, units, -1).await
}

/// Expected units will not come. Error: `Bug` when fewer were expected.
pub(crate) async fn give_up(tx: &Tx, place: LocationId, units: &[(VariantId, i64)]) -> Result<()> {
    change(tx, place, units, -1).await
}

/// Locks the levels of some variants at several locations in the order of location and variant, and makes those that
/// are missing. Two statements for each 500 levels: a transfer there and one back must not wait for each other.
pub(crate) async fn lock_all(tx: &Tx, places: &[LocationId], variants: &[VariantId]) -> Result<()> {
    let keys: BTreeSet<Key> =
        places.iter().flat_map(|place| variants.iter().map(move |variant| (*place, *variant))).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    ensure(tx, &keys).await?;
    for chunk in keys.chunks(CHUNK) {
        lock(tx, chunk).await?;
    }
    Ok(())
}

/// Changes `incoming` where it suffices: three statements for each 500 levels.
async fn change(tx: &Tx, place: LocationId, units: &[(VariantId, i64)], sign: i64) -> Result<()> {
    let mut changes: BTreeMap<Key, i64> = BTreeMap::new();
    for (variant, quantity) in units.iter().filter(|(_, quantity)| *quantity > 0) {
        let sum = changes.entry((place, *variant)).or_default();
        *sum = sum.checked_add(quantity * sign).ok_or_else(|| Error::Bug("too many units are expected".to_owned()))?;
    }
    let keys: Vec<Key> = changes.keys().copied().collect();
    if sign > 0 {
        ensure(tx, &keys).await?;
    }
    for chunk in keys.chunks(CHUNK) {
        lock(tx, chunk).await?;
        let rows = chunk.iter().map(|key| {
            let change = changes.get(key).copied().unwrap_or_default();
            vec![Value::from(key.0.uuid()), Value::from(key.1.uuid()), Value::from(change)]
        });
        let statement = Sql::new(tx.get_database_backend())
            .push(UPDATE)
            .bind(tx.now())
            .push(" FROM ")
            .rows(&["uuid", "uuid", "bigint"], rows)
            .push(CONDITION)
            .build();
        let changed = tx.execute_raw(statement).await?.rows_affected();
        if usize::try_from(changed).is_ok_and(|changed| changed != chunk.len()) {
            return Err(Error::Bug(format!("{changed} of {} levels expected what arrived", chunk.len())));
        }
    }
    Ok(())
}

/// Adds the movements that keep the location's default safety stock back from what is the first stock of a level. A
/// level that was made for what is on its way is as new as one that is made by the arrival.
pub(crate) async fn keep_back_from_first(tx: &Tx, movements: &mut Vec<Movement>) -> Result<()> {
    use stock_level::Column;
    let Some(place) = movements.first().map(|movement| movement.location_id) else { return Ok(()) };
    let variants: BTreeSet<VariantId> = movements.iter().map(|movement| movement.variant_id).collect();
    let moved = Query::select()
        .expr(Expr::val(1))
        .from(stock_movement::Entity)
        .and_where(
            Expr::col((stock_movement::Entity, stock_movement::Column::LocationId))
                .equals((stock_level::Entity, Column::LocationId)),
        )
        .and_where(
            Expr::col((stock_movement::Entity, stock_movement::Column::VariantId))
                .equals((stock_level::Entity, Column::VariantId)),
        )
        .to_owned();
    let untouched: Vec<VariantId> = stock_level::Entity::find()
        .select_only()
        .column(Column::VariantId)
        .filter(Column::LocationId.eq(place))
        .filter(Column::VariantId.is_in(variants))
        .filter(Expr::exists(moved).not())
        .into_tuple()
        .all(tx)
        .await?;
    let mut keys: Vec<Key> = untouched.into_iter().map(|variant| (place, variant)).collect();
    keys.sort_unstable();
    post::keep_back(tx, &keys, movements).await
}
