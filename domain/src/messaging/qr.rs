//! QR codes, for mails and pages as a table and for paper as runs of dark modules.

use std::fmt::Write as _;

use fast_qr::QRBuilder;

/// Side of one module of a QR code, in pixels: a code of eight letters is 25 modules with its border.
const MODULE: usize = 6;

/// A QR code (ISO/IEC 18004) without its quiet zone of four modules.
pub(crate) struct Qr(fast_qr::QRCode);

/// Dark modules beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DarkRun {
    /// From the top.
    pub row: i64,
    /// From the left.
    pub column: i64,
    /// How many.
    pub modules: i64,
}

impl Qr {
    /// `None` for a text that is too long for a code.
    pub(crate) fn of(text: &str) -> Option<Self> {
        QRBuilder::new(text).build().ok().map(Self)
    }

    /// Modules of a side.
    pub(crate) fn side(&self) -> i64 {
        i64::try_from(self.0.size).unwrap_or_default()
    }

    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.0.data.get(row * self.0.size + column).is_some_and(|module| module.value())
    }

    /// Runs of a row: whether they are dark, where they begin and how long they are.
    fn runs(&self, row: usize) -> Vec<(bool, usize, usize)> {
        let mut runs = Vec::new();
        let mut column = 0;
        while column < self.0.size {
            let dark = self.is_dark(row, column);
            let run = (column..self.0.size).take_while(|next| self.is_dark(row, *next) == dark).count();
            runs.push((dark, column, run));
            column += run;
        }
        runs
    }

    /// What is printed.
    pub(crate) fn dark_runs(&self) -> Vec<DarkRun> {
        let count = |count: usize| i64::try_from(count).unwrap_or_default();
        let of_row = |row: usize| {
            let dark = self.runs(row).into_iter().filter(|(dark, ..)| *dark);
            dark.map(move |(_, column, run)| DarkRun { row: count(row), column: count(column), modules: count(run) })
        };
        (0..self.0.size).flat_map(of_row).collect()
    }
}

/// A QR code as an HTML table of our own making: no value of anybody's stands in it.
pub(crate) fn qr_table(code: &str) -> Option<String> {
    let qr = Qr::of(code)?;
    let mut html = String::from(
        "<table role=\"img\" aria-label=\"QR\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border:24px solid #ffffff;border-collapse:separate;margin:0 auto;background:#ffffff\">",
    );
    for row in 0..qr.0.size {
        html.push_str("<tr>");
        for (dark, _, run) in qr.runs(row) {
            let color = if dark { "#000000" } else { "#ffffff" };
            // Writing to a string cannot fail.
            let _ = write!(
                html,
                "<td colspan=\"{run}\" width=\"{}\" height=\"{MODULE}\" bgcolor=\"{color}\" style=\"line-height:0;font-size:0;padding:0\"></td>",
                run * MODULE,
            );
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    Some(html)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn runs_are_the_dark_modules() {
        let qr = Qr::of("R-000123").unwrap();
        let runs = qr.dark_runs();
        // The finder pattern's upper edge: seven dark modules in both upper corners (ISO/IEC 18004 §6.3.3).
        assert_eq!(runs.first().unwrap(), &DarkRun { row: 0, column: 0, modules: 7 });
        assert!(runs.contains(&DarkRun { row: 0, column: qr.side() - 7, modules: 7 }));
        let dark: i64 = runs.iter().map(|run| run.modules).sum();
        let all = (0..qr.0.size).flat_map(|row| (0..qr.0.size).map(move |column| (row, column)));
        assert_eq!(dark, i64::try_from(all.filter(|(row, column)| qr.is_dark(*row, *column)).count()).unwrap());
        assert_eq!(qr_table("R-000123").unwrap().matches("#000000").count(), runs.len());
    }
}
