//! Which web pages may call the API from a browser.

use actix_cors::Cors;
use actix_web::HttpRequest;
use actix_web::http::header;

use super::State;
use crate::config::Config;

/// Headers that pages may send.
const REQUEST_HEADERS: [&str; 9] = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-cart-token",
    "x-channel",
    "x-order-token",
    "x-request-id",
];
/// Headers that pages may read.
const RESPONSE_HEADERS: [&str; 4] = ["etag", "retry-after", "x-request-id", "x-sql-statements"];

/// Whether pages of an origin may call the API: the public address's own, the configured ones and, in development,
/// every one on this machine.
pub(crate) fn allows(config: &Config, origin: &str) -> bool {
    let origin = origin.to_ascii_lowercase();
    origin == origin_of(&config.public_url)
        || config.cors_origins.contains(&origin)
        || (config.is_development() && is_local(&origin))
}

/// Whether a request comes from no page at all or from one that may call.
pub(crate) fn accepts(state: &State, request: &HttpRequest) -> bool {
    match request.headers().get(header::ORIGIN) {
        None => true,
        Some(origin) => origin.to_str().is_ok_and(|origin| allows(&state.config, origin)),
    }
}

/// Whether a request says that it comes from a page that may call; browsers say so with every form that is posted.
pub(crate) fn is_ours(state: &State, request: &HttpRequest) -> bool {
    request.headers().contains_key(header::ORIGIN) && accepts(state, request)
}

/// The CORS rules (Fetch standard) of the API.
pub(crate) fn cors(config: &Config) -> Cors {
    let config = config.clone();
    Cors::default()
        .allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| allows(&config, origin)))
        .allowed_methods(["GET", "POST"])
        .allowed_headers(REQUEST_HEADERS)
        .expose_headers(RESPONSE_HEADERS)
        .max_age(600)
}

/// Scheme, host and port of an address (RFC 6454).
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split('/').next().unwrap_or_default();
    let host = match scheme {
        "https" => host.strip_suffix(":443").unwrap_or(host),
        _ => host.strip_suffix(":80").unwrap_or(host),
    };
    format!("{scheme}://{host}").to_ascii_lowercase()
}

fn is_local(origin: &str) -> bool {
    let Some(host) = origin.strip_prefix("http://") else { return false };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| {
        host.strip_prefix(local).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Config {
        Config::parse("", pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
    }

    #[test]
    fn development_lets_pages_of_this_machine_in_and_no_others() {
        let config = config(&[]);
        assert!(allows(&config, "http://localhost:3000"));
        assert!(allows(&config, "http://127.0.0.1:8080"));
        for origin in
            ["null", "http://localhost.evil.example", "http://localhost:3000.evil.example", "https://evil.example", ""]
        {
            assert!(!allows(&config, origin), "{origin}");
        }
    }

    #[test]
    fn production_lets_only_named_origins_in() {
        let config = config(&[
            ("HITOTSU_ENV", "production"),
            ("HITOTSU_SECRET", "0123456789abcdef0123456789abcdef"),
            ("HITOTSU_PUBLIC_URL", "https://Shop.example:443/api"),
            ("HITOTSU_CORS_ORIGINS", "https://admin.example"),
        ]);
        assert!(allows(&config, "https://shop.example"));
        assert!(allows(&config, "https://admin.example"));
        for origin in ["http://shop.example", "http://localhost:3000", "https://admin.example.evil.example"] {
            assert!(!allows(&config, origin), "{origin}");
        }
    }
}
