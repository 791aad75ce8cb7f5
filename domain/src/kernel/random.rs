//! Randomness, injected so that tests can repeat it: ids, tokens and codes.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use uuid::{ContextV7, Timestamp, Uuid};

/// Gives out ids and secrets.
#[derive(Debug)]
pub struct Random {
    rng: Mutex<StdRng>,
    order: Mutex<ContextV7>,
}

impl Default for Random {
    fn default() -> Self {
        Self::from_rng(StdRng::from_os_rng())
    }
}

impl Random {
    fn from_rng(rng: StdRng) -> Self {
        Self { rng: Mutex::new(rng), order: Mutex::new(ContextV7::new()) }
    }

    /// Repeats itself for a seed: for tests and the demo only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::from_rng(StdRng::seed_from_u64(seed))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        // A poisoned generator is still a generator.
        draw(&mut self.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// A time-ordered id (UUIDv7, RFC 9562) of this moment.
    pub fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let order = self.order.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*order, seconds, now.timestamp_subsec_nanos()))
    }

    /// A 256-bit secret for a link, cart or session, in base64url.
    pub fn token(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.with(|rng| rng.fill_bytes(&mut bytes));
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// A code of decimal digits.
    pub fn digits(&self, length: usize) -> String {
        self.with(|rng| (0..length).map(|_| char::from(b'0' + rng.random_range(0..10_u8))).collect())
    }

    /// A code of capital letters and digits that cannot be misread (no 0, 1, I, L, O, U).
    pub fn readable_code(&self, length: usize) -> String {
        const LETTERS: &[u8] = super::secret::READABLE;
        self.with(|rng| {
            (0..length)
                .filter_map(|_| LETTERS.get(rng.random_range(0..LETTERS.len())))
                .copied()
                .map(char::from)
                .collect()
        })
    }

    /// A number in `0..below`; 0 when `below` is 0. For jitter and demo data, not for secrets.
    pub fn below(&self, below: u64) -> u64 {
        if below == 0 { 0 } else { self.with(|rng| rng.random_range(0..below)) }
    }
}
