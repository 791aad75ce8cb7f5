//! The drawer of a till, from opening to closing.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000013_register_sessions.sql");

/// The drawer of a till, from opening to closing.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000013_register_sessions"
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
        dialect::append_only(db, "cash_movement").await
    }
}
