//! What customers are told about a refund: how much, to which means, and what to expect when.

use entity::id::{EventId, RefundId};
use entity::money::{Currency, Money};
use entity::words::{Gateway, PaymentOutcome, RefundDestination};
use entity::{payment_event, refund};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::kernel::Result;
use crate::kernel::language::Language;
use crate::order::credit_note;
use crate::payment::refundable::{self, PartState, RefundPart};

/// A refund in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What goes back in all.
    pub amount: String,
    /// What was kept for the trouble, if anything.
    pub fee: Option<String>,
    /// Discounts that were kept, if any.
    pub claw_back: Option<String>,
    /// Discounts that were kept before and are given back, if any.
    pub given_back: Option<String>,
    /// One sentence for each means by which it had been paid.
    pub parts: Vec<String>,
    /// Number of its credit note.
    pub credit_note: Option<String>,
}

/// A refund as it stands, in the language and the figures of `locale`. Three statements.
pub(crate) async fn told(db: &impl ConnectionTrait, refund: &refund::Model, locale: &str) -> Result<Told> {
    let parts = refundable::parts(&super::events(db, &[refund.id]).await?);
    let note = credit_note::of_refunds(db, &[refund.id]).await?.pop();
    let money = |minor: i64| Money::new(minor, refund.currency).formatted(locale);
    let told = |minor: i64| (minor > 0).then(|| money(minor));
    Ok(Told {
        amount: money(refund.amount),
        fee: told(refund.fee_amount - refund.claw_back_amount),
        claw_back: told(refund.claw_back_amount),
        given_back: told(-refund.claw_back_amount),
        parts: parts.iter().map(|part| sentence(part, refund.currency, locale)).collect(),
        credit_note: note.map(|note| note.number),
    })
}

/// The parts of a refund that an event carried out. One statement.
pub(crate) async fn carried_out(
    db: &impl ConnectionTrait,
    refund: RefundId,
    event: EventId,
) -> Result<Vec<RefundPart>> {
    let events = payment_event::Entity::find()
        .filter(payment_event::Column::RefundId.eq(refund))
        .filter(payment_event::Column::EventId.eq(event))
        .filter(payment_event::Column::Outcome.eq(PaymentOutcome::Success));
    Ok(refundable::parts(&events.all(db).await?))
}

/// What becomes of a part. One that failed is tried again, so it still waits for the customer.
pub(crate) fn sentence(part: &RefundPart, currency: Currency, locale: &str) -> String {
    let state = match part.state {
        PartState::Executed => "done",
        PartState::Waiting | PartState::Failed => "waiting",
    };
    let way = match (part.destination, part.gateway) {
        (RefundDestination::StoreCredit, _) | (RefundDestination::Original, Gateway::StoreCredit) => "store-credit",
        (RefundDestination::Exchange, _) | (RefundDestination::Original, Gateway::Exchange) => "exchange",
        (RefundDestination::Original, Gateway::CardTerminal | Gateway::Stripe | Gateway::Test) => "card",
        (RefundDestination::Original, Gateway::Cash) => "cash",
        (RefundDestination::Original, Gateway::Manual) => "transfer",
        (RefundDestination::Original, Gateway::GiftCard) => "gift-card",
        (RefundDestination::Original, Gateway::Points) => "points",
    };
    let amount = Money::new(part.amount, currency).formatted(locale);
    Language::of(locale).text(&format!("mail-refund-{state}-{way}"), &[("amount", amount)])
}
