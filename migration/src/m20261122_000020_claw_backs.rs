//! What refunds keep because the rest of an order does not earn its discounts any more.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::dialect;

const EXPAND: &str = include_str!("m20261122_000020_claw_backs.sql");
/// What was kept before stands in the documents alone.
const TOLD_POSTGRES: &str = "UPDATE refund SET claw_back_amount = CAST(n.document ->> 'claw_back' AS BIGINT)
    FROM credit_note n WHERE n.refund_id = refund.id AND n.document ->> 'claw_back' IS NOT NULL";
const TOLD_SQLITE: &str =
    "UPDATE refund SET claw_back_amount = CAST(json_extract(n.document, '$.claw_back') AS INTEGER)
    FROM credit_note n WHERE n.refund_id = refund.id AND json_extract(n.document, '$.claw_back') IS NOT NULL";

/// What refunds keep because the rest of an order does not earn its discounts any more.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000020_claw_backs"
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
        dialect::run(db, EXPAND).await?;
        let postgres = db.get_database_backend() == DatabaseBackend::Postgres;
        dialect::run(db, if postgres { TOLD_POSTGRES } else { TOLD_SQLITE }).await
    }
}
