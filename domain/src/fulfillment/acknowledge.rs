//! Another system takes work on.

use entity::fulfillment_order;
use entity::status::FulfillmentOrderAction;
use entity::words::FulfillmentOrderStatus;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::desk::{self, Reached};
use super::external::{self, TaskRef};
use super::work;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// Most acknowledgements of one call.
pub const MAX_ACKNOWLEDGEMENTS: usize = 100;

/// Work that another system takes on.
#[derive(Debug, Clone)]
pub struct Acknowledgement {
    /// Which work.
    pub work: TaskRef,
    /// Its id there.
    pub external_reference: String,
}

/// What became of an acknowledgement.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// The work as it is now; `None` when it is missing or out of reach.
    pub work: Option<fulfillment_order::Model>,
    /// Whether it was acknowledged so before.
    pub replayed: bool,
    /// Why it was not.
    pub error: Option<Error>,
}

/// Takes work on for another system: keeps its id there, and accepts open work. Each item stands for itself, in a
/// transaction of its own with at most 16 statements; the same again changes nothing, and work that was confirmed before
/// only gets its id.
///
/// Errors of the call: `UNAUTHENTICATED`, `FORBIDDEN`, `REQUIRED`, `TOO_MANY`. Of an item: `NOT_FOUND`, `PICKUP_WORK`,
/// `ALREADY_EXISTS` when it has another id there or other work has this one, `INVALID_TRANSITION` when it was canceled,
/// is on hold or waits for stock.
pub async fn acknowledge(ctx: &Ctx, items: &[Acknowledgement]) -> Result<Vec<Acknowledged>> {
    ctx.require(Permission::StockSync)?;
    if items.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.items"));
    }
    if items.len() > MAX_ACKNOWLEDGEMENTS {
        let max = vec![("max", MAX_ACKNOWLEDGEMENTS.to_string())];
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.items", max));
    }
    let mut done = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let taken = ctx.write(|tx| async move { take(&tx, item).await }).await;
        done.push(match taken {
            Ok((work, replayed)) => Acknowledged { work: Some(work), replayed, error: None },
            Err(error) => {
                Acknowledged { work: None, replayed: false, error: Some(told(error, &format!("items.{index}"))?) }
            }
        });
    }
    Ok(done)
}

/// What another system can mend stands in the results, with a path from the input on; the rest is the call's.
pub(crate) fn told(error: Error, item: &str) -> Result<Error> {
    if error.is_internal() || matches!(error.code(), ErrorCode::Busy | ErrorCode::Forbidden) {
        return Err(error);
    }
    let Error::Invalid { code, path, values } = error else { return Ok(error) };
    let path = path.strip_prefix("input.").unwrap_or(&path);
    let path = if path.is_empty() { item.to_owned() } else { format!("{item}.{path}") };
    Ok(Error::Invalid { code, path, values })
}

async fn take(tx: &Tx, item: &Acknowledgement) -> Result<(fulfillment_order::Model, bool)> {
    let reference = text::required_line("externalReference", &item.external_reference, text::LINE)?;
    let Reached { order, work, .. } = external::reach(tx, &item.work).await?;
    desk::by_parcel(&work)?;
    let is_known = work.external_reference.as_deref() == Some(reference.as_str());
    if !is_known && work.external_reference.is_some() {
        return Err(Error::invalid(ErrorCode::AlreadyExists, "externalReference"));
    }
    match work.status {
        FulfillmentOrderStatus::InProgress | FulfillmentOrderStatus::Packed | FulfillmentOrderStatus::Closed
            if is_known =>
        {
            Ok((work, true))
        }
        // The confirmation may arrive before it; then only the id is news.
        FulfillmentOrderStatus::InProgress | FulfillmentOrderStatus::Packed | FulfillmentOrderStatus::Closed => {
            Ok((name(tx, &work, reference).await?, false))
        }
        FulfillmentOrderStatus::Open
        | FulfillmentOrderStatus::OnHold
        | FulfillmentOrderStatus::Scheduled
        | FulfillmentOrderStatus::Canceled => {
            let named = fulfillment_order::Model { external_reference: Some(reference), ..work };
            let taken = work::transition(tx, named, FulfillmentOrderAction::Accept).await?;
            desk::refresh(tx, [order.id]).await?;
            Ok((taken, false))
        }
    }
}

/// Keeps the id of work that was begun here.
async fn name(tx: &Tx, work: &fulfillment_order::Model, reference: String) -> Result<fulfillment_order::Model> {
    let change = fulfillment_order::ActiveModel {
        id: Set(work.id),
        external_reference: Set(Some(reference)),
        version: Set(work.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(fulfillment_order::Entity::update(change).exec(tx).await?)
}
