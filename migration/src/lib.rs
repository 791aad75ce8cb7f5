//! How the tables came to be. A migration is never edited once merged: expand, move, contract.

mod dialect;
mod m20261122_000001_foundation;
mod m20261122_000002_routing_rules;
mod m20261122_000003_picking;
mod m20261122_000004_shipments;
mod m20261122_000005_pickups;
mod m20261122_000006_transfers;
mod m20261122_000007_stock_counts;
mod m20261122_000008_units_and_sync;
mod m20261122_000009_reservation_reminders;
mod m20261122_000010_unit_journeys;
mod m20261122_000012_stored_value;
mod m20261122_000013_register_sessions;
mod m20261122_000014_promotions;
mod m20261122_000015_returns;
mod m20261122_000016_payments;
mod m20261122_000017_order_changes;
mod m20261122_000018_exchanges;
mod m20261122_000019_drafts;
mod m20261122_000020_claw_backs;
mod m20261122_000021_stock_by_variant;
mod m20261122_000023_messages;
mod m20261122_000024_flows;
mod m20261122_000025_surveys;
mod m20261122_000027_late_parcels;
mod m20261122_000028_job_desks;
mod m20261122_000029_message_words;
mod m20261122_000030_presumed_parcels;
mod m20261122_000031_cart_handovers;
mod m20261122_000032_job_order;

use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_foundation::Migration),
            Box::new(m20261122_000002_routing_rules::Migration),
            Box::new(m20261122_000003_picking::Migration),
            Box::new(m20261122_000004_shipments::Migration),
            Box::new(m20261122_000005_pickups::Migration),
            Box::new(m20261122_000006_transfers::Migration),
            Box::new(m20261122_000007_stock_counts::Migration),
            Box::new(m20261122_000008_units_and_sync::Migration),
            Box::new(m20261122_000009_reservation_reminders::Migration),
            Box::new(m20261122_000010_unit_journeys::Migration),
            Box::new(m20261122_000012_stored_value::Migration),
            Box::new(m20261122_000013_register_sessions::Migration),
            Box::new(m20261122_000014_promotions::Migration),
            Box::new(m20261122_000015_returns::Migration),
            Box::new(m20261122_000016_payments::Migration),
            Box::new(m20261122_000017_order_changes::Migration),
            Box::new(m20261122_000018_exchanges::Migration),
            Box::new(m20261122_000019_drafts::Migration),
            Box::new(m20261122_000020_claw_backs::Migration),
            Box::new(m20261122_000021_stock_by_variant::Migration),
            Box::new(m20261122_000023_messages::Migration),
            Box::new(m20261122_000024_flows::Migration),
            Box::new(m20261122_000025_surveys::Migration),
            Box::new(m20261122_000027_late_parcels::Migration),
            Box::new(m20261122_000028_job_desks::Migration),
            Box::new(m20261122_000029_message_words::Migration),
            Box::new(m20261122_000030_presumed_parcels::Migration),
            Box::new(m20261122_000031_cart_handovers::Migration),
            Box::new(m20261122_000032_job_order::Migration),
        ]
    }
}

pub use sea_orm_migration::MigratorTrait;
