//! What is known of messages: why they may go, what became of them, in whose colors they stand.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000023_messages.sql");

/// What is known of messages: why they may go, what became of them, in whose colors they stand.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000023_messages"
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
        dialect::words(db, "message", "channel", &["EMAIL", "LINE", "SMS", "WEBHOOK"]).await?;
        dialect::append_only(db, "message_event").await
    }
}
