//! How the domain's errors reach clients: what a person can mend stands in the payload's `errors`, all else is a
//! top-level error with `extensions.code`. Ours alone are logged and hidden.
//!
//! Resolvers of queries return `domain::Result<T>`; the error is translated after execution (see [`translate`]).
//! Resolvers of mutations return `Result<XPayload>` made by [`payload!`].

use async_graphql::{Context, ErrorExtensionValues, ID, Interface, Object, Response, ServerError, SimpleObject};
use domain::kernel::language::Language;
use domain::{Ctx, Error, ErrorCode};

use crate::context::ctx_of;
use crate::scalar::{Date, Money, id};
use crate::word::Word;

/// Something about the input that a person or a client can mend. Nothing was changed.
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(name = "code", ty = "&Word<ErrorCode>", desc = "What went wrong. Codes never change."),
    field(name = "message", ty = "&String", desc = "What went wrong, for people, in the language of the request."),
    field(
        name = "path",
        ty = "&Option<Vec<String>>",
        desc = "Where in the arguments, such as `[\"input\", \"lines\", \"0\", \"quantity\"]`; null for the whole."
    )
)]
pub enum UserError {
    /// A rule about the input.
    Input(InputError),
    /// Less stock than asked for.
    Stock(InsufficientStockError),
    /// Another total than expected.
    Price(PriceChangedError),
    /// Not possible in the present state.
    Transition(TransitionError),
    /// Changed meanwhile.
    Stale(StaleVersionError),
}

/// A value of the input breaks a rule.
#[derive(Clone, Debug, SimpleObject)]
pub struct InputError {
    /// What went wrong.
    pub code: Word<ErrorCode>,
    /// For people, in the language of the request.
    pub message: String,
    /// Where in the arguments; null for the whole.
    pub path: Option<Vec<String>>,
}

/// There is less stock than was asked for.
#[derive(Clone, Debug)]
pub struct InsufficientStockError {
    base: InputError,
    variant_id: entity::id::VariantId,
    requested: i64,
    available: i64,
}

/// There is less stock than was asked for.
#[Object]
impl InsufficientStockError {
    /// Always `INSUFFICIENT_STOCK`.
    async fn code(&self) -> &Word<ErrorCode> {
        &self.base.code
    }

    /// For people, in the language of the request.
    async fn message(&self) -> &String {
        &self.base.message
    }

    /// Where in the arguments; null for the whole.
    async fn path(&self) -> &Option<Vec<String>> {
        &self.base.path
    }

    /// Of which variant.
    async fn variant_id(&self) -> ID {
        id(self.variant_id)
    }

    /// Units asked for.
    async fn requested(&self) -> i64 {
        self.requested
    }

    /// Units that can be promised now.
    async fn available(&self) -> i64 {
        self.available
    }

    /// When more is expected: the day on which a pre-order ships; null when nobody knows.
    async fn restock_date(&self, ctx: &Context<'_>) -> domain::Result<Option<Date>> {
        let variant = domain::catalog::query::variant_by_id(&ctx_of(ctx).db(), self.variant_id).await?;
        Ok(variant.and_then(|variant| variant.preorder_ships_on).map(Date))
    }
}

/// The total is not the one that the client showed.
#[derive(Clone, Debug, SimpleObject)]
pub struct PriceChangedError {
    /// Always `PRICE_CHANGED`.
    code: Word<ErrorCode>,
    /// For people, in the language of the request.
    message: String,
    /// Where in the arguments; null for the whole.
    path: Option<Vec<String>>,
    /// The total that the client expected.
    expected: Money,
    /// The total as it is.
    actual: Money,
}

/// The thing is in a state in which this cannot be done.
#[derive(Clone, Debug, SimpleObject)]
pub struct TransitionError {
    /// Always `INVALID_TRANSITION`.
    code: Word<ErrorCode>,
    /// For people, in the language of the request.
    message: String,
    /// Where in the arguments; null for the whole.
    path: Option<Vec<String>>,
    /// The present state.
    from: String,
    /// The action that was tried.
    to: String,
    /// The actions that are possible now.
    allowed: Vec<String>,
}

/// Somebody else changed the thing since the client read it.
#[derive(Clone, Debug, SimpleObject)]
pub struct StaleVersionError {
    /// Always `STALE_VERSION`.
    code: Word<ErrorCode>,
    /// For people, in the language of the request.
    message: String,
    /// Where in the arguments; null for the whole.
    path: Option<Vec<String>>,
    /// The version that the client knew.
    expected: i32,
    /// The version as it is.
    actual: i32,
}

/// The errors of a payload. `Err` for what is no matter of the input: not signed in, forbidden, throttled, busy,
/// internal; those become top-level errors.
pub fn user_errors(ctx: &Ctx, error: Error) -> Result<Vec<UserError>, Error> {
    let errors = if let Error::Several(errors) = error { errors } else { vec![error] };
    if let Some(top) = errors.iter().find(|error| is_top_level(error)) {
        return Err(top.clone());
    }
    Ok(errors.iter().map(|error| user_error(error, ctx.language())).collect())
}

/// Splits a command's result into the aggregate and the errors of the payload; see [`user_errors`].
pub fn outcome<T>(ctx: &Context<'_>, result: domain::Result<T>) -> domain::Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(error) => Ok((None, user_errors(ctx_of(ctx), error)?)),
    }
}

/// Declares a mutation's payload: the listed fields, null when the mutation failed, and `errors`.
///
/// ```ignore
/// payload! {
///     /// The cart after the change.
///     pub struct CartPayload {
///         /// The cart.
///         cart: Cart,
///     }
/// }
/// // One field: anything that turns into it. Several: a tuple in the order of the fields.
/// CartPayload::of(ctx, cart::line_add(ctx_of(ctx), input).await)
/// ```
#[macro_export]
macro_rules! payload {
    ($(#[doc = $doc:literal])+ pub struct $name:ident { $(#[doc = $field_doc:literal])+ $field:ident: $ty:ty $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $name {
            $(#[doc = $field_doc])+
            pub $field: Option<$ty>,
            /// What kept it from being done; empty when it was done.
            pub errors: Vec<$crate::error::UserError>,
        }

        impl $name {
            /// From what a command answered. Errors are the top-level ones.
            pub fn of<T: Into<$ty>>(
                ctx: &async_graphql::Context<'_>,
                result: domain::Result<T>,
            ) -> domain::Result<Self> {
                let (value, errors) = $crate::error::outcome(ctx, result)?;
                Ok(Self { $field: value.map(Into::into), errors })
            }
        }
    };
    ($(#[doc = $doc:literal])+ pub struct $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: Option<$ty>,)+
            /// What kept it from being done; empty when it was done.
            pub errors: Vec<$crate::error::UserError>,
        }

        impl $name {
            /// From what a command answered, as a tuple in the order of the fields. Errors are the top-level ones.
            pub fn of(
                ctx: &async_graphql::Context<'_>,
                result: domain::Result<($($ty,)+)>,
            ) -> domain::Result<Self> {
                let (value, errors) = $crate::error::outcome(ctx, result)?;
                Ok(match value {
                    Some(($($field,)+)) => Self { $($field: Some($field),)+ errors },
                    None => Self { $($field: None,)+ errors },
                })
            }
        }
    };
}

fn is_top_level(error: &Error) -> bool {
    error.is_internal()
        || matches!(
            error.code(),
            ErrorCode::Unauthenticated | ErrorCode::Forbidden | ErrorCode::Throttled | ErrorCode::Busy
        )
}

/// The path as clients see it: always from the argument on, whether or not the rule named it.
fn path_of(error: &Error) -> Option<Vec<String>> {
    let path = error.path();
    if path.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    if parts.first().is_none_or(|first| first != "input") {
        parts.insert(0, "input".to_owned());
    }
    Some(parts)
}

fn user_error(error: &Error, language: Language) -> UserError {
    let base = InputError { code: Word(error.code()), message: error.message(language), path: path_of(error) };
    let InputError { code, message, path } = base.clone();
    match error {
        Error::InsufficientStock { variant_id, requested, available } => UserError::Stock(InsufficientStockError {
            base,
            variant_id: *variant_id,
            requested: *requested,
            available: *available,
        }),
        Error::PriceChanged { expected, actual } => UserError::Price(PriceChangedError {
            code,
            message,
            path,
            expected: Money(*expected),
            actual: Money(*actual),
        }),
        Error::InvalidTransition { from, action, allowed, .. } => UserError::Transition(TransitionError {
            code,
            message,
            path,
            from: from.clone(),
            to: action.clone(),
            allowed: allowed.clone(),
        }),
        Error::StaleVersion { expected, actual } => {
            UserError::Stale(StaleVersionError { code, message, path, expected: *expected, actual: *actual })
        }
        Error::NotFound { .. }
        | Error::Invalid { .. }
        | Error::PaymentDeclined { .. }
        | Error::Unauthenticated
        | Error::Forbidden { .. }
        | Error::Throttled { .. }
        | Error::Several(_)
        | Error::Provider { .. }
        | Error::Db(_)
        | Error::Conflict(_)
        | Error::LeaseLost
        | Error::Bug(_) => UserError::Input(base),
    }
}

/// A top-level error. What is our fault is logged with the request id and leaves without detail.
#[must_use]
pub fn server_error(ctx: &Ctx, error: &Error) -> ServerError {
    if error.is_internal() {
        tracing::error!(request_id = %ctx.request_id, %error, "a request failed");
    }
    let mut shown = ServerError::new(error.message(ctx.language()), None);
    shown.extensions = Some(extensions(ctx, error));
    shown
}

fn extensions(ctx: &Ctx, error: &Error) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", error.code().as_str());
    if error.is_internal() {
        values.set("requestId", ctx.request_id.as_ref());
    }
    if let Error::Throttled { retry_after_seconds } = error {
        values.set("retryAfterSeconds", *retry_after_seconds);
    }
    if let Error::Forbidden { permission } = error {
        values.set("permission", *permission);
    }
    if let Error::Invalid { values: facts, path, .. } = error {
        facts.iter().for_each(|(name, value)| values.set(*name, value.as_str()));
        if !path.is_empty() {
            values.set("argument", path.as_str());
        }
    }
    values
}

/// Gives every top-level error of an answer its code and its message, and hides what is ours.
pub(crate) fn translate(ctx: &Ctx, mut response: Response) -> Response {
    for error in &mut response.errors {
        if error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some()) {
            continue;
        }
        if let Some(cause) = error.source::<Error>().cloned() {
            let shown = server_error(ctx, &cause);
            error.message = shown.message;
            error.extensions = shown.extensions;
        } else {
            // The parser and the validation name the mistake in the document; they know nothing to hide.
            let mut values = ErrorExtensionValues::default();
            values.set("code", ErrorCode::InvalidDocument.as_str());
            error.extensions = Some(values);
        }
        error.source = None;
    }
    response
}
