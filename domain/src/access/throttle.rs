//! Wrong tries per account, network address and till: counted before a secret is compared, so that parallel guesses
//! cannot slip by, and answered by locks that grow.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::sign_in_throttle::{Column, Entity, Model};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::{Ctx, Error, Result, Tx};

/// Longest lock after one wrong try.
const LONGEST_LOCK: TimeDelta = TimeDelta::minutes(15);

/// How many wrong tries a thing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Wrong tries without a lock.
    pub free: i32,
    /// Most tries that are compared before one is right or the window ends.
    pub cap: i32,
    /// How long tries are remembered.
    pub window: TimeDelta,
    /// A right try forgets the wrong ones; else it only takes itself back.
    pub forgets: bool,
}

/// Passwords and codes of one account.
pub const ACCOUNT: Limit = Limit { free: 5, cap: 100, window: TimeDelta::hours(24), forgets: true };
/// Everything from one network address; a shop's tills share one, so it is wide and a right try does not clear it.
pub const ADDRESS: Limit = Limit { free: 50, cap: 100, window: TimeDelta::minutes(15), forgets: false };
/// PINs of one person: ten thousand are possible.
pub const PIN: Limit = Limit { free: 3, cap: 20, window: TimeDelta::hours(24), forgets: true };
/// PINs on one till.
pub const TILL: Limit = Limit { free: 10, cap: 50, window: TimeDelta::hours(1), forgets: false };

/// One counted thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    hash: String,
    limit: Limit,
}

impl Key {
    /// The key of a thing; only its keyed hash is stored.
    #[must_use]
    pub fn new(ctx: &Ctx, kind: &str, name: &str, limit: Limit) -> Self {
        Self { hash: ctx.services.secrets.code_hash("throttle", &format!("{kind}:{name}")), limit }
    }

    /// The keys of an account and of the network address that asks.
    #[must_use]
    pub fn account_and_address(ctx: &Ctx, kind: &str, name: &str) -> Vec<Self> {
        let account = Self::new(ctx, kind, name, ACCOUNT);
        let address = ctx.ip.map(|ip| Self::new(ctx, "address", &network(ip), ADDRESS));
        std::iter::once(account).chain(address).collect()
    }
}

impl Key {
    /// The key of everything of a kind from the network that asks.
    #[must_use]
    pub fn network(ctx: &Ctx, kind: &str) -> Option<Self> {
        ctx.ip.map(|ip| Self::new(ctx, kind, &network(ip), ADDRESS))
    }
}

/// The network that a client holds: one IPv4 address, a /64 of IPv6 (RFC 6177).
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{:x?}", ip.segments().get(..4).unwrap_or_default()),
    }
}

/// A try that was counted and waits to be settled.
#[derive(Debug, Clone)]
#[must_use = "settle it by `failed` or `succeeded`"]
pub struct Attempt(Vec<Key>);

/// Counts a try before the secret is compared, in a transaction of its own.
/// Error: `THROTTLED` while a lock holds or the cap is reached.
pub async fn begin(ctx: &Ctx, keys: Vec<Key>) -> Result<Attempt> {
    let keys = &keys;
    ctx.write(|tx| async move {
        let rows = keys.iter().map(|key| fresh(&key.hash, tx.now()).into_active_model().reset_all());
        Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
            .exec_without_returning(&tx)
            .await?;
        for row in lock(&tx, keys).await? {
            let limit = limit_of(keys, &row);
            let counted = count(row, limit, tx.now())?;
            update(&tx, counted).await?;
        }
        Ok(())
    })
    .await?;
    Ok(Attempt(keys.clone()))
}

/// The secret was wrong: locks grow.
pub async fn failed(ctx: &Ctx, attempt: &Attempt) -> Result<()> {
    let keys = &attempt.0;
    ctx.write(|tx| async move {
        for mut row in lock(&tx, keys).await? {
            row.locked_until = lock_after(row.failures, limit_of(keys, &row)).map(|time| tx.now() + time);
            update(&tx, row).await?;
        }
        Ok(())
    })
    .await
}

/// The secret was right: wrong tries are forgotten, inside the transaction that signs in.
pub async fn succeeded(tx: &Tx, attempt: &Attempt) -> Result<()> {
    let keys = &attempt.0;
    for mut row in lock(tx, keys).await? {
        if limit_of(keys, &row).forgets {
            Entity::delete_by_id(row.key).exec(tx).await?;
        } else {
            row.failures = row.failures.saturating_sub(1);
            update(tx, row).await?;
        }
    }
    Ok(())
}

async fn lock(tx: &Tx, keys: &[Key]) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Key.is_in(keys.iter().map(|key| key.hash.as_str())))
        .order_by_asc(Column::Key)
        .lock(LockType::Update)
        .all(tx)
        .await?)
}

async fn update(tx: &Tx, row: Model) -> Result<()> {
    Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

fn limit_of(keys: &[Key], row: &Model) -> Limit {
    keys.iter().find(|key| key.hash == row.key).map_or(ACCOUNT, |key| key.limit)
}

fn fresh(key: &str, now: DateTime<Utc>) -> Model {
    Model { key: key.to_owned(), failures: 0, window_started_at: now, locked_until: None }
}

/// Counts one more try, or says when the next one is allowed.
fn count(row: Model, limit: Limit, now: DateTime<Utc>) -> Result<Model> {
    let window_ends = row.window_started_at + limit.window;
    let row = if window_ends <= now { fresh(&row.key, now) } else { row };
    let capped = (row.failures >= limit.cap).then_some(window_ends);
    match row.locked_until.into_iter().chain(capped).max().filter(|until| *until > now) {
        Some(until) => {
            let seconds = (until - now).num_milliseconds().saturating_add(999) / 1000;
            Err(Error::Throttled { retry_after_seconds: u64::try_from(seconds).unwrap_or(1) })
        }
        None => Ok(Model { failures: row.failures.saturating_add(1), ..row }),
    }
}

/// 1 s after the last free try, then twice as long each time, at most 15 minutes.
fn lock_after(failures: i32, limit: Limit) -> Option<TimeDelta> {
    let beyond = u32::try_from(failures.saturating_sub(limit.free)).ok()?;
    let seconds = 1_i64.checked_shl(beyond.min(20)).unwrap_or(i64::MAX);
    Some(TimeDelta::seconds(seconds.min(LONGEST_LOCK.num_seconds())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a valid time")
    }

    #[test]
    fn locks_grow_and_end() {
        assert_eq!(lock_after(4, ACCOUNT), None);
        assert_eq!(lock_after(5, ACCOUNT), Some(TimeDelta::seconds(1)));
        assert_eq!(lock_after(8, ACCOUNT), Some(TimeDelta::seconds(8)));
        assert_eq!(lock_after(100, ACCOUNT), Some(LONGEST_LOCK));
    }

    #[test]
    fn no_patience_gets_more_than_a_hundred_guesses_in_a_window() {
        let mut row = fresh("k", now());
        let mut at = now();
        let mut compared = 0;
        while at < now() + ACCOUNT.window {
            match count(row.clone(), ACCOUNT, at) {
                Ok(counted) => {
                    compared += 1;
                    row = counted;
                    row.locked_until = lock_after(row.failures, ACCOUNT).map(|time| at + time);
                }
                Err(Error::Throttled { retry_after_seconds }) => {
                    assert!(retry_after_seconds > 0);
                    at += TimeDelta::seconds(i64::try_from(retry_after_seconds).expect("small"));
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(compared, 100);
        assert_eq!(count(row, ACCOUNT, at).expect("a new window").failures, 1);
    }

    #[test]
    fn parallel_tries_are_counted_before_they_are_compared() {
        let mut row = fresh("k", now());
        for _ in 0..ACCOUNT.cap {
            row = count(row, ACCOUNT, now()).expect("below the cap");
        }
        assert!(matches!(count(row, ACCOUNT, now()), Err(Error::Throttled { .. })));
    }

    #[test]
    fn one_household_has_one_network() {
        let network_of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"));
    }
}
