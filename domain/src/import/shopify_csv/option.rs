//! Options: their names, and the value of each on every variant.

use super::super::table::Row;
use super::columns::{Field, OPTIONS};
use super::group::Group;
use super::product::ProductReader;
use crate::ErrorCode;

impl ProductReader<'_> {
    /// Names stand on the first line that has them; `Title` with the one value `Default Title` means no options.
    pub(super) fn option_names(&self, group: &Group<'_>) -> Option<Vec<String>> {
        let columns = self.columns;
        if !(0..OPTIONS).any(|number| columns.has(&Field::OptionValue(number))) {
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        for number in 0..OPTIONS {
            let cells =
                |field: Field| group.rows.iter().map(|row| columns.cell(row, &field)).find(|cell| !cell.is_empty());
            let (name, value) = (cells(Field::OptionName(number)), cells(Field::OptionValue(number)));
            match (name, value) {
                (_, None) => {}
                (Some(name), Some(_)) => names.push(name.to_owned()),
                (None, Some(_)) => names.push(format!("Option {}", number + 1)),
            }
        }
        let values: Vec<&str> = group
            .rows
            .iter()
            .map(|row| columns.cell(row, &Field::OptionValue(0)))
            .filter(|cell| !cell.is_empty())
            .collect();
        let is_default = names.len() == 1 && values.iter().all(|value| value.eq_ignore_ascii_case("default title"));
        Some(if is_default { Vec::new() } else { names })
    }

    /// A blank cell beside filled ones repeats the cell above, as merged cells of spreadsheets do.
    pub(super) fn values(&mut self, row: &Row, options: &[String], above: Option<&[String]>) -> Vec<String> {
        let columns = self.columns;
        let cells: Vec<(usize, &str)> = (0..OPTIONS)
            .map(|number| (number, columns.cell(row, &Field::OptionValue(number))))
            .take(options.len())
            .collect();
        let any = cells.iter().any(|(_, cell)| !cell.is_empty());
        let mut values = Vec::with_capacity(cells.len());
        for (number, cell) in cells {
            let inherited = above.and_then(|above| above.get(number)).filter(|_| any);
            match (cell, inherited) {
                ("", Some(value)) => values.push(value.clone()),
                ("", None) => self.refuse(row, ErrorCode::Required, &Field::OptionValue(number)),
                (cell, _) => values.push(cell.to_owned()),
            }
        }
        values
    }
}
