//! Work as another system means it: by our id, or by the one it gave itself.

use entity::fulfillment_order::{self, Column};
use entity::id::FulfillmentOrderId;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};

use super::desk::{self, Reached};
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx, text};

/// Which work another system means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskRef {
    /// By our id.
    Id(FulfillmentOrderId),
    /// By its id in the other system, as it was acknowledged.
    Reference(String),
}

impl TaskRef {
    /// One of both. Errors: `REQUIRED`, `INVALID`.
    pub fn of(id: Option<FulfillmentOrderId>, reference: Option<String>, path: &str) -> Result<Self> {
        match (id, reference) {
            (Some(id), None) => Ok(Self::Id(id)),
            (None, Some(reference)) => Ok(Self::Reference(reference)),
            (None, None) => Err(Error::invalid(ErrorCode::Required, format!("{path}.fulfillmentOrderId"))),
            (Some(_), Some(_)) => {
                Err(Error::invalid(ErrorCode::Invalid, format!("{path}.fulfillmentOrderExternalReference")))
            }
        }
    }
}

/// Finds work within reach of `stock.sync`, without a lock. One statement. Errors: `FORBIDDEN`, `NOT_FOUND` for work
/// that is missing or out of reach, `INVALID` for a reference that several locations within reach use.
pub(crate) async fn seek(tx: &Tx, wanted: &TaskRef) -> Result<fulfillment_order::Model> {
    let scope = tx.ctx().require(Permission::StockSync)?;
    let field = "fulfillmentOrderExternalReference";
    let which = match wanted {
        TaskRef::Id(id) => Column::Id.eq(*id),
        TaskRef::Reference(reference) => {
            Column::ExternalReference.eq(text::required_line(field, reference, text::LINE)?)
        }
    };
    let query = fulfillment_order::Entity::find().filter(which).filter(desk::within(&scope));
    let mut found = query.limit(2).all(tx).await?;
    match (found.pop(), found.pop()) {
        (Some(work), None) => Ok(work),
        (None, _) => Err(Error::not_found("fulfillmentOrder")),
        (Some(_), Some(_)) => Err(Error::invalid(ErrorCode::Invalid, field)),
    }
}

/// Like [`seek`], with the order and the work locked and its lines read. Four statements.
pub(crate) async fn reach(tx: &Tx, wanted: &TaskRef) -> Result<Reached> {
    let seen = seek(tx, wanted).await?;
    let missing = || Error::not_found("fulfillmentOrder");
    let reached = desk::lock(tx, [seen.order_id], [seen.id]).await?.pop().ok_or_else(missing)?;
    // It may have gone elsewhere while this waited for the locks.
    if reached.work.location_id == seen.location_id { Ok(reached) } else { Err(missing()) }
}

/// The work that some references mean, as far as it is within reach. At most one statement.
pub(crate) async fn find(ctx: &Ctx, wanted: &[&TaskRef]) -> Result<Vec<fulfillment_order::Model>> {
    let scope = ctx.require(Permission::StockSync)?;
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match wanted {
            TaskRef::Id(id) => ids.push(*id),
            TaskRef::Reference(reference) => {
                references.extend(text::line("reference", reference, text::LINE).ok());
            }
        }
    }
    if ids.is_empty() && references.is_empty() {
        return Ok(Vec::new());
    }
    let any = Condition::any().add(Column::Id.is_in(ids)).add(Column::ExternalReference.is_in(references));
    Ok(fulfillment_order::Entity::find().filter(any).filter(desk::within(&scope)).all(&ctx.db()).await?)
}
