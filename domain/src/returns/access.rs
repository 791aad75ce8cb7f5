//! Who may do what with a return: staff who take goods back, and the customer or guest whose order it is.

use chrono::{DateTime, Utc};
use entity::id::{LocationId, OrderId, ReturnId};
use entity::words::ReturnStatus;
use entity::{location, order, returns};
use sea_orm::{EntityTrait, QueryFilter};
use subtle::ConstantTimeEq;

use crate::kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};
use crate::messaging::page_links;
use crate::order as orders;

/// Whose hands a command is in.
#[derive(Clone, Debug)]
pub(super) enum Hands {
    /// Staff, and where they take goods back.
    Staff(Scope),
    /// The customer.
    Customer,
}

impl Hands {
    pub(super) const fn is_staff(&self) -> bool {
        matches!(self, Self::Staff(_))
    }
}

/// Error: `FORBIDDEN`, `UNAUTHENTICATED`.
pub(super) fn work_scope(ctx: &Ctx) -> Result<Scope> {
    ctx.require(Permission::ReturnsWork)
}

/// The secret of the link by which a customer follows a return: nothing is stored, it is derived.
#[must_use]
pub fn visit_token(ctx: &Ctx, id: ReturnId) -> String {
    ctx.services.secrets.object_token("return-visit", id.uuid())
}

/// Until when that link opens a return: 90 days after it ended, and a year after it was asked for in any case.
#[must_use]
pub fn opens_until(row: &returns::Model) -> DateTime<Utc> {
    page_links::follows(row.requested_at, ended(row))
}

/// When a return ended: looked at again, it did not.
fn ended(row: &returns::Model) -> Option<DateTime<Utc>> {
    match row.status {
        ReturnStatus::Closed => Some(row.closed_at.unwrap_or(row.updated_at)),
        ReturnStatus::Declined => Some(row.decided_at.unwrap_or(row.updated_at)),
        ReturnStatus::Canceled => Some(row.updated_at),
        ReturnStatus::Requested
        | ReturnStatus::Approved
        | ReturnStatus::InTransit
        | ReturnStatus::PartlyReceived
        | ReturnStatus::Received
        | ReturnStatus::Inspected => None,
    }
}

/// Whether the link opens the return now.
#[must_use]
pub fn is_open(ctx: &Ctx, row: &returns::Model) -> bool {
    ctx.now() <= opens_until(row)
}

fn is_visit(ctx: &Ctx, row: &returns::Model, token: &str) -> bool {
    bool::from(visit_token(ctx, row.id).as_bytes().ct_eq(token.as_bytes())) && is_open(ctx, row)
}

const fn works(actor: &Actor) -> bool {
    match actor {
        Actor::System | Actor::Staff { .. } | Actor::App { .. } => true,
        Actor::Guest { .. } | Actor::Customer { .. } | Actor::Device(_) => false,
    }
}

/// Locks an order that the actor may return goods of: of their own, or any for staff who take goods back, because goods
/// come back everywhere. Errors: `NOT_FOUND`, `UNAUTHENTICATED`, `FORBIDDEN`.
pub(super) async fn lock_order(tx: &Tx, id: OrderId) -> Result<(order::Model, Hands)> {
    if works(&tx.ctx().actor) {
        let scope = work_scope(tx.ctx())?;
        return Ok((orders::lock_one(tx, id).await?, Hands::Staff(scope)));
    }
    Ok((orders::access::lock_readable(tx, id).await?, Hands::Customer))
}

/// An order that the actor may return goods of; `None` when there is none. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(super) async fn readable_order(ctx: &Ctx, id: OrderId) -> Result<Option<order::Model>> {
    let query = order::Entity::find_by_id(id);
    if works(&ctx.actor) && work_scope(ctx).is_ok() {
        return Ok(query.one(&ctx.db()).await?);
    }
    Ok(query.filter(orders::access::readable(ctx)?).one(&ctx.db()).await?)
}

/// In whose hands a return is. Errors: `NOT_FOUND` for somebody else's, `INVALID_CODE` for another link, or one that is too old.
pub(super) fn hands(ctx: &Ctx, row: &returns::Model, token: Option<&str>) -> Result<Hands> {
    let missing = || Error::not_found("return");
    match (&ctx.actor, token) {
        (_, Some(token)) if is_visit(ctx, row, token) => Ok(Hands::Customer),
        (_, Some(_)) => Err(Error::invalid(ErrorCode::InvalidCode, "token")),
        (Actor::System | Actor::Staff { .. } | Actor::App { .. }, None) => Ok(Hands::Staff(work_scope(ctx)?)),
        (Actor::Customer { id, .. }, None) if row.customer_id == Some(*id) => Ok(Hands::Customer),
        (Actor::Guest { order_id: Some(id), .. }, None) if row.order_id == Some(*id) => Ok(Hands::Customer),
        (Actor::Customer { .. } | Actor::Guest { .. } | Actor::Device(_), None) => Err(missing()),
    }
}

/// A return that the actor may see; `None` when there is none. Errors: `FORBIDDEN`, `INVALID_CODE`.
pub async fn visible(ctx: &Ctx, id: ReturnId, token: Option<&str>) -> Result<Option<returns::Model>> {
    let Some(row) = returns::Entity::find_by_id(id).one(&ctx.db()).await? else { return Ok(None) };
    match hands(ctx, &row, token) {
        Ok(_) => Ok(Some(row)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A location that takes goods back, where the actor works. Errors: `NOT_FOUND`, `RETURNS_NOT_ACCEPTED`.
pub(super) async fn place(tx: &Tx, scope: &Scope, id: LocationId) -> Result<location::Model> {
    let found = crate::location::query::by_id(tx, id).await?;
    let found = found.filter(|place| place.active && scope.allows_location(place.id));
    let found = found.ok_or(Error::not_found("location"))?;
    if found.accepts_returns {
        Ok(found)
    } else {
        Err(Error::invalid(ErrorCode::ReturnsNotAccepted, "input.locationId"))
    }
}
