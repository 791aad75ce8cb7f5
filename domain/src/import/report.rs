//! What an import did, and what was wrong with which line.

use crate::Error;
use crate::kernel::language::Language;

/// Most problems that a report lists; the counts go on.
pub const MAX_PROBLEMS: usize = 10_000;

/// Something wrong with a line of a file. Its product (or stock level) was left as it is.
#[derive(Debug, Clone)]
pub struct RowProblem {
    /// Line of the file, from 1; the header is line 1.
    pub line: u64,
    /// The product's handle or the SKU the line speaks of; empty when it has none.
    pub subject: String,
    /// Heading of the column, when one is to blame.
    pub column: Option<String>,
    /// What is wrong.
    pub error: Error,
}

impl RowProblem {
    /// What is wrong, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        self.error.message(language)
    }
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Lines with something in them, without the header.
    pub rows: u64,
    /// New products (or stock levels).
    pub created: u64,
    /// Changed ones.
    pub updated: u64,
    /// Ones that were the same already.
    pub unchanged: u64,
    /// Ones left alone because a line is wrong.
    pub failed: u64,
    /// What is wrong, by line.
    pub problems: Vec<RowProblem>,
    /// Headings that mean nothing here; their columns were not read.
    pub ignored_columns: Vec<String>,
    /// Nothing was written; the counts say what would have been.
    pub dry_run: bool,
}

impl ImportReport {
    /// Notes a problem.
    pub(crate) fn problem(&mut self, problem: RowProblem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Problems in the order of the file.
    pub(crate) fn finish(&mut self) {
        self.problems.sort_by_key(|problem| problem.line);
    }
}
