//! What mails about pickups and reservations show.

use entity::location;
use serde::Serialize;

use super::store_view::StoreView;

/// A mail about what is collected.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct PickupMail {
    /// Number of the order; empty for reservations.
    pub number: String,
    /// Whom it is for.
    pub person: String,
    /// What, one line each.
    pub lines: Vec<String>,
    /// Where.
    pub store: Option<StoreView>,
    /// A map of it.
    pub map: Option<String>,
    /// The code to show.
    pub code: Option<String>,
    /// The same as a picture: the address of an image that goes with the mail.
    pub qr: Option<String>,
    /// The same as a table, for a code that no image is made of.
    pub qr_table: Option<String>,
    /// Until when, at the store.
    pub until: Option<String>,
    /// What can be done on the web.
    pub link: Option<String>,
    /// What goes back.
    pub refund: Option<String>,
}

/// A map of a store that has a point.
pub(crate) fn map_url(store: &location::Model) -> Option<String> {
    let (latitude, longitude) = (degrees(store.latitude_e6?), degrees(store.longitude_e6?));
    Some(format!("https://www.google.com/maps/search/?api=1&query={latitude},{longitude}"))
}

fn degrees(millionths: i32) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let whole = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", whole / 1_000_000, whole % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_without_rounding() {
        assert_eq!(degrees(35_658_034), "35.658034");
        assert_eq!(degrees(-1_000_001), "-1.000001");
    }

    #[test]
    fn a_code_becomes_a_table_of_plain_cells() {
        let table = crate::messaging::qr_table("ABCD2345").unwrap_or_default();
        assert!(table.len() > 2_000 && table.len() < 60_000, "{}", table.len());
        assert_eq!(table.matches("<tr>").count(), 21, "version 1");
        assert!(!table.contains("ABCD2345"));
    }
}
