//! Codes by which a storefront goes on with a cart that was left.

use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000031_cart_handovers.sql");

/// Codes by which a storefront goes on with a cart that was left.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000031_cart_handovers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `continued_as` is no foreign key: the row of the new cart is written after it, in the same transaction.
        dialect::run(manager.get_connection(), TABLES).await
    }
}
