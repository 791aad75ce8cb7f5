//! Who may call what: a table of every root field. What is not in the table runs for nobody.
//!
//! The commands behind the fields load rows by owner or scope; this table is the first door, not the only one.

use std::collections::BTreeMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use domain::{Actor, Ctx, Error, ErrorCode, Permission, Result};

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

use Access::{Anyone, Development};

/// Queries of the shop schema.
const SHOP_QUERIES: &[Rule] = &[("serverTime", Anyone)];
/// Mutations of the shop schema.
const SHOP_MUTATIONS: &[Rule] = &[];
/// Subscriptions of the shop schema.
const SHOP_SUBSCRIPTIONS: &[Rule] = &[];
/// Queries of the staff schema.
const STAFF_QUERIES: &[Rule] = &[("serverTime", Anyone)];
/// Mutations of the staff schema.
const STAFF_MUTATIONS: &[Rule] = &[("clockAdvance", Development)];
/// Subscriptions of the staff schema.
const STAFF_SUBSCRIPTIONS: &[Rule] = &[];

/// The rules of the shop schema.
#[must_use]
pub fn shop() -> Table {
    Table::new(SHOP_QUERIES, SHOP_MUTATIONS, SHOP_SUBSCRIPTIONS)
}

/// The rules of the staff schema.
#[must_use]
pub fn staff() -> Table {
    Table::new(STAFF_QUERIES, STAFF_MUTATIONS, STAFF_SUBSCRIPTIONS)
}

impl Access {
    /// Whether the actor meets the rule. Errors: `UNAUTHENTICATED`, `FORBIDDEN`; `INVALID_DOCUMENT` for what does not
    /// exist here.
    pub fn check(self, ctx: &Ctx) -> Result<()> {
        let actor = &ctx.actor;
        let met = match self {
            Self::Anyone => true,
            Self::Development => {
                let there = ctx.services.settings.development;
                return if there { Ok(()) } else { Err(Error::invalid(ErrorCode::InvalidDocument, "")) };
            }
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

    fn rules(&self, kind: OperationType) -> &BTreeMap<&'static str, Access> {
        match kind {
            OperationType::Query => &self.queries,
            OperationType::Mutation => &self.mutations,
            OperationType::Subscription => &self.subscriptions,
        }
    }

    /// Refuses an operation that has a root field which the actor may not call.
    pub fn check(&self, document: &ExecutableDocument, operation: Option<&str>, ctx: &Ctx) -> Result<()> {
        // Which of several operations runs is for the executor to say; without a name all are checked.
        for (name, definition) in document.operations.iter() {
            if operation.is_some_and(|wanted| name.is_some_and(|name| name.as_str() != wanted)) {
                continue;
            }
            let mut fields = Vec::new();
            root_fields(document, &definition.node.selection_set.node, &mut fields, 0);
            for field in fields.into_iter().filter(|field| !field.starts_with("__")) {
                match self.rules(definition.node.ty).get(field) {
                    Some(access) => access.check(ctx)?,
                    None => return Err(Error::invalid(ErrorCode::InvalidDocument, "")),
                }
            }
        }
        Ok(())
    }
}

/// How deep root fragments may nest; the guard has refused cycles before.
const MAX_FRAGMENT_DEPTH: usize = 16;

/// Names of the fields selected at the root, through fragments.
fn root_fields<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, fields: &mut Vec<&'a str>, depth: usize) {
    if depth > MAX_FRAGMENT_DEPTH {
        return;
    }
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => fields.push(field.node.name.node.as_str()),
            Selection::InlineFragment(fragment) => {
                root_fields(document, &fragment.node.selection_set.node, fields, depth + 1);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    root_fields(document, &fragment.node.selection_set.node, fields, depth + 1);
                }
            }
        }
    }
}
