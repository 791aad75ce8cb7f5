//! Pages of the documentation that are made from code, so that they cannot go stale: a test compares the committed
//! files, and `UPDATE_SCHEMA=1 cargo nextest run -p hitotsu-graphql` writes them.

use std::fmt::Write;

use async_graphql::parser::types::OperationType;
use domain::kernel::language::Language;
use domain::{Error, ErrorCode, Permission};

use crate::access::{self, Access, Table};

const KINDS: [(OperationType, &str); 3] = [
    (OperationType::Query, "Queries"),
    (OperationType::Mutation, "Mutations"),
    (OperationType::Subscription, "Subscriptions"),
];

/// `docs/permissions.md`: who may call what, and what each permission allows.
#[must_use]
pub fn permissions_markdown() -> String {
    let mut page = "# Who may call what\n\nMade from `graphql/src/access.rs`. What is not listed runs for nobody. Rows are \
                    loaded by owner or by the places where a permission holds, so passing this door is not the end of it.\n"
        .to_owned();
    section(&mut page, "Shop schema", &access::shop());
    section(&mut page, "Staff schema", &access::staff());
    page.push_str("\n## Permissions\n\nA role holds permissions; a member of staff has a role everywhere, at a channel or at a location.\n\n");
    page.push_str("| Permission | Allows |\n|---|---|\n");
    for permission in Permission::ALL {
        line(&mut page, &format!("`{}`", permission.as_str()), permission.meaning());
    }
    page
}

fn section(page: &mut String, title: &str, table: &Table) {
    // Writing into a string cannot fail.
    let _ = write!(page, "\n## {title}\n");
    for (kind, name) in KINDS {
        let rules = table.rules(kind);
        if rules.is_empty() {
            continue;
        }
        let _ = write!(page, "\n### {name}\n\n| Field | Who |\n|---|---|\n");
        for (field, access) in rules {
            line(page, &format!("`{field}`"), &who(*access));
        }
    }
}

fn line(page: &mut String, left: &str, right: &str) {
    let _ = writeln!(page, "| {left} | {} |", right.trim());
}

fn who(access: Access) -> String {
    match access {
        Access::Anyone => "everybody".to_owned(),
        Access::Customer => "a signed-in customer".to_owned(),
        Access::Holder => "a signed-in customer, or a guest with the secret of a cart or an order".to_owned(),
        Access::StaffSignedIn => "staff who are signed in".to_owned(),
        Access::Device => "a paired till".to_owned(),
        Access::Needs(permission) => format!("staff or an app with `{}`", permission.as_str()),
        Access::AnyOf(permissions) => {
            let names: Vec<String> =
                permissions.iter().map(|permission| format!("`{}`", permission.as_str())).collect();
            format!("staff or an app with one of {}", names.join(", "))
        }
        Access::Development => "everybody, in development only".to_owned(),
    }
}

/// What messages of errors are filled in with.
const ARGUMENTS: [&str; 14] = [
    "actual",
    "available",
    "contrast",
    "count",
    "detail",
    "expected",
    "from",
    "max",
    "parts",
    "problem",
    "reason",
    "requested",
    "seconds",
    "total",
];

/// `docs/errors.md`: every error code, what it means and where it stands.
#[must_use]
pub fn errors_markdown() -> String {
    let mut page = "# Error codes\n\nMade from `domain/src/kernel/error_code.rs`. A code never changes its meaning. \
                    The message follows `Accept-Language`.\n\nA code at the *top* stands in `errors[].extensions.code` \
                    of the answer; a code in the *payload* stands in `errors[].code` of a mutation's payload.\n\n\
                    | Code | Where | Meaning |\n|---|---|---|\n"
        .to_owned();
    for code in ErrorCode::ALL {
        let place = if is_top_level(*code) { "top" } else { "payload" };
        let _ = writeln!(page, "| `{code}` | {place} | {} |", code.meaning().trim());
    }
    page.push_str("\n## Messages\n\n| Code | English | 日本語 |\n|---|---|---|\n");
    for code in ErrorCode::ALL {
        let blank = || ARGUMENTS.iter().map(|name| (*name, "…".to_owned())).collect();
        let shown = |language| Error::invalid_with(*code, "", blank()).message(language);
        let message = |language| shown(language).replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(page, "| `{code}` | {} | {} |", message(Language::En), message(Language::Ja));
    }
    page
}

const fn is_top_level(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unauthenticated
            | ErrorCode::Forbidden
            | ErrorCode::Throttled
            | ErrorCode::Busy
            | ErrorCode::Internal
            | ErrorCode::Provider
            | ErrorCode::InvalidDocument
            | ErrorCode::TooComplex
            | ErrorCode::PersistedQueryNotFound
            | ErrorCode::UntrustedDocument
    )
}
