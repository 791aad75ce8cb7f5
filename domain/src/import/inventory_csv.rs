//! Shopify's inventory CSV: one line per variant and location since 2022, one column per location before. Pure.

use super::cell;
use super::report::RowProblem;
use super::table::{self, Row, Table, fold_heading};
use crate::catalog::apply::MAX_OPTIONS;
use crate::{Error, ErrorCode, Result};

/// What Shopify writes for a variant that a location does not keep.
const NOT_STOCKED: &str = "not stocked";

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Quantities in the order of the file.
    pub records: Vec<InventoryRecord>,
    /// What is wrong with which line.
    pub problems: Vec<RowProblem>,
    /// Headings that mean nothing here; in a file of the older form these may be locations that do not exist.
    pub ignored_columns: Vec<String>,
    /// Lines with something in them, without the headings.
    pub rows: u64,
}

/// How many units of a variant lie at a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryRecord {
    /// Its line.
    pub line: u64,
    /// Stock keeping unit; empty when the line has none.
    pub sku: String,
    /// Shopify's handle, our slug.
    pub handle: String,
    /// Values of the options, without blank ones and `Default Title`.
    pub values: Vec<String>,
    /// Code or name of the location.
    pub location: String,
    /// Units.
    pub quantity: Quantity,
}

/// What a number of units means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// All that lies there.
    OnHand(i64),
    /// What is free to promise.
    Available(i64),
}

/// Where the columns are.
#[derive(Default)]
struct Columns {
    handle: Option<usize>,
    sku: Option<usize>,
    values: Vec<usize>,
    location: Option<usize>,
    available: Option<usize>,
    on_hand: Option<usize>,
    on_hand_new: Option<usize>,
    unknown: Vec<(usize, String)>,
}

/// Headings that are known and not needed.
const OTHERS: [&str; 12] = [
    "title",
    "hs code",
    "coo",
    "bin name",
    "incoming",
    "incoming (not editable)",
    "unavailable",
    "unavailable (not editable)",
    "committed",
    "committed (not editable)",
    "variant id",
    "barcode",
];

impl Columns {
    fn of(table: &Table) -> Self {
        let mut columns = Self::default();
        for (place, heading) in table.headings.iter().enumerate() {
            let folded = fold_heading(heading);
            match folded.as_str() {
                "" => {}
                "handle" | "url handle" => columns.handle = Some(place),
                "sku" | "variant sku" => columns.sku = Some(place),
                other if is_option(other, "value") => columns.values.push(place),
                other if is_option(other, "name") => {}
                "location" => columns.location = Some(place),
                "available" | "available (not editable)" => columns.available = Some(place),
                "on hand" | "on hand (current)" => columns.on_hand = Some(place),
                "on hand (new)" => columns.on_hand_new = Some(place),
                other if OTHERS.contains(&other) => {}
                _ => columns.unknown.push((place, heading.clone())),
            }
        }
        columns
    }
}

/// `option1 value` and so on, up to as many options as a product can have.
fn is_option(folded: &str, part: &str) -> bool {
    let number =
        folded.strip_prefix("option").and_then(|rest| rest.strip_suffix(part)).and_then(|n| n.strip_suffix(' '));
    number.and_then(|number| number.parse::<usize>().ok()).is_some_and(|number| (1..=MAX_OPTIONS).contains(&number))
}

/// Reads a file. `is_location` says which headings of the older form are locations. Errors: `INVALID_FILE`, `REQUIRED`
/// when there is no column to find variants by.
pub fn parse(bytes: &[u8], is_location: impl Fn(&str) -> bool) -> Result<Parsed> {
    let table = table::read(bytes)?;
    let columns = Columns::of(&table);
    if columns.sku.is_none() && columns.handle.is_none() {
        return Err(Error::invalid(ErrorCode::Required, "SKU"));
    }
    let (places, ignored): (Vec<_>, Vec<_>) =
        columns.unknown.iter().cloned().partition(|(_, heading)| columns.location.is_none() && is_location(heading));
    let mut parsed = Parsed {
        ignored_columns: ignored.into_iter().map(|(_, heading)| heading).collect(),
        rows: u64::try_from(table.rows.len()).unwrap_or(u64::MAX),
        ..Parsed::default()
    };
    for row in &table.rows {
        match columns.location {
            Some(place) => long_row(&mut parsed, &columns, row, row.cell(place)),
            None => places.iter().for_each(|(place, heading)| wide_cell(&mut parsed, &columns, row, *place, heading)),
        }
    }
    Ok(parsed)
}

/// A line of one variant at one location: the new quantity if there is one, else what lies there, else what is free.
fn long_row(parsed: &mut Parsed, columns: &Columns, row: &Row, location: &str) {
    let filled = |place: Option<usize>| place.map(|place| row.cell(place)).filter(|cell| !cell.is_empty());
    let (text, heading, of): (&str, &str, fn(i64) -> Quantity) =
        match (filled(columns.on_hand_new), filled(columns.on_hand), filled(columns.available)) {
            (Some(text), _, _) => (text, "On hand (new)", Quantity::OnHand),
            (None, Some(text), _) => (text, "On hand", Quantity::OnHand),
            (None, None, Some(text)) => (text, "Available", Quantity::Available),
            (None, None, None) => return,
        };
    push(parsed, columns, row, location, (text, heading, of));
}

fn wide_cell(parsed: &mut Parsed, columns: &Columns, row: &Row, place: usize, location: &str) {
    let text = row.cell(place);
    if !text.is_empty() {
        push(parsed, columns, row, location, (text, location, Quantity::Available));
    }
}

fn push(
    parsed: &mut Parsed,
    columns: &Columns,
    row: &Row,
    location: &str,
    (text, heading, of): (&str, &str, fn(i64) -> Quantity),
) {
    if text.eq_ignore_ascii_case(NOT_STOCKED) {
        return;
    }
    let cell = |place: Option<usize>| place.map(|place| row.cell(place).to_owned()).unwrap_or_default();
    let (sku, handle) = (cell(columns.sku), cell(columns.handle));
    let subject = if sku.is_empty() { handle.clone() } else { sku.clone() };
    let mut refuse = |code, column: &str| {
        let (column, error) = (Some(column.to_owned()), Error::invalid(code, ""));
        parsed.problems.push(RowProblem { line: row.line, subject: subject.clone(), column, error });
    };
    if subject.is_empty() {
        return refuse(ErrorCode::Required, "SKU");
    }
    let values = columns
        .values
        .iter()
        .map(|place| row.cell(*place))
        .filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("default title"));
    match cell::whole(text) {
        Ok(Some(quantity)) => parsed.records.push(InventoryRecord {
            line: row.line,
            values: values.map(str::to_owned).collect(),
            sku,
            handle: handle.to_lowercase(),
            location: location.to_owned(),
            quantity: of(quantity),
        }),
        Ok(None) => {}
        Err(cell::NotReadable) => refuse(ErrorCode::InvalidQuantity, heading),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_line_per_location() {
        let text = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Incoming (not editable),Available (not editable),On hand (current),On hand (new)\n\
tea,Tea,Title,Default Title,T-1,,,Ginza,0,3,5,\n\
tea,Tea,Title,Default Title,T-1,,,Kyoto,0,3,5,9\n\
tea,Tea,Title,Default Title,T-1,,,Osaka,not stocked,not stocked,not stocked,\n\
tea,Tea,Title,Default Title,T-1,,,Nara,0,0,1.5,\n";
        let parsed = parse(text.as_bytes(), |_| false).expect("readable");
        let found: Vec<_> = parsed.records.iter().map(|r| (r.location.as_str(), r.quantity)).collect();
        assert_eq!(found, [("Ginza", Quantity::OnHand(5)), ("Kyoto", Quantity::OnHand(9))]);
        assert_eq!(
            parsed.problems.iter().map(|p| (p.line, p.error.code())).collect::<Vec<_>>(),
            [(5, ErrorCode::InvalidQuantity)]
        );
    }

    #[test]
    fn one_column_per_location() {
        let text = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Ginza,Warehouse,Moon\n\
happi,Happi,Size,M,,,,4,not stocked,1\n";
        let parsed = parse(text.as_bytes(), |heading| heading != "Moon").expect("readable");
        let record = parsed.records.first().expect("one");
        assert_eq!((record.handle.as_str(), record.values.as_slice()), ("happi", &["M".to_owned()][..]));
        assert_eq!((record.location.as_str(), record.quantity), ("Ginza", Quantity::Available(4)));
        assert_eq!((parsed.records.len(), parsed.ignored_columns.as_slice()), (1, &["Moon".to_owned()][..]));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&[b"Handle,SKU,Location,On hand (new),X\n".as_slice(), &bytes].concat(), |_| true);
        }
    }
}
