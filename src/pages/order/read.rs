//! What the page of an order shows, read in a bounded number of statements whatever the order holds.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::fulfillment::look_link::still_owed;
use domain::kernel::language::Language;
use domain::messaging::order_context::{OrderContext, order_context};
use domain::messaging::order_view::{OrderView, date_time, zone};
use domain::messaging::page_links::PageLink;
use domain::messaging::payment_links;
use domain::order::{credit_note, refund};
use domain::payment::refundable::{self, PartState};
use domain::pickup::cancel_order::can_cancel_mine;
use domain::pickup::card::{self, PickupCard};
use domain::pickup::code::opens_until;
use domain::returns;
use domain::returns::exchange::told::told as told_of;
use domain::shipping::carriers::number;
use domain::shipping::contents::{self, Content};
use domain::{Error, Result};
use entity::id::{OrderId, RefundId};
use entity::money::Money;
use entity::words::{OrderStatus, PickupStatus, ReturnKind, ReturnStatus};
use entity::{order_line, returns as returned_row, shipment};

use super::super::frame::{Brand, is_web};
use super::super::visit::Visit;
use super::words;

/// What the page shows; every text ready to show.
pub(super) struct Shown {
    pub(super) view: OrderView,
    /// Where it stands.
    pub(super) state: &'static str,
    pub(super) payment: &'static str,
    /// What is still to be paid.
    pub(super) owed: Option<Owed>,
    pub(super) lines: Vec<Line>,
    pub(super) parcels: Vec<Parcel>,
    pub(super) pickups: Vec<Pickup>,
    pub(super) returns: Vec<Return>,
    pub(super) refunds: Vec<Refund>,
    /// Name and address of each document.
    pub(super) documents: Vec<(String, String)>,
    pub(super) can_cancel: bool,
    pub(super) version: i32,
    pub(super) return_url: Option<String>,
    pub(super) claim_url: Option<String>,
}

/// What is still to be paid.
pub(super) struct Owed {
    pub(super) amount: String,
    pub(super) until: Option<String>,
    /// Where it can be paid.
    pub(super) url: Option<String>,
}

/// A line of the order.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) quantity: i64,
    pub(super) amount: String,
    /// Sold at a reduced rate that must be marked.
    pub(super) reduced: bool,
    /// Units that were canceled.
    pub(super) canceled: i64,
    /// Units that came back.
    pub(super) back: i64,
}

/// A parcel.
pub(super) struct Parcel {
    pub(super) state: &'static str,
    pub(super) is_there: bool,
    pub(super) carrier: String,
    pub(super) number: Option<String>,
    pub(super) url: Option<String>,
    pub(super) goods: Vec<String>,
    pub(super) shipped: Option<String>,
    pub(super) delivered: Option<String>,
}

/// What is collected in a store.
pub(super) struct Pickup {
    pub(super) state: &'static str,
    pub(super) card: PickupCard,
    /// Its own page.
    pub(super) url: String,
    /// For a map of a store without a point.
    pub(super) place: String,
    /// Whether there is something to do on its own page.
    pub(super) is_open: bool,
    /// Whether nobody is to go there any more.
    pub(super) is_over: bool,
    /// What can be done on its own page.
    pub(super) to_do: &'static str,
}

/// What comes back.
pub(super) struct Return {
    pub(super) number: String,
    pub(super) state: &'static str,
    /// Its slip, while that page opens.
    pub(super) url: Option<String>,
    /// Where other goods are chosen instead, while that can be done.
    pub(super) exchange: Option<String>,
    /// What it is exchanged for, one line each.
    pub(super) instead: Vec<String>,
    /// The order of those goods.
    pub(super) order: Option<String>,
}

/// Money that goes back, or pays what goods were exchanged for.
pub(super) struct Refund {
    /// What goes back; `None` when all of it pays new goods.
    pub(super) amount: Option<String>,
    /// What pays new goods.
    pub(super) used: Option<String>,
    pub(super) at: String,
    /// Whether some of it is still to be handed out.
    pub(super) pending: bool,
}

/// Reads an order for its page. 27 statements at most, five more for exchanges, and seven more while something is to be
/// paid. Error: `NOT_FOUND`.
pub(super) async fn read(visit: &Visit<'_>, id: OrderId, until: DateTime<Utc>) -> Result<(Brand, String, Shown)> {
    let ctx = &visit.ctx;
    let db = ctx.db();
    let context = order_context(&db, id).await?;
    // A draft is the staff's own paper until it is placed.
    if context.order.status == OrderStatus::Draft {
        return Err(Error::not_found("order"));
    }
    let brand = Brand::new(&context.channel, context.brand.clone());
    let language = visit.language(&context.order.locale);
    let say = |(ja, en): (&'static str, &'static str)| match language {
        Language::Ja => ja,
        Language::En => en,
    };
    let view = OrderView::of(&context, language)?;
    let can_cancel = can_cancel_mine(&db, &context.order, &context.lines).await?;
    let has_goods = context.lines.iter().any(|line| line.fulfilled > line.return_requested);
    let lead = |page| visit.lead(page, id.uuid(), until);
    let shown = Shown {
        state: say(words::order(&context.order)),
        payment: say(words::payment(context.order.payment_status)),
        owed: owed(visit, &context, language).await?,
        lines: context.lines.iter().zip(&view.lines).map(|(row, line)| one_line(row, line)).collect(),
        parcels: parcels(visit, &context, language).await?,
        pickups: pickups(visit, &context, language).await?,
        returns: returned(visit, &context, language, until).await?,
        refunds: refunds(visit, &context, language).await?,
        documents: documents(visit, &context, (language, until)).await?,
        can_cancel,
        version: context.order.version,
        return_url: has_goods.then(|| lead(PageLink::ReturnRequest)),
        claim_url: context.order.customer_id.is_none().then(|| lead(PageLink::ClaimOrder)),
        view,
    };
    Ok((brand, context.order.locale, shown))
}

async fn owed(visit: &Visit<'_>, context: &OrderContext, language: Language) -> Result<Option<Owed>> {
    let Some(owed) = still_owed(&visit.ctx, &context.order, &context.payments).await? else { return Ok(None) };
    let secrets = &visit.ctx.services.secrets;
    Ok(Some(Owed {
        amount: Money::new(owed.amount, context.order.currency).formatted(&context.order.locale),
        until: owed.until.map(|until| date_time(until, zone(context), language)),
        url: owed.link.map(|link| format!("/pay/{}{}", payment_links::token(secrets, link), visit.switched())),
    }))
}

fn one_line(row: &order_line::Model, line: &domain::messaging::order_view::LineView) -> Line {
    Line {
        name: format!("{} {}", line.title, line.variant).trim().to_owned(),
        quantity: line.quantity,
        amount: line.amount.clone(),
        reduced: line.reduced,
        canceled: row.canceled,
        back: row.received_back,
    }
}

async fn parcels(visit: &Visit<'_>, context: &OrderContext, language: Language) -> Result<Vec<Parcel>> {
    let db = visit.ctx.db();
    let id = context.order.id;
    let found = contents::of_orders(&db, &[id]).await?.remove(&id).unwrap_or_default();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = found.iter().map(|parcel| parcel.id).collect();
    let mut inside = contents::contents(&db, &ids).await?;
    let told = found.into_iter().map(|parcel| {
        let contents = inside.remove(&parcel.id).unwrap_or_default();
        told(&parcel, &contents, context, language)
    });
    Ok(told.collect())
}

fn told(parcel: &shipment::Model, inside: &[Content], context: &OrderContext, language: Language) -> Parcel {
    let zone = zone(context);
    let at = |at: Option<DateTime<Utc>>| at.map(|at| date_time(at, zone, language));
    let (ja, en) = words::parcel(parcel.tracking_status, parcel.shipped_at.is_some());
    // A parcel may hold goods of several orders; this page is about one.
    let mine = inside.iter().filter(|content| content.sold.order_id == context.order.id);
    let mut goods: BTreeMap<i32, (String, i64)> = BTreeMap::new();
    for content in mine {
        let of = goods.entry(content.sold.position).or_insert_with(|| (named(&content.sold), 0));
        of.1 += content.line.quantity;
    }
    Parcel {
        state: if language == Language::Ja { ja } else { en },
        is_there: parcel.delivered_at.is_some(),
        carrier: parcel.carrier_name.clone().unwrap_or_else(|| number::name(parcel.carrier, language).to_owned()),
        number: parcel.tracking_number.clone(),
        url: number::url(parcel, language).filter(|url| is_web(url)),
        goods: goods.into_values().map(|(name, units)| format!("{name} × {units}")).collect(),
        shipped: at(parcel.shipped_at),
        delivered: at(parcel.delivered_at),
    }
}

fn named(line: &order_line::Model) -> String {
    let plain = line.variant_title.is_empty() || line.variant_title == line.title;
    if plain { line.title.clone() } else { format!("{} {}", line.title, line.variant_title) }
}

async fn pickups(visit: &Visit<'_>, context: &OrderContext, language: Language) -> Result<Vec<Pickup>> {
    let cards = card::of_order(&visit.ctx, context.order.id, &context.lines, language).await?;
    let shown = cards.into_iter().map(|card| {
        let (ja, en) = words::pickup(&card.pickup);
        let to_do = words::to_do(&card.pickup);
        Pickup {
            to_do: if language == Language::Ja { to_do.0 } else { to_do.1 },
            is_over: matches!(card.pickup.status, PickupStatus::Expired | PickupStatus::Canceled),
            state: if language == Language::Ja { ja } else { en },
            url: format!("/p/{}/{}{}", card.pickup.id, card.token, visit.switched()),
            place: card.store.address.join(" "),
            is_open: matches!(card.pickup.status, PickupStatus::Ready | PickupStatus::Short)
                && visit.ctx.now() <= opens_until(&card.pickup),
            card,
        }
    });
    // Where to go comes first.
    let mut shown: Vec<Pickup> = shown.collect();
    shown.sort_by_key(|pickup| pickup.is_over);
    Ok(shown)
}

async fn returned(
    visit: &Visit<'_>,
    context: &OrderContext,
    language: Language,
    until: DateTime<Utc>,
) -> Result<Vec<Return>> {
    let db = visit.ctx.db();
    let found = returns::query::of_orders(&db, &[context.order.id]).await?;
    let mut instead = told_of(&db, &context.order, &found, language).await?;
    let shown = found.iter().cloned().map(|row: returned_row::Model| {
        let became = returns::query::replaced_by(&row, &found).is_some();
        let (ja, en) = words::returned(row.status, returns::slip::is_awaited(&row), became);
        let told = instead.remove(&row.id).unwrap_or_default();
        let is_early = matches!(row.status, ReturnStatus::Requested | ReturnStatus::Approved);
        let may_exchange = is_early && row.kind == ReturnKind::Return;
        Return {
            state: if language == Language::Ja { ja } else { en },
            url: visit.slip(&row),
            exchange: may_exchange.then(|| visit.lead(PageLink::Exchange, row.id.uuid(), until)),
            number: row.number,
            instead: told.lines,
            order: told.order_id.map(|id| visit.lead(PageLink::Order, id.uuid(), until)),
        }
    });
    Ok(shown.collect())
}

async fn refunds(visit: &Visit<'_>, context: &OrderContext, language: Language) -> Result<Vec<Refund>> {
    let db = visit.ctx.db();
    let found = refund::of_orders(&db, &[context.order.id]).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<RefundId> = found.iter().map(|row| row.id).collect();
    let parts = refundable::parts(&refund::events(&db, &ids).await?);
    let zone = zone(context);
    let shown = found.into_iter().map(|row| {
        let (goods, money): (Vec<&refundable::RefundPart>, Vec<&refundable::RefundPart>) =
            parts.iter().filter(|part| part.refund_id == row.id).partition(|part| part.pays_goods());
        let used: i64 = goods.iter().map(|part| part.amount).sum();
        let told = |minor: i64| Money::new(minor, row.currency).formatted(&context.order.locale);
        Refund {
            amount: (used == 0 || row.amount > used).then(|| told(row.amount - used)),
            used: (used > 0).then(|| told(used)),
            at: date_time(row.created_at, zone, language),
            pending: money.iter().any(|part| part.state != PartState::Executed),
        }
    });
    Ok(shown.collect())
}

/// The receipt, and a credit note for each refund.
async fn documents(
    visit: &Visit<'_>,
    context: &OrderContext,
    (language, until): (Language, DateTime<Utc>),
) -> Result<Vec<(String, String)>> {
    let receipt = visit.lead(PageLink::Receipt, context.order.id.uuid(), until);
    let (name, note) = match language {
        Language::Ja => ("領収書・ご購入明細を見る", "返金のお知らせ（適格返還請求書）"),
        Language::En => ("Receipt and details", "Credit note"),
    };
    let notes = credit_note::of_orders(&visit.ctx.db(), &[context.order.id]).await?;
    let join = if receipt.contains('?') { '&' } else { '?' };
    let notes = notes.iter().map(|row| (format!("{note} {}", row.number), format!("{receipt}{join}note={}", row.id)));
    Ok(std::iter::once((name.to_owned(), receipt.clone())).chain(notes).collect())
}
