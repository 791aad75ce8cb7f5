//! The demo: a shop that has been open for a year. Same goods, people and sales every time; ids are fresh.
//!
//! Places, taxes and goods are made by the commands that staff use, under a clock that stands a year back. Customers
//! and the year's orders are written in bulk, in one transaction that is written once: the one path beside the
//! commands, for the demo only, and proven by the audit.

mod calendar;
mod dice;
mod facts;
mod goods;
mod history;
mod offers;
mod people;
mod places;
mod returns;
mod reviews;
mod special;
mod staff;
mod voice;
mod work;
mod write;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Ctx;
use domain::drawer::OpenSession;
use domain::kernel::clock::{Clock, ManualClock};
use domain::kernel::ctx::Services;
use domain::kernel::db::Db;
use domain::kernel::event::DISPATCH_JOB;
use domain::kernel::random::Random;
use entity::job;
use entity::money::Money;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

pub use facts::{ChannelFact, CustomerFact, DemoFacts, LocationFact, Login};

/// Password of all demo staff and customers; refused outside development.
pub const PASSWORD: &str = "hitotsu-demo";
/// PIN of all demo staff at tills.
pub const PIN: &str = "2468";

/// How much to seed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many customers.
    pub customers: usize,
    /// How many orders over the last twelve months.
    pub orders: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { customers: 300, orders: 1_000 }
    }
}

/// Seeds what is not there yet and tells how to get in. Errors: the database failed, or is not migrated.
pub async fn seed(ctx: &Ctx, options: Options) -> anyhow::Result<DemoFacts> {
    let past = a_year_back(ctx);
    let places = places::make(&past).await?;
    let shelf = goods::make(&past, &places).await?;
    let voice = Box::pin(voice::make(&past, &places)).await?;
    history::make(ctx, &past, (&places, &shelf, &voice), options).await?;
    forget(ctx, past.now()).await?;
    work::make(ctx, &places, &shelf).await?;
    offers::make(ctx, &places).await?;
    returns::make(ctx, &places).await?;
    Box::pin(reviews::make(ctx, &places)).await?;
    for till in &places.registers {
        let opening = OpenSession {
            register_id: Some(till.id),
            float: Money::new(30_000, places.pos.currency),
            idempotency_key: format!("demo-{}", till.code),
        };
        domain::drawer::open(ctx, opening).await?;
    }
    facts::gather(ctx, &places).await
}

/// What happened until a moment shall not be told about now.
async fn forget(ctx: &Ctx, until: DateTime<Utc>) -> anyhow::Result<()> {
    job::Entity::delete_many()
        .filter(job::Column::Kind.eq(DISPATCH_JOB))
        .filter(job::Column::RunAt.lte(until))
        .exec(ctx.services.db.writer())
        .await?;
    Ok(())
}

/// The same process, a little more than a year ago, repeating its randomness.
fn a_year_back(ctx: &Ctx) -> Ctx {
    at(ctx, ctx.now() - TimeDelta::days(371), Random::seeded(20_261_121))
}

/// The same process at another moment.
fn at(ctx: &Ctx, moment: DateTime<Utc>, random: Random) -> Ctx {
    let services = &ctx.services;
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(moment));
    let then = Services {
        db: Db::clone(&services.db),
        clock,
        random,
        secrets: services.secrets.clone(),
        settings: services.settings.clone(),
        gateways: services.gateways.clone(),
    };
    Ctx::system(Arc::new(then), "demo")
}

/// An id of exactly this moment: one generator never goes back in time, and the history is not told in its order.
fn id_of(moment: DateTime<Utc>) -> Uuid {
    Random::seeded(0).uuid(moment)
}
