//! The secret of a link by which the rest of an order is paid: derived, so that it is stored nowhere.

use entity::id::PaymentLinkId;
use entity::payment;

use crate::kernel::ctx::Services;
use crate::kernel::secret::Secrets;

/// What names the link in the metadata of the payment that pays it.
pub(crate) const IN_METADATA: &str = "payment_link_id";

/// The link that a payment pays; `None` for one that pays none.
#[must_use]
pub fn of(payment: &payment::Model) -> Option<PaymentLinkId> {
    serde_json::from_value(payment.metadata.get(IN_METADATA)?.clone()).ok()
}

/// The secret of a link.
#[must_use]
pub fn token(secrets: &Secrets, id: PaymentLinkId) -> String {
    secrets.object_token("payment-link", id.uuid())
}

/// The page where a link is paid.
#[must_use]
pub fn url(services: &Services, id: PaymentLinkId) -> String {
    format!("{}/pay/{}", services.settings.public_url, token(&services.secrets, id))
}
