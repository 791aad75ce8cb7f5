//! Refunds: the decision to give money back, and how far it was carried out.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::order::refund as refunds;
use domain::payment::refundable::{self, PartState};
use domain::{Error, Result};
use entity::id::{OrderId, RefundId};
use entity::words::RefundReason;
use entity::{payment_event, refund, refund_line};

use super::credit_note::{CreditNote, CreditNoteOf};
use super::order::for_staff;
use crate::loader::{self, Rows};
use crate::scalar::{Money, id};
use crate::word::Word;

/// A decision to give money back.
#[derive(Clone, Debug)]
pub struct Refund(pub refund::Model);

/// Units whose money goes back.
#[derive(Clone, Debug, SimpleObject)]
pub struct RefundLine {
    /// The order's line.
    pub order_line_id: ID,
    /// Units.
    pub quantity: i64,
    /// Their money.
    pub amount: Money,
}

/// A decision to give money back.
#[Object]
impl Refund {
    /// Id.
    async fn id(&self) -> ID {
        id(self.0.id)
    }

    /// All of it.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// The part that is shipping.
    async fn shipping_amount(&self) -> Money {
        Money::new(self.0.shipping_amount, self.0.currency)
    }

    /// What has not been handed out yet: cash, card terminals and transfers wait for staff.
    async fn pending_amount(&self, ctx: &Context<'_>) -> Result<Money> {
        let events = loader::load(ctx, RefundEventsOf(self.0.id)).await?.unwrap_or_default();
        let pending = refundable::pending(&events).iter().map(|it| it.amount).sum();
        Ok(Money::new(pending, self.0.currency))
    }

    /// What a gateway or a person could not hand out; it waits for `refundRetry`.
    async fn failed_amount(&self, ctx: &Context<'_>) -> Result<Money> {
        let events = loader::load(ctx, RefundEventsOf(self.0.id)).await?.unwrap_or_default();
        let failed = refundable::parts(&events).into_iter().filter(|part| part.state == PartState::Failed);
        Ok(Money::new(failed.map(|part| part.amount).sum(), self.0.currency))
    }

    /// What was kept for the trouble; `amount` is after it.
    async fn fee_amount(&self) -> Money {
        Money::new(self.0.fee_amount, self.0.currency)
    }

    /// Its document; null for what was paid too much, which is no return of a sale.
    async fn credit_note(&self, ctx: &Context<'_>) -> Result<Option<CreditNote>> {
        let rows = loader::load(ctx, CreditNoteOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(CreditNote))
    }

    /// Why.
    async fn reason(&self) -> Word<RefundReason> {
        Word(self.0.reason)
    }

    /// In words; null for customers.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.note.as_deref().filter(|_| for_staff(ctx))
    }

    /// The units whose money goes back.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<RefundLine>> {
        let rows = loader::load(ctx, RefundLinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| self.line(&row)).collect())
    }

    /// When it was decided.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

impl Refund {
    fn line(&self, row: &refund_line::Model) -> RefundLine {
        RefundLine {
            order_line_id: id(row.order_line_id),
            quantity: row.quantity,
            amount: Money::new(row.amount, self.0.currency),
        }
    }
}

/// Declares a loader of what hangs on a parent; who may read the parent may read it.
macro_rules! of_parent {
    ($(#[doc = $doc:literal])+ $key:ident($parent:ty), $row:ty, $read:path, $parent_of:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $parent);

        impl Loader<$key> for Rows {
            type Value = Vec<$row>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let ids: Vec<$parent> = keys.iter().map(|key| key.0).collect();
                let mut found: HashMap<$key, Self::Value> = HashMap::new();
                for row in $read(&self.ctx.db(), &ids).await? {
                    let parent: Option<$parent> = $parent_of(&row);
                    if let Some(parent) = parent {
                        found.entry($key(parent)).or_default().push(row);
                    }
                }
                Ok(found)
            }
        }
    };
}
pub(crate) use of_parent;

of_parent!(
    /// The refunds of an order.
    RefundsOf(OrderId), refund::Model, refunds::of_orders, |row: &refund::Model| Some(row.order_id)
);
of_parent!(
    /// The lines of a refund.
    RefundLinesOf(RefundId), refund_line::Model, refunds::lines, |row: &refund_line::Model| Some(row.refund_id)
);
of_parent!(
    /// What carries a refund out.
    RefundEventsOf(RefundId), payment_event::Model, refunds::events, |row: &payment_event::Model| row.refund_id
);
