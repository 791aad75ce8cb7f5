//! What mails about pickups and reservations show.

use std::fmt::Write as _;

use entity::location;
use fast_qr::QRBuilder;
use serde::Serialize;

use super::store_view::StoreView;

/// Side of one module of a QR code, in pixels: a code of eight letters is 25 modules with its border.
const MODULE: usize = 6;

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
    /// The same as a picture: a table, because mail programs block images and drop scripts.
    pub qr: Option<String>,
    /// Until when, at the store.
    pub until: Option<String>,
    /// What can be done on the web.
    pub link: Option<String>,
    /// What goes back.
    pub refund: Option<String>,
}

/// A QR code as an HTML table of our own making: no value of anybody's stands in it.
pub(crate) fn qr_table(code: &str) -> Option<String> {
    let qr = QRBuilder::new(code).build().ok()?;
    let mut html = String::from(
        "<table role=\"img\" aria-label=\"QR\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border:24px solid #ffffff;border-collapse:separate;margin:0 auto;background:#ffffff\">",
    );
    for row in 0..qr.size {
        html.push_str("<tr>");
        let mut column = 0;
        while column < qr.size {
            let dark = is_dark(&qr, row, column);
            let run = (column..qr.size).take_while(|next| is_dark(&qr, row, *next) == dark).count();
            let color = if dark { "#000000" } else { "#ffffff" };
            // Writing to a string cannot fail.
            let _ = write!(
                html,
                "<td colspan=\"{run}\" width=\"{}\" height=\"{MODULE}\" bgcolor=\"{color}\" style=\"line-height:0;font-size:0;padding:0\"></td>",
                run * MODULE,
            );
            column += run;
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    Some(html)
}

fn is_dark(qr: &fast_qr::QRCode, row: usize, column: usize) -> bool {
    qr.data.get(row * qr.size + column).is_some_and(|module| module.value())
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
        let table = qr_table("ABCD2345").unwrap_or_default();
        assert!(table.len() > 2_000 && table.len() < 60_000, "{}", table.len());
        assert_eq!(table.matches("<tr>").count(), 21, "version 1");
        assert!(!table.contains("ABCD2345"));
    }
}
