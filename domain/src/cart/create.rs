//! Beginning a cart, with everything that is known already.

use entity::address::Address;
use entity::cart;
use entity::id::{CartId, ChannelId, ShippingMethodId};
use entity::text_list::TextList;
use entity::words::CartStatus;
use serde_json::Value;

use super::contact::Contact;
use super::draft::{Draft, NewLine};
use super::facts::{Counter, Frame};
use super::view::CartView;
use super::{authorize, codes, counter};
use crate::customer::address_format;
use crate::kernel::language;
use crate::kernel::secret::token_hash;
use crate::pricing::totals::MAX_LINES;
use crate::{Actor, Ctx, Error, ErrorCode, Result, Tx};

/// A cart to begin.
#[derive(Clone, Debug)]
pub struct CreateCart {
    /// Where it shops.
    pub channel_id: ChannelId,
    /// Language of titles and mails (BCP 47); the channel's when `None`.
    pub locale: Option<String>,
    /// What goes in, in order.
    pub lines: Vec<NewLine>,
    /// Whom to reach.
    pub contact: Contact,
    /// Where to ship.
    pub shipping_address: Option<Address>,
    /// Whom to bill.
    pub billing_address: Option<Address>,
    /// Chosen shipping.
    pub shipping_method_id: Option<ShippingMethodId>,
    /// Promotion codes.
    pub codes: Vec<String>,
    /// Checked public metadata.
    pub metadata: Value,
}

/// A cart that was begun.
#[derive(Clone, Debug)]
pub struct Created {
    /// The cart.
    pub view: CartView,
    /// The secret that opens a guest's cart, told this once; `None` for a customer's or a till's.
    pub token: Option<String>,
}

/// Begins a cart for whoever asks: a guest gets its secret, a signed-in customer owns it, staff who sell hold it for
/// the person at the counter. Four statements with lines, five with a pickup, six at a till.
///
/// Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND` for channel, variant, location or shipping method,
/// `NOT_FOR_SALE`, `INVALID_QUANTITY`, `TOO_MANY`, `PICKUP_UNAVAILABLE`, `CARRY_OUT_ONLY_AT_TILL`,
/// `CODE_NOT_ACCEPTED`, `CODE_EXPIRED`, `CODE_USED_UP`, `INVALID_LOCALE`, and the errors of contact and addresses.
pub async fn create(ctx: &Ctx, input: CreateCart) -> Result<Created> {
    authorize::may_begin(&ctx.actor)?;
    if input.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    let codes = codes::read_all(&input.codes)?;
    let input = CreateCart { codes, ..input };
    let token = ctx.services.random.token();
    let (input, hash) = (&input, &token_hash(&token));
    let view = ctx.write(|tx| async move { Box::pin(begin(&tx, input, hash.clone())).await }).await?;
    let is_guest = matches!(ctx.actor, Actor::Guest { .. });
    Ok(Created { token: is_guest.then_some(token), view })
}

async fn begin(tx: &Tx, input: &CreateCart, token_hash: String) -> Result<CartView> {
    let counter = counter::of(tx, &tx.ctx().actor).await?;
    Box::pin(begin_at(tx, input, (CartId(tx.new_uuid()), token_hash), counter)).await
}

/// Begins a cart that staff prepare away from any till: it belongs to nobody, and no secret opens it. Its rows are
/// written last. Errors: like [`create`], but for what depends on who asks.
pub(crate) async fn begin_for_desk(tx: &Tx, id: CartId, input: &CreateCart) -> Result<CartView> {
    if input.lines.len() > MAX_LINES {
        return Err(Error::invalid_with(ErrorCode::TooMany, "lines", vec![("max", MAX_LINES.to_string())]));
    }
    let input = CreateCart { codes: codes::read_all(&input.codes)?, ..input.clone() };
    let nobody = token_hash(&tx.ctx().services.random.token());
    Box::pin(begin_at(tx, &input, (id, nobody), None)).await
}

async fn begin_at(
    tx: &Tx,
    input: &CreateCart,
    identity: (CartId, String),
    counter: Option<Counter>,
) -> Result<CartView> {
    let frame = Frame::load(tx, input.channel_id, input.shipping_method_id).await?;
    if !frame.channel.active {
        return Err(Error::not_found("channel"));
    }
    let mut cart = row(tx, input, &frame, identity)?;
    input.contact.apply(&mut cart, &frame.channel.tax_country)?;
    cart.shipping_address = checked("shippingAddress", input.shipping_address.as_ref())?;
    cart.billing_address = checked("billingAddress", input.billing_address.as_ref())?;
    let mut draft = Draft::fresh(cart, counter).with_frame(frame);
    for (position, line) in input.lines.iter().enumerate() {
        draft.put(tx, line, &format!("lines.{position}"))?;
    }
    let view = draft.save(tx).await?;
    for (index, code) in input.codes.iter().enumerate() {
        codes::check(&view.priced, code, &format!("codes.{index}"))?;
    }
    Ok(view)
}

fn checked(path: &str, given: Option<&Address>) -> Result<Option<Address>> {
    given.map(|given| address_format::check(path, given.clone())).transpose()
}

fn row(tx: &Tx, input: &CreateCart, frame: &Frame, (id, token_hash): (CartId, String)) -> Result<cart::Model> {
    let locale = input.locale.clone().unwrap_or_else(|| frame.channel.default_locale.clone());
    if !language::is_locale(&locale) {
        return Err(Error::invalid(ErrorCode::InvalidLocale, "locale"));
    }
    Ok(cart::Model {
        id,
        channel_id: frame.channel.id,
        customer_id: tx.ctx().actor.customer_id(),
        token_hash,
        code: None,
        code_expires_at: None,
        status: CartStatus::Active,
        currency: frame.channel.currency,
        locale,
        email: None,
        phone: None,
        contact_name: None,
        shipping_address: None,
        billing_address: None,
        shipping_method_id: input.shipping_method_id,
        note: String::new(),
        codes: TextList(input.codes.clone()),
        merged_into_id: None,
        version: 1,
        metadata: input.metadata.clone(),
        created_at: tx.now(),
        updated_at: tx.now(),
        delivery_on: None,
        delivery_slot: None,
    })
}
