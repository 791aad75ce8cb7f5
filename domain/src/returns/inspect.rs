//! Looking at what came, unit by unit: what happens to it, and the money it gives.

use entity::id::{LocationId, RegisterId, RegisterSessionId, ReturnId, ReturnItemId, ReturnLineId, VariantId};
use entity::money::Money;
use entity::return_item;
use entity::status::ReturnAction;
use entity::words::{Disposition, ReturnKind, ReturnStatus};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::access::{self, Hands};
use super::exchange;
use super::money::{self, Back};
use super::photo::{self, Photo};
use super::receive::inspected;
use super::request::{Done, MAX_LINES, replayed};
use super::step::{self, Locked};
use super::stock::{self, Seen};
use super::units::{self, Units};
use crate::inventory::unit::NumberedUnits;
use crate::kernel::idempotency::{self, Claim};
use crate::kernel::{Ctx, Error, ErrorCode, Result, Tx, text};

/// Longest note of an item, characters.
const ITEM_NOTE: usize = 1_000;

/// What was found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct InspectReturn {
    /// Of which return.
    pub return_id: ReturnId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// Where the goods are; where they were handed in when `None`.
    pub location_id: Option<LocationId>,
    /// What happens to which units.
    pub items: Vec<InspectItem>,
    /// Serial numbers of units that came, or units of a lot: variant, number, units.
    pub units: Vec<(VariantId, String, i64)>,
    /// What goes back of what was paid for shipping.
    pub shipping: Option<Money>,
    /// Whether no fees are kept, nor discounts that the rest of the order does not earn any more.
    pub waive_fees: bool,
    /// Goes with the refund.
    pub note: Option<String>,
    /// The till whose drawer pays cash out.
    pub register_id: Option<RegisterId>,
    /// The client's key: the same key looks once.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// Units of a line that meet the same fate.
#[derive(Debug, Clone, serde::Serialize)]
pub struct InspectItem {
    /// The line.
    pub return_line_id: ReturnLineId,
    /// Units; bundles whole.
    pub quantity: i64,
    /// What happens to them. What was not in the parcel, or is something else, is `MISSING`.
    pub disposition: Disposition,
    /// What was seen.
    pub note: String,
    /// A picture in base64.
    pub photo: Option<String>,
    /// Whether their money goes back; for everything but `MISSING` when `None`.
    pub refund: Option<bool>,
}

/// Looks at units that were received: they enter stock in their state where they are, and their money goes back, minus
/// the fees. When all were looked at, the return is `INSPECTED`.
///
/// Errors: `FORBIDDEN`, `NOT_FOUND`, `RETURNS_NOT_ACCEPTED`, `STALE_VERSION`, `INVALID_TRANSITION`, `INVALID_QUANTITY` for
/// more units than wait, `UNIT_NUMBERS_REQUIRED`, `INVALID`, `INVALID_FILE`, what a refund says,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn inspect(ctx: &Ctx, input: InspectReturn) -> Result<Done> {
    access::work_scope(ctx)?;
    let key = &idempotency::checked_key(&input.idempotency_key)?;
    let hash = &idempotency::request_hash(&input)?;
    let note = &input.note.as_deref().map(|note| text::note("input.note", note, text::NOTE)).transpose()?;
    let items = &checked(&input.items)?;
    let input = &input;
    ctx.write(|tx| async move {
        let tx = &tx;
        let id = input.return_id;
        if let Claim::Replayed(_) = idempotency::claim(tx, "returnInspect", key, hash, id.uuid()).await? {
            return replayed(tx, id).await;
        }
        let (mut locked, hands) = step::lock(tx, id, None, input.expected_version).await?;
        let Hands::Staff(scope) = hands else { return Err(Error::not_found("return")) };
        if locked.row.status != ReturnStatus::PartlyReceived {
            locked.check(ReturnAction::Inspect)?;
        }
        let place = input.location_id.or(locked.row.lodged_location_id).ok_or(Error::not_found("location"))?;
        let place = access::place(tx, &scope, place).await?.id;
        let session = money::session(tx, input.register_id).await?;
        let found = Found {
            place,
            items: items.clone(),
            numbers: numbers(&input.units),
            shipping: money::minor(&locked, "input.shipping", input.shipping)?,
            waive_fees: input.waive_fees,
            note: note.clone(),
            session,
        };
        look(tx, &mut locked, found).await?;
        exchange::goods_came(tx, &locked).await?;
        Ok(Done { row: locked.save(tx).await?, replayed: false })
    })
    .await
}

/// An item with its picture, looked at.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) seen: Seen,
    pub(super) note: String,
    pub(super) photo: Option<Photo>,
    pub(super) refund: bool,
}

/// What is done in one go.
pub(super) struct Found {
    pub(super) place: LocationId,
    pub(super) items: Vec<Item>,
    pub(super) numbers: Vec<NumberedUnits>,
    /// Minor units.
    pub(super) shipping: i64,
    pub(super) waive_fees: bool,
    pub(super) note: Option<String>,
    pub(super) session: Option<RegisterSessionId>,
}

pub(super) fn numbers(units: &[(VariantId, String, i64)]) -> Vec<NumberedUnits> {
    let one = |(variant_id, code, quantity): &(VariantId, String, i64)| NumberedUnits {
        variant_id: *variant_id,
        code: code.clone(),
        quantity: *quantity,
        expires_on: None,
        fulfillment_order_line_id: None,
    };
    units.iter().map(one).collect()
}

pub(super) fn checked(items: &[InspectItem]) -> Result<Vec<Item>> {
    if items.is_empty() {
        return Err(Error::invalid(ErrorCode::Required, "input.items"));
    }
    if items.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "input.items", vec![("max", MAX_LINES.to_string())]));
    }
    let one = |(index, item): (usize, &InspectItem)| {
        let at = |field: &str| format!("input.items.{index}.{field}");
        let photos = photo::checked(&at("photo"), item.photo.as_slice())?;
        if item.quantity < 1 {
            return Err(Error::invalid(ErrorCode::InvalidQuantity, at("quantity")));
        }
        Ok(Item {
            seen: Seen { line: item.return_line_id, quantity: item.quantity, disposition: item.disposition },
            note: text::note(&at("note"), &item.note, ITEM_NOTE)?,
            photo: photos.into_iter().next(),
            refund: item.refund.unwrap_or(item.disposition != Disposition::Missing),
        })
    };
    items.iter().enumerate().map(one).collect()
}

/// Counts, pays and stocks what was found in a return that is locked; the caller saves it. Money goes before stock, in
/// the order of locks.
pub(super) async fn look(tx: &Tx, locked: &mut Locked, found: Found) -> Result<()> {
    for (index, item) in found.items.iter().enumerate() {
        let line = locked.lines.iter_mut().find(|line| line.id == item.seen.line);
        let line = line.ok_or(Error::not_found("returnLine"))?;
        let open = line.received - line.inspected;
        if item.seen.quantity > open {
            let max = vec![("max", open.to_string())];
            return Err(Error::invalid_with(ErrorCode::InvalidQuantity, format!("input.items.{index}.quantity"), max));
        }
        line.inspected += item.seen.quantity;
    }
    let units: i64 = found.items.iter().map(|item| item.seen.quantity).sum();
    let event_id = locked.tell(
        tx,
        "return_units_inspected",
        &json!({ "units": units, "place": found.place, "waived": found.waive_fees }),
    );
    let missing = of(locked, &found.items, |item| item.seen.disposition == Disposition::Missing);
    let less: Units = missing.into_iter().map(|(line, count)| (line, -count)).collect();
    units::received(tx, &locked.row, &less).await?;
    units::requested(tx, &locked.row, &less).await?;
    pay(tx, locked, &found).await?;
    let seen: Vec<Seen> = found.items.iter().map(|item| item.seen).collect();
    stock::enter(tx, locked, found.place, &seen, &found.numbers, event_id).await?;
    write(tx, locked, found, event_id).await?;
    inspected(tx, locked)
}

/// Units of the order's lines that some items are about.
fn of(locked: &Locked, items: &[Item], which: impl Fn(&Item) -> bool) -> Units {
    let mut units = Units::new();
    for item in items.iter().filter(|item| which(item)) {
        let line = locked.lines.iter().find(|line| line.id == item.seen.line);
        if let Some(id) = line.and_then(|line| line.order_line_id) {
            *units.entry(id).or_default() += item.seen.quantity;
        }
    }
    units
}

async fn pay(tx: &Tx, locked: &mut Locked, found: &Found) -> Result<()> {
    // A claim was answered before its goods came.
    if locked.row.resolution.is_some() {
        return Ok(());
    }
    if found.waive_fees {
        (locked.row.restocking_fee, locked.row.return_shipping_fee) = (0, 0);
    }
    // The exchange itself settles what its goods give.
    if locked.row.kind == ReturnKind::Exchange && !exchange::query::is_over(tx, locked.row.id).await? {
        return Ok(());
    }
    let units = of(locked, &found.items, |item| item.refund);
    let now: i64 = units.values().sum();
    let before = money::settled(tx, &locked.row).await?;
    let fee = money::fee(&locked.row, &locked.lines, before, now);
    let back = Back {
        units,
        shipping: found.shipping,
        fee,
        // Whose fault it is is told by waiving: then nothing is kept.
        claw_back: !found.waive_fees,
        note: found.note.clone(),
        session: found.session,
    };
    money::give(tx, locked, back).await.map(|_| ())
}

async fn write(tx: &Tx, locked: &Locked, found: Found, event_id: entity::id::EventId) -> Result<()> {
    let pictures = found.items.iter().filter_map(|item| Some((item.seen.line, item.photo.clone()?))).collect();
    let mut ids = photo::keep(tx, locked.row.id, pictures).await?.into_iter();
    let mut rows = Vec::with_capacity(found.items.len());
    for item in found.items {
        let row = return_item::Model {
            id: ReturnItemId(tx.new_uuid()),
            return_line_id: item.seen.line,
            quantity: item.seen.quantity,
            disposition: item.seen.disposition,
            location_id: found.place,
            note: item.note,
            return_photo_id: item.photo.and_then(|_| ids.next()),
            staff_id: tx.ctx().actor.staff_id(),
            event_id,
            occurred_at: tx.now(),
            pays: item.refund,
        };
        rows.push(row.into_active_model().reset_all());
    }
    return_item::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}
