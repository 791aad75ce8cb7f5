//! Who may call what of the shop schema. One row a line, under the area that answers it.

use super::Access::{Anyone, Holder};
use super::{Access, Rule};

/// Queries of the shop schema.
pub(super) const QUERIES: &[Rule] = &[
    // server
    ("serverTime", Anyone),
    ("node", Anyone),
    ("nodes", Anyone),
    // catalog
    ("products", Anyone),
    ("product", Anyone),
    ("variant", Anyone),
    ("categories", Anyone),
    ("collections", Anyone),
    // location
    ("locations", Anyone),
    // channel
    ("channel", Anyone),
    // inventory
    ("availability", Anyone),
    // customer
    ("me", Anyone),
    // stored value
    ("giftCardBalance", Anyone),
    // cart
    ("cart", Anyone),
    // order
    ("order", Holder),
    // pickup
    ("pickup", Anyone),
    // returns
    ("return", Anyone),
    ("returnability", Holder),
    ("returnReasons", Anyone),
    ("exchange", Anyone),
    ("exchangePreview", Holder),
    // survey and review
    ("survey", Anyone),
    ("productReviews", Anyone),
    ("reviewable", Anyone),
];
/// Mutations of the shop schema.
pub(super) const MUTATIONS: &[Rule] = &[
    // server
    // catalog
    // location
    // channel
    // inventory
    // customer
    ("customerRegister", Anyone),
    ("customerVerificationRequest", Anyone),
    ("customerVerifyIdentifier", Anyone),
    ("customerSignInCodeRequest", Anyone),
    ("customerSignIn", Anyone),
    ("customerSignOut", Anyone),
    ("tokenRefresh", Anyone),
    ("passwordResetRequest", Anyone),
    ("passwordReset", Anyone),
    ("customerPhoneVerificationRequest", Access::Customer),
    ("customerPhoneVerify", Access::Customer),
    ("customerUpdate", Access::Customer),
    ("customerAddressSave", Access::Customer),
    ("customerAddressDelete", Access::Customer),
    ("customerConsentSet", Access::Customer),
    ("customerDataExport", Access::Customer),
    ("customerErase", Access::Customer),
    ("orderClaim", Access::Customer),
    // cart
    ("cartCreate", Anyone),
    ("cartContinue", Anyone),
    ("cartLineAdd", Holder),
    ("cartLineUpdate", Holder),
    ("cartLineRemove", Holder),
    ("cartDeliverySet", Holder),
    ("cartAddressSet", Holder),
    ("cartContactSet", Holder),
    ("cartShippingMethodSet", Holder),
    ("cartDeliveryTimeSet", Holder),
    ("cartCodeApply", Holder),
    ("cartCodeRemove", Holder),
    ("cartShare", Holder),
    ("cartCheckoutStart", Holder),
    ("cartTakeOver", Access::Customer),
    // order
    ("cartPaymentStart", Holder),
    ("paymentLinkPay", Anyone),
    ("cartComplete", Holder),
    ("orderCancel", Holder),
    // pickup
    ("pickupArrived", Anyone),
    ("pickupExtend", Anyone),
    ("pickupCodeRenew", Anyone),
    ("pickupChoose", Anyone),
    // returns
    ("returnRequest", Holder),
    ("exchangeRequest", Holder),
    ("returnSend", Anyone),
    ("returnCancel", Anyone),
    ("storeReservationCreate", Anyone),
    ("storeReservationCancel", Access::Customer),
    // survey and review
    ("surveyAnswer", Anyone),
    ("reviewCreate", Anyone),
    ("reviewEdit", Anyone),
    ("reviewWithdraw", Anyone),
    // flow
    ("backInStockSubscribe", Anyone),
    ("backInStockCancel", Anyone),
];
/// Subscriptions of the shop schema.
pub(super) const SUBSCRIPTIONS: &[Rule] = &[("orderChanged", Access::Holder)];
