//! Notices about accounts: a new password was set, the account is gone. And in whose name whatever belongs to an account
//! goes: `channel_of`.

use std::sync::Arc;

use entity::id::{ChannelId, CustomerId};
use entity::words::{ChannelKind, IdentifierKind};
use entity::{channel, customer_identifier, event, order};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::dispatch::{Handled, Handler};
use super::render::{self, one_line};
use super::request::{Letter, letter, seller};
use crate::customer::notify::Farewell;
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Result, Tx};

/// Tells people that a new password was set for their account.
pub const HANDLER: Handler = Handler {
    name: "account_mail",
    kinds: &["customer_password_reset"],
    run: |tx, event| Box::pin(password_changed(tx, event)),
};

/// The channel in whose name a message about an account goes: the one in which its owner acted, else the one of their
/// latest order; `None`, the first web shop, without either. A marketplace, or a channel that is closed, is nobody's name.
/// One statement at most.
pub(crate) async fn channel_of(
    db: &impl ConnectionTrait,
    acted_in: Option<ChannelId>,
    customer: CustomerId,
) -> Result<Option<ChannelId>> {
    if acted_in.is_some() {
        return Ok(acted_in);
    }
    let latest = order::Entity::find()
        .select_only()
        .column(order::Column::ChannelId)
        .inner_join(channel::Entity)
        .filter(order::Column::CustomerId.eq(customer))
        .filter(order::Column::PlacedAt.is_not_null())
        .filter(channel::Column::Active.eq(true))
        .filter(channel::Column::Kind.ne(ChannelKind::Marketplace))
        .order_by_desc(order::Column::PlacedAt)
        .order_by_desc(order::Column::Id)
        .into_tuple::<ChannelId>()
        .one(db);
    Ok(latest.await?)
}

/// The channel in which somebody acted, as an event tells it.
fn told(event: &event::Model) -> Option<ChannelId> {
    serde_json::from_value(event.payload.get("channel_id")?.clone()).ok()
}

async fn password_changed(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let id = CustomerId(event.aggregate_id);
    let Some(customer) = crate::customer::query::by_id(tx, id).await?.filter(|it| it.erased_at.is_none()) else {
        return Ok(Handled::Nothing("no customer"));
    };
    let found = customer_identifier::Entity::find()
        .filter(customer_identifier::Column::CustomerId.eq(customer.id))
        .filter(customer_identifier::Column::Kind.eq(IdentifierKind::Email))
        .filter(customer_identifier::Column::VerifiedAt.is_not_null())
        .order_by_asc(customer_identifier::Column::Id)
        .one(tx)
        .await?;
    let Some(address) = found else { return Ok(Handled::Nothing("no e-mail address")) };
    let channel_id = channel_of(tx, told(event), customer.id).await?;
    let (language, seller) = (Language::of(&customer.locale), seller(tx, channel_id).await?);
    let person = name(&customer.family_name, &customer.given_name, language);
    let draft = render::notice("password_changed", language, &person, "", &seller);
    let about = Letter {
        template: "password_changed",
        order_id: None,
        recipient: address.value,
        locale: customer.locale,
        dedupe_key: format!("password_changed:{}", event.id),
        customer_id: Some(customer.id),
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, draft).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

fn name(family: &str, given: &str, language: Language) -> String {
    match language {
        Language::Ja => one_line(&format!("{family} {given}")),
        Language::En => one_line(&format!("{given} {family}")),
    }
}

/// Writes the last message to somebody whose account is gone. It belongs to no record any more.
pub async fn farewell(ctx: &Ctx, said: &Farewell) -> Result<()> {
    let ctx = Ctx { request_id: Arc::from(said.request_id.as_str()), ..ctx.clone() };
    ctx.write(|tx| async move {
        let channel_id = channel_of(&tx, said.channel_id, said.customer_id).await?;
        let (language, seller) = (Language::of(&said.locale), seller(&tx, channel_id).await?);
        let draft = render::notice("account_deleted", language, "", "", &seller);
        let about = Letter {
            template: "account_deleted",
            order_id: None,
            recipient: said.recipient.clone(),
            locale: said.locale.clone(),
            dedupe_key: format!("account_deleted:{}", said.customer_id),
            customer_id: None,
            event_id: None,
        };
        letter(&tx, about, &seller, draft).await.map(|_| ())
    })
    .await
}
