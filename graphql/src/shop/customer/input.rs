//! Inputs of the customer's mutations.

use async_graphql::{ID, InputObject, MaybeUndefined};
use domain::customer::{ConsentChange, Names};
use entity::words::{ConsentChannel, ConsentPurpose};

use crate::node::address::AddressInput;
use crate::scalar::{Date, Locale, TimeZone};
use crate::word::Word;

/// Somebody who wants an account.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerRegisterInput {
    /// E-mail address.
    pub email: String,
    /// Password of 8 to 128 characters; without one, codes sign in.
    pub password: Option<String>,
    /// Family name.
    #[graphql(default)]
    pub family_name: String,
    /// Given name.
    #[graphql(default)]
    pub given_name: String,
    /// Reading of the family name, in kana.
    #[graphql(default)]
    pub family_name_kana: String,
    /// Reading of the given name, in kana.
    #[graphql(default)]
    pub given_name_kana: String,
    /// Preferred language; the request's own when left out.
    pub locale: Option<Locale>,
}

/// An e-mail address.
#[derive(Clone, Debug, InputObject)]
pub struct EmailInput {
    /// E-mail address.
    pub email: String,
}

/// A number.
#[derive(Clone, Debug, InputObject)]
pub struct PhoneInput {
    /// With `+`, or as it is dialed in `country`.
    pub phone: String,
    /// The country of a number without `+` (ISO 3166-1 alpha-2).
    #[graphql(default)]
    pub country: String,
}

/// A code that proves a number.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerPhoneVerifyInput {
    /// With `+`, or as it is dialed in `country`.
    pub phone: String,
    /// The country of a number without `+` (ISO 3166-1 alpha-2).
    #[graphql(default)]
    pub country: String,
    /// The code of the short message.
    pub code: String,
}

/// A code that proves an address.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerVerifyIdentifierInput {
    /// E-mail address.
    pub email: String,
    /// The code that was mailed there.
    pub code: String,
    /// The password of the account; not needed when signed in. When it is not the one of the registration, or left
    /// out, everything that was set before the proof is dropped, because somebody else may have set it.
    pub password: Option<String>,
}

/// An address with a password or a mailed code.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerSignInInput {
    /// E-mail address.
    pub email: String,
    /// Password; this or `code`.
    pub password: Option<String>,
    /// The code of `customerSignInCodeRequest`; this or `password`.
    pub code: Option<String>,
}

/// A refresh token.
#[derive(Clone, Debug, InputObject)]
pub struct RefreshTokenInput {
    /// The refresh token.
    pub refresh_token: String,
}

/// A new password with its proof.
#[derive(Clone, Debug, InputObject)]
pub struct PasswordResetInput {
    /// E-mail address.
    pub email: String,
    /// The secret that was mailed there.
    pub token: String,
    /// The new password, of 8 to 128 characters.
    pub password: String,
}

/// All four parts of a name.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerNameInput {
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// Reading of the family name, in kana.
    #[graphql(default)]
    pub family_name_kana: String,
    /// Reading of the given name, in kana.
    #[graphql(default)]
    pub given_name_kana: String,
}

impl From<CustomerNameInput> for Names {
    fn from(input: CustomerNameInput) -> Self {
        Self {
            family_name: input.family_name,
            given_name: input.given_name,
            family_name_kana: input.family_name_kana,
            given_name_kana: input.given_name_kana,
        }
    }
}

/// What changes; what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerUpdateInput {
    /// Names.
    pub name: Option<CustomerNameInput>,
    /// Preferred language.
    pub locale: Option<Locale>,
    /// Time zone; null forgets it.
    pub time_zone: MaybeUndefined<TimeZone>,
    /// Birthday; null forgets it.
    pub birth_on: MaybeUndefined<Date>,
    /// A new password; ends all sessions.
    pub new_password: Option<String>,
    /// The present password, needed to change one that is set.
    pub current_password: Option<String>,
    /// The version that the client knows.
    pub expected_version: Option<i32>,
}

/// An address to keep.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerAddressSaveInput {
    /// Which to change; a new one when left out.
    pub id: Option<ID>,
    /// The address.
    pub address: AddressInput,
    /// Offer it first.
    #[graphql(default)]
    pub is_default: bool,
}

/// An address to delete.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerAddressDeleteInput {
    /// Which.
    pub id: ID,
}

/// A yes or a no.
#[derive(Clone, Debug, InputObject)]
pub struct ConsentInput {
    /// By which channel.
    pub channel: Word<ConsentChannel>,
    /// For what.
    pub purpose: Word<ConsentPurpose>,
    /// Yes or no.
    pub granted: bool,
    /// Where it was given, such as `account-page`.
    pub source: String,
    /// Which wording was shown.
    pub text_version: String,
}

impl From<ConsentInput> for ConsentChange {
    fn from(input: ConsentInput) -> Self {
        Self {
            channel: input.channel.0,
            purpose: input.purpose.0,
            granted: input.granted,
            source: input.source,
            text_version: input.text_version,
        }
    }
}

/// What a person agrees to or refuses.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerConsentSetInput {
    /// Each yes and no.
    pub consents: Vec<ConsentInput>,
}

/// Erasure of the signed-in customer.
#[derive(Clone, Debug, InputObject)]
pub struct CustomerEraseInput {
    /// Must be true: it cannot be undone.
    pub confirm: bool,
}

/// A guest's order, by number and secret.
#[derive(Clone, Debug, InputObject)]
pub struct OrderClaimInput {
    /// Number of the order.
    pub number: String,
    /// Its secret, as `X-Order-Token` has it.
    pub token: String,
}
