//! A change of a cart in the making: the locked cart and its lines, changed in memory, checked and priced as a whole,
//! and then written with as few statements as the difference needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{CartId, CartLineId, LocationId, VariantId};
use entity::status::CartAction;
use entity::words::{CartStatus, DeliveryMethod};
use entity::{cart, cart_adjustment, cart_line};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use super::basket::{self, Overflow};
use super::facts::{Adjustments, Counter, Facts, Frame, Known};
use super::goods::{Contents, Goods};
use super::status::{check_open, transition};
use super::view::{CartView, assemble};
use super::{authorize, counter, query};
use crate::kernel::version;
use crate::pricing::totals::MAX_LINES;
use crate::{Error, ErrorCode, Result, Tx};

/// Which cart is changed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The cart.
    pub cart_id: CartId,
    /// The version that the client knew; another one is refused.
    pub expected_version: Option<i32>,
}

/// Something to put into a cart.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// What.
    pub variant_id: VariantId,
    /// Units, 1 to 9,999.
    pub quantity: i64,
    /// How it reaches the customer; carried out at a till and shipped elsewhere when `None`.
    pub delivery: Option<DeliveryMethod>,
    /// Where it is collected; only with `PICKUP`.
    pub pickup_location_id: Option<LocationId>,
    /// Checked public metadata; lines of different metadata are never joined.
    pub metadata: Value,
}

/// What was read.
struct Before {
    cart: cart::Model,
    lines: Vec<cart_line::Model>,
    adjustments: Vec<cart_adjustment::Model>,
}

pub(crate) struct Draft {
    pub cart: cart::Model,
    pub lines: Vec<cart_line::Model>,
    /// What staff gave by hand.
    pub adjustments: Vec<cart_adjustment::Model>,
    before: Option<Before>,
    counter: Option<Counter>,
    frame: Option<Frame>,
    /// What the lines were of when the cart was read.
    goods: HashMap<VariantId, Goods>,
    /// Lines that must be for sale, with their path in the input.
    touched: BTreeMap<CartLineId, String>,
}

impl Draft {
    /// Locks and reads a cart that may be changed. Errors: `NOT_FOUND`, `CART_CLOSED`, `STALE_VERSION`.
    pub(crate) async fn open(tx: &Tx, target: &Target) -> Result<Self> {
        let cart = authorize::lock_mine(tx, target.cart_id).await?;
        check_open(&cart)?;
        version::check(target.expected_version, cart.version)?;
        Self::of_locked(tx, cart).await
    }

    /// A change of a cart that is locked already.
    pub(crate) async fn of_locked(tx: &Tx, cart: cart::Model) -> Result<Self> {
        let counter = counter::of(tx, &tx.ctx().actor).await?;
        Self::at(tx, cart, counter).await
    }

    /// A change of a locked cart that staff prepare: in its own channel, wherever they sit.
    pub(crate) async fn for_desk(tx: &Tx, cart: cart::Model) -> Result<Self> {
        Self::at(tx, cart, None).await
    }

    async fn at(tx: &Tx, cart: cart::Model, counter: Option<Counter>) -> Result<Self> {
        let channel_id = counter.map_or(cart.channel_id, |counter| counter.channel_id);
        let Contents { lines, goods, has_adjustments, .. } = Contents::read(tx, &cart, channel_id).await?;
        let adjustments = if has_adjustments { query::adjustments(tx, cart.id).await? } else { Vec::new() };
        let before = Some(Before { cart: cart.clone(), lines: lines.clone(), adjustments: adjustments.clone() });
        Ok(Self { cart, lines, adjustments, before, counter, frame: None, goods, touched: BTreeMap::new() })
    }

    /// A new cart.
    pub(crate) fn fresh(cart: cart::Model, counter: Option<Counter>) -> Self {
        let goods = HashMap::new();
        let (lines, adjustments) = (Vec::new(), Vec::new());
        Self { cart, lines, adjustments, before: None, counter, frame: None, goods, touched: BTreeMap::new() }
    }

    /// The country of the channel, by which national phone numbers are read.
    pub(crate) async fn country(&mut self, tx: &Tx) -> Result<String> {
        let frame = self.take_frame(tx).await?;
        let country = frame.channel.tax_country.clone();
        self.frame = Some(frame);
        Ok(country)
    }

    /// Uses a channel that was read before.
    pub(crate) fn with_frame(mut self, frame: Frame) -> Self {
        self.frame = Some(frame);
        self
    }

    async fn take_frame(&mut self, tx: &Tx) -> Result<Frame> {
        let channel_id = self.counter.map_or(self.cart.channel_id, |counter| counter.channel_id);
        match self.frame.take() {
            Some(frame) if frame.channel.id == channel_id => Ok(frame),
            _ => Frame::load(tx, channel_id, self.cart.shipping_method_id).await,
        }
    }

    /// How a line is delivered when nobody says.
    pub(crate) const fn usual_delivery(&self) -> DeliveryMethod {
        if self.counter.is_some() { DeliveryMethod::CarryOut } else { DeliveryMethod::Ship }
    }

    /// Puts something in: onto the line that has the same of it, else as a new line. Errors: `INVALID_QUANTITY`, and
    /// those of [`basket::check_choice`].
    pub(crate) fn put(&mut self, tx: &Tx, new: &NewLine, path: &str) -> Result<()> {
        let delivery = new.delivery.unwrap_or_else(|| self.usual_delivery());
        basket::check_choice(delivery, new.pickup_location_id, self.counter.is_some(), path)?;
        basket::check_quantity(new.quantity, path)?;
        let line = cart_line::Model {
            id: CartLineId(tx.new_uuid()),
            cart_id: self.cart.id,
            variant_id: new.variant_id,
            quantity: new.quantity,
            delivery,
            pickup_location_id: new.pickup_location_id,
            price_seen: 0,
            position: basket::next_position(&self.lines),
            metadata: new.metadata.clone(),
            created_at: tx.now(),
        };
        let id = basket::put(&mut self.lines, line, Overflow::Refuse, path)?;
        self.touched.insert(id, path.to_owned());
        Ok(())
    }

    /// A line of the cart. Error: `NOT_FOUND`.
    pub(crate) fn line_mut(&mut self, id: CartLineId) -> Result<&mut cart_line::Model> {
        self.lines.iter_mut().find(|line| line.id == id).ok_or(Error::not_found("cart line"))
    }

    /// The line must be for sale and deliverable as it is now; its price is seen anew.
    pub(crate) fn touch(&mut self, id: CartLineId, path: &str) {
        self.touched.insert(id, path.to_owned());
    }

    /// Changes how lines are delivered and joins those that became alike.
    pub(crate) fn deliver(
        &mut self,
        lines: &BTreeSet<CartLineId>,
        delivery: DeliveryMethod,
        pickup_location_id: Option<LocationId>,
        path: &str,
    ) -> Result<()> {
        basket::check_choice(delivery, pickup_location_id, self.counter.is_some(), path)?;
        for id in lines {
            let line = self.line_mut(*id)?;
            line.delivery = delivery;
            line.pickup_location_id = pickup_location_id;
        }
        for line in std::mem::take(&mut self.lines) {
            let changed = lines.contains(&line.id);
            let id = basket::put(&mut self.lines, line, Overflow::Refuse, path)?;
            if changed {
                self.touch(id, path);
            }
        }
        Ok(())
    }

    /// Checks, prices and writes the change. Nothing is written and the version stays when nothing changed.
    /// Errors: `TOO_MANY` lines, `NOT_FOUND`, `NOT_FOR_SALE`, `PICKUP_UNAVAILABLE`, `INVALID_AMOUNT`.
    pub(crate) async fn save(mut self, tx: &Tx) -> Result<CartView> {
        if self.lines.len() > MAX_LINES {
            return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
        }
        let frame = self.take_frame(tx).await?;
        let adjustments = Adjustments::Known(self.adjustments.clone());
        let known = Known { goods: std::mem::take(&mut self.goods), adjustments, ..Known::frame(frame) };
        let facts = Facts::load(tx, known, &self.cart, &self.lines, tx.now(), self.counter).await?;
        for (id, path) in &self.touched {
            if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
                line.price_seen = check_sale(line, &facts, path)?;
            }
        }
        let chosen = self.cart.shipping_method_id;
        if chosen != self.before.as_ref().and_then(|before| before.cart.shipping_method_id)
            && chosen.is_some()
            && facts.frame.method.is_none()
        {
            return Err(Error::not_found("shipping method"));
        }
        // Priced before it is written: what cannot be counted must not get into a cart, or nobody could read it.
        let mut priced = assemble(&self.cart, &self.lines, facts)?;
        self.write(tx).await?;
        for (priced, line) in priced.lines.iter_mut().zip(&self.lines) {
            priced.line.clone_from(line);
        }
        Ok(CartView { cart: self.cart, priced })
    }

    async fn write(&mut self, tx: &Tx) -> Result<()> {
        // What was given on a line goes with it.
        self.adjustments.retain(|row| row.cart_line_id.is_none_or(|id| self.lines.iter().any(|line| line.id == id)));
        let Some(Before { cart: cart_before, lines: lines_before, adjustments: given_before }) = self.before.take()
        else {
            tx.insert_last(std::slice::from_ref(&self.cart));
            tx.insert_last(&self.lines);
            return Ok(());
        };
        if cart_before == self.cart && lines_before == self.lines && given_before == self.adjustments {
            return Ok(());
        }
        // Whoever changes a parked cart has taken it up again.
        if cart_before.status == CartStatus::Parked && self.cart.status == CartStatus::Parked {
            transition(tx, &mut self.cart, CartAction::Resume, json!({}))?;
        }
        self.cart.version = cart_before.version + 1;
        self.cart.updated_at = tx.now();
        write_cart(tx, &self.cart).await?;
        let taken_along = write_lines(tx, &lines_before, &self.lines).await?;
        write_adjustments(tx, &given_before, &self.adjustments, &taken_along).await
    }
}

/// Writes all columns of a locked cart.
pub(crate) async fn write_cart(tx: &Tx, cart: &cart::Model) -> Result<()> {
    let mut row = cart.clone().into_active_model().reset_all();
    row.id = ActiveValue::NotSet;
    cart::Entity::update_many().set(row).filter(cart::Column::Id.eq(cart.id)).exec(tx).await?;
    Ok(())
}

/// Writes the difference of two sets of lines in at most two statements. Returns the lines whose rows were deleted; those
/// that are still there were written anew.
pub(crate) async fn write_lines(
    tx: &Tx,
    before: &[cart_line::Model],
    after: &[cart_line::Model],
) -> Result<BTreeSet<CartLineId>> {
    let unchanged = |line: &cart_line::Model| before.contains(line);
    let kept: BTreeSet<CartLineId> = after.iter().filter(|line| unchanged(line)).map(|line| line.id).collect();
    let gone: Vec<CartLineId> = before.iter().map(|line| line.id).filter(|id| !kept.contains(id)).collect();
    let new: Vec<&cart_line::Model> = after.iter().filter(|line| !kept.contains(&line.id)).collect();
    if let ([id], [line]) = (gone.as_slice(), new.as_slice())
        && *id == line.id
    {
        let mut row = (*line).clone().into_active_model().reset_all();
        row.id = ActiveValue::NotSet;
        cart_line::Entity::update_many().set(row).filter(cart_line::Column::Id.eq(*id)).exec(tx).await?;
        return Ok(BTreeSet::new());
    }
    if !gone.is_empty() {
        cart_line::Entity::delete_many().filter(cart_line::Column::Id.is_in(gone.iter().copied())).exec(tx).await?;
    }
    if !new.is_empty() {
        let rows = new.into_iter().map(|line| line.clone().into_active_model().reset_all());
        cart_line::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(gone.into_iter().collect())
}

/// Writes the difference of what staff gave; rows of lines that were written anew went with them.
async fn write_adjustments(
    tx: &Tx,
    before: &[cart_adjustment::Model],
    after: &[cart_adjustment::Model],
    lines_gone: &BTreeSet<CartLineId>,
) -> Result<()> {
    let went = |row: &cart_adjustment::Model| row.cart_line_id.is_some_and(|id| lines_gone.contains(&id));
    let gone: Vec<_> = before.iter().filter(|row| !after.contains(row) && !went(row)).map(|row| row.id).collect();
    if !gone.is_empty() {
        cart_adjustment::Entity::delete_many().filter(cart_adjustment::Column::Id.is_in(gone)).exec(tx).await?;
    }
    let new = after.iter().filter(|row| !before.contains(row) || went(row));
    let rows: Vec<_> = new.map(|row| row.clone().into_active_model().reset_all()).collect();
    if !rows.is_empty() {
        cart_adjustment::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What a line costs now, when it is sold and handed over as it says.
fn check_sale(line: &cart_line::Model, facts: &Facts, path: &str) -> Result<i64> {
    let goods = facts.goods.get(&line.variant_id).ok_or(Error::not_found("variant"))?;
    let price = goods.sold_at().ok_or_else(|| Error::invalid(ErrorCode::NotForSale, basket::at(path, "variantId")))?;
    if let Some(id) = line.pickup_location_id {
        let place = facts.places.get(&id).ok_or(Error::not_found("location"))?;
        if !place.hands_over() {
            return Err(Error::invalid(ErrorCode::PickupUnavailable, basket::at(path, "pickupLocationId")));
        }
    }
    Ok(price)
}
