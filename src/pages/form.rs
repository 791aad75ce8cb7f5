//! Forms of our pages: only from the page itself, and of bounded size.
//!
//! A form counts when the browser says that it comes from a page of ours (`Origin`, Fetch standard), and when it carries
//! the seal of the page it was on: a keyed hash of its address that only this server can make. Either would do; a hole in
//! one of them opens nothing.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt as _;

use super::visit::{Outcome, Visit};
use crate::http::{State, origin};

/// Largest form without files, bytes.
const LARGEST: usize = 64 * 1024;
/// Most fields of a form.
const MOST_FIELDS: usize = 1_000;
const PURPOSE: &str = "page-form";

/// The seal of a page's forms.
pub(super) fn seal(visit: &Visit<'_>) -> String {
    visit.ctx.services.secrets.code_hash(PURPOSE, visit.request.path())
}

/// What a form sent.
#[derive(Debug, Default)]
pub(super) struct Fields {
    texts: Vec<(String, String)>,
    files: BTreeMap<String, Vec<Bytes>>,
}

impl Fields {
    /// The text of a field; empty when it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
    }

    /// Whether a box was ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.iter().any(|(known, _)| known == name)
    }

    /// What follows a prefix in the names of fields, with their texts.
    pub(super) fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.texts.iter().filter_map(move |(name, text)| Some((name.strip_prefix(prefix)?, text.as_str())))
    }

    /// All texts of the fields with a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.texts.iter().filter(move |(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The files of a field that are not empty.
    pub(super) fn files(&self, name: &str) -> &[Bytes] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Answers a form without files: does what it asks for, or refuses one that does not come from its page.
pub(super) async fn answer(
    request: &HttpRequest,
    state: &State,
    body: web::Payload,
    act: impl AsyncFnOnce(&mut Visit<'_>, &Fields) -> Outcome,
) -> HttpResponse {
    let mut visit = Visit::of(request, state);
    let fields = match read(&visit, body, LARGEST).await {
        Ok(fields) => fields,
        Err(status) => return visit.refused(status, LARGEST).await,
    };
    let outcome = Box::pin(act(&mut visit, &fields)).await;
    visit.settle(outcome).await
}

/// Reads a form of at most `limit` bytes. Error: the status with which it is refused, 403 when it does not come from its
/// page.
pub(super) async fn read(visit: &Visit<'_>, body: web::Payload, limit: usize) -> Result<Fields, StatusCode> {
    // Before a byte of the body: who calls from elsewhere sends nothing.
    if !origin::is_ours(visit.state, visit.request) {
        return Err(StatusCode::FORBIDDEN);
    }
    let headers = visit.request.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = gather(body, limit).await?;
    let fields = if kind.starts_with("multipart/form-data") {
        multipart(&kind, bytes).await?
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        encoded(&bytes)?
    } else {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    };
    let secrets = &visit.ctx.services.secrets;
    if secrets.code_fits(PURPOSE, visit.request.path(), fields.get("seal")) {
        Ok(fields)
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

async fn gather(mut body: web::Payload, limit: usize) -> Result<Bytes, StatusCode> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        if bytes.len() + chunk.len() > limit {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn encoded(bytes: &[u8]) -> Result<Fields, StatusCode> {
    let text = std::str::from_utf8(bytes).map_err(|_| StatusCode::BAD_REQUEST)?;
    let texts = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| StatusCode::BAD_REQUEST)?;
    let texts = texts.into_inner();
    if texts.len() > MOST_FIELDS {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok(Fields { texts, files: BTreeMap::new() })
}

/// RFC 7578.
async fn multipart(kind: &str, bytes: Bytes) -> Result<Fields, StatusCode> {
    let bad = |_| StatusCode::BAD_REQUEST;
    let boundary = multer::parse_boundary(kind).map_err(bad)?;
    let body = futures::stream::once(async move { Ok::<Bytes, std::convert::Infallible>(bytes) });
    let mut parts = multer::Multipart::new(body, boundary);
    let mut fields = Fields::default();
    let mut count = 0_usize;
    while let Some(part) = parts.next_field().await.map_err(bad)? {
        count += 1;
        if count > MOST_FIELDS {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part.bytes().await.map_err(bad)?;
        if is_file {
            // A field without a chosen file is sent, too.
            if !content.is_empty() {
                fields.files.entry(name).or_default().push(content);
            }
        } else {
            let text = String::from_utf8(content.to_vec()).map_err(|_| StatusCode::BAD_REQUEST)?;
            fields.texts.push((name, text));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let fields = encoded(b"a=1&b.x=%E7%AE%B1+2&b.y=&tick=on&a=2").unwrap();
        assert_eq!((fields.get("a"), fields.get("none"), fields.has("tick")), ("1", "", true));
        assert_eq!(fields.under("b.").collect::<Vec<_>>(), [("x", "箱 2"), ("y", "")]);
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(encoded(b"a=\xff").unwrap_err(), StatusCode::BAD_REQUEST);
        assert_eq!(encoded("a&".repeat(1_001).as_bytes()).unwrap_err(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[actix_web::test]
    async fn files_are_told_from_texts() {
        let kind = "multipart/form-data; boundary=b";
        let body = "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\n傷\r\n\
            --b\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\r\nPNG\r\n\
            --b\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        let fields = multipart(kind, Bytes::from(body)).await.unwrap();
        assert_eq!((fields.get("note"), fields.files("photo")), ("傷", &[Bytes::from("PNG")][..]));
        for broken in ["", "--b", "nonsense", "--b\r\n\r\n", "--c--\r\n"] {
            assert!(multipart(kind, Bytes::from(broken)).await.is_err(), "{broken:?}");
        }
        assert_eq!(multipart("multipart/form-data", Bytes::new()).await.unwrap_err(), StatusCode::BAD_REQUEST);
    }
}
