//! Opening the database. SQLite gets one writer and many readers; PostgreSQL one pool for both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DbErr, ExecResult,
    QueryResult, Statement,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::bell::JobBell;
use super::rest::Rests;

/// Longest wait for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(3);
/// Longest wait for the turn to write to SQLite: less than a request may take.
const TURN_WAIT: Duration = Duration::from_secs(8);
/// Most writers that wait for their turn on SQLite; further ones are told at once that the server is busy.
const QUEUE: usize = 1_024;
/// Longest time of one statement on PostgreSQL, in milliseconds.
const STATEMENT_MILLIS: &str = "5000";
/// Longest wait for a row lock on PostgreSQL, in milliseconds.
const LOCK_MILLIS: &str = "3000";

/// The open database.
#[derive(Clone, Debug)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    jobs: JobBell,
    rests: Rests,
    /// Only on SQLite.
    queue: Option<Queue>,
}

/// SQLite has one writer: they take turns in the order in which they come. Of those that nobody waits for, one stands in
/// the queue at a time, so that a buyer comes after one of them at most and not after all the mails that leave; and the
/// one in the queue is not overtaken, so that they get on however many buy.
#[derive(Clone, Debug)]
struct Queue {
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    background: Arc<Semaphore>,
}

impl Queue {
    fn new(places: usize) -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self { places: Arc::new(Semaphore::new(places)), turn: one(), background: one() }
    }

    /// Waits for the turn. Error: [`ConnAcquireErr::Timeout`] when the queue is full or the wait in it too long. Who works in
    /// the background waits without a limit before it stands in the queue: nobody waits for its answer, and a job must not
    /// fail because many buy.
    async fn wait(&self, longest: Duration, is_background: bool) -> Result<Turn, DbErr> {
        let busy = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let background = match is_background {
            true => Some(Arc::clone(&self.background).acquire_owned().await.map_err(|_| busy())?),
            false => None,
        };
        let _place = self.places.try_acquire().map_err(|_| busy())?;
        let turn = tokio::time::timeout(longest, Arc::clone(&self.turn).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        Ok(Turn { _turn: Some(turn), _background: background })
    }
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _turn: Option<OwnedSemaphorePermit>,
    _background: Option<OwnedSemaphorePermit>,
}

impl Db {
    /// Opens `sqlite://path`, `sqlite::memory:` or `postgres://…` with at most `connections` connections.
    pub async fn open(url: &str, connections: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let writer = Database::connect(sqlite(url, 1)).await?;
            let reader = Database::connect(sqlite(url, connections.max(2))).await?;
            Ok(Self {
                reader,
                writer,
                jobs: JobBell::default(),
                rests: Rests::default(),
                queue: Some(Queue::new(QUEUE)),
            })
        } else {
            let pool = Database::connect(postgres(url, connections)).await?;
            Ok(Self {
                reader: pool.clone(),
                writer: pool,
                jobs: JobBell::default(),
                rests: Rests::default(),
                queue: None,
            })
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

    /// Waits until this writer may begin its transaction: on SQLite one at a time, first come, first served. Error: `BUSY`
    /// when too many wait, or for too long. What is done in the background lets the others pass.
    pub(crate) async fn turn(&self, is_background: bool) -> Result<Turn, DbErr> {
        match &self.queue {
            Some(queue) => queue.wait(TURN_WAIT, is_background).await,
            None => Ok(Turn { _turn: None, _background: None }),
        }
    }

    /// For reads outside a request; requests read through [`super::Ctx::db`].
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Rings when this process has committed jobs.
    #[must_use]
    pub const fn job_bell(&self) -> &JobBell {
        &self.jobs
    }

    /// Whom the jobs of this process leave alone for a while.
    #[must_use]
    pub const fn rests(&self) -> &Rests {
        &self.rests
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn writers_take_turns_and_are_told_when_there_are_too_many() {
        let queue = Queue::new(2);
        let first = queue.wait(TURN_WAIT, false).await.expect("nobody is before");
        let waiting = |queue: Queue, longest| tokio::spawn(async move { queue.wait(longest, false).await });
        let second = waiting(queue.clone(), TURN_WAIT);
        let third = waiting(queue.clone(), Duration::from_millis(20));
        while queue.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(queue.wait(TURN_WAIT, false).await.is_err(), "two wait already");
        drop(first);
        let second = second.await.expect("no panic").expect("its turn");
        assert!(third.await.expect("no panic").is_err(), "the wait has an end");
        drop(second);
        queue.wait(TURN_WAIT, false).await.expect("all are gone");
    }

    #[tokio::test]
    async fn of_those_that_nobody_waits_for_one_stands_in_the_queue() {
        let (queue, order) = (Queue::new(8), Arc::new(Mutex::new(Vec::new())));
        let running = queue.wait(TURN_WAIT, true).await.expect("nobody is before");
        let mut all = Vec::new();
        for (name, is_background) in
            [("job", true), ("another job", true), ("a buyer", false), ("another buyer", false)]
        {
            let (queue, order) = (queue.clone(), Arc::clone(&order));
            all.push(tokio::spawn(async move {
                let _turn = queue.wait(TURN_WAIT, is_background).await.expect("there is time");
                order.lock().expect("no panic").push(name);
            }));
            tokio::task::yield_now().await;
        }
        drop(running);
        for ended in all {
            ended.await.expect("no panic");
        }
        assert_eq!(*order.lock().expect("no panic"), ["a buyer", "another buyer", "job", "another job"]);
    }
}
