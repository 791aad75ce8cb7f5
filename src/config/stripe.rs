//! How Stripe is reached.

use secrecy::{ExposeSecret as _, SecretString};

use super::read::Reader;
use crate::adapters::stripe::BASE_URL;

/// The account at Stripe. Keys come by configuration only and are never shown.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// `pk_…`: what browsers may know; without it the page of a payment link takes no cards.
    pub publishable_key: Option<String>,
    /// `whsec_…`; without it news are not listened to.
    pub webhook_secret: Option<SecretString>,
    /// Where the API is; another address than Stripe's is a stand-in.
    pub base_url: String,
    /// The connected account whose news are ours; those without an account when `None`.
    pub account: Option<String>,
}

impl StripeConfig {
    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.secret_key.expose_secret().contains("_live_")
    }
}

/// Reads it; `None` without a secret key.
pub(super) fn stripe(reader: &mut Reader, is_production: bool) -> Option<StripeConfig> {
    let key = reader.text("stripe_secret_key");
    let webhook = reader.text("stripe_webhook_secret");
    let base_url = reader.text("stripe_base_url").unwrap_or_else(|| BASE_URL.to_owned());
    let account = reader.text("stripe_account");
    let publishable_key = reader.text("stripe_publishable_key");
    let Some(key) = key else {
        if webhook.is_some() || account.is_some() || publishable_key.is_some() {
            let fix = "set it to the secret key of the account, or remove the other settings of Stripe";
            reader.mistake("stripe_secret_key", "it is not set, but other settings of Stripe are", fix);
        }
        return None;
    };
    if !key.starts_with("sk_") && !key.starts_with("rk_") {
        let fix = "copy the secret or restricted key, which begins with sk_ or rk_; never the publishable one";
        reader.mistake("stripe_secret_key", "it is not a secret key", fix);
    }
    if publishable_key.as_ref().is_some_and(|public| !public.starts_with("pk_")) {
        let fix = "copy the publishable key, which begins with pk_; never the secret one: browsers get it";
        reader.mistake("stripe_publishable_key", "it is not a publishable key", fix);
    }
    if webhook.as_ref().is_some_and(|secret| !secret.starts_with("whsec_")) {
        let fix = "copy the signing secret of the webhook endpoint, which begins with whsec_";
        reader.mistake("stripe_webhook_secret", "it is not a signing secret", fix);
    }
    let is_url = base_url.starts_with("https://") || base_url.starts_with("http://");
    if !is_url || (is_production && !base_url.starts_with("https://")) {
        let fix = "remove it, or write the address of a stand-in, such as http://127.0.0.1:12111, in development";
        reader.mistake("stripe_base_url", "the keys would go to an address that is not https", fix);
    }
    let (secret_key, webhook_secret) = (key.into(), webhook.map(Into::into));
    Some(StripeConfig { secret_key, publishable_key, webhook_secret, base_url, account })
}
