//! One check: a query whose rows break an invariant.

use entity::type_id::encode;
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult, Statement};
use uuid::Uuid;

use super::report::{CheckResult, Finding, MAX_FINDINGS};
use crate::Result;

/// The query of a check. It returns `id` (a UUID or null) and `detail` (a text without personal data).
#[derive(Debug, Clone, Copy)]
pub enum Sql {
    /// The same on both databases.
    Both(&'static str),
    /// One for each.
    Each {
        /// SQLite.
        sqlite: &'static str,
        /// PostgreSQL.
        postgres: &'static str,
    },
}

/// An invariant, or a part of one, as a query.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Stable name.
    pub name: &'static str,
    /// Number of the invariant it belongs to, as listed in the documentation.
    pub invariant: u8,
    /// What must hold.
    pub rule: &'static str,
    /// Prefix of the ids that the query returns, such as `order`.
    pub prefix: &'static str,
    /// Returns the rows that break it.
    pub sql: Sql,
}

impl Check {
    pub(super) async fn run(&self, db: &impl ConnectionTrait) -> CheckResult {
        CheckResult::new((self.name, self.invariant, self.rule), self.find(db).await)
    }

    async fn find(&self, db: &impl ConnectionTrait) -> Result<Vec<Finding>> {
        let backend = db.get_database_backend();
        let sql = match (self.sql, backend) {
            (Sql::Both(sql), _) | (Sql::Each { postgres: sql, .. }, DatabaseBackend::Postgres) => sql,
            (Sql::Each { sqlite: sql, .. }, _) => sql,
        };
        let sql = format!("SELECT found.id, found.detail FROM ({sql}) AS found LIMIT {}", MAX_FINDINGS + 1);
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
        Ok(rows.iter().map(|row| self.finding(row)).collect::<Result<_, DbErr>>()?)
    }

    fn finding(&self, row: &QueryResult) -> Result<Finding, DbErr> {
        let id: Option<Uuid> = row.try_get("", "id")?;
        let subject = id.map_or_else(|| self.prefix.to_owned(), |id| encode(self.prefix, id));
        Ok(Finding { subject, detail: row.try_get("", "detail")? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique() {
        let names: Vec<&str> = super::super::checks().map(|check| check.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
