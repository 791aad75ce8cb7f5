//! What an audit found, for people and for machines.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Most rows that a check tells of.
pub(super) const MAX_FINDINGS: usize = 50;

/// One row that breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The thing, as a typed id where it has one.
    pub subject: String,
    /// What is wrong with it; no personal data.
    pub detail: String,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// Stable name.
    pub name: &'static str,
    /// Number of the invariant it belongs to, as listed in the documentation.
    pub invariant: u8,
    /// What must hold.
    pub rule: &'static str,
    /// Rows that break it, at most 50.
    pub findings: Vec<Finding>,
    /// Whether there are more rows than that.
    pub more: bool,
    /// Why it could not be checked.
    pub error: Option<String>,
}

impl CheckResult {
    /// Whether it was checked and nothing breaks it.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.findings.is_empty() && self.error.is_none()
    }

    pub(super) fn new(
        (name, invariant, rule): (&'static str, u8, &'static str),
        found: crate::Result<Vec<Finding>>,
    ) -> Self {
        let (mut findings, error) = match found {
            Ok(findings) => (findings, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let more = findings.len() > MAX_FINDINGS;
        findings.truncate(MAX_FINDINGS);
        Self { name, invariant, rule, findings, more, error }
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When it began.
    pub checked_at: DateTime<Utc>,
    /// Every check, by invariant.
    pub results: Vec<CheckResult>,
}

impl Report {
    /// Whether every invariant holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.results.iter().all(CheckResult::holds)
    }

    /// The checks that do not hold.
    pub fn broken(&self) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().filter(|result| !result.holds())
    }

    /// The report as lines of text: one per check, and the offending rows below it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("Audit of {}\n\n", self.checked_at.to_rfc3339());
        for result in &self.results {
            let mark = if result.holds() { "ok    " } else { "BROKEN" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{mark} {:>2}  {:<36} {}", result.invariant, result.name, result.rule);
            if let Some(error) = &result.error {
                let _ = writeln!(text, "           could not be checked: {error}");
            }
            for finding in &result.findings {
                let _ = writeln!(text, "           {}: {}", finding.subject, finding.detail);
            }
            if result.more {
                let _ = writeln!(text, "           … and more");
            }
        }
        let broken = self.broken().count();
        let _ = match broken {
            0 => writeln!(text, "\nAll {} checks hold.", self.results.len()),
            _ => writeln!(text, "\n{broken} of {} checks do not hold.", self.results.len()),
        };
        text
    }

    /// The report as JSON, with `holds` for the whole.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "holds": self.holds(), "checkedAt": self.checked_at, "checks": self.results })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_check_breaks_the_report() {
        let finding = Finding { subject: "var_1".to_owned(), detail: "off by one".to_owned() };
        let good = CheckResult::new(("a", 1, "holds"), Ok(Vec::new()));
        let bad = CheckResult::new(("b", 2, "breaks"), Ok(vec![finding; MAX_FINDINGS + 1]));
        let unknown = CheckResult::new(("c", 3, "fails"), Err(crate::Error::Bug("no answer".to_owned())));
        let report = |results| Report { checked_at: DateTime::default(), results };
        assert!(report(vec![good.clone()]).holds());
        assert!(!report(vec![good.clone(), unknown.clone()]).holds());
        let text = report(vec![good, bad, unknown]).to_text();
        assert!(text.contains("BROKEN  2") && text.contains("… and more") && text.contains("no answer"), "{text}");
        assert!(text.ends_with("2 of 3 checks do not hold.\n"));
    }
}
