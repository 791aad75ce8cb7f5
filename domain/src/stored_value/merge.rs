//! What a person holds follows the person: when a record becomes an alias, its store credit and points go to the record
//! that stays.

use entity::id::CustomerId;
use entity::stored_value_account as account;
use entity::words::{StoredValueEntryKind, StoredValueKind};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::ledger::{self, From, NewLot, Note};
use crate::kernel::event::NewEvent;
use crate::kernel::{Error, ErrorCode, Result, Tx};

/// Moves the store credit and points of a customer to another record of the same person, whose row the caller has locked
/// with this one's. An account of a kind and currency that the other does not have changes hands as it is; else its lots
/// are moved one by one, each with its dates and the order that earned it, and the empty account stays behind for the
/// payments that name it: what these give back later goes on by itself. Cards belong to whoever holds their code.
/// Errors: `INVALID_TRANSITION` while something of an account is held.
pub async fn merge(tx: &Tx, from: CustomerId, into: CustomerId) -> Result<()> {
    let accounts = account::Entity::find()
        .filter(account::Column::CustomerId.is_in([from, into]))
        .filter(account::Column::Kind.ne(StoredValueKind::GiftCard))
        .order_by_asc(account::Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    let of = |customer: CustomerId| accounts.iter().filter(move |account| account.customer_id == Some(customer));
    for lost in of(from) {
        match of(into).find(|it| it.kind == lost.kind && it.currency == lost.currency) {
            Some(kept) => pour(tx, lost, kept).await?,
            None => hand(tx, lost, into).await?,
        }
    }
    Ok(())
}

/// What came back to an account of an alias goes on to the record that stays. The account is locked.
pub(super) async fn forward(tx: &Tx, lost: &account::Model) -> Result<()> {
    let Some(holder) = lost.customer_id else { return Ok(()) };
    let Some(person) = crate::customer::query::by_id(tx, holder).await? else { return Ok(()) };
    if person.id == holder {
        return Ok(());
    }
    let kept = account::Entity::find()
        .filter(account::Column::CustomerId.eq(person.id))
        .filter(account::Column::Kind.eq(lost.kind))
        .filter(account::Column::Currency.eq(lost.currency))
        .lock(LockType::Update)
        .one(tx)
        .await?;
    let lost = super::account::by_id(tx, lost.id).await?.ok_or(Error::not_found("stored value account"))?;
    match kept {
        Some(kept) => pour(tx, &lost, &kept).await,
        None => hand(tx, &lost, person.id).await,
    }
}

/// Gives an account to its new owner.
async fn hand(tx: &Tx, lost: &account::Model, into: CustomerId) -> Result<()> {
    account::Entity::update_many()
        .col_expr(account::Column::CustomerId, Expr::value(into))
        .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
        .col_expr(account::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(account::Column::Id.eq(lost.id))
        .exec(tx)
        .await?;
    tell(tx, lost, into, lost.balance);
    Ok(())
}

/// Moves every lot of an account into another of the same kind and currency.
async fn pour(tx: &Tx, lost: &account::Model, kept: &account::Model) -> Result<()> {
    if lost.held > 0 {
        return Err(Error::InvalidTransition {
            machine: "stored value account",
            from: lost.status.to_string(),
            action: "MERGE".to_owned(),
            allowed: Vec::new(),
        });
    }
    let into = kept.customer_id.ok_or(Error::invalid(ErrorCode::Required, "customerId"))?;
    let lots = ledger::open_lots(tx, lost.id).await?;
    if lots.is_empty() {
        return Ok(());
    }
    let event_id = tell(tx, lost, into, lost.balance);
    for lot in lots {
        let note = || {
            let note = Note::of(StoredValueEntryKind::Adjust, event_id).because("customers were merged");
            lot.order_id.map_or(note.clone(), |order| note.about(order))
        };
        if !ledger::take(tx, lost, lot.remaining, From::Lot(lot.id), note()).await? {
            return Err(Error::Conflict("stored value account"));
        }
        let moved = NewLot {
            units: lot.remaining,
            available_at: lot.available_at,
            expires_at: lot.expires_at,
            order_id: lot.order_id,
        };
        ledger::put(tx, kept, moved, note()).await?;
    }
    Ok(())
}

fn tell(tx: &Tx, lost: &account::Model, into: CustomerId, amount: i64) -> entity::id::EventId {
    let event = NewEvent::new("stored_value_merged", "stored_value_account", lost.id.uuid()).customer(Some(into));
    tx.event(event.payload(json!({
        "kind": lost.kind, "currency": lost.currency, "amount": amount, "from": lost.customer_id, "into": into,
    })))
}
