//! What makes carts and orders cheaper, and why promotions do not apply.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use domain::access::Approval;
use domain::cart::CartView;
use domain::kernel::language::Language;
use domain::promotion::{self, Applied, Refused, Source};
use domain::{Error, Result};
use entity::id::OrderId;
use entity::money::Currency;
use entity::order_discount;
use entity::words::{DiscountKind, DiscountRefusal, PromotionTarget, PromotionTrigger};

use super::order::for_staff;
use crate::loader::Rows;
use crate::scalar::{Money, id};
use crate::word::Word;

/// A discount that a cart is given.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartDiscount {
    /// Where it comes from.
    pub kind: Word<DiscountKind>,
    /// From what it takes.
    pub target: Word<PromotionTarget>,
    /// Its name in the cart's language.
    pub title: String,
    /// The code that brought it.
    pub code: Option<String>,
    /// What it takes, as priced in the channel.
    pub amount: Money,
    /// The promotion.
    pub promotion_id: Option<ID>,
}

/// A promotion that does not apply to a cart.
#[derive(Clone, Debug, SimpleObject)]
pub struct CartDiscountRefused {
    /// Its name in the cart's language.
    pub title: String,
    /// The code that was entered for it.
    pub code: Option<String>,
    /// Why it does not apply.
    pub reason: Word<DiscountRefusal>,
    /// For `BELOW_MINIMUM`: what more its goods must cost.
    pub missing: Option<Money>,
    /// The promotion.
    pub promotion_id: ID,
}

/// A discount that an order was given.
#[derive(Clone, Debug, SimpleObject)]
pub struct OrderDiscount {
    /// Id.
    pub id: ID,
    /// Where it comes from.
    pub kind: Word<DiscountKind>,
    /// From what it takes.
    pub target: Word<PromotionTarget>,
    /// Its name when the order was placed, in the order's language.
    pub title: String,
    /// The code that brought it.
    pub code: Option<String>,
    /// What it takes, as priced in the channel.
    pub amount: Money,
    /// The promotion.
    pub promotion_id: Option<ID>,
    /// Why staff gave it; null for customers.
    pub reason: Option<String>,
    /// Who gave it; null for customers.
    pub staff_id: Option<ID>,
    /// Who allowed it; null for customers.
    pub approved_by: Option<ID>,
}

/// Somebody else who allows what goes beyond a limit.
#[derive(Clone, InputObject)]
pub struct DiscountApprovalInput {
    /// Sign-in address of that person, who holds `exceptions.approve`.
    pub email: String,
    /// PIN of that person.
    pub pin: String,
}

impl std::fmt::Debug for DiscountApprovalInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DiscountApprovalInput")
    }
}

impl From<DiscountApprovalInput> for Approval {
    fn from(input: DiscountApprovalInput) -> Self {
        Self { email: input.email, pin: input.pin }
    }
}

/// What a cart is given, in the order in which it was taken.
pub(crate) fn of_cart(view: &CartView) -> Vec<CartDiscount> {
    let language = Language::of(&view.cart.locale);
    view.priced.outcome.applied.iter().map(|it| given(it, language, view.cart.currency)).collect()
}

fn given(applied: &Applied, language: Language, currency: Currency) -> CartDiscount {
    let shown = CartDiscount {
        kind: Word(DiscountKind::Promotion),
        target: Word(applied.target),
        title: applied.title.clone(),
        code: None,
        amount: Money::new(applied.amount, currency),
        promotion_id: None,
    };
    match &applied.source {
        Source::Promotion { id: promotion, code, .. } => CartDiscount {
            code: code.as_ref().map(|code| code.code.clone()),
            promotion_id: Some(id(*promotion)),
            ..shown
        },
        Source::Staff { kind, .. } => {
            CartDiscount { kind: Word(*kind), title: promotion::by_hand::title(*kind, language), ..shown }
        }
    }
}

/// Promotions that do not apply: to customers only those they entered a code for or come close to, since others are not
/// meant for them.
pub(crate) fn refused_by(ctx: &Context<'_>, view: &CartView) -> Vec<CartDiscountRefused> {
    let near = |it: &&Refused| {
        it.trigger == PromotionTrigger::Code
            || matches!(it.reason, DiscountRefusal::BelowMinimum | DiscountRefusal::Beaten)
    };
    let all = for_staff(ctx);
    let shown = view.priced.outcome.refused.iter().filter(|it| all || near(it));
    shown
        .map(|it| CartDiscountRefused {
            title: it.title.clone(),
            code: it.code.clone(),
            reason: Word(it.reason),
            missing: it.missing.map(|missing| Money::new(missing, view.cart.currency)),
            promotion_id: id(it.id),
        })
        .collect()
}

/// What an order was given; reasons and people only for staff.
pub(crate) fn of_order(ctx: &Context<'_>, row: order_discount::Model, currency: Currency) -> OrderDiscount {
    let staff = for_staff(ctx);
    OrderDiscount {
        id: id(row.id),
        kind: Word(row.kind),
        target: Word(row.target),
        title: row.title,
        code: row.code,
        amount: Money::new(row.amount, currency),
        promotion_id: row.promotion_id.map(id),
        reason: row.reason.filter(|_| staff),
        staff_id: row.staff_id.filter(|_| staff).map(id),
        approved_by: row.approved_by.filter(|_| staff).map(id),
    }
}

/// What an order was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DiscountsOf(pub OrderId);

/// Who may read the order may read it.
impl Loader<DiscountsOf> for Rows {
    type Value = Vec<order_discount::Model>;
    type Error = Error;

    async fn load(&self, keys: &[DiscountsOf]) -> Result<HashMap<DiscountsOf, Self::Value>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<DiscountsOf, Self::Value> = HashMap::new();
        for row in promotion::query::of_orders(&self.ctx.db(), &ids).await? {
            found.entry(DiscountsOf(row.order_id)).or_default().push(row);
        }
        Ok(found)
    }
}
