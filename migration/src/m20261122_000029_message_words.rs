//! An index of the messages that still have words, so that those to wipe are found without reading all bodies.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000029_message_words.sql");

/// An index of the messages that still have words, so that those to wipe are found without reading all bodies.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000029_message_words"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager.get_connection(), TABLES).await
    }
}
