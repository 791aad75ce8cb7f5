//! The secret of a link by which the rest of an order is paid: derived, so that it is stored nowhere.

use entity::id::PaymentLinkId;

use crate::kernel::ctx::Services;
use crate::kernel::secret::Secrets;

/// What names the link in the metadata of the payment that pays it.
pub(crate) const IN_METADATA: &str = "payment_link_id";

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
