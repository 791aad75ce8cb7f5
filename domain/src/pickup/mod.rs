//! Goods that a customer collects: ready, one-time code, handing over, reminders, expiry, choosing again, reservations.
//!
//! Must not: route (`fulfillment` does) or move stock by hand.
