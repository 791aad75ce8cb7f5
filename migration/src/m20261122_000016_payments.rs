//! Payments that take time, and gateways that call back.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000016_payments.sql");
const GATEWAYS: &[&str] =
    &["MANUAL", "CASH", "CARD_TERMINAL", "TEST", "GIFT_CARD", "STORE_CREDIT", "POINTS", "STRIPE", "EXCHANGE"];
const REFUND_REASONS: &[&str] = &[
    "CANCELED",
    "PICKUP_EXPIRED",
    "UNFILLABLE",
    "RETURNED",
    "GOODWILL",
    "OTHER",
    "CLAIM",
    "ORDER_CHANGED",
    "OVERPAID",
];

/// Payments that take time, and gateways that call back.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000016_payments"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        dialect::run(db, TABLES).await?;
        dialect::words(db, "payment", "gateway", GATEWAYS).await?;
        dialect::words(db, "payment_event", "gateway", GATEWAYS).await?;
        dialect::words(db, "refund", "reason", REFUND_REASONS).await
    }
}
