//! Tells the person that two records became one: whoever merged the wrong ones hears of it soon.

use entity::id::{CustomerId, CustomerIdentifierId};
use entity::{customer_identifier, event};
use sea_orm::EntityTrait;
use serde::Deserialize;

use crate::customer::query;
use crate::kernel::Result;
use crate::kernel::Tx;
use crate::kernel::language::Language;
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::request::{self, Letter, letter};
use crate::messaging::{account_mail, render};

/// Name of the template.
const TEMPLATE: &str = "customer_merged";

/// Writes to the address that stays.
pub const HANDLER: Handler =
    Handler { name: "customer_merge_mail", kinds: &["customer_merged"], run: |tx, event| Box::pin(tell(tx, event)) };

#[derive(Deserialize)]
struct Told {
    notice_to: Option<CustomerIdentifierId>,
}

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let nobody = Handled::Nothing("no e-mail address");
    let Some(id) = Told::deserialize(&event.payload).ok().and_then(|told| told.notice_to) else { return Ok(nobody) };
    let Some(address) = customer_identifier::Entity::find_by_id(id).one(tx).await? else { return Ok(nobody) };
    let Some(person) = query::by_id(tx, CustomerId(event.aggregate_id)).await? else {
        return Ok(Handled::Nothing("no customer"));
    };
    if person.erased_at.is_some() {
        return Ok(Handled::Nothing("erased"));
    }
    let language = Language::of(&person.locale);
    // Staff merge, in no shop: what the person knows is where they bought.
    let seller = request::seller(tx, account_mail::channel_of(tx, None, person.id).await?).await?;
    let name = format!("{} {}", person.family_name, person.given_name);
    let rendered = render::account(TEMPLATE, language, name.trim(), &seller)?;
    let about = Letter {
        template: TEMPLATE,
        order_id: None,
        recipient: address.value,
        locale: person.locale,
        dedupe_key: format!("{TEMPLATE}:{}", event.id),
        customer_id: Some(person.id),
        event_id: Some(event.id),
    };
    Ok(match letter(tx, about, &seller, rendered).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}
