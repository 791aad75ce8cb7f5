//! A file of rows and columns: its encoding, its separator, its headings and its lines. Pure.

use csv::{ReaderBuilder, StringRecord, Terminator};
use encoding_rs::{Encoding, SHIFT_JIS};
use unicode_normalization::UnicodeNormalization;

use crate::{Error, ErrorCode, Result};

/// Largest file in bytes.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Most columns.
const MAX_COLUMNS: usize = 1_000;

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Table {
    /// Headings as written.
    pub headings: Vec<String>,
    /// Lines with something in them.
    pub rows: Vec<Row>,
}

/// A line of a file.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line on which it begins, from 1.
    pub line: u64,
    cells: StringRecord,
}

impl Row {
    /// The cell of a column, trimmed, without the guard against formulas; empty when the line ends before it.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        super::cell::unguard(self.cells.get(column).unwrap_or_default().trim())
    }

    /// Whether there are more filled cells than headings.
    #[must_use]
    pub fn overflows(&self, columns: usize) -> bool {
        self.cells.iter().skip(columns).any(|cell| !cell.trim().is_empty())
    }
}

/// Reads a file: UTF-8 with or without byte order mark, UTF-16 with one, or Shift_JIS; commas, semicolons or tabs; LF
/// or CRLF. Errors: `INVALID_FILE` when it is too large, in another encoding, has no headings, or a quote stays open
/// (the path names the line).
pub fn read(bytes: &[u8]) -> Result<Table> {
    if bytes.len() > MAX_BYTES {
        return Err(invalid("file"));
    }
    let text = decode(bytes)?;
    let separator = separator(&text);
    if let Some(line) = open_quote(&text, separator) {
        return Err(invalid(&format!("line {line}")));
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .terminator(Terminator::CRLF)
        .from_reader(text.as_bytes());
    let mut headings = None;
    let mut rows = Vec::new();
    let mut lines = Lines { text: text.as_bytes(), place: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(|_| invalid("file"))?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        match headings {
            None => headings = Some(record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()),
            Some(_) => rows.push(Row { line, cells: record }),
        }
    }
    let headings = headings.filter(|headings| headings.len() <= MAX_COLUMNS).ok_or_else(|| invalid("file"))?;
    Ok(Table { headings, rows })
}

/// Counts lines on the way through a text: the reader's own count is off by one after CRLF and blank lines.
struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first character at or after a place that is no line break.
    fn at(&mut self, place: u64) -> u64 {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.place) {
            let is_break = matches!(byte, b'\n' | b'\r');
            if self.place >= place && !is_break {
                break;
            }
            self.line = self.line.saturating_add(u64::from(*byte == b'\n'));
            self.place += 1;
        }
        self.line
    }
}

fn invalid(path: &str) -> Error {
    Error::invalid(ErrorCode::InvalidFile, path)
}

fn decode(bytes: &[u8]) -> Result<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
        return if broken { Err(invalid("file")) } else { Ok(text.into_owned()) };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    // Excel in Japan saves CSV in the Windows variant of Shift_JIS, which is what encoding_rs means by it.
    let (text, broken) = SHIFT_JIS.decode_without_bom_handling(bytes);
    if broken { Err(invalid("file")) } else { Ok(text.into_owned()) }
}

/// The separator that the headings use most.
fn separator(text: &str) -> u8 {
    let headings = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &u8| headings.bytes().filter(|byte| byte == separator).count();
    // The last of equals wins, so the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The line of a quote that is opened and never closed: all that follows it would be one cell.
fn open_quote(text: &str, separator: u8) -> Option<u64> {
    let (mut line, mut opened, mut at_start, mut after_quote) = (1_u64, None, true, false);
    for byte in text.bytes() {
        if byte == b'\n' {
            line = line.saturating_add(1);
        }
        if opened.is_some() && !after_quote {
            after_quote = byte == b'"';
            continue;
        }
        if after_quote {
            after_quote = false;
            if byte == b'"' {
                continue;
            }
            opened = None;
        }
        let ends = byte == separator || byte == b'\n' || byte == b'\r';
        if at_start && byte == b'"' {
            opened = Some(line);
        }
        at_start = ends;
    }
    opened.filter(|_| !after_quote)
}

/// A heading as it is compared: full-width as half-width, lower case, single spaces.
#[must_use]
pub fn fold_heading(heading: &str) -> String {
    let folded: String = heading.trim_start_matches('\u{feff}').nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodings_of_one_table_read_alike() {
        let text = "Handle,Title\r\ngreen-tea,\"緑茶, 髙級\"\r\n";
        let (shift_jis, _, _) = SHIFT_JIS.encode(text);
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in
            [text.as_bytes().to_vec(), [b"\xEF\xBB\xBF", text.as_bytes()].concat(), shift_jis.into_owned(), utf16]
        {
            let table = read(&bytes).expect("readable");
            assert_eq!(table.headings, ["Handle", "Title"]);
            assert_eq!(table.rows.first().map(|row| (row.line, row.cell(1))), Some((2, "緑茶, 髙級")));
        }
    }

    #[test]
    fn lines_are_counted_through_quoted_breaks() {
        let table = read(b"a;b\n\"1\n2\";x\n\n;\n3;y\n").expect("readable");
        let lines: Vec<u64> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 6]);
        assert_eq!(table.rows.first().map(|row| row.cell(0)), Some("1\n2"));
    }

    #[test]
    fn an_open_quote_is_named() {
        let (shift_jis, _, _) = SHIFT_JIS.encode("a,b\n1,\"緑茶\n2,x\n3,y\n");
        let error = read(&shift_jis).expect_err("open");
        assert_eq!((error.code(), error.path()), (ErrorCode::InvalidFile, "line 2"));
        assert!(read(b"a,b\n1,\"x\"\"y\"\n2,5\" wide\n").is_ok());
        assert!(read(b"").is_err());
        assert!(read(b"\xff\xff\xff\x00\x80").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn arbitrary_tables_never_panic(text in "[a-z,;\"\n\r\t緑 ]{0,120}") {
            if let Ok(table) = read(text.as_bytes()) {
                for row in &table.rows {
                    let _ = (row.cell(0), row.cell(99), row.overflows(1));
                }
            }
        }

        #[test]
        fn what_is_written_is_read(cells in proptest::collection::vec("[a-z,\"\n緑]{0,12}", 1..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(cells.iter().map(|_| "h")).expect("heading");
            writer.write_record(&cells).expect("row");
            let table = read(&writer.into_inner().expect("bytes")).expect("readable");
            let blank = cells.iter().all(|cell| cell.trim().is_empty());
            prop_assert_eq!(table.rows.len(), usize::from(!blank));
            for row in &table.rows {
                for (column, cell) in cells.iter().enumerate() {
                    prop_assert_eq!(row.cell(column), cell.trim());
                }
            }
        }
    }
}
