//! Transfers between locations and orders from suppliers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000006_transfers.sql");
const NUMBERS_POSTGRES: &str = "CREATE SEQUENCE transfer_numbers; CREATE SEQUENCE purchase_order_numbers;";
const NUMBERS_SQLITE: &str =
    "INSERT INTO sequence (name, value) VALUES ('transfer_numbers', 0), ('purchase_order_numbers', 0);";

/// Transfers between locations and orders from suppliers.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000006_transfers"
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
        let postgres = db.get_database_backend() == DatabaseBackend::Postgres;
        dialect::run(db, if postgres { NUMBERS_POSTGRES } else { NUMBERS_SQLITE }).await
    }
}
