//! What was bought, and whether it can be reviewed.

use chrono::{DateTime, Utc};
use entity::id::{OrderLineId, ProductId};
use entity::words::{DeliveryMethod, ReviewRefusal};
use entity::{customer, fulfillment_order_line, order, order_line, product_review, shipment, shipment_line, variant};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait,
};

use crate::kernel::{Actor, Ctx, Error, Result};
use crate::order as orders;
use crate::shipping::arrival::has_arrived;

/// How somebody proves that they bought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// By the link of a message about this very line, which the caller has opened.
    Link,
    /// By being the customer of the order, or the guest who holds its secret.
    SignedIn,
}

/// A line of an order that somebody may look at in order to review it.
#[derive(Debug, Clone)]
pub struct Reviewable {
    /// The line.
    pub line: order_line::Model,
    /// Its order.
    pub order: order::Model,
    /// The product.
    pub product_id: ProductId,
    /// Why it cannot be reviewed; `None` when it can, or was.
    pub refusal: Option<ReviewRefusal>,
    /// What was written already.
    pub review: Option<product_review::Model>,
}

/// What a line of an order is, for the one who bought it. Four statements at most. Errors: `NOT_FOUND`,
/// `UNAUTHENTICATED` when nobody is signed in and no link was opened.
pub async fn product_of_line(ctx: &Ctx, id: OrderLineId, by: Writer) -> Result<Reviewable> {
    read((ctx, &ctx.db()), id, by).await
}

pub(super) async fn read((ctx, db): (&Ctx, &impl ConnectionTrait), id: OrderLineId, by: Writer) -> Result<Reviewable> {
    let missing = || Error::not_found("orderLine");
    let found =
        order_line::Entity::find_by_id(id).find_also_related(order::Entity).filter(reach(ctx, by)?).one(db).await?;
    let (line, order) = found.and_then(|(line, order)| Some((line, order?))).ok_or_else(missing)?;
    let variant = variant::Entity::find_by_id(line.variant_id).one(db).await?.ok_or_else(missing)?;
    let review = of_line(db, id).await?;
    let refusal = match (&review, refused(&line)) {
        (Some(_), _) => None,
        (None, Some(refusal)) => Some(refusal),
        (None, None) => (!arrived(db, &line, ctx.now()).await?).then_some(ReviewRefusal::NotArrived),
    };
    Ok(Reviewable { product_id: variant.product_id, line, order, refusal, review })
}

/// The orders whose goods somebody may review.
fn reach(ctx: &Ctx, by: Writer) -> Result<Condition> {
    match (by, &ctx.actor) {
        (Writer::Link, _) => Ok(not_of_erased()),
        (Writer::SignedIn, Actor::Customer { .. } | Actor::Guest { .. }) => orders::access::readable(ctx),
        (Writer::SignedIn, Actor::System | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. }) => {
            Err(Error::Unauthenticated)
        }
    }
}

/// Who was erased is asked nothing any more: links that are still about end.
fn not_of_erased() -> Condition {
    let people = Query::select()
        .column(customer::Column::Id)
        .from(customer::Entity)
        .and_where(customer::Column::ErasedAt.is_null())
        .to_owned();
    Condition::any().add(order::Column::CustomerId.is_null()).add(order::Column::CustomerId.in_subquery(people))
}

pub(super) async fn of_line(db: &impl ConnectionTrait, id: OrderLineId) -> Result<Option<product_review::Model>> {
    let found = product_review::Entity::find().filter(product_review::Column::OrderLineId.eq(id));
    Ok(found.one(db).await?)
}

/// What the counts of a line say against a review.
fn refused(line: &order_line::Model) -> Option<ReviewRefusal> {
    if line.quantity <= line.canceled {
        return Some(ReviewRefusal::Canceled);
    }
    if line.fulfilled <= 0 {
        return Some(ReviewRefusal::NotArrived);
    }
    (line.fulfilled <= line.return_requested.max(line.received_back)).then_some(ReviewRefusal::Returned)
}

/// Whether some of it is with the customer: handed over, or a parcel that arrived or should have.
async fn arrived(db: &impl ConnectionTrait, line: &order_line::Model, now: DateTime<Utc>) -> Result<bool> {
    match line.delivery {
        DeliveryMethod::Pickup | DeliveryMethod::CarryOut => return Ok(true),
        DeliveryMethod::Ship | DeliveryMethod::LocalDelivery => {}
    }
    let parcels = shipment::Entity::find()
        .join(JoinType::InnerJoin, shipment_line::Relation::Shipment.def().rev())
        .join(JoinType::InnerJoin, shipment_line::Relation::FulfillmentOrderLine.def())
        .filter(fulfillment_order_line::Column::OrderLineId.eq(line.id))
        .filter(shipment::Column::VoidedAt.is_null())
        .all(db)
        .await?;
    // What is given without a parcel, such as a code, is there when it is fulfilled.
    Ok(parcels.is_empty() || parcels.iter().any(|parcel| has_arrived(parcel, now)))
}

#[cfg(test)]
mod tests {
    use entity::id::{OrderId, TaxClassId, VariantId};
    use uuid::Uuid;

    use super::*;

    fn line(quantity: i64, fulfilled: i64, canceled: i64, back: i64) -> order_line::Model {
        order_line::Model {
            id: OrderLineId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            position: 1,
            variant_id: VariantId(Uuid::nil()),
            title: String::new(),
            variant_title: String::new(),
            sku: None,
            quantity,
            unit_price: 0,
            subtotal: 0,
            discount: 0,
            tax_class_id: TaxClassId(Uuid::nil()),
            tax_rate_ppm: 0,
            tax: 0,
            total: 0,
            delivery: DeliveryMethod::Ship,
            pickup_location_id: None,
            fulfilled,
            canceled,
            return_requested: back,
            received_back: 0,
            metadata: serde_json::json!({}),
            revision: 1,
        }
    }

    #[test]
    fn only_goods_that_are_kept_are_reviewed() {
        assert_eq!(refused(&line(2, 0, 0, 0)), Some(ReviewRefusal::NotArrived));
        assert_eq!(refused(&line(2, 0, 2, 0)), Some(ReviewRefusal::Canceled));
        assert_eq!(refused(&line(2, 2, 0, 2)), Some(ReviewRefusal::Returned));
        assert_eq!(refused(&line(2, 1, 1, 1)), Some(ReviewRefusal::Returned));
        assert_eq!(refused(&line(2, 2, 0, 1)), None, "one is kept");
        assert_eq!(refused(&line(2, 1, 0, 0)), None, "one has come");
    }
}
