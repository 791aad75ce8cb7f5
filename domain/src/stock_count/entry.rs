//! Entries: what was found, beside what the ledger said at that moment, and what it makes of the lines.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{StockCountEntryId, VariantId};
use entity::words::{CountSource, StockCountKind};
use entity::{stock_count, stock_count_entry, stock_count_line, stock_count_session, stock_level};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Value,
};

use super::select;
use crate::inventory::sql::{CHUNK, Sql};
use crate::inventory::{query, subject};
use crate::{Error, ErrorCode, Result, Tx};

/// Units found of a variant.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) variant_id: VariantId,
    /// Below zero takes back.
    pub(super) quantity: i64,
    pub(super) source: CountSource,
    /// Where in the input it stands.
    pub(super) path: String,
}

type Lines = BTreeMap<VariantId, stock_count_line::Model>;
type Levels = BTreeMap<VariantId, stock_level::Model>;

/// Appends entries to a session and brings their lines up to date: counted is the sum of the round's entries, expected
/// what the ledger says now. When stock came or went since the round's first entry of a line, the line is unsettled: an
/// entry before may or may not have seen what moved. Six statements for up to 500 entries, and two more per 500. The
/// count is locked.
///
/// Errors: `NOT_IN_COUNT` for goods that are not to be counted now, `INVALID_QUANTITY` when more is taken back than was
/// counted.
pub(super) async fn apply(
    tx: &Tx,
    count: &stock_count::Model,
    session: &stock_count_session::Model,
    found: &[Found],
) -> Result<Vec<stock_count_line::Model>> {
    let goods: Vec<VariantId> =
        found.iter().map(|found| found.variant_id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut lines = lines_of(tx, count, &goods).await?;
    add_missing(tx, count, found, &mut lines).await?;
    let levels = levels_of(tx, count, &goods).await?;
    let mut entries = Vec::with_capacity(found.len());
    for found in found {
        let refused = || Error::invalid(ErrorCode::NotInCount, &found.path);
        let line = lines.get_mut(&found.variant_id).filter(|line| line.round == count.round).ok_or_else(refused)?;
        let (on_hand, turnover) = levels.get(&found.variant_id).map_or((0, 0), |level| (level.on_hand, level.turnover));
        count_on(line, found.quantity, on_hand, turnover);
        entries.push(stock_count_entry::Model {
            id: StockCountEntryId(tx.new_uuid()),
            stock_count_session_id: session.id,
            stock_count_line_id: line.id,
            quantity: found.quantity,
            source: found.source,
            on_hand,
            counted_at: tx.now(),
        });
    }
    let negative = |found: &&Found| lines.get(&found.variant_id).and_then(|line| line.counted).is_some_and(|n| n < 0);
    if let Some(found) = found.iter().find(negative) {
        return Err(Error::invalid(ErrorCode::InvalidQuantity, format!("{}.quantity", found.path)));
    }
    for chunk in entries.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(|entry| entry.into_active_model().reset_all());
        stock_count_entry::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let lines: Vec<stock_count_line::Model> = lines.into_values().collect();
    update(tx, &lines).await?;
    Ok(lines)
}

/// What an entry makes of its line.
fn count_on(line: &mut stock_count_line::Model, quantity: i64, on_hand: i64, turnover: i64) {
    let first = *line.turnover.get_or_insert(turnover);
    line.counted = Some(line.counted.unwrap_or(0).saturating_add(quantity));
    line.expected = Some(on_hand);
    line.unsettled = first != turnover;
}

async fn lines_of(tx: &Tx, count: &stock_count::Model, goods: &[VariantId]) -> Result<Lines> {
    let rows = stock_count_line::Entity::find()
        .filter(stock_count_line::Column::StockCountId.eq(count.id))
        .filter(stock_count_line::Column::VariantId.is_in(goods.iter().copied()))
        .order_by_asc(stock_count_line::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|line| (line.variant_id, line)).collect())
}

/// Counting everything finds goods that nobody expected; a directed count does not ask for them.
async fn add_missing(tx: &Tx, count: &stock_count::Model, found: &[Found], lines: &mut Lines) -> Result<()> {
    let missing: Vec<&Found> = found.iter().filter(|found| !lines.contains_key(&found.variant_id)).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    match count.kind {
        StockCountKind::Directed => return Err(Error::invalid(ErrorCode::NotInCount, &first.path)),
        StockCountKind::Full => {}
    }
    let goods: Vec<VariantId> =
        missing.iter().map(|found| found.variant_id).collect::<BTreeSet<_>>().into_iter().collect();
    subject::check(tx, &[count.location_id], &goods).await?;
    let new: Vec<stock_count_line::Model> = goods.iter().map(|variant| select::blank(tx, count, *variant)).collect();
    for chunk in new.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(|line| line.into_active_model().reset_all());
        stock_count_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    lines.extend(new.into_iter().map(|line| (line.variant_id, line)));
    Ok(())
}

async fn levels_of(tx: &Tx, count: &stock_count::Model, goods: &[VariantId]) -> Result<Levels> {
    let levels = query::levels(tx, &[count.location_id], goods).await?;
    Ok(levels.into_iter().map(|level| (level.variant_id, level)).collect())
}

async fn update(tx: &Tx, lines: &[stock_count_line::Model]) -> Result<()> {
    const TYPES: [&str; 5] = ["uuid", "bigint", "bigint", "bigint", "boolean"];
    for chunk in lines.chunks(CHUNK) {
        let rows = chunk.iter().map(|line| {
            vec![
                Value::from(line.id.uuid()),
                Value::from(line.counted),
                Value::from(line.expected),
                Value::from(line.turnover),
                Value::from(line.unsettled),
            ]
        });
        let statement = Sql::new(tx.get_database_backend())
            .push(
                "UPDATE stock_count_line SET counted = d.column2, expected = d.column3, turnover = d.column4, \
                 unsettled = d.column5 FROM ",
            )
            .rows(&TYPES, rows)
            .push(" WHERE stock_count_line.id = d.column1")
            .build();
        tx.execute_raw(statement).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::id::{StockCountId, StockCountLineId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_moves_between_two_entries_unsettles_a_line() {
        let mut line = stock_count_line::Model {
            id: StockCountLineId(Uuid::nil()),
            stock_count_id: StockCountId(Uuid::nil()),
            variant_id: VariantId(Uuid::nil()),
            round: 1,
            expected: None,
            counted: None,
            unsettled: false,
            turnover: None,
            accepted_variance: None,
        };
        count_on(&mut line, 3, 5, 20);
        count_on(&mut line, -1, 5, 20);
        assert_eq!((line.counted, line.expected, line.unsettled), (Some(2), Some(5), false));
        // One came and one went: what is on hand is the same, what was seen may not be.
        count_on(&mut line, 1, 5, 22);
        assert_eq!((line.counted, line.expected, line.unsettled), (Some(3), Some(5), true));
        count_on(&mut line, 1, 5, 22);
        assert!(line.unsettled, "it stays so until it is counted again");
    }
}
