//! What the page of a return request shows.

use domain::kernel::language::Language;
use domain::kernel::text;
use domain::messaging::order_context::order_context;
use domain::messaging::order_view::{date_time, zone};
use domain::returns::facts::{Returnability, returnability};
use domain::returns::preview::ReturnPreview;
use domain::returns::query;
use domain::{Error, Result};
use entity::id::{OrderId, OrderLineId};
use entity::money::Money;
use entity::words::{OrderStatus, RefundDestination, ReturnMethod, ReturnRefusal};
use entity::{order_line, return_reason};

use super::super::form::Fields;
use super::super::frame::Brand;
use super::super::visit::Visit;
use super::asked::{Asked, AskedLine, photos_of};

/// An order of which something may come back.
pub(super) struct Seen {
    pub(super) number: String,
    pub(super) rows: Vec<Row>,
    pub(super) by_carrier: bool,
    pub(super) by_store: bool,
    pub(super) wants_store: bool,
    /// Whether the money may become store credit.
    pub(super) has_credit: bool,
    pub(super) wants_credit: bool,
    pub(super) note: String,
    /// What sending back costs at most; `None` when nothing.
    pub(super) fee: Option<String>,
    /// The page of the order, for who came from it.
    pub(super) back: Option<String>,
}

/// A line of the order that is with the customer.
pub(super) struct Row {
    order_line_id: OrderLineId,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) most: i64,
    /// As they were typed.
    pub(super) units: String,
    /// Code, title, whether it is chosen.
    pub(super) reasons: Vec<(String, String, bool)>,
    pub(super) used: bool,
    pub(super) note: String,
    /// Until when, or why only what is wrong can be told.
    pub(super) told: Option<String>,
    pub(super) wrong_units: bool,
    pub(super) wrong_reason: bool,
    pub(super) wrong_note: bool,
}

/// What was chosen of a line, to look at again.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) units: i64,
    pub(super) reason: String,
    pub(super) reason_title: String,
    pub(super) used: bool,
    pub(super) note: String,
    pub(super) needs_photo: bool,
    pub(super) wrong_photos: bool,
    /// Whether pictures were sent that no page can put back into the form.
    pub(super) lost_photos: bool,
}

/// What it would come to, ready to show.
pub(super) struct Sum {
    /// What the goods cost.
    pub(super) goods: String,
    pub(super) refund: String,
    pub(super) restocking: Option<String>,
    pub(super) sending: Option<String>,
    pub(super) discounts: Option<String>,
    pub(super) is_claim: bool,
}

impl Sum {
    pub(super) fn of(sum: &ReturnPreview, locale: &str) -> Self {
        let money = |minor| Money::new(minor, sum.currency).formatted(locale);
        Self {
            goods: money(sum.goods),
            refund: money(sum.refund),
            restocking: (sum.restocking_fee > 0).then(|| money(-sum.restocking_fee)),
            sending: (sum.return_shipping_fee > 0).then(|| money(-sum.return_shipping_fee)),
            discounts: (sum.claw_back != 0).then(|| money(-sum.claw_back)),
            is_claim: sum.is_claim,
        }
    }
}

/// Reads the order; 23 statements at most. Error: `NOT_FOUND`.
pub(super) async fn read(
    visit: &Visit<'_>,
    id: OrderId,
    (asked, error): (&Asked, Option<&Error>),
) -> Result<(Brand, String, Seen)> {
    let db = visit.ctx.db();
    let context = order_context(&db, id).await?;
    if context.order.status == OrderStatus::Draft {
        return Err(Error::not_found("order"));
    }
    let brand = Brand::new(&context.channel, context.brand.clone());
    let found = returnability(&visit.ctx, id).await?;
    let look = Look {
        language: visit.language(&context.order.locale),
        zone: zone(&context),
        reasons: query::reasons(&db).await?,
        asked,
        path: error.map_or("", Error::path),
    };
    let pairs = context.lines.iter().filter_map(|line| {
        let may = found.iter().find(|may| may.order_line_id == line.id)?;
        (may.with_customer > 0).then(|| look.row(line, may))
    });
    let offers = |method| found.iter().any(|may| may.with_customer > 0 && may.methods.contains(&method));
    let fee = found.iter().filter(|may| may.units > 0).map(|may| may.return_shipping_fee).max().unwrap_or(0);
    let (by_carrier, by_store) = (offers(ReturnMethod::Carrier), offers(ReturnMethod::Store));
    let seen = Seen {
        rows: pairs.collect(),
        by_carrier,
        by_store,
        wants_store: asked.method == ReturnMethod::Store || !by_carrier,
        has_credit: context.order.customer_id.is_some(),
        wants_credit: asked.refund_to == RefundDestination::StoreCredit,
        note: asked.note.clone(),
        fee: (fee > 0).then(|| Money::new(fee, context.order.currency).formatted(&context.order.locale)),
        back: visit.back_to(id),
        number: context.order.number.clone(),
    };
    Ok((brand, context.order.locale, seen))
}

/// How lines are looked at.
struct Look<'a> {
    language: Language,
    zone: chrono_tz::Tz,
    reasons: Vec<return_reason::Model>,
    asked: &'a Asked,
    /// Where something went wrong.
    path: &'a str,
}

impl Look<'_> {
    fn row(&self, line: &order_line::Model, may: &Returnability) -> Row {
        let until = may.until.map(|at| date_time(at, self.zone, self.language));
        let (mine, chosen) = self.asked.of(line.id);
        let is_wrong = |ends: &str| mine.is_some_and(|index| self.path == format!("input.lines.{index}{ends}"));
        let usable = |reason: &&return_reason::Model| {
            reason.active && reason.customer_visible && (may.refusal.is_none() || reason.is_claim)
        };
        let choice = |reason: &return_reason::Model| {
            let title = text::in_language(&reason.titles, self.language.tag());
            (reason.code.clone(), title, chosen.is_some_and(|chosen| chosen.reason == reason.code))
        };
        Row {
            order_line_id: line.id,
            id: line.id.to_string(),
            name: named(line),
            most: may.with_customer,
            units: chosen.map_or_else(|| "0".to_owned(), |chosen| chosen.typed.clone()),
            reasons: self.reasons.iter().filter(usable).map(choice).collect(),
            used: chosen.is_some_and(|chosen| chosen.used),
            note: chosen.map(|chosen| chosen.note.clone()).unwrap_or_default(),
            told: told(may.refusal, until, self.language),
            // Without any units no line is meant, and any may be.
            wrong_units: is_wrong(".quantity") || is_wrong("") || self.path == "input.lines",
            wrong_reason: is_wrong(".reason"),
            wrong_note: is_wrong(".note"),
        }
    }
}

impl Seen {
    /// What was chosen, to look at again.
    pub(super) fn choices(
        &self,
        asked: &Asked,
        reasons: &[return_reason::Model],
        (error, sent): (Option<&Error>, Option<&Fields>),
        language: Language,
    ) -> Vec<Choice> {
        let path = error.map_or("", Error::path);
        let choice = |(index, line): (usize, &AskedLine)| {
            let row = self.rows.iter().find(|row| row.order_line_id == line.id)?;
            let reason = reasons.iter().find(|reason| reason.code == line.reason);
            let title = reason.map(|reason| text::in_language(&reason.titles, language.tag()));
            Some(Choice {
                id: row.id.clone(),
                name: row.name.clone(),
                units: line.units,
                reason: line.reason.clone(),
                reason_title: title.unwrap_or_default(),
                used: line.used,
                note: line.note.clone(),
                needs_photo: reason.is_some_and(|reason| reason.needs_photo),
                wrong_photos: path == "input.photos" || path.starts_with(&format!("input.lines.{index}.photos")),
                lost_photos: sent.is_some_and(|sent| !sent.files(&photos_of(line.id)).is_empty()),
            })
        };
        asked.lines.iter().enumerate().filter_map(choice).collect()
    }
}

fn named(line: &order_line::Model) -> String {
    let plain = line.variant_title.is_empty() || line.variant_title == line.title;
    if plain { line.title.clone() } else { format!("{} {}", line.title, line.variant_title) }
}

/// Until when a line can be returned, or why only what is wrong with it can be told.
fn told(refusal: Option<ReturnRefusal>, until: Option<String>, language: Language) -> Option<String> {
    let (ja, en) = match refusal {
        None => {
            return until.map(|until| match language {
                Language::Ja => format!("返品期限：{until}"),
                Language::En => format!("Can be returned until {until}."),
            });
        }
        Some(ReturnRefusal::FinalSale) => (
            "返品をお受けできない商品です。不具合のみお申し込みいただけます。",
            "Not to be returned, unless something is wrong with it.",
        ),
        Some(ReturnRefusal::WindowOver) => (
            "返品期限を過ぎています。不具合のみお申し込みいただけます。",
            "The time to return it is over, unless something is wrong with it.",
        ),
        Some(
            ReturnRefusal::Used
            | ReturnRefusal::MethodNotOffered
            | ReturnRefusal::NotFulfilled
            | ReturnRefusal::AlreadyReturned,
        ) => ("不具合のみお申し込みいただけます。", "Only when something is wrong with it."),
    };
    Some(if language == Language::Ja { ja } else { en }.to_owned())
}
