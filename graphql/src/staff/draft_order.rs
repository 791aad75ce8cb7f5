//! Orders that staff prepare, on the phone or for later.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::cart::contact::Contact;
use domain::order_change::draft::query::{self, DraftFilter, DraftState, ListedDraft};
use domain::order_change::draft::{self, CompleteDraft, CreateDraft, UpdateDraft};
use domain::{Error, ErrorCode, Result};

use super::promotion::input::{CartDiscountSetInput, CartLinePriceSetInput};
use crate::connection::{count, page_request};
use crate::context::{ctx_of, key_or_header};
use crate::node::address::AddressInput;
use crate::node::cart::Cart;
use crate::node::cart_input::{CartCreateInput, CartLineInput, new_lines};
use crate::node::order::Order;
use crate::node::tender::{PaymentInput, tenders};
use crate::payload;
use crate::scalar::{MoneyInput, id, parse_id, parse_optional_id};
use crate::shop::cart::missing;

/// How a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "DraftState")]
pub enum DraftOrderState {
    /// It can be changed and ordered.
    Open,
    /// It became an order.
    Ordered,
    /// It was given up.
    Discarded,
}

/// An order that staff prepare.
#[derive(Debug, SimpleObject)]
pub struct DraftOrder {
    /// Its cart; name it to change the draft.
    pub cart_id: ID,
    /// Number that people say.
    pub number: String,
    /// How it stands.
    pub state: DraftOrderState,
    /// Grows with each change; send it as `expectedVersion` to change only what you saw.
    pub version: i32,
    /// For whom.
    pub customer_id: Option<ID>,
    /// What it comes to now, for that customer.
    pub cart: Cart,
    /// The order that it became.
    pub order: Option<Order>,
    /// When it is given up by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when its stock is held.
    pub reserved_until: Option<DateTime<Utc>>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<draft::DraftOrder> for DraftOrder {
    fn from(of: draft::DraftOrder) -> Self {
        Self {
            cart_id: id(of.draft.cart_id),
            state: query::state(&of.draft, &of.view.cart).into(),
            version: of.draft.version,
            customer_id: of.draft.customer_id.map(id),
            cart: Cart(of.view),
            order: of.order.map(Order),
            expires_at: of.draft.expires_at,
            reserved_until: of.draft.reserved_until,
            created_at: of.draft.created_at,
            updated_at: of.draft.updated_at,
            number: of.draft.number,
        }
    }
}

/// A draft in a list.
#[derive(Clone, Debug, SimpleObject)]
pub struct DraftOrderSummary {
    /// Its cart.
    pub cart_id: ID,
    /// Number that people say.
    pub number: String,
    /// How it stands.
    pub state: DraftOrderState,
    /// Grows with each change.
    pub version: i32,
    /// For whom.
    pub customer_id: Option<ID>,
    /// Contact e-mail address.
    pub email: Option<String>,
    /// Whom to ask for.
    pub contact_name: Option<String>,
    /// When it is given up by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when its stock is held.
    pub reserved_until: Option<DateTime<Utc>>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

impl From<ListedDraft> for DraftOrderSummary {
    fn from(of: ListedDraft) -> Self {
        Self {
            cart_id: id(of.draft.cart_id),
            state: query::state(&of.draft, &of.cart).into(),
            version: of.draft.version,
            customer_id: of.draft.customer_id.map(id),
            email: of.cart.email,
            contact_name: of.cart.contact_name,
            expires_at: of.draft.expires_at,
            reserved_until: of.draft.reserved_until,
            created_at: of.draft.created_at,
            number: of.draft.number,
        }
    }
}

crate::connection!(DraftOrderConnection, DraftOrderEdge, DraftOrderSummary, "drafts of orders");

/// Which drafts are wanted; what is left out does not matter.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DraftOrderFilterInput {
    /// Of this channel.
    pub channel_id: Option<ID>,
    /// For this customer.
    pub customer_id: Option<ID>,
    /// In this state.
    pub state: Option<DraftOrderState>,
    /// With this number.
    pub number: Option<String>,
}

impl DraftOrderFilterInput {
    fn read(self) -> Result<DraftFilter> {
        Ok(DraftFilter {
            channel_id: parse_optional_id(self.channel_id.as_ref(), "filter.channelId")?,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "filter.customerId")?,
            state: self.state.map(Into::into),
            number: self.number,
        })
    }
}

/// A draft to begin.
#[derive(Clone, Debug, InputObject)]
pub struct DraftOrderCreateInput {
    /// For whom.
    pub customer_id: Option<ID>,
    /// What, to whom and where; all of it can be changed later.
    pub cart: CartCreateInput,
    /// When it is given up by itself: 30 days from now when left out, 365 at most.
    pub expires_at: Option<DateTime<Utc>>,
    /// The same key begins one draft; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

/// What changes of a draft; what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct DraftOrderUpdateInput {
    /// Its cart.
    pub cart_id: ID,
    /// The draft's version that you read; with another one nothing is changed.
    pub expected_version: Option<i32>,
    /// For whom.
    pub customer_id: Option<ID>,
    /// All its lines, in order; what was given on lines by hand goes with them.
    pub lines: Option<Vec<CartLineInput>>,
    /// Contact e-mail address; an empty text removes it.
    pub email: Option<String>,
    /// Contact phone, international or of the channel's country.
    pub phone: Option<String>,
    /// Whom to ask for.
    pub contact_name: Option<String>,
    /// The customer's note to the shop.
    pub note: Option<String>,
    /// Where to ship.
    pub shipping_address: Option<AddressInput>,
    /// Whom to bill.
    pub billing_address: Option<AddressInput>,
    /// Chosen shipping.
    pub shipping_method_id: Option<ID>,
    /// All its promotion codes.
    pub codes: Option<Vec<String>>,
    /// When it is given up by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Stock to hold for a draft.
#[derive(Clone, Debug, InputObject)]
pub struct DraftOrderReserveInput {
    /// Its cart.
    pub cart_id: ID,
    /// The draft's version that you read; with another one nothing is held.
    pub expected_version: Option<i32>,
    /// Until when, 30 days ahead at most; nothing is held any more when left out.
    pub until: Option<DateTime<Utc>>,
}

/// A draft to give up.
#[derive(Clone, Debug, InputObject)]
pub struct DraftOrderDiscardInput {
    /// Its cart.
    pub cart_id: ID,
    /// The draft's version that you read; with another one nothing is given up.
    pub expected_version: Option<i32>,
}

/// A draft to order.
#[derive(Clone, Debug, InputObject)]
pub struct DraftOrderCompleteInput {
    /// Its cart.
    pub cart_id: ID,
    /// The total that you told the customer; with another one nothing is ordered.
    pub expected_total: MoneyInput,
    /// How it is paid: `MANUAL` with a method, `CARD_TERMINAL`, or stored value. When left out the customer pays later, by
    /// transfer or the link that is opened, and the goods wait for the money.
    #[graphql(default)]
    pub payments: Vec<PaymentInput>,
    /// Whether the customer is sent the link by mail.
    #[graphql(default = true)]
    pub notify: bool,
    /// The same key orders once; the header `Idempotency-Key` when left out. One of both is needed.
    pub idempotency_key: Option<String>,
}

payload! {
    /// A draft after a change.
    pub struct DraftOrderPayload {
        /// The draft.
        draft_order: DraftOrder,
    }
}

payload! {
    /// A draft that was ordered.
    pub struct DraftOrderCompletePayload {
        /// The order.
        order: Order,
        /// Whether the order was there already.
        replayed: bool,
    }
}

/// Drafts.
#[derive(Clone, Copy, Debug, Default)]
pub struct DraftOrderQuery;

/// Drafts.
#[Object]
impl DraftOrderQuery {
    /// A draft with what it comes to now; null when there is none.
    async fn draft_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its cart.")] cart_id: ID,
    ) -> Result<Option<DraftOrder>> {
        let found = query::shown(ctx_of(ctx), parse_id(&cart_id, "cartId")?).await;
        Ok(found.map(Some).or_else(missing)?.map(DraftOrder::from))
    }

    /// Drafts, newest first.
    #[graphql(complexity = "first.or(last).unwrap_or(20).max(1) as usize * child_complexity")]
    async fn draft_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.", default)] filter: DraftOrderFilterInput,
        #[graphql(desc = "How many from the start; 20 when nothing is said, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<DraftOrderConnection> {
        let filter = filter.read()?;
        let page = query::page(ctx_of(ctx), &filter, &page_request(first, after, last, before)?).await?;
        let state = (ctx_of(ctx).clone(), filter);
        let all = count(state, |(ctx, filter)| async move { query::count(&ctx, &filter).await });
        Ok(DraftOrderConnection::new(page.map(DraftOrderSummary::from), all))
    }
}

/// Preparing orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct DraftOrderMutation;

/// Preparing orders.
#[Object]
impl DraftOrderMutation {
    /// Begins a draft: a cart with a number, for a customer on the phone or for later.
    async fn draft_order_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and for whom.")] input: DraftOrderCreateInput,
    ) -> Result<DraftOrderPayload> {
        let done = async { draft::create(ctx_of(ctx), input.read(ctx).await?).await };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Changes a draft. Stock that is held for it is held for what it has then.
    async fn draft_order_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: DraftOrderUpdateInput,
    ) -> Result<DraftOrderPayload> {
        let done = async { draft::update(ctx_of(ctx), input.read()?).await };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Sets another price for a line of a draft, with the reason, or takes it back. `expectedVersion` is the draft's.
    async fn draft_order_price_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which line, and the price.")] input: CartLinePriceSetInput,
    ) -> Result<DraftOrderPayload> {
        let done = async {
            let (target, set) = input.read()?;
            draft::give_by_hand(ctx_of(ctx), (target.cart_id, target.expected_version), set).await
        };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Takes something off a line or the whole of a draft by hand, with the reason, or takes it back. `expectedVersion` is
    /// the draft's.
    async fn draft_order_discount_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft, and how much.")] input: CartDiscountSetInput,
    ) -> Result<DraftOrderPayload> {
        let done = async {
            let (target, set) = input.read()?;
            draft::give_by_hand(ctx_of(ctx), (target.cart_id, target.expected_version), set).await
        };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Holds the stock of a draft for a time, or gives it up.
    async fn draft_order_reserve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft, and until when.")] input: DraftOrderReserveInput,
    ) -> Result<DraftOrderPayload> {
        let done = async {
            let which = (parse_id(&input.cart_id, "input.cartId")?, input.expected_version);
            draft::reserve(ctx_of(ctx), which, input.until).await
        };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Gives a draft up; it cannot be ordered any more.
    async fn draft_order_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DraftOrderDiscardInput,
    ) -> Result<DraftOrderPayload> {
        let done = async {
            let cart = parse_id(&input.cart_id, "input.cartId")?;
            draft::discard(ctx_of(ctx), cart, input.expected_version).await
        };
        DraftOrderPayload::of(ctx, done.await.map(DraftOrder::from))
    }

    /// Orders a draft, once: paid now, or later by transfer or a link that is mailed.
    async fn draft_order_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which draft, and how it is paid.")] input: DraftOrderCompleteInput,
    ) -> Result<DraftOrderCompletePayload> {
        let done = async { draft::complete(ctx_of(ctx), input.read(ctx)?).await };
        DraftOrderCompletePayload::of(ctx, done.await.map(|done| (Order(done.order), done.replayed)))
    }
}

fn required_key(ctx: &Context<'_>, key: Option<String>) -> Result<String> {
    key_or_header(ctx, key).ok_or_else(|| Error::invalid(ErrorCode::Required, "input.idempotencyKey"))
}

impl DraftOrderCreateInput {
    async fn read(self, ctx: &Context<'_>) -> Result<CreateDraft> {
        Ok(CreateDraft {
            customer_id: parse_optional_id(self.customer_id.as_ref(), "input.customerId")?,
            expires_at: self.expires_at,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
            cart: self.cart.command(ctx).await?,
        })
    }
}

impl DraftOrderUpdateInput {
    fn read(self) -> Result<UpdateDraft> {
        Ok(UpdateDraft {
            cart_id: parse_id(&self.cart_id, "input.cartId")?,
            expected_version: self.expected_version,
            customer_id: parse_optional_id(self.customer_id.as_ref(), "input.customerId")?,
            lines: self.lines.map(new_lines).transpose()?,
            contact: Contact { email: self.email, phone: self.phone, name: self.contact_name, note: self.note },
            shipping_address: self.shipping_address.map(Into::into),
            billing_address: self.billing_address.map(Into::into),
            shipping_method_id: parse_optional_id(self.shipping_method_id.as_ref(), "input.shippingMethodId")?,
            codes: self.codes,
            expires_at: self.expires_at,
        })
    }
}

impl DraftOrderCompleteInput {
    fn read(self, ctx: &Context<'_>) -> Result<CompleteDraft> {
        Ok(CompleteDraft {
            cart_id: parse_id(&self.cart_id, "input.cartId")?,
            expected_total: self.expected_total.money("input.expectedTotal")?,
            payments: tenders(self.payments)?,
            notify: self.notify,
            idempotency_key: required_key(ctx, self.idempotency_key)?,
        })
    }
}
