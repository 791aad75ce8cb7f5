//! DKIM, as it comes over the wire.

use data_encoding::BASE64;
use domain::messaging::{MessageTransport, OutgoingMail};
use ed25519_dalek::{Signature, SigningKey, Verifier as _};
use hitotsu::adapters::dkim::key;
use hitotsu::adapters::mail_smtp::SmtpMail;
use sha2::{Digest, Sha256};
use support::smtp::SmtpSink;

use super::mail;

/// The key of RFC 8463 §A.2, in the PKCS #8 that openssl writes.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
/// A key of these tests, in PKCS #8 and in PKCS #1.
const RSA_8: &str = "-----BEGIN PRIVATE KEY-----
MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAJb4McwqlaQbK9yB
tKqiG4LWRJ59S8gzq/ZZRXhmLvbNy3RuTPjJbJw0Kj+ys4s1kLbSAuIDfbZoofK8
hTwKGpm6ZxCrDAFmlab/B5+SO4opv0Li7jr3FQ95+qH7ZGD4ia7loCheHYYNmCA8
crIRGRzXYWmnjfa8DaLm3JSZkA1zAgMBAAECgYABE2WvccI9OCBY4ue5q4wMo6A7
jOMEWzHngH1ZPUkqYw8HFl4gC7dlaY2/hHN5E3mjg92XZLT5nsdApo1Af0XvPbJZ
NkDVGvCqr3oE1ow0Ivvd0Xg7pvHtOkP+IqS5tSXrkzxYyqk561FvPE09IiOIHFTo
PtkdQejDdR1HzU/d2QJBAMlEDvaSnn0lePCjXXhVa5hVi2D2amrSXj6s1AVaSTTn
f43c3AdqQ5s6N0pr6AddBqjmBNZchWKCvSYAk3T84z0CQQDABo0pNk/Zqn4DCrt8
jGQVhchRJuQvTQNabe1oIx3dDcemvll9nHdSYOVAtFLgQbSuMre5+OwhEYx3jAQb
b/5vAkAppKNT8VJJoo87exHD7CivBEQqc9Hg+FX3sdrMoLm08JE70Q7Vme8TFyCJ
jXocy+qs16r4j3wpvdNVIZlhA1IhAkBzJPqMVdb3zHYXWN4nxv9UsI33q3x0qJd0
KCqNoVEM9nBbmhSLb8FVEmklrXtsobm4Iw1sZMki4yT5omnsEfHdAkADEeOd4iJ+
oNkhxXYNyIn/EnJXfF+8omjylpCp9067s/otDjyjmCrd2bYtfm9ZItMP9CGal2Gs
OWscYuCUVB32
-----END PRIVATE KEY-----
";
const RSA_1: &str = "-----BEGIN RSA PRIVATE KEY-----
MIICWwIBAAKBgQCW+DHMKpWkGyvcgbSqohuC1kSefUvIM6v2WUV4Zi72zct0bkz4
yWycNCo/srOLNZC20gLiA322aKHyvIU8ChqZumcQqwwBZpWm/wefkjuKKb9C4u46
9xUPefqh+2Rg+Imu5aAoXh2GDZggPHKyERkc12Fpp432vA2i5tyUmZANcwIDAQAB
AoGAARNlr3HCPTggWOLnuauMDKOgO4zjBFsx54B9WT1JKmMPBxZeIAu3ZWmNv4Rz
eRN5o4Pdl2S0+Z7HQKaNQH9F7z2yWTZA1Rrwqq96BNaMNCL73dF4O6bx7TpD/iKk
ubUl65M8WMqpOetRbzxNPSIjiBxU6D7ZHUHow3UdR81P3dkCQQDJRA72kp59JXjw
o114VWuYVYtg9mpq0l4+rNQFWkk053+N3NwHakObOjdKa+gHXQao5gTWXIVigr0m
AJN0/OM9AkEAwAaNKTZP2ap+Awq7fIxkFYXIUSbkL00DWm3taCMd3Q3Hpr5ZfZx3
UmDlQLRS4EG0rjK3ufjsIRGMd4wEG2/+bwJAKaSjU/FSSaKPO3sRw+worwREKnPR
4PhV97HazKC5tPCRO9EO1ZnvExcgiY16HMvqrNeq+I98Kb3TVSGZYQNSIQJAcyT6
jFXW98x2F1jeJ8b/VLCN96t8dKiXdCgqjaFRDPZwW5oUi2/BVRJpJa17bKG5uCMN
bGTJIuMk+aJp7BHx3QJAAxHjneIifqDZIcV2DciJ/xJyV3xfvKJo8paQqfdOu7P6
LQ48o5gq3dm2LX5vWSLTD/QhmpdhrDlrHGLglFQd9g==
-----END RSA PRIVATE KEY-----
";

/// Relaxed canonicalization of a body (RFC 6376 §3.4.4).
fn relaxed_body(body: &str) -> String {
    let line = |line: &str| {
        let trimmed = line.trim_end_matches([' ', '\t']);
        let mut text = String::new();
        for character in trimmed.chars() {
            let is_space = matches!(character, ' ' | '\t');
            if !(is_space && text.ends_with(' ')) {
                text.push(if is_space { ' ' } else { character });
            }
        }
        text
    };
    let lines: Vec<String> = body.split("\r\n").map(line).collect();
    format!("{}\r\n", lines.join("\r\n").trim_end_matches("\r\n"))
}

/// Relaxed canonicalization of a header (RFC 6376 §3.4.2).
fn relaxed_header(name: &str, value: &str) -> String {
    format!("{}:{}", name.to_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn tag<'a>(header: &'a str, name: &str) -> &'a str {
    let found = header.split(';').find_map(|tag| tag.trim().split_once('=').filter(|(key, _)| *key == name));
    found.map_or("", |(_, value)| value)
}

async fn signed(pem: &str, from: &str) -> support::smtp::Mail {
    let sink = SmtpSink::start().await.unwrap();
    let keys = [key("shop.example", "mail", pem).unwrap()];
    let smtp = SmtpMail::new(&sink.url().into()).unwrap().signed(&keys).unwrap();
    let mail = OutgoingMail {
        from_address: from.to_owned(),
        unsubscribe_url: Some("https://shop.example/unsubscribe/token".into()),
        reply_to: Some("help@shop.example".into()),
        ..mail()
    };
    smtp.send(&mail).await.unwrap();
    sink.mails().remove(0)
}

#[tokio::test]
async fn a_signature_holds_over_the_wire() {
    let mail = signed(ED25519, "shop@news.shop.example").await;
    let header = mail.header("DKIM-Signature").unwrap();
    assert_eq!((tag(&header, "d"), tag(&header, "s"), tag(&header, "a")), ("shop.example", "mail", "ed25519-sha256"));
    let body = mail.data.split_once("\r\n\r\n").unwrap().1;
    let hash = BASE64.encode(&Sha256::digest(relaxed_body(body).as_bytes()));
    assert_eq!(tag(&header, "bh").replace(' ', ""), hash);
    let names: Vec<&str> = tag(&header, "h").split(':').map(str::trim).collect();
    for needed in ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"] {
        assert!(names.contains(&needed), "{needed} of {names:?}");
    }
    let mut text = String::new();
    for name in names {
        if let Some(value) = mail.header(name) {
            text.push_str(&relaxed_header(name, &value));
            text.push_str("\r\n");
        }
    }
    let (unsigned, signature) = header.rsplit_once(" b=").unwrap();
    text.push_str(&relaxed_header("dkim-signature", &format!("{unsigned} b=")));
    let signature: String = signature.chars().filter(|character| !character.is_whitespace()).collect();
    let signature = Signature::from_slice(&BASE64.decode(signature.as_bytes()).unwrap()).unwrap();
    let seed = BASE64.decode(b"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").unwrap();
    let public = SigningKey::from_bytes(&seed.try_into().unwrap()).verifying_key();
    // RFC 8463 §3: what is signed is the hash.
    public.verify(&Sha256::digest(text.as_bytes()), &signature).unwrap();
}

#[tokio::test]
async fn both_forms_of_rsa_keys_sign() {
    for pem in [RSA_8, RSA_1] {
        let header = signed(pem, "shop@shop.example").await.header("DKIM-Signature").unwrap();
        assert_eq!(tag(&header, "a"), "rsa-sha256");
        assert!(tag(&header, "b").len() > 100);
    }
}

#[tokio::test]
async fn senders_of_other_domains_are_not_signed_for() {
    for from in ["shop@othershop.example", "shop@example", "shop@shop.example.evil.example"] {
        assert_eq!(signed(ED25519, from).await.header("DKIM-Signature"), None, "{from}");
    }
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    let cut = &RSA_8[..200];
    for bad in ["", "nonsense", cut, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let problem = key("shop.example", "mail", bad).unwrap_err();
        assert!(!problem.contains("MII"), "{problem}");
    }
    assert!(key("shop.example; d=evil.example", "mail", ED25519).is_err());
    assert!(key("shop.example", "", ED25519).is_err());
}
