//! The columns of the files that label programs read, as data: one file per program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use entity::words::Carrier;
use serde::Deserialize;

/// A file that a label program reads, and the one it writes back.
#[derive(Debug, Clone, Deserialize)]
pub struct Layout {
    /// Whose parcels.
    pub carrier: Carrier,
    /// The program.
    pub software: String,
    /// What the program calls the layout.
    pub layout: String,
    /// How far it is known to be right.
    pub verified: String,
    /// Whether the first line holds the columns' names.
    pub heading: bool,
    /// Whether every cell is quoted, or only those that need it.
    pub quote_all: bool,
    /// How days are written, in the manner of strftime.
    pub date: String,
    /// How phone numbers are written.
    pub phone: Hyphens,
    /// How postal codes are written.
    pub postal_code: Hyphens,
    /// The carrier's codes of times of day.
    pub slots: BTreeMap<String, String>,
    /// The carrier's codes of services.
    pub services: BTreeMap<String, String>,
    /// The file that comes back.
    pub tracking: Tracking,
    /// The columns in order.
    pub columns: Vec<Column>,
}

/// Whether a number keeps its hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hyphens {
    /// As the country writes it.
    HyphensOn,
    /// Digits alone.
    HyphensOff,
}

/// Headings of the columns that matter in the file that comes back; the first one present counts.
#[derive(Debug, Clone, Deserialize)]
pub struct Tracking {
    /// Our reference of the parcel.
    pub reference: Vec<String>,
    /// The carrier's number.
    pub number: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// What goes in; columns of one source share its text.
    #[serde(rename = "from")]
    pub source: Option<Source>,
    /// For `LOCATION_METADATA`: which entry of the sender's private metadata.
    pub key: Option<String>,
    /// What stands there when the source has nothing.
    pub value: Option<String>,
    /// What stands there when something else is given; the first that is.
    #[serde(default)]
    pub when: Vec<When>,
    /// Most bytes in Shift_JIS.
    pub bytes: Option<usize>,
    /// Whether the carrier takes no parcel without it.
    #[serde(default)]
    pub required: bool,
    /// Whether a text that is too long may be cut; else the parcel is reported.
    #[serde(default)]
    pub cut: bool,
}

/// A value that depends on another.
#[derive(Debug, Clone, Deserialize)]
pub struct When {
    /// What must be given.
    pub given: Source,
    /// What then stands there.
    pub value: String,
}

/// What a column is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// Our reference of the parcel, which comes back with its number.
    Reference,
    /// The order's number.
    OrderNumber,
    /// The service, by the carrier's code.
    Service,
    /// The day it leaves.
    ShipOn,
    /// The day the customer asked for.
    DeliveryOn,
    /// The time of day the customer asked for, by the carrier's code.
    DeliverySlot,
    /// Phone of the recipient.
    RecipientPhone,
    /// Postal code of the recipient.
    RecipientPostalCode,
    /// Address of the recipient, building last.
    RecipientAddress,
    /// Name of the recipient.
    RecipientName,
    /// Company of the recipient.
    RecipientCompany,
    /// Name of the recipient, then the company.
    RecipientNameAndCompany,
    /// Reading of the recipient's name.
    RecipientKana,
    /// Phone of the sender.
    SenderPhone,
    /// Postal code of the sender.
    SenderPostalCode,
    /// Address of the sender.
    SenderAddress,
    /// Name of the sender.
    SenderName,
    /// What is in it, one thing a column.
    Items,
    /// Weight in grams.
    WeightGrams,
    /// An entry of the sending location's private metadata, such as a customer code.
    LocationMetadata,
}

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let files = [
        include_str!("layouts/yamato.json"),
        include_str!("layouts/sagawa.json"),
        include_str!("layouts/japan_post.json"),
    ];
    files.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

/// The layout of a carrier's label program; `None` for carriers without one.
#[must_use]
pub fn of(carrier: Carrier) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.carrier == carrier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_can_be_read() {
        for (carrier, columns) in [(Carrier::Yamato, 95), (Carrier::Sagawa, 74), (Carrier::JapanPost, 117)] {
            let layout = of(carrier).unwrap_or_else(|| panic!("{carrier}"));
            assert_eq!(layout.columns.len(), columns, "{carrier}");
            let filled = layout.columns.iter().filter(|column| column.source.is_some() || column.value.is_some());
            assert!(filled.clone().all(|column| column.bytes.is_some()), "{carrier}: a filled column without a length");
            let reference = |column: &&Column| column.source == Some(Source::Reference);
            assert_eq!(filled.filter(reference).count(), 1, "{carrier}");
        }
        assert!(of(Carrier::Dhl).is_none());
    }
}
