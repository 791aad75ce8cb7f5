//! Notices about accounts: a new password was set, the account is gone.

use std::sync::Arc;

use entity::id::CustomerId;
use entity::words::IdentifierKind;
use entity::{customer_identifier, event};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

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
    let (language, seller) = (Language::of(&customer.locale), seller(tx, None).await?);
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
        let (language, seller) = (Language::of(&said.locale), seller(&tx, None).await?);
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
