//! When the customer of a reservation was reminded.

use sea_orm_migration::prelude::*;

use crate::dialect;

const COLUMNS: &str = include_str!("m20261122_000009_reservation_reminders.sql");

/// When the customer of a reservation was reminded.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000009_reservation_reminders"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager.get_connection(), COLUMNS).await
    }
}
