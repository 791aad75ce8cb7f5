//! Passwords and PINs: what is accepted, and argon2id (RFC 9106) with the parameters that OWASP advises.
//!
//! Hashing runs on the blocking pool behind a few permits, so that a flood of sign-ins can take neither all cores nor
//! all memory.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::kernel::{Ctx, Error, ErrorCode, Result};

/// Fewest characters of a password (NIST SP 800-63B §5.1.1.2).
const MIN_LENGTH: usize = 8;
/// Most characters; longer ones only cost time.
const MAX_LENGTH: usize = 128;
/// Passes over the memory (OWASP: m = 19 MiB, t = 2, p = 1).
const PASSES: u32 = 2;
/// Longest wait for a permit.
const WAIT: Duration = Duration::from_secs(5);
/// The password of the demo's staff; refused elsewhere.
pub const DEMO_PASSWORD: &str = "hitotsu-demo";
/// What is hashed against when there is no account, so that the answer takes as long.
const NOBODY: &[u8; 16] = b"nobody's account";

/// Passwords that everybody tries first, of eight characters or more.
const COMMON: [&str; 40] = [
    "12345678",
    "123456789",
    "1234567890",
    "12345678910",
    "123123123",
    "87654321",
    "11111111",
    "00000000",
    "88888888",
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "qwerty1234",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "zaq12wsx",
    "asdfghjk",
    "asdfghjkl",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "welcome1",
    "admin123",
    "administrator",
    "changeme",
    "letmein1",
    "abcd1234",
    "aa123456",
];

static PERMITS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores.clamp(1, 4)))
});

/// Checks a new password and brings it into the form that is hashed (NFC, RFC 8265 §4.2).
/// Errors: `WEAK_PASSWORD`, `DEMO_PASSWORD_REFUSED` at `path`.
pub fn checked(ctx: &Ctx, path: &str, password: &str) -> Result<String> {
    let weak = || Error::invalid(ErrorCode::WeakPassword, path);
    if password.len() > MAX_LENGTH * 4 {
        return Err(weak());
    }
    let password: String = password.nfc().collect();
    refuse_demo_password(ctx, path, &password)?;
    let length = password.chars().count();
    let one_character = password.chars().all(|c| password.starts_with(c));
    let common = COMMON.contains(&password.to_lowercase().as_str());
    let refused = !(MIN_LENGTH..=MAX_LENGTH).contains(&length) || one_character || common || password.contains('\0');
    if refused { Err(weak()) } else { Ok(password) }
}

/// Checks a new PIN: 4 to 8 digits. Error: `WEAK_PASSWORD` at `path`.
pub fn checked_pin(path: &str, pin: &str) -> Result<String> {
    let well_formed = (4..=8).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit());
    if well_formed { Ok(pin.to_owned()) } else { Err(Error::invalid(ErrorCode::WeakPassword, path)) }
}

/// The demo's password is known to everybody. Error: `DEMO_PASSWORD_REFUSED` outside development.
pub fn refuse_demo_password(ctx: &Ctx, path: &str, password: &str) -> Result<()> {
    if password == DEMO_PASSWORD && !ctx.services.settings.development {
        return Err(Error::invalid(ErrorCode::DemoPasswordRefused, path));
    }
    Ok(())
}

/// The argon2id hash of a checked password or PIN, in PHC form. Error: `THROTTLED` when too many hash at once.
pub async fn hash(ctx: &Ctx, secret: &str) -> Result<String> {
    let argon = argon(ctx.services.settings.password_memory_kib)?;
    let secret = secret.as_bytes().to_vec();
    blocking(move || {
        let hash: PasswordHash =
            argon.hash_password(&secret).map_err(|error| Error::Bug(format!("argon2: {error}")))?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether a password or PIN is the one that was hashed. Without a hash it takes as long and is never right.
/// Error: `THROTTLED` when too many hash at once.
pub async fn verify(ctx: &Ctx, secret: &str, stored: Option<&str>) -> Result<bool> {
    let argon = argon(ctx.services.settings.password_memory_kib)?;
    // Overlong input is cut, not refused early: the time must not tell.
    let secret: String = secret.nfc().take(MAX_LENGTH + 1).collect();
    let stored = stored.map(str::to_owned);
    blocking(move || {
        let hash = stored.as_deref().and_then(|stored| PasswordHash::new(stored).ok());
        Ok(if let Some(hash) = hash {
            argon.verify_password(secret.as_bytes(), &hash).is_ok()
        } else {
            let _: Result<PasswordHash, _> = argon.hash_password_with_salt(secret.as_bytes(), NOBODY);
            false
        })
    })
    .await
}

fn argon(memory_kib: u32) -> Result<Argon2<'static>> {
    let params = Params::new(memory_kib, PASSES, 1, None).map_err(|error| Error::Bug(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let permit = tokio::time::timeout(WAIT, Arc::clone(&PERMITS).acquire_owned())
        .await
        .map_err(|_| Error::Throttled { retry_after_seconds: 1 })?
        .map_err(|error| Error::Bug(error.to_string()))?;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
    .map_err(|error| Error::Bug(format!("hashing: {error}")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_four_to_eight_digits() {
        for pin in ["2468", "00000000"] {
            assert!(checked_pin("pin", pin).is_ok(), "{pin}");
        }
        for pin in ["", "123", "123456789", "12a4", "１２３４", "12 4"] {
            assert!(checked_pin("pin", pin).is_err(), "{pin}");
        }
    }
}
