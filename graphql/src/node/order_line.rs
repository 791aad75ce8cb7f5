//! Lines of orders.

use async_graphql::{ID, Object};
use entity::money::Currency;
use entity::order_line;
use entity::words::DeliveryMethod;

use crate::scalar::{Money, TaxedMoney, id};
use crate::word::Word;

/// A line of an order.
#[derive(Clone, Debug)]
pub struct OrderLine {
    /// The row.
    pub line: order_line::Model,
    /// The order's currency.
    pub currency: Currency,
}

/// One thing bought, with the price and tax agreed.
#[Object]
impl OrderLine {
    /// Id.
    async fn id(&self) -> ID {
        id(self.line.id)
    }

    /// What was bought.
    async fn variant_id(&self) -> ID {
        id(self.line.variant_id)
    }

    /// Title of the product when bought.
    async fn title(&self) -> &str {
        &self.line.title
    }

    /// Title of the variant when bought.
    async fn variant_title(&self) -> &str {
        &self.line.variant_title
    }

    /// SKU when bought.
    async fn sku(&self) -> Option<&str> {
        self.line.sku.as_deref()
    }

    /// Units ordered.
    async fn quantity(&self) -> i64 {
        self.line.quantity
    }

    /// Price of a unit, as priced in the channel.
    async fn unit_price(&self) -> Money {
        Money::new(self.line.unit_price, self.currency)
    }

    /// Units × price, before discounts.
    async fn subtotal(&self) -> Money {
        Money::new(self.line.subtotal, self.currency)
    }

    /// Its share of all discounts.
    async fn discount(&self) -> Money {
        Money::new(self.line.discount, self.currency)
    }

    /// Its tax rate in parts per million: 100000 is 10 %.
    async fn tax_rate_ppm(&self) -> i32 {
        self.line.tax_rate_ppm
    }

    /// What the customer pays for it.
    async fn total(&self) -> TaxedMoney {
        TaxedMoney::from_gross(self.line.total, self.line.tax, self.currency)
    }

    /// How it reaches the customer.
    async fn delivery(&self) -> Word<DeliveryMethod> {
        Word(self.line.delivery)
    }

    /// Where it is collected.
    async fn pickup_location_id(&self) -> Option<ID> {
        self.line.pickup_location_id.map(id)
    }

    /// Units that left.
    async fn fulfilled_quantity(&self) -> i64 {
        self.line.fulfilled
    }

    /// Units canceled.
    async fn canceled_quantity(&self) -> i64 {
        self.line.canceled
    }

    /// Units that came back.
    async fn returned_quantity(&self) -> i64 {
        self.line.received_back
    }
}
