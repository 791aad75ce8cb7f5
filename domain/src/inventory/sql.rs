//! Building the few statements that the query builder cannot say: lists of rows as a table, on both databases.

use sea_orm::{DatabaseBackend, Statement, Value};

/// Most rows of one statement; SQLite binds at most 32 766 values.
pub(crate) const CHUNK: usize = 500;

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Sql {
    backend: DatabaseBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) const fn new(backend: DatabaseBackend) -> Self {
        Self { backend, text: String::new(), values: Vec::new() }
    }

    /// Appends text as it is.
    pub(crate) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends text that only PostgreSQL understands and SQLite does not need.
    pub(crate) fn push_postgres(self, text: &str) -> Self {
        if self.backend == DatabaseBackend::Postgres { self.push(text) } else { self }
    }

    /// Appends a value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let position = self.values.len();
        self.push(&format!("${position}"))
    }

    /// Appends a list of values in parentheses, for `IN`.
    pub(crate) fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.text.push('(');
        for (index, value) in values.into_iter().enumerate() {
            self = if index == 0 { self } else { self.push(", ") }.bind(value);
        }
        self.push(")")
    }

    /// Appends rows as a derived table `d`, whose columns both databases call `column1`, `column2`, …
    /// PostgreSQL takes bound values in `VALUES` for text, so each gets its type.
    pub(crate) fn rows(mut self, types: &[&str], rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        self.text.push_str("(VALUES ");
        for (index, row) in rows.into_iter().enumerate() {
            self = self.push(if index == 0 { "(" } else { ", (" });
            for (column, (value, kind)) in row.into_iter().zip(types).enumerate() {
                self = if column == 0 { self } else { self.push(", ") }.bind(value);
                self = self.push_postgres("::").push_postgres(kind);
            }
            self.text.push(')');
        }
        self.push(") AS d")
    }

    pub(crate) fn build(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}
