//! The rules: one module per area, one file per command.
//!
//! An area uses only areas before it in this list. Three kinds of function are told apart by the first parameter:
//! a *command* takes `&Ctx` and owns the transaction, a *step* takes `&Tx` and runs inside one, a *read* takes a
//! connection. Deliberately absent: HTTP, GraphQL and environment variables.

pub mod kernel;

pub mod access;
pub mod audit;
pub mod cart;
pub mod catalog;
pub mod channel;
pub mod customer;
pub mod fulfillment;
pub mod import;
pub mod inventory;
pub mod jobs;
pub mod location;
pub mod messaging;
pub mod order;
pub mod payment;
pub mod pricing;
pub mod register;
pub mod routing;
pub mod shipping;
pub mod tax;

pub use kernel::{Actor, Ctx, Error, ErrorCode, Permission, Result, Scope, Tx};
