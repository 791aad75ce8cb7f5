//! When parcels should arrive, and what the product gave the roles that come with it.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000027_late_parcels.sql");

/// When parcels should arrive, and what the product gave the roles that come with it.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000027_late_parcels"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A role of the first version was never edited: until now only staff changed these.
        dialect::run(manager.get_connection(), TABLES).await
    }
}
