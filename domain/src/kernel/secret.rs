//! Keys and hashes: one master secret, one derived key per purpose, and no secret stored as it is.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Capitals and digits that cannot be misread (no 0, 1, I, L, O, U).
pub(super) const READABLE: &[u8] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

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

    /// Whether `hash` is the keyed hash of a code; compared in constant time.
    #[must_use]
    pub fn code_fits(&self, purpose: &str, code: &str, hash: &str) -> bool {
        bool::from(self.code_hash(purpose, code).as_bytes().ct_eq(hash.as_bytes()))
    }

    /// The secret that goes with an object, such as a guest's order: 256 bits, always the same for the same
    /// object, so that an answer can be repeated without storing it.
    #[must_use]
    pub fn object_token(&self, purpose: &str, id: Uuid) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&mac(&self.key(purpose), id.as_bytes()))
    }

    /// The short code that goes with an object for people to type: capitals and digits that cannot be misread, always
    /// the same for the same object and number. A code of eight has 39 bits.
    #[must_use]
    pub fn object_code(&self, purpose: &str, id: Uuid, number: i32, length: usize) -> String {
        let key = self.key(purpose);
        let mut code = String::with_capacity(length);
        for block in 0_u32.. {
            let message = [id.as_bytes().as_slice(), &number.to_be_bytes(), &block.to_be_bytes()].concat();
            // Bytes beyond the last whole run of the alphabet would make some letters likelier than others.
            let letters = mac(&key, &message).into_iter().filter(|byte| *byte < 240).map(|byte| usize::from(byte) % 30);
            code.extend(
                letters
                    .filter_map(|letter| READABLE.get(letter))
                    .map(|letter| char::from(*letter))
                    .take(length - code.len()),
            );
            if code.len() >= length {
                break;
            }
        }
        code
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
    fn codes_of_objects_can_be_read_and_repeat() {
        let secrets = Secrets::new("a".into());
        let code = secrets.object_code("pickup", Uuid::nil(), 1, 8);
        assert_eq!(code, secrets.object_code("pickup", Uuid::nil(), 1, 8));
        assert_eq!(code.len(), 8);
        assert!(code.bytes().all(|byte| READABLE.contains(&byte)), "{code}");
        assert_ne!(code, secrets.object_code("pickup", Uuid::nil(), 2, 8));
        assert_ne!(code, secrets.object_code("other", Uuid::nil(), 1, 8));
        assert_eq!(secrets.object_code("pickup", Uuid::nil(), 1, 100).len(), 100);
    }

    #[test]
    fn purposes_have_unrelated_keys() {
        let secrets = Secrets::new("a".into());
        assert_ne!(secrets.key("jwt"), secrets.key("code"));
        assert_ne!(secrets.object_token("order", Uuid::nil()), secrets.object_token("cart", Uuid::nil()));
    }
}
