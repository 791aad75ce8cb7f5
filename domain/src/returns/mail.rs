//! Mails about returns: asked for, approved with instructions, declined, received, expected soon, claim answered. What
//! was paid back is told by the mail of the refund.

use chrono_tz::Tz;
use entity::id::{OrderId, ReturnId};
use entity::words::{ClaimResolution, ReturnKind, ReturnMethod, ReturnStatus};
use entity::{event, location, refund, return_policy, returns};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::exchange::told::told as told_of;
use super::{access, query, slip, upsert};
use crate::kernel::language::Language;
use crate::kernel::{Ctx, Result, Tx};
use crate::messaging::dispatch::{Handled, Handler};
use crate::messaging::order_context::{OrderContext, order_context};
use crate::messaging::render::{one_line, returned as render};
use crate::messaging::request::{Letter, letter};
use crate::messaging::store_view::day;
use crate::order::refund::told::told;

/// Writes about returns.
pub const HANDLER: Handler = Handler {
    name: "return_mail",
    kinds: &[
        "return_requested",
        "return_approved",
        "return_declined",
        "return_partly_received",
        "return_received",
        "return_reminded",
        "claim_resolved",
    ],
    run: |tx, event| Box::pin(tell(tx, event)),
};

/// A return as its mails show it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct ReturnMail {
    /// Number of the order.
    pub(super) number: String,
    /// Number of the return.
    pub(super) return_number: String,
    /// Whom it is for.
    pub(super) person: String,
    /// What, and what for it when it is an exchange, one line each.
    pub(super) lines: Vec<String>,
    /// How to go on, one line each.
    pub(super) instructions: Vec<String>,
    /// Where to send it, one line each.
    pub(super) to: Vec<String>,
    /// Until when it is expected.
    pub(super) until: Option<String>,
    /// Why it was refused, or what a claim gives.
    pub(super) reason: Option<String>,
    /// What a claim gives back, one sentence each.
    pub(super) refund: Vec<String>,
    /// Where it can be followed.
    pub(super) link: Option<String>,
}

/// The template of an event, while the event is still true.
fn template(kind: &str, row: &returns::Model) -> Option<&'static str> {
    use ReturnStatus as S;
    match (kind, row.status) {
        ("return_requested", S::Requested) => Some("return_requested"),
        // A claim that was answered at once needs no instructions.
        ("return_approved", S::Approved) if row.method != ReturnMethod::None => Some("return_approved"),
        ("return_declined", S::Declined) => Some("return_declined"),
        ("return_partly_received" | "return_received", S::PartlyReceived | S::Received | S::Inspected) => {
            Some("return_received")
        }
        // Nobody is asked for what stays with them.
        ("return_reminded", S::Approved) if slip::is_awaited(row) => Some("return_reminder"),
        ("claim_resolved", _) if row.kind == ReturnKind::Claim => Some("claim_resolved"),
        _ => None,
    }
}

async fn tell(tx: &Tx, event: &event::Model) -> Result<Handled> {
    let Some(row) = query::by_id(tx, ReturnId(event.aggregate_id)).await? else {
        return Ok(Handled::Nothing("no return"));
    };
    let Some(name) = template(&event.kind, &row) else { return Ok(Handled::Nothing("not so any more")) };
    let Some(order_id) = row.order_id else { return Ok(Handled::Nothing("no order")) };
    let context = order_context(tx, order_id).await?;
    let Some(recipient) = context.order.email.clone().filter(|email| !email.trim().is_empty()) else {
        return Ok(Handled::Nothing("no e-mail address"));
    };
    let language = Language::of(&context.order.locale);
    let seller = context.seller();
    let mail = view((tx.ctx(), tx), name, &row, &context, language).await?;
    let rendered = render(name, language, &mail, &mail.number, &seller)?;
    let letter_of = Letter {
        template: name,
        order_id: Some(order_id),
        recipient,
        locale: context.order.locale.clone(),
        dedupe_key: format!("{name}:{}", event.id),
        customer_id: context.order.customer_id,
        event_id: Some(event.id),
    };
    Ok(match letter(tx, letter_of, &seller, rendered).await? {
        Some(_) => Handled::Done,
        None => Handled::Nothing("message was requested before"),
    })
}

pub(super) async fn view(
    (ctx, db): (&Ctx, &impl ConnectionTrait),
    name: &str,
    row: &returns::Model,
    context: &OrderContext,
    language: Language,
) -> Result<ReturnMail> {
    let comes = matches!(name, "return_approved" | "return_reminder");
    let place = if comes && row.method == ReturnMethod::Carrier { sent_to(db, row).await? } else { None };
    let policy = match row.return_policy_id.filter(|_| comes) {
        Some(id) => return_policy::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let instructions = policy.map(|policy| upsert::told(&policy.instructions, &context.order.locale));
    let zone = place.as_ref().map_or(Tz::Asia__Tokyo, crate::location::query::time_zone);
    let until = row.expected_by.filter(|_| comes).map(|by| day(by.with_timezone(&zone).date_naive(), language));
    let token = access::visit_token(ctx, row.id);
    let mut lines = lines(db, row, context).await?;
    let mut instead = Box::pin(told_of(db, &context.order, std::slice::from_ref(row), language)).await?;
    lines.extend(instead.remove(&row.id).unwrap_or_default().lines);
    Ok(ReturnMail {
        number: context.order.number.clone(),
        return_number: row.number.clone(),
        person: one_line(context.order.contact_name.as_deref().unwrap_or_default()),
        lines,
        instructions: instructions.unwrap_or_default().lines().map(one_line).collect(),
        to: place.map(|place| address(&place)).unwrap_or_default(),
        until,
        reason: reason(name, row, language),
        refund: if name == "claim_resolved" { refunded(db, row, &context.order.locale).await? } else { Vec::new() },
        link: Some(format!("{}/r/{}/{token}", ctx.services.settings.public_url, row.id)),
    })
}

/// Where a parcel with goods that come back goes: to the place that staff named, else to the one that sent them, else to
/// the first of the channel; of these only to one that takes goods back. Two statements.
async fn sent_to(db: &impl ConnectionTrait, row: &returns::Model) -> Result<Option<location::Model>> {
    if let Some(id) = row.destination_location_id {
        return Ok(location::Entity::find_by_id(id).one(db).await?);
    }
    let orders: Vec<OrderId> = row.order_id.into_iter().collect();
    let work = crate::fulfillment::query::of_orders(db, &orders).await?;
    let serving = crate::channel::query::locations(db, row.channel_id).await?;
    let mut taking: Vec<location::Model> =
        serving.into_iter().map(|(place, _)| place).filter(|place| place.accepts_returns).collect();
    let sender = taking.iter().position(|place| work.iter().any(|work| work.location_id == Some(place.id)));
    let first = sender.unwrap_or_default();
    Ok(if first < taking.len() { Some(taking.swap_remove(first)) } else { None })
}

/// What a claim gave back, one sentence each.
async fn refunded(db: &impl ConnectionTrait, row: &returns::Model, locale: &str) -> Result<Vec<String>> {
    let found = refund::Entity::find().filter(refund::Column::ReturnId.eq(row.id)).order_by_asc(refund::Column::Id);
    let mut sentences = Vec::new();
    for refund in found.all(db).await? {
        sentences.extend(told(db, &refund, locale).await?.parts);
    }
    Ok(sentences)
}

pub(super) fn reason(name: &str, row: &returns::Model, language: Language) -> Option<String> {
    match (name, row.resolution) {
        ("return_declined", _) => row.decline_reason.as_deref().map(one_line),
        ("claim_resolved", Some(resolution)) => Some(language.text(
            match resolution {
                ClaimResolution::Replace => "mail-claim-replace",
                ClaimResolution::Refund => "mail-claim-refund",
                ClaimResolution::ReplaceAndRefund => "mail-claim-both",
                ClaimResolution::Refused => "mail-claim-refused",
            },
            &[],
        )),
        _ => None,
    }
}

fn address(place: &location::Model) -> Vec<String> {
    let at = &place.address;
    let all =
        [place.name.clone(), format!("{} {}{}{}", at.postal_code, at.region, at.city, at.line1), at.line2.clone()];
    all.iter().map(|line| one_line(line)).filter(|line| !line.is_empty()).collect()
}

async fn lines(db: &impl ConnectionTrait, row: &returns::Model, context: &OrderContext) -> Result<Vec<String>> {
    let rows = query::lines(db, &[row.id]).await?;
    let told = rows.iter().filter_map(|line| {
        let sold = context.lines.iter().find(|sold| Some(sold.id) == line.order_line_id)?;
        let variant = if sold.variant_title == sold.title { "" } else { &sold.variant_title };
        Some(format!("{} × {}", one_line(&format!("{} {variant}", sold.title)), line.quantity))
    });
    Ok(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::{TemplateName, samples};

    /// Wordings of merchants are checked against samples.
    #[test]
    fn samples_have_every_name() {
        let shown = serde_json::to_value(ReturnMail::default()).unwrap_or_default();
        assert!(samples::same_names(TemplateName::ReturnRequested, "mail", &shown));
    }
}
