//! Lines to products: which lines belong together.

use std::collections::HashMap;

use super::super::report::RowProblem;
use super::super::table::{Row, Table};
use super::columns::{Columns, Field};
use super::record::Parsed;
use crate::catalog::slug;
use crate::{Error, ErrorCode};

/// The lines of one product.
pub(super) struct Group<'a> {
    pub(super) handle: String,
    pub(super) rows: Vec<&'a Row>,
}

/// Gathers lines by handle, wherever they stand. A line with another title under a handle that is taken is wrong, and
/// so is one without handle and title.
pub(super) fn groups<'a>(columns: &Columns, table: &'a Table, parsed: &mut Parsed) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut by_handle: HashMap<String, usize> = HashMap::new();
    for row in &table.rows {
        let title = columns.cell(row, &Field::Title);
        let written = columns.cell(row, &Field::Handle);
        let handle = if written.is_empty() { slug::from_title(title) } else { written.to_lowercase() };
        let mut refuse = |code, field: Field| {
            let column = columns.heading(&field);
            let subject = handle.clone();
            parsed.problems.push(RowProblem { line: row.line, subject, column, error: Error::invalid(code, "") });
            parsed.failed = parsed.failed.saturating_add(1);
        };
        if handle.is_empty() {
            refuse(ErrorCode::Required, Field::Handle);
            continue;
        }
        let Some(group) = by_handle.get(&handle).and_then(|place| groups.get_mut(*place)) else {
            by_handle.insert(handle.clone(), groups.len());
            groups.push(Group { handle, rows: vec![row] });
            continue;
        };
        let first = group.rows.first().map_or("", |first| columns.cell(first, &Field::Title));
        if !title.is_empty() && !first.is_empty() && title != first {
            refuse(ErrorCode::AlreadyExists, Field::Handle);
        } else {
            group.rows.push(row);
        }
    }
    groups
}
