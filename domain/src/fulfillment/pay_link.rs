//! Links by which a customer pays what an order still costs: staff open one, whoever holds its secret pays it, once.

use chrono::TimeDelta;
use entity::id::{OrderId, PaymentId, PaymentLinkId};
use entity::money::Money;
use entity::words::{Gateway, OrderStatus, PaymentEventKind, PaymentOutcome, TestOutcome};
use entity::{order, payment, payment_event, payment_link};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::network_payment;
use crate::channel as channels;
use crate::kernel::event::NewEvent;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::secret::token_hash;
use crate::kernel::{Ctx, Error, ErrorCode, Permission, Result, Tx};
use crate::messaging::payment_links;
use crate::order as orders;
use crate::payment::gateway;
use crate::payment::record::{self, PaidFor};
use crate::payment::tender::Tender;
use crate::payment::{self as payments, task};

/// A link to open.
#[derive(Clone, Debug, serde::Serialize)]
pub struct OpenLink {
    /// For which order.
    pub order_id: OrderId,
    /// How much is to be paid.
    pub amount: Money,
    /// Whether the customer is told by mail.
    pub notify: bool,
    /// The client's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A link with its secret.
#[derive(Debug)]
pub struct OpenedLink {
    /// The link.
    pub link: payment_link::Model,
    /// Its secret; only its hash is kept, and it is the same each time.
    pub token: String,
    /// The page where it is paid.
    pub url: String,
}

/// Opens a link for at most what the order is not paid of, within the channel's time to pay. Errors: `FORBIDDEN` without
/// `payments.capture`, `NOT_FOUND`, `INVALID_TRANSITION` for a canceled order, `CURRENCY_MISMATCH`, `INVALID_AMOUNT`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn open_link(ctx: &Ctx, input: OpenLink) -> Result<OpenedLink> {
    ctx.require(Permission::PaymentsCapture)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let order = orders::access::lock_readable(tx, input.order_id).await?;
        let id = PaymentLinkId(tx.new_uuid());
        if let Claim::Replayed(id) = idempotency::claim(tx, "paymentLinkCreate", key, hash, id.uuid()).await? {
            let link = payment_link::Entity::find_by_id(PaymentLinkId(id)).one(tx).await?;
            return Ok(opened(tx, link.ok_or(Error::not_found("paymentLink"))?));
        }
        if order.status == OrderStatus::Canceled {
            return Err(Error::InvalidTransition {
                machine: "order",
                from: order.status.to_string(),
                action: "PAY".to_owned(),
                allowed: Vec::new(),
            });
        }
        let left = orders::refund::balance(tx, &order).await?.left();
        if input.amount.currency != order.currency {
            return Err(Error::invalid(ErrorCode::CurrencyMismatch, "input.amount"));
        }
        if input.amount.minor <= 0 || input.amount.minor > left {
            return Err(Error::invalid(ErrorCode::InvalidAmount, "input.amount"));
        }
        let link = insert(tx, &order, id, input.amount.minor).await?;
        let event = NewEvent::new("payment_link_opened", "order", order.id.uuid()).customer(order.customer_id);
        tx.event(event.payload(json!({
            "payment_link_id": id, "amount": link.amount, "currency": order.currency, "notify": input.notify,
        })));
        Ok(opened(tx, link))
    })
    .await
}

/// A link by which an order's customer pays `amount` minor units within the channel's time to pay, not written yet.
pub(crate) async fn link(tx: &Tx, order: &order::Model, id: PaymentLinkId, amount: i64) -> Result<payment_link::Model> {
    let channel = channels::query::get(tx, order.channel_id).await?;
    Ok(payment_link::Model {
        id,
        order_id: order.id,
        token_hash: token_hash(&payment_links::token(&tx.ctx().services.secrets, id)),
        amount,
        // A link that is over at once serves nobody.
        expires_at: tx.now() + TimeDelta::hours(i64::from(channel.pay_within_hours.max(1))),
        used_at: None,
        created_at: tx.now(),
    })
}

/// Writes such a link.
pub(crate) async fn insert(
    tx: &Tx,
    order: &order::Model,
    id: PaymentLinkId,
    amount: i64,
) -> Result<payment_link::Model> {
    let link = link(tx, order, id, amount).await?;
    payment_link::Entity::insert(link.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(link)
}

fn opened(tx: &Tx, link: payment_link::Model) -> OpenedLink {
    let services = &tx.ctx().services;
    let (token, url) = (payment_links::token(&services.secrets, link.id), payment_links::url(services, link.id));
    OpenedLink { link, token, url }
}

/// How somebody pays a link.
#[derive(Clone, Debug)]
pub struct PayLink {
    /// The secret.
    pub token: String,
    /// Who moves the money: a gateway over the network, or the test gateway.
    pub gateway: Gateway,
    /// Script of the test gateway.
    pub test_outcome: TestOutcome,
}

/// A payment of a link.
#[derive(Debug)]
pub struct PaidLink {
    /// The payment.
    pub payment: payment::Model,
    /// The order after it.
    pub order: order::Model,
    /// What the buyer's browser needs to pay at a gateway over the network.
    pub client_secret: Option<String>,
}

/// Pays a link: what it asks for, at most what the order still costs at that moment. A link has one payment: asked again,
/// the same one answers, and a gateway over the network is looked at. When the order became cheaper, or was paid by other
/// means, before the buyer agreed, the intent that was started is given up and another one asks for the rest. What it
/// reserves is taken at once, but for what secures goods that shall come back. Errors: `INVALID_CODE` for a secret of no
/// link, or of one whose time is over; `INVALID_AMOUNT` when nothing is to be paid any more; `GATEWAY_UNAVAILABLE`,
/// `PAYMENT_DECLINED`, `PAYMENT_UNAVAILABLE`.
pub async fn pay_link(ctx: &Ctx, input: PayLink) -> Result<PaidLink> {
    if !task::is_network(input.gateway) {
        gateway::check_offered(input.gateway, entity::words::ChannelKind::Online, ctx.services.settings.development)?;
        if input.gateway != Gateway::Test {
            return Err(Error::invalid(ErrorCode::GatewayUnavailable, "input.gateway"));
        }
    } else {
        gateway::network(ctx, input.gateway)?;
    }
    let input = &input;
    let mut begun = ctx.write(|tx| async move { Box::pin(begin(&tx, input)).await }).await?;
    if let Begun::TooMuch(payment) = &begun {
        network_payment::give_up_intent(ctx, payment).await?;
        begun = ctx.write(|tx| async move { Box::pin(begin(&tx, input)).await }).await?;
    }
    let Begun::Payment(payment) = begun else {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.token"));
    };
    let client_secret = if task::is_network(payment.gateway) {
        network_payment::start(ctx, &payment).await?.client_secret
    } else {
        None
    };
    let db = ctx.db();
    let order_id = payment.order_id.ok_or(Error::not_found("order"))?;
    let order = orders::query::by_id(&db, order_id).await?.ok_or(Error::not_found("order"))?;
    let payment = payments::query::by_id(&db, payment.id).await?.ok_or(Error::not_found("payment"))?;
    Ok(PaidLink { payment, order, client_secret })
}

/// The payment of a link.
enum Begun {
    /// The one to go on with.
    Payment(payment::Model),
    /// It waits for its buyer, and asks for more than is owed now.
    TooMuch(payment::Model),
}

async fn begin(tx: &Tx, input: &PayLink) -> Result<Begun> {
    let wrong = || Error::invalid(ErrorCode::InvalidCode, "input.token");
    let by_token = payment_link::Entity::find().filter(payment_link::Column::TokenHash.eq(token_hash(&input.token)));
    let seen = by_token.clone().one(tx).await?.ok_or_else(wrong)?;
    let order = orders::lock_one(tx, seen.order_id).await?;
    let link = by_token.lock_exclusive().one(tx).await?.ok_or_else(wrong)?;
    let is_over = link.expires_at <= tx.now() || order.status == OrderStatus::Canceled;
    let left = orders::refund::balance(tx, &order).await?.left();
    let found = payment_of(tx, &link).await?;
    if let Some((payment, facts)) = found {
        // One that waits since the order was placed is not begun before somebody opens the link.
        let is_fresh = link.used_at.is_none();
        if is_fresh && is_over {
            return Err(wrong());
        }
        if is_fresh && payment.gateway != input.gateway {
            return Err(Error::invalid(ErrorCode::GatewayUnavailable, "input.gateway"));
        }
        if is_waiting(&payment, &facts) && payment.amount > left {
            return Ok(Begun::TooMuch(payment));
        }
        if is_fresh {
            used(tx, link).await?;
        }
        return Ok(Begun::Payment(payment));
    }
    // Meanwhile it may have been paid by other means, or become cheaper.
    let amount = link.amount.min(left);
    if is_over {
        return Err(wrong());
    }
    if amount <= 0 {
        return Err(Error::invalid(ErrorCode::InvalidAmount, "input.token"));
    }
    open(tx, input, &order, (link, amount)).await.map(Begun::Payment)
}

async fn open(
    tx: &Tx,
    input: &PayLink,
    order: &order::Model,
    (link, amount): (payment_link::Model, i64),
) -> Result<payment::Model> {
    let facts = if input.gateway == Gateway::Stripe {
        vec![(PaymentEventKind::Authorize, PaymentOutcome::Pending)]
    } else {
        gateway::charge(input.gateway, input.test_outcome)?
    };
    let id = PaymentId(tx.new_uuid());
    let is_taken = facts.contains(&(PaymentEventKind::Capture, PaymentOutcome::Success));
    let told = if is_taken { "payment_captured" } else { "payment_started" };
    let payload = json!({ "payment_id": id, "amount": amount, "currency": order.currency });
    let event_id = tx.event(NewEvent::new(told, "order", order.id.uuid()).customer(order.customer_id).payload(payload));
    let paid_for = PaidFor {
        order_id: Some(order.id),
        cart_id: None,
        currency: order.currency,
        event_id,
        first_id: Some(id),
        register_session_id: None,
    };
    let charges = [(tender(input, link.id, amount), facts)];
    let payment = record::open_now(tx, paid_for, &charges, |_| {}).await?.pop().ok_or(Error::not_found("payment"))?;
    used(tx, link).await?;
    orders::refresh(tx, order.id).await?;
    Ok(payment)
}

async fn used(tx: &Tx, link: payment_link::Model) -> Result<()> {
    let used = payment_link::Model { used_at: Some(tx.now()), ..link };
    used.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// The payment of a link with its facts: it names it. One that was given up before its buyer agreed is not it any more.
pub(super) async fn payment_of(
    db: &impl ConnectionTrait,
    link: &payment_link::Model,
) -> Result<Option<(payment::Model, Vec<payment_event::Model>)>> {
    let mut found = payments::query::of_orders(db, &[link.order_id]).await?;
    found.retain(|payment| payment_links::of(payment) == Some(link.id));
    let ids: Vec<PaymentId> = found.iter().map(|payment| payment.id).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let events = payments::query::events(db, &ids).await?;
    let given_up = (PaymentEventKind::Authorize, PaymentOutcome::Failure);
    let mut with_facts = found.into_iter().map(|payment| {
        let facts: Vec<_> = events.iter().filter(|fact| fact.payment_id == payment.id).cloned().collect();
        (payment, facts)
    });
    Ok(with_facts.rfind(|(_, facts)| !facts.iter().any(|fact| (fact.kind, fact.outcome) == given_up)))
}

/// Whether a payment over the network waits for its buyer.
pub(super) fn is_waiting(payment: &payment::Model, facts: &[payment_event::Model]) -> bool {
    task::is_network(payment.gateway) && facts.iter().all(|fact| fact.outcome == PaymentOutcome::Pending)
}

fn tender(input: &PayLink, link: PaymentLinkId, amount: i64) -> Tender {
    Tender {
        gateway: input.gateway,
        amount,
        tendered: None,
        change: None,
        reference: None,
        stored_value_account_id: None,
        method: None,
        guarantee: false,
        link: Some(link),
        test_outcome: input.test_outcome,
    }
}
