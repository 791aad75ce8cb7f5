//! What stands behind a payment link, for the page that its holder opens.

use entity::money::Money;
use entity::words::{OrderStatus, PaymentEventKind, PaymentOutcome};
use entity::{channel, order, order_line, payment, payment_link};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::pay_link::payment_of;
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

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It can be paid.
    Open,
    /// Its payment was started and waits for the buyer.
    Waiting,
    /// Its money is there, or the order was paid by other means.
    Paid,
    /// Its time is over, or it asks for more than the order still costs.
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
    /// Its payment, when it was started.
    pub payment: Option<payment::Model>,
    /// Until when it works, as people read it.
    pub until: String,
    /// How it stands.
    pub state: LinkState,
}

impl SeenLink {
    /// An amount of the order, as its buyer reads it.
    #[must_use]
    pub fn money(&self, minor: i64) -> String {
        Money::new(minor, self.order.currency).formatted(&self.order.locale)
    }
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
    let payment = payment_of(&db, &link).await?;
    let state = match &payment {
        Some(payment) => of_payment(&db, payment).await?,
        None if order.status == OrderStatus::Canceled => LinkState::Canceled,
        None if balance.left() <= 0 => LinkState::Paid,
        None if link.expires_at <= ctx.now() || link.amount > balance.left() => LinkState::Expired,
        None => LinkState::Open,
    };
    let goods = lines.iter().filter_map(named).collect();
    let zone = time_zone_of_country(&channel.tax_country);
    let until = date_time(link.expires_at, zone, Language::of(&order.locale));
    Ok(Some(SeenLink { link, order, channel, goods, balance, payment, until, state }))
}

async fn of_payment(db: &impl ConnectionTrait, payment: &payment::Model) -> Result<LinkState> {
    let facts = payments::query::events(db, &[payment.id]).await?;
    let sums = Sums::of(&facts);
    let is_given_up = facts.iter().any(|fact| {
        fact.kind == PaymentEventKind::Void
            || (fact.kind, fact.outcome) == (PaymentEventKind::Capture, PaymentOutcome::Failure)
    });
    Ok(if sums.captured >= payment.amount || (sums.authorized >= payment.amount && !is_given_up) {
        LinkState::Paid
    } else if is_given_up {
        LinkState::Expired
    } else {
        LinkState::Waiting
    })
}

fn named(line: &order_line::Model) -> Option<String> {
    let units = line.quantity - line.canceled;
    let variant = if line.variant_title == line.title { "" } else { line.variant_title.as_str() };
    (units > 0).then(|| format!("{} × {units}", one_line(&format!("{} {variant}", line.title))))
}
