//! Work for locations, and the commands that create it: placing an order takes stock, opens the work and records the
//! payments in one transaction.
//!
//! Must not: compute totals or tax (it is given them), or talk to carriers.

pub mod accept;
pub mod acknowledge;
pub(crate) mod added;
mod candidates;
pub(crate) mod cancel_work;
mod cascade;
pub mod complete_cart;
pub mod desk;
pub mod digital;
pub mod external;
pub(crate) mod give_up;
pub(crate) mod hand_over;
pub mod hold_work;
pub mod line_ref;
pub(crate) mod makeup;
pub mod move_work;
pub mod network_payment;
pub mod pick;
pub mod pick_list;
pub mod pick_short;
pub mod parking;
pub mod pay_later;
pub mod look_link;
pub mod pay_link;
pub mod place;
pub mod placement;
pub mod plan;
pub(crate) mod pickup_row;
pub(crate) mod progress;
pub mod query;
pub mod queue;
pub mod reject;
mod rejection_stock;
mod release;
pub(crate) mod reroute;
mod rows;
pub mod split;
pub mod simulate;
pub mod start_payment;
pub(crate) mod work;
