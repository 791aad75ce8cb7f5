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
mod special;
mod staff;
mod work;
mod write;

use std::sync::Arc;

use chrono::TimeDelta;
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
    history::make(ctx, &past, &places, &shelf, options).await?;
    // What happened in the past shall not be told about now.
    job::Entity::delete_many()
        .filter(job::Column::Kind.eq(DISPATCH_JOB))
        .filter(job::Column::RunAt.lte(past.now()))
        .exec(ctx.services.db.writer())
        .await?;
    work::make(ctx, &places, &shelf).await?;
    offers::make(ctx, &places).await?;
    returns::make(ctx, &places).await?;
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

/// The same process, a little more than a year ago, repeating its randomness.
fn a_year_back(ctx: &Ctx) -> Ctx {
    let services = &ctx.services;
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(services.clock.now() - TimeDelta::days(371)));
    let past = Services {
        db: Db::clone(&services.db),
        clock,
        random: Random::seeded(20_261_121),
        secrets: services.secrets.clone(),
        settings: services.settings.clone(),
        gateways: services.gateways.clone(),
    };
    Ctx::system(Arc::new(past), "demo")
}
