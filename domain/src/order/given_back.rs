//! What units are worth when they go back: pure, by cumulative largest remainder, so that units canceled one by one
//! give exactly what was paid for all.

use entity::id::{OrderId, OrderLineId};
use entity::words::DeliveryMethod;
use entity::{order_line, refund};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::kernel::Result;
use crate::pricing::allocation::cumulative_unit_refund;

/// The parts of a refund, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenBack {
    /// Line, units, money.
    pub lines: Vec<(OrderLineId, i64, i64)>,
    /// The part that is shipping.
    pub shipping: i64,
}

impl GivenBack {
    pub(crate) fn sum(&self) -> i64 {
        self.shipping + self.lines.iter().map(|(.., amount)| amount).sum::<i64>()
    }
}

/// What the next `count` units of a line are worth, minor units.
pub(crate) fn of_units(line: &order_line::Model, count: i64) -> Result<i64> {
    cumulative_unit_refund(line.total, line.quantity, line.canceled, count)
}

/// What all canceled units of a line are worth.
pub(crate) fn canceled_worth(line: &order_line::Model) -> Result<i64> {
    cumulative_unit_refund(line.total, line.quantity, 0, line.canceled)
}

/// What an order is still worth.
pub(crate) fn due(total: i64, lines: &[i64], shipping: i64) -> i64 {
    total - lines.iter().sum::<i64>() - shipping
}

const fn is_shipped(line: &order_line::Model) -> bool {
    matches!(line.delivery, DeliveryMethod::Ship | DeliveryMethod::LocalDelivery)
}

/// Whether a unit still is to be shipped, or was.
pub(crate) fn has_something_to_ship(lines: &[order_line::Model]) -> bool {
    lines.iter().any(|line| is_shipped(line) && line.quantity > line.canceled)
}

/// Whether shipping is not owed any more: what was to be shipped is canceled, all of it.
pub(crate) fn shipping_is_off(lines: &[order_line::Model]) -> bool {
    let gave_up = lines.iter().any(|line| is_shipped(line) && line.canceled > 0);
    gave_up && !has_something_to_ship(lines) && !something_shipped(lines)
}

/// Whether a unit was shipped.
pub(crate) fn something_shipped(lines: &[order_line::Model]) -> bool {
    lines.iter().any(|line| is_shipped(line) && line.fulfilled > 0)
}

/// Shipping that went back before.
pub(crate) async fn shipping_refunded(db: &impl ConnectionTrait, order: OrderId) -> Result<i64> {
    let refunds = refund::Entity::find().filter(refund::Column::OrderId.eq(order)).all(db).await?;
    Ok(refunds.iter().map(|refund| refund.shipping_amount).sum())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use entity::id::{TaxClassId, VariantId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn line(quantity: i64, total: i64) -> order_line::Model {
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
            total,
            delivery: DeliveryMethod::Pickup,
            pickup_location_id: None,
            fulfilled: 0,
            canceled: 0,
            return_requested: 0,
            received_back: 0,
            metadata: serde_json::json!({}),
            revision: 1,
        }
    }

    proptest! {
        /// In whatever portions units are canceled, what goes back is what was paid, and what is still owed falls by it.
        #[test]
        fn portions_give_back_what_was_paid(
            total in 0..10_000_000_i64,
            portions in prop::collection::vec(1..30_i64, 1..12),
        ) {
            let mut line = line(portions.iter().sum(), total);
            let mut returned = 0;
            for count in portions {
                returned += of_units(&line, count).unwrap();
                line.canceled += count;
                prop_assert_eq!(canceled_worth(&line).unwrap(), returned);
                prop_assert_eq!(due(total, &[canceled_worth(&line).unwrap()], 0), total - returned);
            }
            prop_assert_eq!(returned, total);
            prop_assert!(of_units(&line, 1).is_err());
        }
    }
}
