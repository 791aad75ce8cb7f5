//! Which media type the client wants (RFC 9110 §12.5.1, GraphQL over HTTP draft).

use actix_web::http::header::{self, HeaderMap};

use super::Refusal;
use crate::http::reply;

/// What an answer is served as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accept {
    /// `application/graphql-response+json`: the status tells how it went.
    GraphqlResponse,
    /// `application/json`: 200 for everything that is a GraphQL answer, except what clients must see as a status.
    Json,
}

impl Accept {
    /// The heaviest type that is ours; the earlier of equals; `application/json` when nothing is asked for.
    /// Error: 406.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut asked = false;
        let mut best: Option<(u16, Self)> = None;
        for value in headers.get_all(header::ACCEPT) {
            asked = true;
            for range in value.to_str().unwrap_or_default().split(',') {
                if let Some((weight, accept)) = read(range)
                    && best.is_none_or(|(most, _)| weight > most)
                {
                    best = Some((weight, accept));
                }
            }
        }
        match best {
            Some((_, accept)) => Ok(accept),
            None if !asked => Ok(Self::Json),
            None => Err(Refusal::not_acceptable()),
        }
    }

    /// The value of `Content-Type`.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => reply::GRAPHQL_JSON,
            Self::Json => reply::JSON,
        }
    }
}

/// Weight in thousandths and type of one range; `None` for what is not ours or not wanted.
fn read(range: &str) -> Option<(u16, Accept)> {
    let mut pieces = range.split(';').map(str::trim);
    let accept = match pieces.next()?.to_ascii_lowercase().as_str() {
        "application/graphql-response+json" => Accept::GraphqlResponse,
        "application/json" | "application/*" | "*/*" => Accept::Json,
        _ => return None,
    };
    let weight = pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(Some(1000), thousandths)?;
    (weight > 0).then_some((weight, accept))
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let fraction: u16 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some((whole * 1000 + fraction).min(1000))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", None)]
    #[case("*/*", Some(Accept::Json))]
    #[case("application/json", Some(Accept::Json))]
    #[case("application/json; charset=utf-8", Some(Accept::Json))]
    #[case("application/graphql-response+json", Some(Accept::GraphqlResponse))]
    #[case("application/graphql-response+json, application/json;q=0.9", Some(Accept::GraphqlResponse))]
    #[case("application/graphql-response+json;q=0.1, application/json", Some(Accept::Json))]
    #[case("APPLICATION/GraphQL-Response+JSON", Some(Accept::GraphqlResponse))]
    #[case("application/json, multipart/mixed", Some(Accept::Json))]
    #[case("application/json;q=0", None)]
    #[case("text/html", None)]
    #[case("multipart/mixed", None)]
    #[case("text/event-stream;q=1, nonsense", None)]
    fn the_heaviest_type_of_ours_is_served(#[case] accept: &str, #[case] expected: Option<Accept>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, header::HeaderValue::from_str(accept).unwrap());
        assert_eq!(Accept::of(&headers).ok(), expected);
    }

    #[test]
    fn nothing_asked_for_means_json() {
        assert_eq!(Accept::of(&HeaderMap::new()).ok(), Some(Accept::Json));
    }
}
