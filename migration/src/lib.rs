//! How the tables came to be. A migration is never edited once merged: expand, move, contract.

mod dialect;
mod m20261122_000001_foundation;

use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261122_000001_foundation::Migration)]
    }
}

pub use sea_orm_migration::MigratorTrait;
