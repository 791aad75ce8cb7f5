//! Every kind of job with what runs it, and every handler of events: the two lists of what happens outside requests.
//!
//! A process runs [`run`] from its worker loop; tests and tools run [`run_due`]. Deliberately absent: threads,
//! schedules of a process and the network, which adapters bring.

mod desk;
#[cfg(test)]
mod flow_pages;
mod run;
mod sending;
mod sweep;

pub use desk::{DESKS, Desk};
pub use run::{Abandoned, Adapters, Ran, abandon, run, run_due, sends};
pub use sweep::{SCHEDULES, Schedule};

use crate::messaging::dispatch::Handler;

/// Every handler of events, in the order in which they see one.
pub const HANDLERS: &[Handler] = &[
    crate::messaging::order_mail::HANDLER,
    crate::messaging::tracking::HANDLER,
    crate::messaging::erasure::HANDLER,
    crate::fulfillment::parking::HANDLER,
    crate::fulfillment::pay_later::PAID,
    crate::fulfillment::digital::HANDLER,
    crate::shipping::mail::HANDLER,
    crate::shipping::cash_on_delivery::HANDLER,
    crate::pickup::follow::HANDLER,
    crate::pickup::brought::HANDLER,
    crate::pickup::cascade::HANDLER,
    crate::messaging::pickup_mail::PICKUPS,
    crate::messaging::pickup_mail::RESERVATIONS,
    crate::stored_value::gift_card::HANDLER,
    crate::stored_value::points::HANDLER,
    crate::stored_value::deliver::HANDLER,
    crate::returns::exchange::guard::HANDLER,
    crate::returns::mail::HANDLER,
    crate::customer_merge::HANDLER,
    crate::order_change::mail::HANDLER,
    crate::order::money_mail::HANDLER,
    crate::messaging::account_mail::HANDLER,
    crate::messaging::delay_mail::HANDLER,
    crate::returns::exchange::mail::HANDLER,
    crate::survey::alert_mail::HANDLER,
    crate::flow::HANDLER,
];
