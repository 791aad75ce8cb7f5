//! As much of MIME (RFC 2045, 2046) as reports need: headers, parts and their encodings. Nothing of a mail is trusted:
//! size, depth, the number of parts and of headers are bounded, and what cannot be read is left out.

use data_encoding::BASE64;

/// Most parts of a mail, and most headers of a part.
const MOST_PARTS: usize = 50;
const MOST_HEADERS: usize = 500;
/// How deep parts may lie in parts.
const DEEPEST: usize = 5;

/// A part of a mail, or a whole one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its headers, unfolded, in order.
    pub headers: Vec<(String, String)>,
    /// What follows them, as it came.
    pub body: Vec<u8>,
}

impl Part {
    /// Reads a whole mail.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let (head, body) = split_head(bytes);
        Self { headers: headers(head), body: body.to_vec() }
    }

    /// The first header of a name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Its media type in lower case, without parameters; `text/plain` when it names none (RFC 2045 §5.2).
    #[must_use]
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or("text/plain");
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// A parameter of its Content-Type.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let value = self.header("content-type")?;
        value.split(';').skip(1).find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    }

    /// Its body as text, with its transfer encoding undone; bytes that are no UTF-8 become marks.
    #[must_use]
    pub fn text(&self) -> String {
        let encoding = self.header("content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
        let bytes = match encoding.as_str() {
            "base64" => {
                let plain: Vec<u8> = self.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                BASE64.decode(&plain).unwrap_or_default()
            }
            "quoted-printable" => unquote(&self.body),
            _ => self.body.clone(),
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// It and all parts within it, outermost first.
    #[must_use]
    pub fn all(&self) -> Vec<Self> {
        let mut found = Vec::new();
        self.gather(&mut found, 0);
        found
    }

    fn gather(&self, found: &mut Vec<Self>, depth: usize) {
        if found.len() >= MOST_PARTS || depth > DEEPEST {
            return;
        }
        found.push(self.clone());
        if let Some(boundary) =
            self.media_type().starts_with("multipart/").then(|| self.parameter("boundary")).flatten()
        {
            for part in parts(&self.body, &boundary) {
                Self::parse(part).gather(found, depth + 1);
            }
        }
    }
}

/// What stands before the first empty line, and what after it.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if line.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return (bytes.get(..start).unwrap_or_default(), bytes.get(end..).unwrap_or_default());
        }
        start = end;
    }
    (bytes, &[])
}

/// Headers with their folded lines joined (RFC 5322 §2.2.3).
pub(super) fn headers(head: &[u8]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in String::from_utf8_lossy(head).lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = all.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            if all.len() >= MOST_HEADERS {
                break;
            }
            all.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    all
}

/// The parts between the lines `--boundary` (RFC 2046 §5.1.1); what stands before the first and after the last is none.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let (open, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let mut found = Vec::new();
    let (mut begin, mut position) = (None, 0_usize);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let is_close = text == close.as_bytes();
        if is_close || text == open.as_bytes() {
            if let Some(part) = begin.and_then(|begin: usize| body.get(begin..position)) {
                found.push(part);
            }
            begin = Some(position + line.len());
            if is_close || found.len() >= MOST_PARTS {
                return found;
            }
        }
        position += line.len();
    }
    // Cut off before its end: what is there is read.
    if let Some(part) = begin.and_then(|begin| body.get(begin..)) {
        found.push(part);
    }
    found
}

/// Undoes quoted-printable (RFC 2045 §6.7).
fn unquote(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            plain.push(*byte);
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            rest = after;
            continue;
        }
        let value = rest
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match value {
            Some(value) => {
                plain.push(value);
                rest = rest.get(2..).unwrap_or_default();
            }
            None => plain.push(b'='),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_decoded() {
        let mail = "Content-Type: multipart/mixed;\r\n boundary=\"a b\"\r\n\r\npreamble\r\n--a b\r\n\r\nfirst\r\n--a b\r\n\
            Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n44Gy44Go\r\n44Gk\r\n--a b\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nsoft=\r\n line =E3=81=B2 =ZZ\r\n--a b--\r\nepilogue";
        let all = Part::parse(mail.as_bytes()).all();
        let texts: Vec<_> = all.iter().skip(1).map(|part| part.text().trim_end().to_owned()).collect();
        assert_eq!(texts, ["first", "ひとつ", "soft line ひ =ZZ"]);
    }

    #[test]
    fn nothing_is_endless() {
        let deep = (0..100).fold("text".to_owned(), |inner, level| {
            format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{inner}\n--b{level}--\n")
        });
        assert!(Part::parse(deep.as_bytes()).all().len() <= DEEPEST + 2);
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(10_000));
        assert!(Part::parse(wide.as_bytes()).all().len() <= MOST_PARTS);
        let heads = "a: b\n".repeat(10_000);
        assert_eq!(Part::parse(heads.as_bytes()).headers.len(), MOST_HEADERS);
        for nonsense in [&b""[..], b"\n", b"\xff\xfe", b"Content-Type: multipart/mixed\n\nx", b":\n :\n\n"] {
            assert!(!Part::parse(nonsense).all().is_empty());
        }
    }
}
