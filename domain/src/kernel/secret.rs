//! Keys and hashes: one master secret, one derived key per purpose, and no secret stored as it is.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The master secret, from which every key is derived.
#[derive(Debug, Clone)]
pub struct Secrets {
    master: SecretString,
}

impl Secrets {
    /// Keeps the master secret.
    #[must_use]
    pub fn new(master: SecretString) -> Self {
        Self { master }
    }

    /// The key of one purpose, such as `jwt`; different purposes have unrelated keys.
    #[must_use]
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        mac(self.master.expose_secret().as_bytes(), purpose.as_bytes())
    }

    /// Keyed hash of a short code; without the key a stolen table cannot be searched through.
    #[must_use]
    pub fn code_hash(&self, purpose: &str, code: &str) -> String {
        HEXLOWER.encode(&mac(&self.key(purpose), code.as_bytes()))
    }

    /// The secret that goes with an object, such as a guest's order: 256 bits, always the same for the same
    /// object, so that an answer can be repeated without storing it.
    #[must_use]
    pub fn object_token(&self, purpose: &str, id: Uuid) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&mac(&self.key(purpose), id.as_bytes()))
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail.
    #[expect(clippy::expect_used, reason = "HMAC accepts keys of every length (RFC 2104)")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any key length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// SHA-256 of a token of at least 128 random bits, in hex: what the database keeps.
#[must_use]
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_have_unrelated_keys() {
        let secrets = Secrets::new("a".into());
        assert_ne!(secrets.key("jwt"), secrets.key("code"));
        assert_ne!(secrets.object_token("order", Uuid::nil()), secrets.object_token("cart", Uuid::nil()));
    }
}
