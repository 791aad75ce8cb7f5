//! Work that comes back by the clock: tidying what has expired.
//!
//! A schedule is one row of `job` that never goes away: whichever process claims it runs it and sets its next time, so
//! all processes together run it once per interval. Correctness never waits for a sweep: every read checks expiry
//! itself.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{cart_handover, device_pairing, idempotency_key, one_time_code, refresh_token, sign_in_throttle};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::fulfillment::parking;
use crate::inventory::hold;
use crate::kernel::job::NewJob;
use crate::kernel::{Ctx, Result};
use crate::{pickup, returns, shipping, stored_value};

/// Something that runs again and again.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Kind of its job.
    pub kind: &'static str,
    /// How often, in seconds.
    pub every_seconds: i64,
    work: Work,
}

#[derive(Debug, Clone, Copy)]
enum Work {
    Drafts,
    FlowRuns,
    FlowStarts,
    Holds,
    IdempotencyKeys,
    Messages,
    Parcels,
    Parked,
    Payments,
    Pickups,
    Returns,
    Secrets,
    StoredValue,
}

/// Every schedule.
pub const SCHEDULES: &[Schedule] = &[
    Schedule { kind: "expire_holds", every_seconds: 30, work: Work::Holds },
    Schedule { kind: "attend_pickups", every_seconds: 60, work: Work::Pickups },
    Schedule { kind: "attend_flows", every_seconds: 60, work: Work::FlowRuns },
    Schedule { kind: "start_flows", every_seconds: 900, work: Work::FlowStarts },
    Schedule { kind: "expire_idempotency_keys", every_seconds: 3_600, work: Work::IdempotencyKeys },
    Schedule { kind: "wipe_messages", every_seconds: 3_600, work: Work::Messages },
    Schedule { kind: "attend_payments", every_seconds: 300, work: Work::Payments },
    Schedule { kind: "attend_parcels", every_seconds: 900, work: Work::Parcels },
    Schedule { kind: "serve_parked", every_seconds: 300, work: Work::Parked },
    Schedule { kind: "expire_drafts", every_seconds: 3_600, work: Work::Drafts },
    Schedule { kind: "remind_of_returns", every_seconds: 3_600, work: Work::Returns },
    Schedule { kind: "expire_secrets", every_seconds: 3_600, work: Work::Secrets },
    Schedule { kind: "attend_stored_value", every_seconds: 300, work: Work::StoredValue },
];

/// Holds swept per transaction: short enough to let buyers in between.
const HOLDS_AT_ONCE: u64 = 500;
/// Clients may repeat a call for so long.
const KEEP_KEYS: TimeDelta = TimeDelta::days(31);
/// Expired secrets stay so long, so that a replay is still recognized as one.
const KEEP_SECRETS: TimeDelta = TimeDelta::days(7);

impl Schedule {
    /// The next start of an interval; intervals begin at multiples of their length, the same in every process.
    #[must_use]
    pub fn next_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let every = Ord::max(self.every_seconds, 1);
        let passed = now.timestamp().rem_euclid(every);
        DateTime::from_timestamp(now.timestamp() - passed + every, 0).unwrap_or(now)
    }

    /// Puts the schedules' rows, the built-in flows and the ready-made surveys in place where they are missing, and brings
    /// the built-in roles that nobody edited up to this version. Workers call it when they start.
    pub async fn plant(ctx: &Ctx) -> Result<()> {
        crate::access::follow_product(ctx).await?;
        crate::flow::plant(ctx).await?;
        ctx.write(|tx| async move {
            crate::survey::ready_made::plant_missing(&tx).await?;
            for schedule in SCHEDULES {
                let job = NewJob::new(schedule.kind, serde_json::json!({}));
                tx.enqueue(job.dedupe_key(format!("schedule:{}", schedule.kind)));
            }
            Ok(())
        })
        .await
    }
}

pub(super) async fn run(ctx: &Ctx, schedule: &Schedule) -> Result<()> {
    match schedule.work {
        Work::Drafts => crate::order_change::draft::expire_due(ctx).await.map(|_| ()),
        Work::FlowRuns => crate::flow::attend::attend_due(ctx).await.map(|_| ()),
        Work::FlowStarts => crate::flow::attend::start_due(ctx).await.map(|_| ()),
        Work::Holds => expire_holds(ctx).await,
        Work::Pickups => attend_pickups(ctx).await,
        Work::Returns => attend_returns(ctx).await,
        Work::IdempotencyKeys => expire_idempotency_keys(ctx).await,
        Work::Messages => crate::messaging::retention::wipe_due(ctx).await.map(|_| ()),
        Work::Parcels => attend_parcels(ctx).await,
        Work::Parked => parking::sweep(ctx).await,
        Work::Payments => attend_payments(ctx).await,
        Work::Secrets => expire_secrets(ctx).await,
        Work::StoredValue => stored_value::attend::attend_due(ctx).await,
    }
}

async fn expire_holds(ctx: &Ctx) -> Result<()> {
    while hold::expire_due(ctx, HOLDS_AT_ONCE).await? >= HOLDS_AT_ONCE {}
    Ok(())
}

/// Reminds of what waits in stores, ends what nobody collected or chose about in time, and reservations.
async fn attend_pickups(ctx: &Ctx) -> Result<()> {
    pickup::remind::remind_due(ctx).await?;
    pickup::expire::expire_due(ctx).await?;
    pickup::choose::time_out_due(ctx).await?;
    pickup::reservation::remind::remind_due(ctx).await?;
    pickup::reservation::attend_due(ctx).await
}

/// Tells of parcels that are late, and of those that must be there by now though nobody said so.
async fn attend_parcels(ctx: &Ctx) -> Result<()> {
    shipping::late::note_due(ctx).await?;
    shipping::arrival::presume_due(ctx).await?;
    Ok(())
}

/// Reminds of what is to be paid, ends what nobody paid for, and reservations of money whose time is over.
async fn attend_payments(ctx: &Ctx) -> Result<()> {
    pickup::unpaid::attend_due(ctx).await?;
    crate::order::authorization::attend_due(ctx).await?;
    crate::fulfillment::network_payment::give_up_left(ctx).await?;
    Ok(())
}

/// Reminds of what should come back, and ends exchanges whose goods did not.
async fn attend_returns(ctx: &Ctx) -> Result<()> {
    returns::remind::remind_due(ctx).await?;
    returns::exchange::attend::attend_due(ctx).await
}

async fn expire_idempotency_keys(ctx: &Ctx) -> Result<()> {
    ctx.write(|tx| async move {
        let before = tx.now() - KEEP_KEYS;
        idempotency_key::Entity::delete_many().filter(idempotency_key::Column::CreatedAt.lt(before)).exec(&tx).await?;
        Ok(())
    })
    .await
}

/// Codes, sessions and pairings that ended a week ago, and throttles that nobody met for as long.
async fn expire_secrets(ctx: &Ctx) -> Result<()> {
    ctx.write(|tx| async move {
        let before = tx.now() - KEEP_SECRETS;
        one_time_code::Entity::delete_many().filter(one_time_code::Column::ExpiresAt.lt(before)).exec(&tx).await?;
        refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(before)).exec(&tx).await?;
        device_pairing::Entity::delete_many().filter(device_pairing::Column::ExpiresAt.lt(before)).exec(&tx).await?;
        // Which cart goes on with the goods of which stays known: they must not double at a sign-in.
        cart_handover::Entity::delete_many()
            .filter(cart_handover::Column::ExpiresAt.lt(before))
            .filter(cart_handover::Column::ContinuedAs.is_null())
            .exec(&tx)
            .await?;
        sign_in_throttle::Entity::delete_many()
            .filter(sign_in_throttle::Column::WindowStartedAt.lt(before))
            .filter(
                sign_in_throttle::Column::LockedUntil.is_null().or(sign_in_throttle::Column::LockedUntil.lt(before)),
            )
            .exec(&tx)
            .await?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_begin_at_the_same_time_everywhere() {
        let schedule = Schedule { kind: "x", every_seconds: 60, work: Work::Secrets };
        let at = |seconds| DateTime::from_timestamp(seconds, 5).expect("a time");
        assert_eq!(schedule.next_after(at(120)).timestamp(), 180);
        assert_eq!(schedule.next_after(at(179)).timestamp(), 180);
    }
}
