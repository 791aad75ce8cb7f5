//! What stands behind a payment link, for the page that its holder opens.

use chrono::{DateTime, Utc};
use entity::id::{PaymentId, PaymentLinkId};
use entity::money::Money;
use entity::words::{OrderPaymentStatus, OrderStatus, PaymentEventKind, PaymentOutcome};
use entity::{channel, order, order_line, payment, payment_event, payment_link};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::pay_link::{is_waiting, payment_of};
use crate::channel as channels;
use crate::kernel::language::Language;
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, Result};
use crate::messaging::order_view::date_time;
use crate::messaging::render::one_line;
use crate::messaging::store_view::time_zone_of_country;
use crate::order as orders;
use crate::order::refund::Balance;
use crate::payment as payments;
use crate::payment::sums::Sums;
use crate::payment::task;

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It can be paid.
    Open,
    /// Its payment was started and waits for the buyer.
    Waiting,
    /// Its money is there.
    Paid,
    /// The order was paid by other means, or costs nothing any more.
    Settled,
    /// Its time is over.
    Expired,
    /// Its order was canceled.
    Canceled,
}

/// A link with what it is for.
#[derive(Clone, Debug)]
pub struct SeenLink {
    /// The link.
    pub link: payment_link::Model,
    /// Its order.
    pub order: order::Model,
    /// Who sells.
    pub channel: channel::Model,
    /// What was bought and not canceled, one line each.
    pub goods: Vec<String>,
    /// What the order costs, and what was paid.
    pub balance: Balance,
    /// What is to be paid by it now, minor units: what it asks for, at most what the order still costs.
    pub owed: i64,
    /// Whether its money is only reserved, until goods come back.
    pub reserves: bool,
    /// Its payment, when it was started.
    pub payment: Option<payment::Model>,
    /// How it stands.
    pub state: LinkState,
}

impl SeenLink {
    /// An amount of the order, as its buyer reads it.
    #[must_use]
    pub fn money(&self, minor: i64) -> String {
        Money::new(minor, self.order.currency).formatted(&self.order.locale)
    }

    /// Until when it works, as people read it where the shop is.
    #[must_use]
    pub fn until(&self, language: Language) -> String {
        date_time(self.link.expires_at, time_zone_of_country(&self.channel.tax_country), language)
    }
}

/// What an order still costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillOwed {
    /// Minor units.
    pub amount: i64,
    /// The newest link by which it can be paid now.
    pub link: Option<PaymentLinkId>,
    /// Until when it is to be paid, as far as that was said.
    pub until: Option<DateTime<Utc>>,
}

/// What an order still costs, and how that can be paid; `None` when nothing is to be paid by its buyer. At most eight
/// statements, none for an order that is paid. `payments` are those of the order.
pub async fn still_owed(ctx: &Ctx, order: &order::Model, payments: &[payment::Model]) -> Result<Option<StillOwed>> {
    let is_owed = match order.payment_status {
        OrderPaymentStatus::Unpaid | OrderPaymentStatus::PartiallyPaid | OrderPaymentStatus::Voided => true,
        OrderPaymentStatus::Authorized
        | OrderPaymentStatus::Paid
        | OrderPaymentStatus::PartiallyRefunded
        | OrderPaymentStatus::Refunded
        | OrderPaymentStatus::Overpaid => false,
    };
    if !is_owed || order.status == OrderStatus::Canceled {
        return Ok(None);
    }
    let db = ctx.db();
    let amount = orders::refund::balance(&db, order).await?.left();
    if amount <= 0 {
        return Ok(None);
    }
    let open = payment_link::Entity::find()
        .filter(payment_link::Column::OrderId.eq(order.id))
        .filter(payment_link::Column::UsedAt.is_null())
        .filter(payment_link::Column::ExpiresAt.gt(ctx.now()))
        .order_by_desc(payment_link::Column::CreatedAt);
    let link = open.one(&db).await?;
    let until = match &link {
        Some(link) => Some(link.expires_at),
        None => first_due(&db, payments).await?,
    };
    Ok(Some(StillOwed { amount, link: link.map(|link| link.id), until }))
}

/// The first day by which one of some payments is to be paid that is not paid yet. One statement, none without days.
async fn first_due(db: &impl ConnectionTrait, found: &[payment::Model]) -> Result<Option<DateTime<Utc>>> {
    let dated: Vec<PaymentId> = found.iter().filter(|one| one.due_at.is_some()).map(|one| one.id).collect();
    if dated.is_empty() {
        return Ok(None);
    }
    let sums = Sums::per_payment(&payments::query::events(db, &dated).await?);
    let is_open = |one: &&payment::Model| sums.get(&one.id).is_none_or(|sums| sums.captured < one.amount);
    Ok(found.iter().filter(is_open).filter_map(|one| one.due_at).min())
}

/// Looks at the link of a secret; `None` for a secret of no link. The secret is the permission.
pub async fn look(ctx: &Ctx, token: &str) -> Result<Option<SeenLink>> {
    let db = ctx.db();
    let by_token = payment_link::Entity::find().filter(payment_link::Column::TokenHash.eq(token_hash(token)));
    let Some(link) = by_token.one(&db).await? else { return Ok(None) };
    let order = orders::query::by_id(&db, link.order_id).await?.ok_or(Error::not_found("order"))?;
    let channel = channels::query::get(&db, order.channel_id).await?;
    let lines = orders::query::lines(&db, &[order.id]).await?;
    let balance = orders::refund::balance(&db, &order).await?;
    let found = payment_of(&db, &link).await?;
    let owed = found.as_ref().map_or(link.amount, |(payment, _)| payment.amount).min(balance.left()).max(0);
    let state = match &found {
        Some((payment, facts)) if !is_waiting(payment, facts) => {
            let state = of_payment(facts);
            if state == LinkState::Expired && owed == 0 { LinkState::Settled } else { state }
        }
        _ if order.status == OrderStatus::Canceled => LinkState::Canceled,
        _ if owed == 0 => LinkState::Settled,
        Some(_) if link.used_at.is_some() => LinkState::Waiting,
        _ if link.expires_at <= ctx.now() => LinkState::Expired,
        _ => LinkState::Open,
    };
    let payment = found.map(|(payment, _)| payment);
    let reserves = payment.as_ref().is_some_and(payments::is_guarantee);
    let goods = lines.iter().filter_map(named).collect();
    Ok(Some(SeenLink { link, order, channel, goods, balance, owed, reserves, payment, state }))
}

/// How the link of a payment stands that does not wait for its buyer.
fn of_payment(facts: &[payment_event::Model]) -> LinkState {
    let sums = Sums::of(facts);
    let refused = (PaymentEventKind::Capture, PaymentOutcome::Failure);
    let is_refused = facts.iter().any(|fact| (fact.kind, fact.outcome) == refused);
    let reserved = sums.authorized - sums.voided - task::open(facts, PaymentEventKind::Void);
    if sums.captured > 0 || (reserved > 0 && !is_refused) {
        LinkState::Paid
    } else if is_refused || sums.authorized > 0 {
        LinkState::Expired
    } else {
        LinkState::Waiting
    }
}

fn named(line: &order_line::Model) -> Option<String> {
    let units = line.quantity - line.canceled;
    let variant = if line.variant_title == line.title { "" } else { line.variant_title.as_str() };
    (units > 0).then(|| format!("{} × {units}", one_line(&format!("{} {variant}", line.title))))
}
