//! One error type by kind. A variant exists only where a caller must branch; all else is a code.

use entity::id::VariantId;
use entity::money::Money;
use entity::status::StateMachine;
use sea_orm::{DbErr, SqlErr};

use super::ErrorCode;
use super::language::Language;

/// The result of every rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The thing does not exist, or not for the one who asks; the two cannot be told apart.
    #[error("{kind} not found")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
    },
    /// The input breaks a rule that no retry mends.
    #[error("{code} at {path}")]
    Invalid {
        /// Which rule.
        code: ErrorCode,
        /// Dotted path into the input; empty for the whole.
        path: String,
        /// Values for the message.
        values: Vec<(&'static str, String)>,
    },
    /// A state machine does not know this step.
    #[error("{machine}: {action} is not possible in {from}")]
    InvalidTransition {
        /// Which state machine, such as `order`.
        machine: &'static str,
        /// Present state.
        from: String,
        /// What was tried.
        action: String,
        /// What is possible.
        allowed: Vec<String>,
    },
    /// Less stock than asked for.
    #[error("{available} of {requested} available")]
    InsufficientStock {
        /// Of what.
        variant_id: VariantId,
        /// Units asked for.
        requested: i64,
        /// Units that can be promised.
        available: i64,
    },
    /// The total differs from what the client showed.
    #[error("expected {expected}, is {actual}")]
    PriceChanged {
        /// What the client expected.
        expected: Money,
        /// What it is.
        actual: Money,
    },
    /// Changed by somebody else since it was read.
    #[error("version {actual}, expected {expected}")]
    StaleVersion {
        /// What the client knew.
        expected: i32,
        /// What it is.
        actual: i32,
    },
    /// The gateway refused.
    #[error("payment declined: {reason}")]
    PaymentDeclined {
        /// The gateway's reason code.
        reason: String,
    },
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// Signed in, but without the permission.
    #[error("needs {permission}")]
    Forbidden {
        /// The permission that is missing.
        permission: &'static str,
    },
    /// Too many tries.
    #[error("throttled for {retry_after_seconds} s")]
    Throttled {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// Several things are wrong; all are told at once.
    #[error("{} errors", .0.len())]
    Several(Vec<Error>),
    /// Somebody outside failed. Logged; leaves as an internal error.
    #[error("{provider}: {detail}")]
    Provider {
        /// Who.
        provider: &'static str,
        /// What happened, without secrets.
        detail: String,
    },
    /// Lost a race that another run of the same transaction can win.
    #[error("lost a race for {0}")]
    Conflict(&'static str),
    /// Another worker took over the job that this was done for, and settles it. Nothing of it is kept here.
    #[error("another worker has the job now")]
    LeaseLost,
    /// The database failed. Logged; leaves as an internal error.
    #[error(transparent)]
    Db(DbErr),
    /// A rule of ours is broken. Logged; leaves as an internal error.
    #[error("bug: {0}")]
    Bug(String),
}

impl Error {
    /// A rule broken at a path of the input.
    #[must_use]
    pub fn invalid(code: ErrorCode, path: impl Into<String>) -> Self {
        Self::invalid_with(code, path, Vec::new())
    }

    /// A rule broken at a path of the input, with values for the message.
    #[must_use]
    pub fn invalid_with(code: ErrorCode, path: impl Into<String>, values: Vec<(&'static str, String)>) -> Self {
        Self::Invalid { code, path: path.into(), values }
    }

    /// Nothing was chosen where something must be: `REQUIRED`.
    #[must_use]
    pub fn not_chosen(path: impl Into<String>) -> Self {
        Self::invalid_with(ErrorCode::Required, path, vec![(PROBLEM, "choice".to_owned())])
    }

    /// The thing is missing or not yours.
    #[must_use]
    pub const fn not_found(kind: &'static str) -> Self {
        Self::NotFound { kind }
    }

    /// A state machine's `from` does not know `action`; tells what it knows.
    #[must_use]
    pub fn transition<S: StateMachine>(machine: &'static str, from: S, action: S::Action) -> Self {
        Self::InvalidTransition {
            machine,
            from: from.to_string(),
            action: action.to_string(),
            allowed: from.supported_actions().iter().map(ToString::to_string).collect(),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::Invalid { code, .. } => *code,
            Self::InvalidTransition { .. } => ErrorCode::InvalidTransition,
            Self::InsufficientStock { .. } => ErrorCode::InsufficientStock,
            Self::PriceChanged { .. } => ErrorCode::PriceChanged,
            Self::StaleVersion { .. } => ErrorCode::StaleVersion,
            Self::PaymentDeclined { .. } => ErrorCode::PaymentDeclined,
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::Forbidden { .. } => ErrorCode::Forbidden,
            Self::Throttled { .. } => ErrorCode::Throttled,
            Self::Several(errors) => errors.first().map_or(ErrorCode::Internal, Self::code),
            Self::Db(DbErr::ConnectionAcquire(_)) | Self::Conflict(_) => ErrorCode::Busy,
            Self::Db(error) if is_wait(error) => ErrorCode::Busy,
            Self::Provider { .. } | Self::LeaseLost | Self::Db(_) | Self::Bug(_) => ErrorCode::Internal,
        }
    }

    /// Where in the input, as a dotted path; empty for the whole.
    #[must_use]
    pub fn path(&self) -> &str {
        if let Self::Invalid { path, .. } = self { path } else { "" }
    }

    /// Whether it is our fault: logged, and told to clients only as "internal error" or "busy".
    #[must_use]
    pub const fn is_internal(&self) -> bool {
        matches!(self, Self::Provider { .. } | Self::LeaseLost | Self::Db(_) | Self::Bug(_))
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        let text = |value: &dyn std::fmt::Display| value.to_string();
        let values = match self {
            Self::Invalid { values, .. } => with_problem(values),
            Self::InvalidTransition { from, allowed, .. } => {
                vec![("from", text(from)), ("allowed", allowed.join(", "))]
            }
            Self::InsufficientStock { requested, available, .. } => {
                vec![("requested", text(requested)), ("available", text(available))]
            }
            Self::PriceChanged { expected, actual } => {
                let show = |money: &Money| money.formatted(language.tag());
                vec![("expected", show(expected)), ("actual", show(actual))]
            }
            Self::Throttled { retry_after_seconds } => vec![("seconds", text(retry_after_seconds))],
            Self::Several(errors) => return errors.first().map_or_else(String::new, |first| first.message(language)),
            Self::NotFound { .. }
            | Self::StaleVersion { .. }
            | Self::PaymentDeclined { .. }
            | Self::Unauthenticated
            | Self::Forbidden { .. }
            | Self::Provider { .. }
            | Self::Conflict(_)
            | Self::LeaseLost
            | Self::Db(_)
            | Self::Bug(_) => Vec::new(),
        };
        language.text(&message_name(self.code()), &values)
    }

    /// Whether the same transaction may work when tried again: lost serialization, deadlock, busy.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        if matches!(self, Self::Conflict(_)) {
            return true;
        }
        let Self::Db(error) = self else { return false };
        lost_race(error)
    }
}

/// Lost serialization, deadlock, busy.
fn lost_race(error: &DbErr) -> bool {
    matches!(database_code(error).as_deref(), Some("40001" | "40P01" | "5" | "261" | "517"))
}

/// Others were before for too long: a lost race, or PostgreSQL's limits of waiting for a lock and of a statement.
fn is_wait(error: &DbErr) -> bool {
    lost_race(error) || matches!(database_code(error).as_deref(), Some("55P03" | "57014"))
}

/// The value by which a message says more closely what is wrong.
const PROBLEM: &str = "problem";

/// The values of a message. Texts of some codes choose their words by `problem`, which most errors leave open.
fn with_problem(values: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let is_named = values.iter().any(|(name, _)| *name == PROBLEM);
    let open = (!is_named).then(|| (PROBLEM, "other".to_owned()));
    values.iter().cloned().chain(open).collect()
}

/// The name of a code's message in `locales/`.
pub(crate) fn message_name(code: ErrorCode) -> String {
    format!("error-{}", code.as_str().to_lowercase().replace('_', "-"))
}

/// The database's own error code: SQLSTATE on PostgreSQL, the extended result code on SQLite.
fn database_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(sea_orm::RuntimeErr::SqlxError(inner)) | DbErr::Query(sea_orm::RuntimeErr::SqlxError(inner))) =
        error
    else {
        return None;
    };
    inner.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()))
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => {
                Self::invalid(ErrorCode::AlreadyExists, field_of_unique(&message))
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::invalid(ErrorCode::InUse, ""),
            // PostgreSQL keeps no NUL in texts, not even in one that is only compared: whoever sent it can mend it.
            _ if database_code(&error).as_deref() == Some("22021") => Self::invalid(ErrorCode::Invalid, ""),
            _ => Self::Db(error),
        }
    }
}

/// Unique constraints that input can meet, and the field they speak of. PostgreSQL names the constraint, SQLite
/// `table.column`; the last word of either is enough to tell the field.
fn field_of_unique(message: &str) -> &'static str {
    const FIELDS: [(&str, &str, &str); 22] = [
        ("storage_area_code", "storage_area.location_id", "code"),
        ("stock_reason_code", "stock_reason.code", "code"),
        ("stock_unit_serial", "stock_unit.variant_id", "units"),
        ("stock_unit_in_stock", "stock_unit.variant_id", "units"),
        ("product_slug", "product.slug", "slug"),
        ("product_external_reference", "product.external_reference", "externalReference"),
        ("variant_sku", "variant.sku", "sku"),
        ("variant_external_reference", "variant.external_reference", "externalReference"),
        ("location_code", "location.code", "code"),
        ("location_external_reference", "location.external_reference", "externalReference"),
        ("channel_code", "channel.code", "code"),
        ("staff_email", "staff.email", "email"),
        ("role_code", "role.code", "code"),
        ("register_code", "register.code", "code"),
        ("customer_identifier_value", "customer_identifier.kind", "identifier"),
        ("transfer_external_reference", "transfer.external_reference", "externalReference"),
        ("purchase_order_external_reference", "purchase_order.external_reference", "externalReference"),
        ("supplier_code", "supplier.code", "code"),
        ("shipping_notice_reference", "shipping_notice.reference", "reference"),
        ("orders_external_reference", "orders.external_reference", "externalReference"),
        ("fulfillment_order_external_reference", "fulfillment_order.external_reference", "externalReference"),
        ("shipment_external_reference", "shipment.external_reference", "externalReference"),
    ];
    FIELDS
        .iter()
        .find(|(constraint, column, _)| message.contains(&format!("\"{constraint}\"")) || message.contains(column))
        .map_or("", |(_, _, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_as_closely_as_the_error_what_is_wrong() {
        let said = |code, values: &[(&'static str, &str)]| {
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            Language::ALL.map(|language| Error::invalid_with(code, "x", values.clone()).message(language))
        };
        for (code, problem) in [
            (ErrorCode::Required, "choice"),
            (ErrorCode::Required, "units"),
            (ErrorCode::TooMany, "pictures"),
            (ErrorCode::TooMany, "pictures-in-all"),
            (ErrorCode::InvalidFile, "picture-type"),
            (ErrorCode::InvalidFile, "picture-size"),
            (ErrorCode::InvalidCode, "gift-card"),
            (ErrorCode::RefundMismatch, "difference"),
        ] {
            let open = said(code, &[("max", "7"), ("detail", "PNG")]);
            let close = said(code, &[("max", "7"), ("detail", "PNG"), ("problem", problem)]);
            for (open, close) in open.iter().zip(&close) {
                assert!(open != close && !open.contains("Unknown") && !close.contains("Unknown"), "{open} / {close}");
            }
        }
        assert!(said(ErrorCode::InvalidFile, &[("max", "7"), ("problem", "picture-size")])[0].contains("7 MB"));
        assert_eq!(Error::not_chosen("x").message(Language::Ja), "選択してください。");
    }
}
