//! From headers to who asks, in which language and from where.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage as _, HttpRequest};
use domain::access::token::Audience;
use domain::access::{self, Credentials};
use domain::kernel::db::StatementCount;
use domain::kernel::language;
use domain::{Actor, Ctx, Error, Result};

use super::Api;
use crate::http::edge::RequestId;
use crate::http::{State, client};

/// The language of answers when the client names none.
const DEFAULT_LOCALE: &str = "en";

/// The context of a request, by nobody so far.
pub(crate) fn context(http: &HttpRequest, state: &State) -> Ctx {
    let request_id = http.extensions().get::<RequestId>().map(|id| Arc::clone(&id.0));
    let locale = text(http.headers(), "accept-language").and_then(language::negotiate);
    Ctx {
        services: Arc::clone(&state.services),
        actor: Actor::anonymous(),
        request_id: request_id.unwrap_or_else(|| "unknown".into()),
        locale: locale.as_deref().unwrap_or(DEFAULT_LOCALE).into(),
        channel: text(http.headers(), "x-channel").map(Into::into),
        ip: client::address(http, &state.config.trusted_proxies),
        statements: StatementCount::default(),
        is_background: false,
    }
}

/// The secrets of a request, as they came.
#[derive(Clone, Default)]
pub(crate) struct Presented {
    /// `Authorization`, whole.
    pub(crate) authorization: Option<String>,
    /// `X-Device-Token`.
    pub(crate) device: Option<String>,
    /// `X-Cart-Token`.
    pub(crate) cart: Option<String>,
    /// `X-Order-Token`.
    pub(crate) order: Option<String>,
}

impl Presented {
    /// From the headers.
    pub(crate) fn by_headers(headers: &HeaderMap) -> Self {
        let owned = |name: &str| text(headers, name).map(str::to_owned);
        Self {
            authorization: owned(header::AUTHORIZATION.as_str()),
            device: owned("x-device-token"),
            cart: owned("x-cart-token"),
            order: owned("x-order-token"),
        }
    }
}

/// Who acts. Error: `UNAUTHENTICATED` when something was presented that is no good.
pub(crate) async fn authenticate(ctx: &Ctx, api: Api, presented: &Presented) -> Result<Actor> {
    let bearer = presented.authorization.as_deref().map(bearer).transpose()?;
    let audience = match api {
        Api::Shop => Audience::Shop,
        Api::Staff => Audience::Staff,
    };
    let credentials = Credentials {
        audience,
        bearer,
        device: presented.device.as_deref(),
        cart: presented.cart.as_deref(),
        order: presented.order.as_deref(),
    };
    access::authenticate(ctx, &credentials).await
}

/// The token of `Bearer <token>` (RFC 6750).
fn bearer(authorization: &str) -> Result<&str> {
    let (scheme, token) = authorization.split_once(' ').ok_or(Error::Unauthenticated)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(token) } else { Err(Error::Unauthenticated) }
}

/// The text of a header; `None` when it is absent, empty or no text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_tokens_are_read() {
        assert_eq!(bearer("Bearer abc").ok(), Some("abc"));
        assert_eq!(bearer("bearer  abc ").ok(), Some("abc"));
        for text in ["Basic YTpi", "Bearer", "Bearer ", "abc", ""] {
            assert!(bearer(text).is_err(), "{text}");
        }
    }
}
