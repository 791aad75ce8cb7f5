//! Jobs of a desk in the order in which they are claimed, so that a claim stops at the first ones. Without the id in it
//! PostgreSQL, which may know nothing yet of a queue that has just grown, sorts all that wait: 100 ms for each claim of twenty
//! thousand.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000032_job_order.sql");

/// Jobs of a desk in the order in which they are claimed.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000032_job_order"
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
