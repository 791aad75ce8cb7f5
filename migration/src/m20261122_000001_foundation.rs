//! The foundation: one customer, one stock, one order.

use sea_orm::DatabaseBackend;
use sea_orm_migration::prelude::*;

use crate::dialect;

const TABLES: &str = include_str!("m20261122_000001_foundation.sql");
const LEDGERS: [&str; 3] = ["event", "stock_movement", "payment_event"];

const REFUSE_CHANGE: &str = "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ \
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;";

/// Folded text of products for search; both databases match any part of three letters or more by index.
const SEARCH_POSTGRES: &str = "CREATE EXTENSION IF NOT EXISTS pg_trgm; \
    CREATE TABLE product_search (product_id uuid NOT NULL, body text NOT NULL, \
        CONSTRAINT product_search_pk PRIMARY KEY (product_id), \
        CONSTRAINT product_search_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE); \
    CREATE INDEX product_search_body ON product_search USING gin (body gin_trgm_ops); \
    CREATE INDEX customer_search ON customer USING gin (search_text gin_trgm_ops); \
    CREATE SEQUENCE order_number;";
const SEARCH_SQLITE: &str = "CREATE VIRTUAL TABLE product_search USING fts5 (product_id UNINDEXED, body, tokenize = 'trigram'); \
    CREATE TRIGGER product_search_delete AFTER DELETE ON product \
        BEGIN DELETE FROM product_search WHERE product_id = OLD.id; END; \
    INSERT INTO sequence (name, value) VALUES ('order_number', 0);";

/// The foundation.
#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_foundation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A process that is killed half way leaves nothing: SQLite, too, changes its schema in transactions.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        dialect::run(db, TABLES).await?;
        let postgres = db.get_database_backend() == DatabaseBackend::Postgres;
        if postgres {
            dialect::run(db, REFUSE_CHANGE).await?;
        }
        for table in LEDGERS {
            dialect::append_only(db, table).await?;
        }
        dialect::run(db, if postgres { SEARCH_POSTGRES } else { SEARCH_SQLITE }).await
    }
}
