//! What clients say about carts.

use async_graphql::{Context, ID, InputObject};
use domain::cart::contact::Contact;
use domain::cart::create::CreateCart;
use domain::cart::details::SetAddress;
use domain::cart::lines::SetDelivery;
use domain::cart::{NewLine, Target, counter};
use domain::{Error, Result, channel};
use entity::id::ChannelId;
use entity::words::DeliveryMethod;

use super::address::AddressInput;
use crate::context::{channel_or_header, ctx_of};
use crate::metadata::{MetadataInput, metadata_column};
use crate::scalar::{Date, Locale, parse_id, parse_ids, parse_optional_id};
use crate::word::Word;

/// Something to put into a cart.
#[derive(Clone, Debug, InputObject)]
pub struct CartLineInput {
    /// What.
    pub variant_id: ID,
    /// Units, 1 to 9,999.
    #[graphql(default = 1)]
    pub quantity: i64,
    /// How it reaches the customer; `CARRY_OUT` at a till and `SHIP` elsewhere when left out.
    pub delivery: Option<Word<DeliveryMethod>>,
    /// Where it is collected; only with `PICKUP`.
    pub pickup_location_id: Option<ID>,
    /// Public metadata, such as a gift text; lines of different metadata are never joined.
    #[graphql(default)]
    pub metadata: Vec<MetadataInput>,
}

impl CartLineInput {
    fn line(self, path: &str) -> Result<NewLine> {
        Ok(NewLine {
            variant_id: parse_id(&self.variant_id, &format!("{path}.variantId"))?,
            quantity: self.quantity,
            delivery: self.delivery.map(|word| word.0),
            pickup_location_id: parse_optional_id(
                self.pickup_location_id.as_ref(),
                &format!("{path}.pickupLocationId"),
            )?,
            metadata: metadata_column(&format!("{path}.metadata"), self.metadata)?,
        })
    }
}

/// For the domain. Errors: `INVALID_ID`, `INVALID_METADATA`.
pub(crate) fn new_lines(lines: Vec<CartLineInput>) -> Result<Vec<NewLine>> {
    lines.into_iter().enumerate().map(|(index, line)| line.line(&format!("input.lines.{index}"))).collect()
}

/// A cart to begin, with everything that is known already.
#[derive(Clone, Debug, InputObject)]
pub struct CartCreateInput {
    /// Code of the channel; else the header `X-Channel`, else the till's, else the first online channel.
    pub channel: Option<String>,
    /// Language of titles and mails; the channel's when left out.
    pub locale: Option<Locale>,
    /// What goes in, in order; at most 1,000.
    #[graphql(default)]
    pub lines: Vec<CartLineInput>,
    /// Contact e-mail address.
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
    /// Promotion codes.
    #[graphql(default)]
    pub codes: Vec<String>,
    /// Public metadata.
    #[graphql(default)]
    pub metadata: Vec<MetadataInput>,
}

impl CartCreateInput {
    /// For the domain. Errors: `NOT_FOUND` for the channel, `INVALID_ID`, `INVALID_METADATA`.
    pub async fn command(self, ctx: &Context<'_>) -> Result<CreateCart> {
        Ok(CreateCart {
            channel_id: channel_id(ctx, self.channel).await?,
            locale: self.locale.map(|locale| locale.0),
            lines: new_lines(self.lines)?,
            contact: Contact { email: self.email, phone: self.phone, name: self.contact_name, note: self.note },
            shipping_address: self.shipping_address.map(Into::into),
            billing_address: self.billing_address.map(Into::into),
            shipping_method_id: parse_optional_id(self.shipping_method_id.as_ref(), "input.shippingMethodId")?,
            codes: self.codes,
            metadata: metadata_column("input.metadata", self.metadata)?,
        })
    }
}

/// The channel that is meant.
async fn channel_id(ctx: &Context<'_>, argument: Option<String>) -> Result<ChannelId> {
    let asked = ctx_of(ctx);
    let db = asked.db();
    let found = match channel_or_header(ctx, argument) {
        Some(code) => channel::query::by_code(&db, &code).await?.map(|row| row.id),
        None => match counter::of(&db, &asked.actor).await? {
            Some(counter) => Some(counter.channel_id),
            None => channel::query::default_online(&db).await?.map(|row| row.id),
        },
    };
    found.ok_or(Error::not_found("channel"))
}

/// Which cart is changed, and how.
macro_rules! cart_input {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $(#[graphql($attribute:ident)])? $field:ident: $ty:ty,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $name {
            /// The cart.
            pub cart_id: ID,
            /// The version that you saw; with another one nothing is changed.
            pub expected_version: Option<i32>,
            $($(#[doc = $field_doc])+ $(#[graphql($attribute)])? pub $field: $ty,)*
        }

        impl $name {
            /// Which cart. Error: `INVALID_ID`.
            pub fn target(&self) -> Result<Target> {
                Ok(Target {
                    cart_id: parse_id(&self.cart_id, "input.cartId")?,
                    expected_version: self.expected_version,
                })
            }
        }
    };
}

cart_input!(
    /// A cart, and nothing more.
    CartTargetInput {}
);
cart_input!(
    /// Things to put into a cart, all or none.
    CartLineAddInput {
        /// What goes in, in order.
        lines: Vec<CartLineInput>,
    }
);
cart_input!(
    /// How many units a line shall have.
    CartLineUpdateInput {
        /// The line.
        line_id: ID,
        /// Units, 1 to 9,999; take a line out with `cartLineRemove`.
        quantity: i64,
    }
);
cart_input!(
    /// A line to take out.
    CartLineRemoveInput {
        /// The line.
        line_id: ID,
    }
);
cart_input!(
    /// How lines shall reach the customer.
    CartDeliverySetInput {
        /// Which lines; all when left out.
        #[graphql(default)]
        line_ids: Vec<ID>,
        /// How.
        delivery: Word<DeliveryMethod>,
        /// Where they are collected; only with `PICKUP`.
        pickup_location_id: Option<ID>,
    }
);
cart_input!(
    /// Addresses to set; one that is left out stays.
    CartAddressSetInput {
        /// Where to ship.
        shipping_address: Option<AddressInput>,
        /// Whom to bill.
        billing_address: Option<AddressInput>,
    }
);
cart_input!(
    /// Whom to reach; a part that is left out stays, an empty text removes it.
    CartContactSetInput {
        /// E-mail address.
        email: Option<String>,
        /// Phone, international or of the channel's country.
        phone: Option<String>,
        /// Whom to ask for.
        contact_name: Option<String>,
        /// The customer's note to the shop.
        note: Option<String>,
    }
);
cart_input!(
    /// The way to ship.
    CartShippingMethodSetInput {
        /// One of the cart's `shippingMethods`; null takes the choice back.
        shipping_method_id: Option<ID>,
    }
);
cart_input!(
    /// When the parcel shall come.
    CartDeliveryTimeSetInput {
        /// The day; null asks for none.
        delivery_on: Option<Date>,
        /// One of the method's `deliverySlots`; null asks for none.
        delivery_slot: Option<String>,
    }
);
cart_input!(
    /// A promotion code.
    CartCodeInput {
        /// The code as the customer typed it.
        code: String,
    }
);

impl CartLineAddInput {
    /// For the domain. Errors: `INVALID_ID`, `INVALID_METADATA`.
    pub fn command(self) -> Result<(Target, Vec<NewLine>)> {
        Ok((self.target()?, new_lines(self.lines)?))
    }
}

impl CartDeliverySetInput {
    /// For the domain. Error: `INVALID_ID`.
    pub fn command(self) -> Result<(Target, SetDelivery)> {
        let set = SetDelivery {
            lines: parse_ids(&self.line_ids, "input.lineIds")?.into_iter().collect(),
            delivery: self.delivery.0,
            pickup_location_id: parse_optional_id(self.pickup_location_id.as_ref(), "input.pickupLocationId")?,
        };
        Ok((self.target()?, set))
    }
}

impl CartAddressSetInput {
    /// For the domain. Error: `INVALID_ID`.
    pub fn command(self) -> Result<(Target, SetAddress)> {
        let target = self.target()?;
        let shipping = self.shipping_address.map(Into::into);
        Ok((target, SetAddress { shipping, billing: self.billing_address.map(Into::into) }))
    }
}

impl CartContactSetInput {
    /// For the domain. Error: `INVALID_ID`.
    pub fn command(self) -> Result<(Target, Contact)> {
        let target = self.target()?;
        Ok((target, Contact { email: self.email, phone: self.phone, name: self.contact_name, note: self.note }))
    }
}
