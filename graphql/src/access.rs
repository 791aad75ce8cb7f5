//! Who may call what: a table of every root field. What is not in the table runs for nobody.
//!
//! The commands behind the fields load rows by owner or scope; this table is the first door, not the only one.

mod shop;
mod staff;

use std::collections::BTreeMap;

use async_graphql::parser::types::OperationType;
use domain::{Actor, Ctx, Error, Permission, Result};

use crate::index::{Index, root_type};
use crate::weigh::Weight;

/// Who may call a root field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// A signed-in customer.
    Customer,
    /// A signed-in customer, or a guest with the secret of a cart or an order.
    Holder,
    /// A signed-in member of staff, with any role.
    StaffSignedIn,
    /// A paired till, with or without staff signed in.
    Device,
    /// Staff or an app with this permission somewhere; where, the command checks.
    Needs(Permission),
    /// Staff or an app with one of these permissions somewhere.
    AnyOf(&'static [Permission]),
    /// Everybody, but only while the server runs in development.
    Development,
}

/// A root field and its rule.
pub type Rule = (&'static str, Access);

/// The rules of one schema, by kind of operation.
#[derive(Clone, Debug)]
pub struct Table {
    queries: BTreeMap<&'static str, Access>,
    mutations: BTreeMap<&'static str, Access>,
    subscriptions: BTreeMap<&'static str, Access>,
}

/// The rules of the shop schema.
#[must_use]
pub fn shop() -> Table {
    Table::new(shop::QUERIES, shop::MUTATIONS, shop::SUBSCRIPTIONS)
}

/// The rules of the staff schema.
#[must_use]
pub fn staff() -> Table {
    Table::new(staff::QUERIES, staff::MUTATIONS, staff::SUBSCRIPTIONS)
}

impl Access {
    /// Whether the actor meets the rule. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
    pub fn check(self, ctx: &Ctx) -> Result<()> {
        let actor = &ctx.actor;
        let met = match self {
            Self::Anyone => true,
            Self::Development => ctx.services.settings.development,
            Self::Customer => actor.customer_id().is_some(),
            Self::Holder => match actor {
                Actor::Guest { cart_id, order_id } => cart_id.is_some() || order_id.is_some(),
                Actor::Customer { .. } => true,
                Actor::System | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => false,
            },
            Self::StaffSignedIn => matches!(actor, Actor::Staff { .. }),
            Self::Device => actor.till().is_some(),
            Self::Needs(permission) => return actor.require(permission).map(|_| ()),
            Self::AnyOf(permissions) => return any_of(actor, permissions),
        };
        if met { Ok(()) } else { Err(Error::Unauthenticated) }
    }
}

fn any_of(actor: &Actor, permissions: &[Permission]) -> Result<()> {
    let mut refused = Error::Unauthenticated;
    for permission in permissions {
        match actor.require(*permission) {
            Ok(_) => return Ok(()),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

impl Table {
    fn new(queries: &[Rule], mutations: &[Rule], subscriptions: &[Rule]) -> Self {
        let map = |rules: &[Rule]| rules.iter().copied().collect();
        Self { queries: map(queries), mutations: map(mutations), subscriptions: map(subscriptions) }
    }

    /// The rules of a kind of operation, by field.
    #[must_use]
    pub fn rules(&self, kind: OperationType) -> &BTreeMap<&'static str, Access> {
        match kind {
            OperationType::Query => &self.queries,
            OperationType::Mutation => &self.mutations,
            OperationType::Subscription => &self.subscriptions,
        }
    }

    /// Whom a root field lets in; `None` for what is not in the table.
    #[must_use]
    pub fn rule(&self, kind: OperationType, field: &str) -> Option<Access> {
        self.rules(kind).get(field).copied()
    }

    /// A root field of the operation that exists only in development, when this is not.
    #[must_use]
    pub fn missing_here<'a>(&self, weight: &'a Weight, ctx: &Ctx) -> Option<&'a str> {
        let hidden = |field: &&String| self.rule(weight.kind, field) == Some(Access::Development);
        let there = ctx.services.settings.development;
        if there { None } else { weight.roots.iter().find(hidden).map(String::as_str) }
    }

    /// Refuses an operation that has a root field which the actor may not call, or which is not in the table. What the
    /// schema does not have at all is left to the validation, which says so better.
    pub fn check(&self, index: &Index, weight: &Weight, ctx: &Ctx) -> Result<()> {
        for field in &weight.roots {
            match self.rule(weight.kind, field) {
                Some(access) => access.check(ctx)?,
                None if index.field(root_type(weight.kind), field).is_none() => {}
                None => return Err(Error::Forbidden { permission: "nobody may call this" }),
            }
        }
        Ok(())
    }
}
