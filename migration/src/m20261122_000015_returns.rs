//! Goods that come back.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000015_returns.sql");

const NUMBERS_POSTGRES: &str = "CREATE SEQUENCE return_numbers;";
const NUMBERS_SQLITE: &str = "INSERT INTO sequence (name, value) VALUES ('return_numbers', 0);";

/// Goods that come back.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000015_returns"
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
        dialect::run(db, if postgres { NUMBERS_POSTGRES } else { NUMBERS_SQLITE }).await?;
        dialect::append_only(db, "return_item").await
    }
}
