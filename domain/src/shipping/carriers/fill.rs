//! Filling a layout with parcels: pure.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::address::Address;
use serde_json::Value;

use super::charset;
use super::layout::{Column, Hyphens, Layout, Source};
use crate::{Error, ErrorCode};

/// What a label says.
#[derive(Debug, Clone, Default)]
pub struct Parcel {
    /// Our reference, which comes back with the carrier's number.
    pub reference: String,
    /// The order's number.
    pub order_number: String,
    /// The service as the shop calls it.
    pub service: Option<String>,
    /// The day it leaves.
    pub ship_on: NaiveDate,
    /// The day the customer asked for.
    pub delivery_on: Option<NaiveDate>,
    /// The time of day the customer asked for.
    pub delivery_slot: Option<String>,
    /// To whom.
    pub recipient: Address,
    /// From where.
    pub sender: Address,
    /// The sender's name.
    pub sender_name: String,
    /// The sender's private metadata.
    pub sender_metadata: Value,
    /// What is in it.
    pub items: Vec<String>,
    /// Weight in grams.
    pub weight_grams: Option<i64>,
}

/// Cells of a parcel, and characters that had to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// One per column.
    pub cells: Vec<String>,
    /// Column and character.
    pub replaced: Vec<(String, char)>,
}

/// The cells of a parcel. Errors, each with the column's heading as its path: `REQUIRED`, `TEXT_TOO_LONG`,
/// `DELIVERY_TIME_UNAVAILABLE` for a time of day and `INVALID` for a service that the carrier does not know.
pub fn row(layout: &Layout, parcel: &Parcel) -> Result<Row, Vec<Error>> {
    let mut row = Row { cells: vec![String::new(); layout.columns.len()], replaced: Vec::new() };
    let mut problems = Vec::new();
    let mut groups: BTreeMap<Option<Source>, Vec<usize>> = BTreeMap::new();
    for (position, column) in layout.columns.iter().enumerate() {
        // Entries of metadata and fixed values share nothing with other columns.
        match column.source {
            Some(source) if source != Source::LocationMetadata => {
                groups.entry(Some(source)).or_default().push(position)
            }
            Some(_) | None => fill(layout, parcel, &[position], &mut row, &mut problems),
        }
    }
    for positions in groups.values() {
        fill(layout, parcel, positions, &mut row, &mut problems);
    }
    if problems.is_empty() { Ok(row) } else { Err(problems) }
}

/// Fills the columns of one source.
fn fill(layout: &Layout, parcel: &Parcel, positions: &[usize], row: &mut Row, problems: &mut Vec<Error>) {
    let columns: Vec<(usize, &Column)> =
        positions.iter().filter_map(|position| Some((*position, layout.columns.get(*position)?))).collect();
    let Some((_, first)) = columns.first() else { return };
    let pieces = match pieces(layout, parcel, first) {
        Ok(pieces) => pieces,
        Err(error) => return problems.push(error),
    };
    let mut fitted = Vec::with_capacity(pieces.len());
    for piece in pieces.iter().map(|piece| piece.trim()).filter(|piece| !piece.is_empty()) {
        let fit = charset::fit(piece);
        row.replaced.extend(fit.missing.iter().map(|character| (first.name.clone(), *character)));
        fitted.push(charset::harmless(fit.text.trim()));
    }
    if fitted.is_empty() {
        fitted.extend(first.value.clone());
    }
    let widths: Vec<usize> = columns.iter().map(|(_, column)| column.bytes.unwrap_or(usize::MAX)).collect();
    let one_each = first.source == Some(Source::Items);
    let cut = first.cut;
    let parts = if one_each { Some(one_a_column(&fitted, &widths)) } else { spread(&fitted, &widths) };
    let parts = parts.or_else(|| cut.then(|| one_a_column(&fitted, &widths)));
    let Some(parts) = parts else {
        let most = widths.iter().sum::<usize>().to_string();
        problems.push(Error::invalid_with(ErrorCode::TextTooLong, first.name.clone(), vec![("max", most)]));
        return;
    };
    for ((position, column), part) in columns.into_iter().zip(parts.into_iter().chain(std::iter::repeat(String::new())))
    {
        if column.required && part.is_empty() {
            problems.push(Error::invalid(ErrorCode::Required, column.name.clone()));
        }
        if let Some(cell) = row.cells.get_mut(position) {
            *cell = part;
        }
    }
}

/// One piece a column, each cut to its width.
fn one_a_column(pieces: &[String], widths: &[usize]) -> Vec<String> {
    pieces.iter().zip(widths).map(|(piece, width)| charset::split(piece, *width).0.to_owned()).collect()
}

/// Pieces over columns: each begins its own column when there are enough of them, else all flow on; `None` when they do
/// not fit. No character is cut and none is lost.
fn spread(pieces: &[String], widths: &[usize]) -> Option<Vec<String>> {
    apart(pieces, widths).or_else(|| flow(&pieces.concat(), widths))
}

fn apart(pieces: &[String], widths: &[usize]) -> Option<Vec<String>> {
    let mut widths = widths.iter();
    let mut parts = Vec::new();
    for piece in pieces {
        let mut rest = piece.as_str();
        while !rest.is_empty() {
            let (part, left) = charset::split(rest, *widths.next()?);
            if part.is_empty() {
                return None;
            }
            parts.push(part.to_owned());
            rest = left;
        }
    }
    Some(parts)
}

fn flow(text: &str, widths: &[usize]) -> Option<Vec<String>> {
    apart(&[text.to_owned()], widths)
}

/// What a column says, as pieces that should not be torn apart.
fn pieces(layout: &Layout, parcel: &Parcel, column: &Column) -> Result<Vec<String>, Error> {
    if let Some(when) = column.when.iter().find(|when| is_given(parcel, when.given)) {
        return Ok(vec![when.value.clone()]);
    }
    let Some(source) = column.source else { return Ok(Vec::new()) };
    let day = |day: NaiveDate| day.format(&layout.date).to_string();
    let one = |text: String| Ok(vec![text]);
    let (to, from) = (&parcel.recipient, &parcel.sender);
    match source {
        Source::Reference => one(parcel.reference.clone()),
        Source::OrderNumber => one(parcel.order_number.clone()),
        Source::ShipOn => one(day(parcel.ship_on)),
        Source::DeliveryOn => Ok(parcel.delivery_on.map(day).into_iter().collect()),
        Source::Service => coded(&layout.services, parcel.service.as_deref(), ErrorCode::Invalid, column),
        Source::DeliverySlot => {
            coded(&layout.slots, parcel.delivery_slot.as_deref(), ErrorCode::DeliveryTimeUnavailable, column)
        }
        Source::RecipientPhone => one(phone(&to.phone)),
        Source::RecipientPostalCode => one(postal_code(&to.postal_code, layout.postal_code)),
        Source::RecipientAddress => Ok(address(to)),
        Source::RecipientName => one(full_name(to)),
        Source::RecipientCompany => one(to.company.clone()),
        Source::RecipientNameAndCompany => Ok(vec![full_name(to), to.company.clone()]),
        Source::RecipientKana => one(format!("{} {}", to.family_name_kana, to.given_name_kana)),
        Source::SenderPhone => one(phone(&from.phone)),
        Source::SenderPostalCode => one(postal_code(&from.postal_code, layout.postal_code)),
        Source::SenderAddress => Ok(address(from)),
        Source::SenderName => one(parcel.sender_name.clone()),
        Source::Items => Ok(parcel.items.clone()),
        Source::WeightGrams => Ok(parcel.weight_grams.map(|grams| grams.to_string()).into_iter().collect()),
        Source::LocationMetadata => {
            let entry = column.key.as_deref().and_then(|key| parcel.sender_metadata.get(key)).and_then(Value::as_str);
            Ok(entry.map(str::to_owned).into_iter().collect())
        }
    }
}

fn is_given(parcel: &Parcel, source: Source) -> bool {
    (source == Source::DeliveryOn && parcel.delivery_on.is_some())
        || (source == Source::DeliverySlot && parcel.delivery_slot.is_some())
}

fn coded(
    codes: &BTreeMap<String, String>,
    word: Option<&str>,
    error: ErrorCode,
    column: &Column,
) -> Result<Vec<String>, Error> {
    match word {
        None => Ok(Vec::new()),
        Some(word) => {
            let code = codes.get(word).ok_or_else(|| Error::invalid(error, column.name.clone()))?;
            Ok(vec![code.clone()])
        }
    }
}

fn full_name(address: &Address) -> String {
    format!("{} {}", address.family_name, address.given_name).trim().to_owned()
}

fn address(address: &Address) -> Vec<String> {
    vec![format!("{}{}{}", address.region, address.city, address.line1), address.line2.clone()]
}

/// A Japanese number with its leading zero, digits alone; what is dialled from abroad keeps its country code.
fn phone(e164: &str) -> String {
    match e164.strip_prefix("+81") {
        Some(national) => format!("0{national}"),
        None => e164.chars().filter(char::is_ascii_digit).collect(),
    }
}

fn postal_code(code: &str, hyphens: Hyphens) -> String {
    match hyphens {
        Hyphens::HyphensOn => code.to_owned(),
        Hyphens::HyphensOff => code.replace('-', ""),
    }
}

/// The bytes of a file: Shift_JIS, CRLF.
#[must_use]
pub fn file(layout: &Layout, rows: &[Row]) -> Vec<u8> {
    let headings: Vec<String> = layout.columns.iter().map(|column| charset::fit(&column.name).text).collect();
    let first = layout.heading.then_some(&headings);
    let mut bytes = Vec::new();
    for cells in first.into_iter().chain(rows.iter().map(|row| &row.cells)) {
        let line: Vec<String> = cells.iter().map(|cell| quoted(cell, layout.quote_all)).collect();
        bytes.extend(charset::encode(&line.join(",")));
        bytes.extend(b"\r\n");
    }
    bytes
}

/// A cell as RFC 4180 §2 writes it.
fn quoted(cell: &str, always: bool) -> String {
    if always || cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use encoding_rs::SHIFT_JIS;
    use entity::words::Carrier;
    use proptest::prelude::*;

    use super::*;
    use crate::shipping::carriers::layout;

    fn parcel() -> Parcel {
        let recipient = Address {
            family_name: "髙﨑".into(),
            given_name: "花子".into(),
            family_name_kana: "タカサキ".into(),
            given_name_kana: "ハナコ".into(),
            country: "JP".into(),
            postal_code: "150-0001".into(),
            region: "東京都".into(),
            city: "渋谷区".into(),
            line1: "神宮前1-2-3".into(),
            line2: "コーポ原宿〜201号室".into(),
            phone: "+819012345678".into(),
            ..Address::default()
        };
        let sender = Address {
            postal_code: "135-0063".into(),
            region: "東京都".into(),
            city: "江東区".into(),
            line1: "有明3-1".into(),
            phone: "+81312345678".into(),
            ..Address::default()
        };
        Parcel {
            reference: "H100001-1".into(),
            order_number: "H100001".into(),
            ship_on: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
            delivery_on: NaiveDate::from_ymd_opt(2026, 11, 23),
            delivery_slot: Some("14-16".into()),
            recipient,
            sender,
            sender_name: "有明倉庫".into(),
            sender_metadata: serde_json::json!({ "yamato.customer_code": "0312345678" }),
            items: vec!["=煎茶, \"100g\" ×2".into()],
            weight_grams: Some(450),
            ..Parcel::default()
        }
    }

    fn cells(carrier: Carrier, parcel: &Parcel) -> BTreeMap<String, String> {
        let layout = layout::of(carrier).unwrap();
        let row = row(layout, parcel).unwrap_or_else(|problems| panic!("{problems:?}"));
        layout
            .columns
            .iter()
            .map(|column| column.name.clone())
            .zip(row.cells)
            .filter(|(_, cell)| !cell.is_empty())
            .collect()
    }

    #[test]
    fn each_carrier_gets_its_own_codes_and_forms() {
        let yamato = cells(Carrier::Yamato, &parcel());
        assert_eq!(yamato["お届け予定日"], "2026/11/23");
        assert_eq!(yamato["配達時間帯"], "1416");
        assert_eq!(yamato["お届け先電話番号"], "09012345678");
        assert_eq!(yamato["お届け先郵便番号"], "1500001");
        assert_eq!(yamato["お届け先アパートマンション名"], "コーポ原宿～201号室");
        assert_eq!(yamato["請求先顧客コード"], "0312345678");
        assert_eq!(yamato["品名１"], "＝煎茶, \"100g\" ×2");
        let sagawa = cells(Carrier::Sagawa, &parcel());
        assert_eq!((sagawa["配達日"].as_str(), sagawa["配達指定時間帯"].as_str()), ("20261123", "14"));
        assert_eq!(sagawa["指定シール１"], "007");
        assert_eq!(sagawa["お届け先郵便番号"], "150-0001");
        let post = cells(Carrier::JapanPost, &parcel());
        assert_eq!(post["配達時間帯区分"], "53");
        assert_eq!(cells(Carrier::JapanPost, &Parcel { delivery_slot: None, ..parcel() })["配達時間帯区分"], "00");
    }

    #[test]
    fn long_addresses_flow_over_the_columns_and_lose_nothing() {
        let mut long = parcel();
        long.recipient.line1 = "神宮前".repeat(5);
        let sagawa = cells(Carrier::Sagawa, &long);
        let whole: String = ["１", "２", "３"]
            .iter()
            .filter_map(|number| sagawa.get(&format!("お届け先住所{number}")))
            .map(String::as_str)
            .collect();
        assert_eq!(whole, format!("東京都渋谷区{}コーポ原宿～201号室", "神宮前".repeat(5)));
        long.recipient.line1 = "神宮前".repeat(30);
        let problems = row(layout::of(Carrier::Sagawa).unwrap(), &long).unwrap_err();
        assert_eq!(problems[0].code(), ErrorCode::TextTooLong);
    }

    #[test]
    fn what_a_carrier_needs_or_does_not_know_is_told_by_column() {
        let mut bad = parcel();
        bad.recipient.phone = String::new();
        bad.delivery_slot = Some("02-03".into());
        let problems = row(layout::of(Carrier::Yamato).unwrap(), &bad).unwrap_err();
        let codes: Vec<ErrorCode> = problems.iter().map(Error::code).collect();
        assert!(
            codes.contains(&ErrorCode::Required) && codes.contains(&ErrorCode::DeliveryTimeUnavailable),
            "{codes:?}"
        );
    }

    #[test]
    fn files_look_the_same_as_before() {
        for carrier in [Carrier::Yamato, Carrier::Sagawa, Carrier::JapanPost] {
            let layout = layout::of(carrier).unwrap();
            let bytes = file(layout, &[row(layout, &parcel()).unwrap()]);
            let (text, broken) = SHIFT_JIS.decode_without_bom_handling(&bytes);
            assert!(!broken && text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\n'), "{carrier}");
            insta::assert_snapshot!(format!("carrier_file_{carrier}"), text.replace("\r\n", "⏎\n"));
        }
    }

    proptest! {
        #[test]
        fn no_cell_is_wider_than_its_column(line1 in ".{0,40}", line2 in ".{0,20}", name in ".{0,20}", item in ".{0,60}") {
            let mut any = parcel();
            any.recipient.line1 = line1;
            any.recipient.line2 = line2;
            any.recipient.family_name = name;
            any.items = vec![item];
            for carrier in [Carrier::Yamato, Carrier::Sagawa, Carrier::JapanPost] {
                let layout = layout::of(carrier).unwrap();
                if let Ok(row) = row(layout, &any) {
                    for (column, cell) in layout.columns.iter().zip(&row.cells) {
                        prop_assert!(charset::width(cell) <= column.bytes.unwrap_or(0), "{}: {cell}", column.name);
                    }
                }
            }
        }
    }
}
