//! Flows: what is sent to whom after what, as versioned data.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000024_flows.sql");

/// Flows: what is sent to whom after what, as versioned data.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000024_flows"
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
        dialect::append_only(db, "flow_version").await?;
        dialect::append_only(db, "flow_step").await
    }
}
