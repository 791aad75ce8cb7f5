//! Opening the database. SQLite gets one writer and many readers; PostgreSQL one pool for both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DbErr, ExecResult, QueryResult,
    Statement,
};

/// Longest wait for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(3);
/// Longest time of one statement on PostgreSQL, in milliseconds.
const STATEMENT_MILLIS: &str = "5000";
/// Longest wait for a row lock on PostgreSQL, in milliseconds.
const LOCK_MILLIS: &str = "3000";

/// The open database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    jobs: Arc<tokio::sync::Notify>,
}

impl Db {
    /// Opens `sqlite://path`, `sqlite::memory:` or `postgres://…` with at most `connections` connections.
    pub async fn open(url: &str, connections: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let writer = Database::connect(sqlite(url, 1)).await?;
            let reader = Database::connect(sqlite(url, connections.max(2))).await?;
            Ok(Self { reader, writer, jobs: Arc::default() })
        } else {
            let pool = Database::connect(postgres(url, connections)).await?;
            Ok(Self { reader: pool.clone(), writer: pool, jobs: Arc::default() })
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> DatabaseBackend {
        self.writer.get_database_backend()
    }

    /// For migrations and tests only: commands write through [`super::Ctx::write`].
    #[must_use]
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// For reads outside a request; requests read through [`super::Ctx::db`].
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Rings when this process has committed jobs, so that its worker need not wait for its next look.
    #[must_use]
    pub fn job_bell(&self) -> &tokio::sync::Notify {
        &self.jobs
    }

    /// Closes all connections.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

fn common(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(POOL_WAIT)
        .connect_timeout(POOL_WAIT)
        .sqlx_logging(false)
        .test_before_acquire(false);
    options
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = common(url, connections);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: an acknowledged order survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(512)
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "memory")
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = common(url, connections);
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.application_name("hitotsu").statement_cache_capacity(512).options([
            ("statement_timeout", STATEMENT_MILLIS),
            ("lock_timeout", LOCK_MILLIS),
            ("timezone", "UTC"),
        ])
    });
    options
}

/// A connection for reads that counts the statements of its request.
#[derive(Clone, Debug)]
pub struct Reader {
    connection: DatabaseConnection,
    statements: StatementCount,
}

impl Reader {
    pub(crate) const fn new(connection: DatabaseConnection, statements: StatementCount) -> Self {
        Self { connection, statements }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements.add();
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.statements.add();
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.statements.add();
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.statements.add();
        self.connection.query_all_raw(statement).await
    }
}

/// How many statements a request has sent; shared by its reads and writes.
#[derive(Clone, Debug, Default)]
pub struct StatementCount(Arc<AtomicU64>);

impl StatementCount {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
