//! Whether what must always hold does hold.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{Result, audit};

use crate::context::ctx_of;

/// Queries about the audit.
#[derive(Debug, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Checks every invariant on the live database. Nothing is changed.
    async fn audit(&self, ctx: &Context<'_>) -> Result<AuditReport> {
        let report = audit::audited(ctx_of(ctx)).await?;
        Ok(AuditReport::from(report))
    }
}

/// What an audit found.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditReport {
    /// When it began.
    pub checked_at: DateTime<Utc>,
    /// Whether every invariant holds.
    pub holds: bool,
    /// Every check, by invariant.
    pub checks: Vec<AuditCheck>,
}

/// What one check found.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditCheck {
    /// Stable name.
    pub name: String,
    /// Number of the invariant it belongs to.
    pub invariant: u8,
    /// What must hold.
    pub rule: String,
    /// Whether it was checked and nothing breaks it.
    pub holds: bool,
    /// Rows that break it, at most 50.
    pub findings: Vec<AuditFinding>,
    /// Whether there are more.
    pub more: bool,
    /// Whether the database could not answer in time.
    pub unanswered: bool,
}

/// One row that breaks an invariant.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditFinding {
    /// Id of the thing.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
}

impl From<audit::Report> for AuditReport {
    fn from(report: audit::Report) -> Self {
        let holds = report.holds();
        Self {
            checked_at: report.checked_at,
            holds,
            checks: report.results.into_iter().map(AuditCheck::from).collect(),
        }
    }
}

impl From<audit::CheckResult> for AuditCheck {
    fn from(result: audit::CheckResult) -> Self {
        let finding = |finding: audit::Finding| AuditFinding { subject: finding.subject, detail: finding.detail };
        Self {
            holds: result.holds(),
            name: result.name.to_owned(),
            invariant: result.invariant,
            rule: result.rule.to_owned(),
            unanswered: result.error.is_some(),
            more: result.more,
            findings: result.findings.into_iter().map(finding).collect(),
        }
    }
}
