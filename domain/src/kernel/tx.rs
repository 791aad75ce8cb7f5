//! The one way to write: a transaction that carries its events and jobs.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::SubQueryStatement;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, EntityTrait, ExecResult, IntoActiveModel, ModelTrait,
    QueryResult, Statement,
};
use uuid::Uuid;

use super::batch::Batch;
use super::ctx::Ctx;
use super::event::{self, NewEvent};
use super::job::{self, NewJob};
use super::{Error, Result};
use entity::id::EventId;

/// An open write transaction. Steps take `&Tx`; only [`Ctx::write`] begins and commits one.
///
/// Events and jobs are collected and written just before the commit, in one call with the rows that were kept for last.
#[derive(Clone)]
pub struct Tx(Arc<Inner>);

struct Inner {
    transaction: DatabaseTransaction,
    ctx: Ctx,
    now: DateTime<Utc>,
    attempt: u32,
    outbox: Mutex<Outbox>,
}

#[derive(Default)]
struct Outbox {
    rows: Batch,
    events: Vec<entity::event::Model>,
    jobs: Vec<entity::job::Model>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("request_id", &self.0.ctx.request_id).finish_non_exhaustive()
    }
}

impl Tx {
    pub(crate) fn new(transaction: DatabaseTransaction, ctx: Ctx, attempt: u32) -> Self {
        let now = ctx.now();
        Self(Arc::new(Inner { transaction, ctx, now, attempt, outbox: Mutex::default() }))
    }

    /// Which run of the work this is, from 1. A work that tries without locks first may take them from the second on.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The request it belongs to.
    #[must_use]
    pub fn ctx(&self) -> &Ctx {
        &self.0.ctx
    }

    /// The one moment at which everything in this transaction happens.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now
    }

    /// A fresh time-ordered id.
    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        self.0.ctx.services.random.uuid(self.0.now)
    }

    /// Records that something happened. Handlers see it after the commit.
    pub fn event(&self, event: NewEvent) -> EventId {
        let id = EventId(self.new_uuid());
        let row = event::row(self, id, event);
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner).events.push(row);
        id
    }

    /// Enqueues work to do after the commit.
    pub fn enqueue(&self, job: NewJob) {
        let row = job::row(self.new_uuid(), self.0.now, job);
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner).jobs.push(row);
    }

    /// Keeps rows to be written just before the commit, together with the events: parents first, and only what nothing
    /// in this transaction reads or points to before.
    pub(crate) fn insert_last<M>(&self, rows: &[M])
    where
        M: ModelTrait + IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel>,
    {
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner).rows.insert(rows);
    }

    /// Like [`Self::insert_last`], a change of rows that are locked or that nobody else changes. No two such changes may
    /// concern the same row.
    pub(crate) fn write_last(&self, statement: impl Into<SubQueryStatement>) {
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner).rows.write(statement);
    }

    /// Writes what was kept for last with the events and jobs, then commits.
    pub(crate) async fn commit(self) -> Result<()> {
        let Outbox { mut rows, events, mut jobs } =
            std::mem::take(&mut *self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner));
        // Numbered by the moment of the commit: of two that wait for one lock, the one that gets it last may have begun first.
        let done = self.0.ctx.now();
        for dispatch in event::dispatch_jobs(&events) {
            jobs.push(job::row(self.0.ctx.services.random.uuid(done), self.0.now, dispatch));
        }
        rows.insert(&events);
        job::insert(&mut rows, &jobs);
        rows.run(&self).await?;
        let now = self.0.now;
        let inner = Arc::into_inner(self.0)
            .ok_or_else(|| Error::Bug("a transaction handle outlived its command".to_owned()))?;
        inner.transaction.commit().await?;
        let due = jobs.iter().filter(|job| job.run_at <= now);
        inner.ctx.services.db.job_bell().ring(due.map(|job| job.desk.as_str()));
        Ok(())
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.0.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.ctx.statements.add();
        self.0.transaction.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.ctx.statements.add();
        self.0.transaction.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.ctx.statements.add();
        self.0.transaction.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.ctx.statements.add();
        self.0.transaction.query_all_raw(statement).await
    }
}
