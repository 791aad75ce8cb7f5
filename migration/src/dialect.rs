//! One SQL text for both databases: type names are placeholders, the few real differences are written out.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};

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
