//! Signatures that say which domain a mail is from (DKIM, RFC 6376 and 8463): one key per domain of a sender, from PEM
//! files as `openssl genpkey` writes them.

use data_encoding::BASE64;
use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};

/// What is signed: whatever a receiver acts on. RFC 8058 §4 asks for both headers of the button that ends messages.
const SIGNED: [&str; 11] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// A key that can sign.
#[derive(Clone, Debug)]
pub struct DkimKey {
    /// The domain of senders that it signs for.
    pub domain: String,
    /// Where its public half is in DNS: `<selector>._domainkey.<domain>`.
    pub selector: String,
    is_rsa: bool,
    /// PKCS #1 in PEM for RSA, 32 bytes in base64 for Ed25519.
    secret: SecretString,
}

/// Signs mails.
#[derive(Default)]
pub struct Signer(Vec<(String, DkimConfig, DkimConfig)>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys stay out of it.
        f.debug_list().entries(self.0.iter().map(|(domain, _, _)| domain)).finish()
    }
}

/// Reads a key. Errors: what is wrong with it, without the key.
pub fn key(domain: &str, selector: &str, pem: &str) -> Result<DkimKey, String> {
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    if !is_name(domain) || !is_name(selector) {
        return Err("the domain or the selector is not a name".to_owned());
    }
    let (is_rsa, secret) = secret(pem).ok_or("it holds no RSA or Ed25519 private key in PEM")?;
    let key =
        DkimKey { domain: domain.to_ascii_lowercase(), selector: selector.to_owned(), is_rsa, secret: secret.into() };
    config(&key, &SIGNED).map(|_| key)
}

fn config(key: &DkimKey, headers: &[&'static str]) -> Result<DkimConfig, String> {
    let algorithm = if key.is_rsa { DkimSigningAlgorithm::Rsa } else { DkimSigningAlgorithm::Ed25519 };
    let secret = DkimSigningKey::new(key.secret.expose_secret(), algorithm)
        .map_err(|_| "its key cannot be used to sign".to_owned())?;
    let headers = headers.iter().copied().map(HeaderName::new_from_ascii_str).collect();
    let relaxed = DkimCanonicalizationType::Relaxed;
    let canonicalization = DkimCanonicalization { header: relaxed, body: relaxed };
    Ok(DkimConfig::new(key.selector.clone(), key.domain.clone(), secret, headers, canonicalization))
}

impl Signer {
    /// A signer with keys. Error: a key that cannot be used.
    pub fn new(keys: &[DkimKey]) -> Result<Self, String> {
        let few: Vec<&'static str> = SIGNED.iter().copied().filter(|name| !name.starts_with("List-")).collect();
        let all = keys.iter().map(|key| Ok((key.domain.clone(), config(key, &SIGNED)?, config(key, &few)?)));
        Ok(Self(all.collect::<Result<_, String>>()?))
    }

    /// Signs a mail with the key of its sender's domain, or of one above it; without one it goes as it is.
    pub fn sign(&self, message: &mut Message, from: &str, has_way_out: bool) {
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
        let fits = |ours: &str| domain == ours || domain.strip_suffix(ours).is_some_and(|rest| rest.ends_with('.'));
        let nearest = self.0.iter().filter(|(ours, _, _)| fits(ours)).max_by_key(|(ours, _, _)| ours.len());
        if let Some((_, all, few)) = nearest {
            message.sign(if has_way_out { all } else { few });
        }
    }
}

/// The secret of a PEM file in the form that signing takes, and whether it is RSA.
fn secret(pem: &str) -> Option<(bool, String)> {
    if pem.contains("-----BEGIN RSA PRIVATE KEY-----") {
        return Some((true, pem.to_owned()));
    }
    let body = pem.split_once("-----BEGIN PRIVATE KEY-----")?.1.split_once("-----END PRIVATE KEY-----")?.0;
    let body: String = body.chars().filter(|character| !character.is_whitespace()).collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    // PKCS #8 (RFC 5958 §2): a version, the algorithm, and the key itself in an octet string.
    let (0x30, whole, _) = element(&der)? else { return None };
    let (0x02, _, rest) = element(whole)? else { return None };
    let (0x30, algorithm, rest) = element(rest)? else { return None };
    let (0x04, inner, _) = element(rest)? else { return None };
    let (0x06, name, _) = element(algorithm)? else { return None };
    match name {
        // 1.2.840.113549.1.1.1, rsaEncryption
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => {
            let lines: Vec<String> = BASE64
                .encode(inner)
                .as_bytes()
                .chunks(64)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            let lines = lines.join("\n");
            Some((true, format!("-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n")))
        }
        // 1.3.101.112, Ed25519 (RFC 8410 §3): another octet string inside
        [0x2b, 0x65, 0x70] => {
            let (0x04, seed, _) = element(inner)? else { return None };
            (seed.len() == 32).then(|| (false, BASE64.encode(seed)))
        }
        _ => None,
    }
}

/// The first element of DER (X.690 §8.1): its tag, what it holds, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        let length =
            bytes.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
        (length, rest)
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((*tag, inside, after))
}
