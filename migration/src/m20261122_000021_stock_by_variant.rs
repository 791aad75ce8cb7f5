//! What lies of a variant at every location, read from one place.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::dialect;

/// Levels are written location by location, so those of one variant lie far apart: with fifty locations a product page read
/// two hundred pages of the table. PostgreSQL keeps its index: one with counters would be written by every change of stock.
const SQLITE: &str = "DROP INDEX stock_level_variant;
CREATE INDEX stock_level_variant ON stock_level (variant_id, location_id, on_hand, committed, reserved, damaged, quality_control, safety_stock);";

/// The index of levels by variant holds their counters on SQLite.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000021_stock_by_variant"
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
        if db.get_database_backend() == DatabaseBackend::Sqlite { dialect::run(db, SQLITE).await } else { Ok(()) }
    }
}
