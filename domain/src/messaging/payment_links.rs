//! The secret of a link by which the rest of an order is paid: derived, so that it is stored nowhere.

use entity::id::{OrderId, PaymentLinkId};
use entity::words::ChannelKind;
use entity::{channel, event, payment, payment_link};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::kernel::ctx::Services;
use crate::kernel::secret::Secrets;
use crate::kernel::{Result, Tx};

/// Events of the moment in which an order is placed and its payment asked for.
const MOMENT: [&str; 2] = ["order_placed", "order_payment_requested"];

/// What names the link in the metadata of the payment that pays it.
pub(crate) const IN_METADATA: &str = "payment_link_id";

/// The link that a payment pays; `None` for one that pays none.
#[must_use]
pub fn of(payment: &payment::Model) -> Option<PaymentLinkId> {
    serde_json::from_value(payment.metadata.get(IN_METADATA)?.clone()).ok()
}

/// The secret of a link.
#[must_use]
pub fn token(secrets: &Secrets, id: PaymentLinkId) -> String {
    secrets.object_token("payment-link", id.uuid())
}

/// The page where a link is paid.
#[must_use]
pub fn url(services: &Services, id: PaymentLinkId) -> String {
    format!("{}/pay/{}", services.settings.public_url, token(&services.secrets, id))
}

/// The link that the confirmation of an order offers, because it was asked for when the order was placed: customers get
/// one mail for one moment. `None` when nobody was to be told, and when it is used or over.
pub(crate) async fn offered(tx: &Tx, channel: &channel::Model, id: OrderId) -> Result<Option<payment_link::Model>> {
    let Some(asked) = asked_at_placement(tx, channel, id).await? else { return Ok(None) };
    if asked.payload.get("notify") != Some(&serde_json::Value::Bool(true)) {
        return Ok(None);
    }
    let link = asked.payload.get("payment_link_id").cloned().unwrap_or_default();
    let Ok(Some(link)) = serde_json::from_value::<Option<PaymentLinkId>>(link) else { return Ok(None) };
    let found = payment_link::Entity::find_by_id(link).one(tx).await?;
    Ok(found.filter(|link| link.used_at.is_none() && link.expires_at > tx.now()))
}

/// Whether the confirmation of the order says what this event asks for.
pub(crate) async fn is_confirmed(tx: &Tx, channel: &channel::Model, event: &event::Model) -> Result<bool> {
    let asked = asked_at_placement(tx, channel, OrderId(event.aggregate_id)).await?;
    Ok(asked.is_some_and(|asked| asked.id == event.id))
}

/// The request for payment of the transaction that placed an order, where the first mail is a confirmation.
async fn asked_at_placement(
    db: &impl ConnectionTrait,
    channel: &channel::Model,
    id: OrderId,
) -> Result<Option<event::Model>> {
    match channel.kind {
        ChannelKind::Online | ChannelKind::Phone => {}
        ChannelKind::Pos | ChannelKind::Marketplace => return Ok(None),
    }
    let found = event::Entity::find()
        .filter(event::Column::AggregateId.eq(id.uuid()))
        .filter(event::Column::Kind.is_in(MOMENT))
        .order_by_asc(event::Column::Id)
        .all(db)
        .await?;
    let Some(placed) = found.iter().find(|event| event.kind == "order_placed") else { return Ok(None) };
    let same = |event: &&event::Model| {
        // An amount that is only reserved has a mail of its own: the confirmation would ask for money.
        let reserves = event.payload.get("reserves") == Some(&serde_json::Value::Bool(true));
        !reserves
            && event.kind != placed.kind
            && event.request_id == placed.request_id
            && event.occurred_at == placed.occurred_at
    };
    Ok(found.iter().find(same).cloned())
}
