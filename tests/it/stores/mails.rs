//! Mails as they arrived, decoded (RFC 2045).

use data_encoding::BASE64;

use crate::harness::TestApp;

/// Plain and HTML part of the newest mail to an address whose plain part contains a text. Panics when there is none.
pub(crate) fn mail_to(app: &TestApp, address: &str, about: &str) -> (String, String) {
    let mails = app.smtp().mails();
    let mut mine = mails.iter().rev().filter(|mail| mail.to == [address]);
    let told = || mails.iter().map(|mail| (mail.to.clone(), part(&mail.data, "text/plain"))).collect::<Vec<_>>();
    let found = mine.find(|mail| part(&mail.data, "text/plain").contains(about));
    let data = &found.unwrap_or_else(|| panic!("no mail to {address} about {about}: {:#?}", told())).data;
    (part(data, "text/plain"), part(data, "text/html"))
}

/// A link of a mail that leads to a path, as that path and what follows.
pub(crate) fn link(text: &str, path: &str) -> String {
    let start = text.find(path).unwrap_or_else(|| panic!("no {path} in\n{text}"));
    text[start..].split([' ', '\r', '\n', '"', '<']).next().unwrap().to_owned()
}

fn part(data: &str, kind: &str) -> String {
    // Parts may lie in parts: a mail with pictures has its HTML beside them.
    let at = data.find(&format!("Content-Type: {kind}")).unwrap();
    let begin = data[..at].rfind("\r\n--").unwrap();
    let (head, body) = data[begin + 2..].split_once("\r\n\r\n").unwrap();
    let boundaries = data.split("boundary=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let end = boundaries.filter_map(|boundary| body.find(&format!("\r\n--{boundary}"))).min().unwrap();
    let body = &body[..end];
    let head = head.to_ascii_lowercase();
    let bytes = if head.contains("base64") {
        BASE64.decode(body.split_whitespace().collect::<String>().as_bytes()).unwrap()
    } else if head.contains("quoted-printable") {
        quoted_printable(&body.replace("=\r\n", ""))
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
}
