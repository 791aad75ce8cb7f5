//! One SQL text for both databases: type names are placeholders, the few real differences are written out.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

/// Replaces `{uuid}`, `{timestamp}`, `{date}` and `{json}` by what the database calls them.
fn translate(sql: &str, backend: DatabaseBackend) -> String {
    let (uuid, timestamp, date, json) = if backend == DatabaseBackend::Postgres {
        ("uuid", "timestamptz", "date", "jsonb")
    } else {
        ("BLOB", "TEXT", "TEXT", "TEXT")
    };
    sql.replace("{uuid}", uuid).replace("{timestamp}", timestamp).replace("{date}", date).replace("{json}", json)
}

/// Runs every statement of a script.
pub(crate) async fn run(db: &impl ConnectionTrait, sql: &str) -> Result<(), DbErr> {
    db.execute_unprepared(&translate(sql, db.get_database_backend())).await.map(|_| ())
}

/// Makes a ledger's rows impossible to change: an append-only table refuses UPDATE and DELETE.
pub(crate) async fn append_only(db: &impl ConnectionTrait, table: &str) -> Result<(), DbErr> {
    let sql = if db.get_database_backend() == DatabaseBackend::Postgres {
        format!(
            "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
             FOR EACH ROW EXECUTE FUNCTION refuse_change();"
        )
    } else {
        let refuse = |verb: &str| {
            let name = verb.to_lowercase();
            format!(
                "CREATE TRIGGER {table}_refuse_{name} BEFORE {verb} ON {table} \
                 BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"
            )
        };
        ["UPDATE", "DELETE"].map(refuse).join("\n")
    };
    db.execute_unprepared(&sql).await.map(|_| ())
}

/// Makes a closed vocabulary wider: replaces the CHECK constraint `{table}_{column}_word` by one with all `words`.
///
/// SQLite has no statement for it. Its documentation names the way (ALTER TABLE, "Making Other Kinds Of Table Schema
/// Changes"): a constraint that says nothing about the stored bytes may be rewritten in the schema table.
pub(crate) async fn words(db: &impl ConnectionTrait, table: &str, column: &str, words: &[&str]) -> Result<(), DbErr> {
    let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    let constraint = format!("CONSTRAINT {table}_{column}_word CHECK ({column} IN (");
    if db.get_database_backend() == DatabaseBackend::Postgres {
        let sql = format!(
            "ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_word; ALTER TABLE {table} ADD {constraint}{list}));"
        );
        return db.execute_unprepared(&sql).await.map(|_| ());
    }
    let read = |sql: String| Statement::from_string(DatabaseBackend::Sqlite, sql);
    let missing = || DbErr::Custom(format!("{table}.{column} has no words"));
    let row =
        db.query_one_raw(read(format!("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'")));
    let old: String = row.await?.ok_or_else(missing)?.try_get("", "sql")?;
    let (before, rest) = old.split_once(&constraint).ok_or_else(missing)?;
    let (_, after) = rest.split_once("))").ok_or_else(missing)?;
    let new = format!("{before}{constraint}{list})){after}").replace('\'', "''");
    let row = db.query_one_raw(read("PRAGMA schema_version".to_owned())).await?.ok_or_else(missing)?;
    let version: i64 = row.try_get("", "schema_version")?;
    // The version tells this and every other connection to read the schema again.
    let sql = format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = '{new}' WHERE type = 'table' AND name = '{table}'; \
         PRAGMA schema_version = {}; PRAGMA writable_schema = OFF;",
        version + 1
    );
    db.execute_unprepared(&sql).await.map(|_| ())
}
