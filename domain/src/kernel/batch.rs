//! Several writes in one call to the database, so that rows that are written together cost one round trip.
//!
//! PostgreSQL runs them as one statement of common table expressions, whose foreign keys are checked at its end; SQLite
//! takes them one after the other out of one text. The order of the writes is kept where it can be seen: SQLite checks
//! each at once, so parents come first. On PostgreSQL all of them see the rows as they were before, so no two may change
//! the same row.

use sea_orm::sea_query::{
    CommonTableExpression, PostgresQueryBuilder, QueryBuilder, QueryStatementBuilder, SqliteQueryBuilder,
    SubQueryStatement, Values, WithClause,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, Iterable, ModelTrait, QueryTrait,
    Statement,
};

use super::{Result, Tx};

/// Most values of one call: SQLite binds at most 32 766 to a statement, PostgreSQL 65 535.
const VALUES: usize = 30_000;

/// Writes that wait to be sent together.
#[derive(Debug, Default)]
pub(crate) struct Batch(Vec<(SubQueryStatement, usize)>);

impl Batch {
    /// Adds rows.
    pub(crate) fn insert<M>(&mut self, rows: &[M])
    where
        M: ModelTrait + IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel>,
    {
        let columns = <<M as ModelTrait>::Entity as EntityTrait>::Column::iter().count().max(1);
        for some in rows.chunks((VALUES / columns).max(1)) {
            let active = some.iter().cloned().map(|row| row.into_active_model().reset_all());
            let insert = <M as ModelTrait>::Entity::insert_many(active).into_query();
            self.0.push((insert.into(), some.len() * columns));
        }
    }

    /// Adds a statement with few values.
    pub(crate) fn write(&mut self, statement: impl Into<SubQueryStatement>) {
        self.write_many(statement, 100);
    }

    /// Adds a statement with so many values.
    pub(crate) fn write_many(&mut self, statement: impl Into<SubQueryStatement>, values: usize) {
        self.0.push((statement.into(), values));
    }

    /// Sends everything, in as few calls as the limits of the databases allow: one but for very large batches.
    pub(crate) async fn run(self, tx: &Tx) -> Result<()> {
        let (mut some, mut values) = (Vec::new(), 0);
        // Changes may point to rows that are new; SQLite checks that statement by statement.
        let (rows, changes): (Vec<_>, Vec<_>) =
            self.0.into_iter().partition(|(write, _)| matches!(write, SubQueryStatement::InsertStatement(_)));
        for (write, count) in rows.into_iter().chain(changes) {
            if values + count > VALUES && !some.is_empty() {
                send(tx, std::mem::take(&mut some)).await?;
                values = 0;
            }
            values += count;
            some.push(write);
        }
        send(tx, some).await
    }
}

async fn send(tx: &Tx, writes: Vec<SubQueryStatement>) -> Result<()> {
    let backend = tx.get_database_backend();
    let (sql, values) = if backend == DatabaseBackend::Postgres { joined(writes) } else { in_a_row(&writes) };
    if !sql.is_empty() {
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

/// All but the last become common table expressions of the last.
fn joined(mut writes: Vec<SubQueryStatement>) -> (String, Values) {
    let Some(last) = writes.pop() else { return (String::new(), Values(Vec::new())) };
    if writes.is_empty() {
        return build(&last, &PostgresQueryBuilder);
    }
    let mut with = WithClause::new();
    for (write, number) in writes.into_iter().zip(1..) {
        with.cte(CommonTableExpression::new().query(write).table_name(format!("write_{number}")).to_owned());
    }
    with.query(last).build_any(&PostgresQueryBuilder)
}

fn in_a_row(writes: &[SubQueryStatement]) -> (String, Values) {
    let (mut texts, mut all) = (Vec::with_capacity(writes.len()), Vec::new());
    for write in writes {
        let (sql, values) = build(write, &SqliteQueryBuilder);
        texts.push(sql);
        all.extend(values.0);
    }
    (texts.join("; "), Values(all))
}

fn build(write: &SubQueryStatement, builder: &impl QueryBuilder) -> (String, Values) {
    match write {
        SubQueryStatement::SelectStatement(statement) => statement.build_any(builder),
        SubQueryStatement::InsertStatement(statement) => statement.build_any(builder),
        SubQueryStatement::UpdateStatement(statement) => statement.build_any(builder),
        SubQueryStatement::DeleteStatement(statement) => statement.build_any(builder),
        SubQueryStatement::WithStatement(statement) => statement.build_any(builder),
    }
}
