//! Parcels on their way: tracking, carrier files and webhooks, slips and labels, delivery times.
//!
//! Must not: decide who sends what, or take stock; that is fulfillment work.
