//! Who may call what: a table of every root field. What is not in the table runs for nobody.
//!
//! The commands behind the fields load rows by owner or scope; this table is the first door, not the only one.

use std::collections::BTreeMap;

use async_graphql::parser::types::OperationType;
use domain::{Actor, Ctx, Error, Permission, Result};

use crate::index::{Index, root_type};
use crate::weigh::Weight;

/// Who may call a root field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// A signed-in customer.
    Customer,
    /// A signed-in customer, or a guest with the secret of a cart or an order.
    Holder,
    /// A signed-in member of staff, with any role.
    StaffSignedIn,
    /// A paired till, with or without staff signed in.
    Device,
    /// Staff or an app with this permission somewhere; where, the command checks.
    Needs(Permission),
    /// Staff or an app with one of these permissions somewhere.
    AnyOf(&'static [Permission]),
    /// Everybody, but only while the server runs in development.
    Development,
}

/// A root field and its rule.
pub type Rule = (&'static str, Access);

/// The rules of one schema, by kind of operation.
#[derive(Clone, Debug)]
pub struct Table {
    queries: BTreeMap<&'static str, Access>,
    mutations: BTreeMap<&'static str, Access>,
    subscriptions: BTreeMap<&'static str, Access>,
}

use Access::{AnyOf, Anyone, Development, Holder, Needs};

// One row a line, under the area that answers it.

/// Queries of the shop schema.
const SHOP_QUERIES: &[Rule] = &[
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
];
/// Mutations of the shop schema.
const SHOP_MUTATIONS: &[Rule] = &[
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
    ("customerUpdate", Access::Customer),
    ("customerAddressSave", Access::Customer),
    ("customerAddressDelete", Access::Customer),
    ("customerConsentSet", Access::Customer),
    ("customerDataExport", Access::Customer),
    ("customerErase", Access::Customer),
    ("orderClaim", Access::Customer),
    // cart
    ("cartCreate", Anyone),
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
];
/// Subscriptions of the shop schema.
const SHOP_SUBSCRIPTIONS: &[Rule] = &[("orderChanged", Access::Holder)];
/// Whoever counts, accepts counts or reads stock may read counts.
const COUNT_READERS: &[Permission] = &[Permission::CountsWork, Permission::CountsAccept, Permission::StockRead];
/// Queries of the staff schema.
const STAFF_QUERIES: &[Rule] = &[
    // server
    ("serverTime", Anyone),
    ("node", Anyone),
    ("nodes", Anyone),
    // access
    ("viewer", Anyone),
    ("staffMembers", Needs(Permission::StaffWrite)),
    ("devices", Needs(Permission::StaffWrite)),
    ("apiKeys", Needs(Permission::StaffWrite)),
    ("roles", Needs(Permission::StaffWrite)),
    // location
    ("location", AnyOf(Permission::ALL)),
    ("locations", AnyOf(Permission::ALL)),
    ("registers", AnyOf(Permission::ALL)),
    // channel
    ("channel", AnyOf(Permission::ALL)),
    ("channels", AnyOf(Permission::ALL)),
    // catalog
    ("products", Needs(Permission::CatalogRead)),
    ("product", Needs(Permission::CatalogRead)),
    ("variant", Needs(Permission::CatalogRead)),
    ("categories", Needs(Permission::CatalogRead)),
    ("collections", Needs(Permission::CatalogRead)),
    // inventory
    ("stockLevels", Needs(Permission::StockRead)),
    ("stockMovements", Needs(Permission::StockRead)),
    ("availabilityExplained", Needs(Permission::StockRead)),
    ("storageAreas", AnyOf(&[Permission::StockRead, Permission::CountsWork])),
    ("stockReasons", AnyOf(Permission::ALL)),
    ("stockUnits", Needs(Permission::StockRead)),
    ("stockUnitHistory", Needs(Permission::StockRead)),
    // stock count
    ("stockCounts", AnyOf(COUNT_READERS)),
    ("stockCount", AnyOf(COUNT_READERS)),
    // transfer
    ("transfer", Needs(Permission::TransfersWork)),
    ("transfers", Needs(Permission::TransfersWork)),
    ("transferSuggestions", Needs(Permission::TransfersWork)),
    ("suppliers", Needs(Permission::PurchasingWork)),
    ("purchaseOrder", Needs(Permission::PurchasingWork)),
    ("purchaseOrders", Needs(Permission::PurchasingWork)),
    // external
    ("fulfillmentOrderFeed", Needs(Permission::StockSync)),
    // customer
    ("customers", Needs(Permission::CustomersRead)),
    ("customer", Needs(Permission::CustomersRead)),
    // cart
    ("cart", Needs(Permission::PosSell)),
    ("taxClasses", Access::StaffSignedIn),
    ("taxRates", Access::StaffSignedIn),
    ("shippingMethods", Needs(Permission::PlacesWrite)),
    // promotion
    ("promotion", Needs(Permission::PromotionsWrite)),
    ("promotions", Needs(Permission::PromotionsWrite)),
    // order
    ("order", Needs(Permission::OrdersRead)),
    ("orders", Needs(Permission::OrdersRead)),
    ("orderLookup", Needs(Permission::OrdersRead)),
    // refund
    ("suggestedRefund", Needs(Permission::RefundsIssue)),
    ("orderChanges", Needs(Permission::OrdersRead)),
    ("draftOrder", Needs(Permission::OrdersEdit)),
    ("draftOrders", Needs(Permission::OrdersEdit)),
    // routing
    ("routingDecision", Needs(Permission::OrdersRead)),
    ("routingRules", AnyOf(&[Permission::RoutingWrite, Permission::OrdersRead])),
    ("routingSimulate", Needs(Permission::RoutingWrite)),
    ("locationGroups", AnyOf(&[Permission::RoutingWrite, Permission::OrdersRead])),
    ("parkedFulfillmentOrders", Needs(Permission::OrdersRead)),
    // fulfillment
    ("fulfillmentOrders", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrder", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderCounts", Needs(Permission::FulfillmentWork)),
    ("pickList", Needs(Permission::FulfillmentWork)),
    ("pickLists", Needs(Permission::FulfillmentWork)),
    // shipping
    ("shipment", Needs(Permission::FulfillmentWork)),
    // stored value
    ("storedValueAccount", Needs(Permission::StoredValueWrite)),
    ("storedValueAccounts", Needs(Permission::StoredValueWrite)),
    ("giftCardBalance", AnyOf(&[Permission::StoredValueWrite, Permission::PosSell])),
    ("loyaltyPrograms", Needs(Permission::StoredValueWrite)),
    // payment
    // pickup
    ("pickup", Needs(Permission::FulfillmentWork)),
    ("pickups", Needs(Permission::FulfillmentWork)),
    ("storeReservations", Needs(Permission::StockHold)),
    // returns
    ("return", Needs(Permission::ReturnsWork)),
    ("returns", Needs(Permission::ReturnsWork)),
    ("returnability", Needs(Permission::ReturnsWork)),
    ("returnPhotos", Needs(Permission::ReturnsWork)),
    ("exchange", Needs(Permission::ReturnsWork)),
    ("exchangePreview", Needs(Permission::ReturnsWork)),
    ("returnPolicies", AnyOf(&[Permission::ReturnsWork, Permission::ReturnPoliciesWrite])),
    ("returnReasons", AnyOf(&[Permission::ReturnsWork, Permission::ReturnPoliciesWrite])),
    // register
    ("posScan", Needs(Permission::PosSell)),
    // drawer
    ("registerSession", AnyOf(&[Permission::DrawerWork, Permission::DrawerManage])),
    ("registerSessions", AnyOf(&[Permission::DrawerWork, Permission::DrawerManage])),
    ("xReport", Needs(Permission::DrawerManage)),
    ("zReport", AnyOf(&[Permission::DrawerWork, Permission::DrawerManage])),
    // messaging
    ("messages", Needs(Permission::MessagesRead)),
    ("messagePreview", Needs(Permission::MessagesRead)),
    ("messagePolicy", Needs(Permission::MessagesRead)),
    ("suppressions", Needs(Permission::MessagesRead)),
    ("messageFigures", Needs(Permission::MessagesRead)),
    // event
    ("audit", Needs(Permission::AuditRun)),
    ("events", Needs(Permission::EventsRead)),
];
/// Mutations of the staff schema.
const STAFF_MUTATIONS: &[Rule] = &[
    // server
    ("clockAdvance", Development),
    // access
    ("staffSignIn", Anyone),
    ("staffPinSignIn", Access::Device),
    ("staffSignOut", Anyone),
    ("tokenRefresh", Anyone),
    ("devicePair", Anyone),
    ("devicePairingCreate", Needs(Permission::StaffWrite)),
    ("deviceRevoke", Needs(Permission::StaffWrite)),
    ("staffUpsert", Needs(Permission::StaffWrite)),
    ("roleUpsert", Needs(Permission::StaffWrite)),
    ("apiKeyCreate", Needs(Permission::StaffWrite)),
    ("apiKeyRevoke", Needs(Permission::StaffWrite)),
    // location
    ("locationUpsert", Needs(Permission::PlacesWrite)),
    ("registerUpsert", Needs(Permission::PlacesWrite)),
    // channel
    ("channelUpsert", Needs(Permission::PlacesWrite)),
    // catalog
    ("productUpsert", Needs(Permission::CatalogWrite)),
    ("variantUpsert", Needs(Permission::CatalogWrite)),
    ("priceSet", Needs(Permission::PricesWrite)),
    ("categoryUpsert", Needs(Permission::CatalogWrite)),
    ("collectionUpsert", Needs(Permission::CatalogWrite)),
    ("productImport", Needs(Permission::CatalogWrite)),
    // inventory
    ("stockReceive", Needs(Permission::StockReceive)),
    ("stockAdjust", Needs(Permission::StockAdjust)),
    ("stockMove", Needs(Permission::StockAdjust)),
    ("stockHold", Needs(Permission::StockHold)),
    ("stockHoldRelease", Needs(Permission::StockHold)),
    ("storageAreaUpsert", Needs(Permission::StockAdjust)),
    ("storageAreaDelete", Needs(Permission::StockAdjust)),
    ("storageAreaAssign", Needs(Permission::StockAdjust)),
    ("stockReasonUpsert", Needs(Permission::StockAdjust)),
    ("safetyStockSet", Needs(Permission::StockAdjust)),
    ("stockUnitsTake", Needs(Permission::FulfillmentWork)),
    ("stockUnitsPutBack", Needs(Permission::FulfillmentWork)),
    // stock count
    ("stockCountCreate", Needs(Permission::CountsWork)),
    ("stockCountStart", Needs(Permission::CountsWork)),
    ("stockCountRecord", Needs(Permission::CountsWork)),
    ("stockCountReadTags", Needs(Permission::CountsWork)),
    ("stockCountSubmit", Needs(Permission::CountsWork)),
    ("stockCountRecount", Needs(Permission::CountsWork)),
    ("stockCountAccept", Needs(Permission::CountsAccept)),
    ("stockCountCancel", Needs(Permission::CountsWork)),
    // transfer
    ("transferCreate", Needs(Permission::TransfersWork)),
    ("transferUpdate", Needs(Permission::TransfersWork)),
    ("transferReady", Needs(Permission::TransfersWork)),
    ("transferReopen", Needs(Permission::TransfersWork)),
    ("transferDispatch", Needs(Permission::TransfersWork)),
    ("transferReceive", Needs(Permission::TransfersWork)),
    ("transferClose", Needs(Permission::TransfersWork)),
    ("transferCancel", Needs(Permission::TransfersWork)),
    ("supplierUpsert", Needs(Permission::PurchasingWork)),
    ("purchaseOrderCreate", Needs(Permission::PurchasingWork)),
    ("purchaseOrderUpdate", Needs(Permission::PurchasingWork)),
    ("purchaseOrderPlace", Needs(Permission::PurchasingWork)),
    ("purchaseOrderReceive", Needs(Permission::PurchasingWork)),
    ("purchaseOrderClose", Needs(Permission::PurchasingWork)),
    ("purchaseOrderCancel", Needs(Permission::PurchasingWork)),
    ("shippingNoticeAnnounce", Needs(Permission::PurchasingWork)),
    ("shippingNoticeCancel", Needs(Permission::PurchasingWork)),
    // external
    ("stockSync", Needs(Permission::StockSync)),
    ("fulfillmentOrderAcknowledge", Needs(Permission::StockSync)),
    ("fulfillmentConfirm", Needs(Permission::StockSync)),
    // customer
    ("customerCreate", Needs(Permission::CustomersWrite)),
    ("customerIdentifierAdd", Needs(Permission::CustomersWrite)),
    ("customerTag", Needs(Permission::CustomersWrite)),
    ("customerErase", Needs(Permission::CustomersWrite)),
    // cart
    ("cartCreate", Needs(Permission::PosSell)),
    ("cartLineAdd", Needs(Permission::PosSell)),
    ("cartLineUpdate", Needs(Permission::PosSell)),
    ("cartLineRemove", Needs(Permission::PosSell)),
    ("cartDeliverySet", Needs(Permission::PosSell)),
    ("cartAddressSet", Needs(Permission::PosSell)),
    ("cartContactSet", Needs(Permission::PosSell)),
    ("cartShippingMethodSet", Needs(Permission::PosSell)),
    ("cartDeliveryTimeSet", Needs(Permission::PosSell)),
    ("cartCodeApply", Needs(Permission::PosSell)),
    ("cartCodeRemove", Needs(Permission::PosSell)),
    ("cartAttach", Needs(Permission::PosSell)),
    ("cartPark", Needs(Permission::PosSell)),
    ("cartResume", Needs(Permission::PosSell)),
    ("taxClassUpsert", Needs(Permission::PlacesWrite)),
    ("taxRateUpsert", Needs(Permission::PlacesWrite)),
    ("shippingMethodUpsert", Needs(Permission::PlacesWrite)),
    // promotion
    ("promotionUpsert", Needs(Permission::PromotionsWrite)),
    ("promotionActivate", Needs(Permission::PromotionsWrite)),
    ("promotionDeactivate", Needs(Permission::PromotionsWrite)),
    ("promotionCodesCreate", Needs(Permission::PromotionsWrite)),
    ("promotionCodeSetActive", Needs(Permission::PromotionsWrite)),
    ("channelDiscountLimitSet", Needs(Permission::PlacesWrite)),
    ("cartLinePriceSet", Needs(Permission::DiscountsGive)),
    ("cartDiscountSet", Needs(Permission::DiscountsGive)),
    // order
    ("orderNoteAdd", Needs(Permission::OrdersWrite)),
    ("orderCustomerSet", Needs(Permission::OrdersWrite)),
    ("orderChangePrepare", Needs(Permission::OrdersEdit)),
    ("orderChangeConfirm", Needs(Permission::OrdersEdit)),
    ("orderChangeDiscard", Needs(Permission::OrdersEdit)),
    ("draftOrderCreate", Needs(Permission::OrdersEdit)),
    ("draftOrderUpdate", Needs(Permission::OrdersEdit)),
    ("draftOrderPriceSet", Needs(Permission::OrdersEdit)),
    ("draftOrderDiscountSet", Needs(Permission::OrdersEdit)),
    ("draftOrderReserve", Needs(Permission::OrdersEdit)),
    ("draftOrderDiscard", Needs(Permission::OrdersEdit)),
    ("draftOrderComplete", Needs(Permission::OrdersEdit)),
    // routing
    ("routingRuleUpsert", Needs(Permission::RoutingWrite)),
    ("routingRuleDelete", Needs(Permission::RoutingWrite)),
    ("routingRuleReorder", Needs(Permission::RoutingWrite)),
    ("locationGroupUpsert", Needs(Permission::RoutingWrite)),
    ("parkedFulfillmentOrderRelease", Needs(Permission::FulfillmentWork)),
    // fulfillment
    ("fulfillmentOrderAccept", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderPutBack", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderHold", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderRelease", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderReject", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderMove", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderSplit", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderPick", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderPack", Needs(Permission::FulfillmentWork)),
    ("fulfillmentOrderShip", Needs(Permission::FulfillmentWork)),
    ("pickListCreate", Needs(Permission::FulfillmentWork)),
    ("pickListPick", Needs(Permission::FulfillmentWork)),
    ("pickListShort", Needs(Permission::FulfillmentWork)),
    ("pickListFinish", Needs(Permission::FulfillmentWork)),
    ("pickListCancel", Needs(Permission::FulfillmentWork)),
    ("shipmentUnpack", Needs(Permission::FulfillmentWork)),
    ("shipmentDispatch", Needs(Permission::FulfillmentWork)),
    ("orderCancel", Needs(Permission::OrdersCancel)),
    // shipping
    ("shipmentTrackingSet", Needs(Permission::FulfillmentWork)),
    ("shipmentTrackingAdd", Needs(Permission::FulfillmentWork)),
    ("shipmentReturned", Needs(Permission::FulfillmentWork)),
    ("trackingImport", Needs(Permission::FulfillmentWork)),
    ("carrierExport", Needs(Permission::FulfillmentWork)),
    // stored value
    ("giftCardIssue", Needs(Permission::StoredValueWrite)),
    ("giftCardBlock", Needs(Permission::StoredValueWrite)),
    ("giftCardAdjust", Needs(Permission::StoredValueWrite)),
    ("giftCardResend", Needs(Permission::StoredValueWrite)),
    ("giftCardProductSet", Needs(Permission::StoredValueWrite)),
    ("storeCreditIssue", Needs(Permission::StoredValueWrite)),
    ("storeCreditAdjust", Needs(Permission::StoredValueWrite)),
    ("pointsAdjust", Needs(Permission::StoredValueWrite)),
    ("loyaltyProgramUpsert", Needs(Permission::StoredValueWrite)),
    // payment
    ("paymentCapture", Needs(Permission::PaymentsCapture)),
    ("paymentVoid", Needs(Permission::PaymentsCapture)),
    ("paymentLinkCreate", Needs(Permission::PaymentsCapture)),
    ("refundConfirm", Needs(Permission::RefundsIssue)),
    // refund
    ("refundCreate", Needs(Permission::RefundsIssue)),
    ("refundFail", Needs(Permission::RefundsIssue)),
    ("refundRetry", Needs(Permission::RefundsIssue)),
    // pickup
    ("pickupStart", Needs(Permission::FulfillmentWork)),
    ("pickupPutBack", Needs(Permission::FulfillmentWork)),
    ("pickupReady", Needs(Permission::FulfillmentWork)),
    ("pickupShort", Needs(Permission::FulfillmentWork)),
    ("pickupUnready", Needs(Permission::FulfillmentWork)),
    ("pickupCollect", Needs(Permission::FulfillmentWork)),
    ("pickupExtend", Needs(Permission::FulfillmentWork)),
    ("pickupCodeRenew", Needs(Permission::FulfillmentWork)),
    ("pickupCancel", Needs(Permission::OrdersCancel)),
    ("storeReservationCancel", Needs(Permission::StockHold)),
    // returns
    ("returnCreate", Needs(Permission::ReturnsWork)),
    ("returnApprove", Needs(Permission::ReturnsWork)),
    ("returnDecline", Needs(Permission::ReturnsWork)),
    ("returnCancel", Needs(Permission::ReturnsWork)),
    ("returnClose", Needs(Permission::ReturnsWork)),
    ("returnReopen", Needs(Permission::ReturnsWork)),
    ("returnReceive", Needs(Permission::ReturnsWork)),
    ("returnInspect", Needs(Permission::ReturnsWork)),
    ("returnAtCounter", Needs(Permission::ReturnsWork)),
    ("returnBlind", Needs(Permission::ReturnsWork)),
    ("claimResolve", Needs(Permission::ReturnsWork)),
    ("exchangeCreate", Needs(Permission::ReturnsWork)),
    ("exchangeSettle", Needs(Permission::ReturnsWork)),
    ("exchangeCancel", Needs(Permission::ReturnsWork)),
    ("exchangeAtCounter", Needs(Permission::ReturnsWork)),
    ("returnPolicyUpsert", Needs(Permission::ReturnPoliciesWrite)),
    ("returnReasonUpsert", Needs(Permission::ReturnPoliciesWrite)),
    // register
    ("posSale", Needs(Permission::PosSell)),
    ("posSync", Needs(Permission::PosSell)),
    // drawer
    ("registerSessionOpen", Needs(Permission::DrawerWork)),
    ("registerCashMove", Needs(Permission::DrawerWork)),
    ("registerSessionCount", AnyOf(&[Permission::DrawerWork, Permission::DrawerManage])),
    ("registerSessionClose", AnyOf(&[Permission::DrawerWork, Permission::DrawerManage])),
    // messaging
    ("messageResend", Needs(Permission::MessagesSend)),
    ("messagePolicySave", Needs(Permission::PlacesWrite)),
    ("suppressionAdd", Needs(Permission::MessagesSend)),
    ("suppressionRemove", Needs(Permission::MessagesSend)),
    // event
];
/// Subscriptions of the staff schema.
const STAFF_SUBSCRIPTIONS: &[Rule] = &[
    ("orderChanged", Access::Needs(Permission::OrdersRead)),
    ("fulfillmentOrderChanged", Access::Needs(Permission::FulfillmentWork)),
    ("pickupArrivals", Access::Needs(Permission::FulfillmentWork)),
];

/// The rules of the shop schema.
#[must_use]
pub fn shop() -> Table {
    Table::new(SHOP_QUERIES, SHOP_MUTATIONS, SHOP_SUBSCRIPTIONS)
}

/// The rules of the staff schema.
#[must_use]
pub fn staff() -> Table {
    Table::new(STAFF_QUERIES, STAFF_MUTATIONS, STAFF_SUBSCRIPTIONS)
}

impl Access {
    /// Whether the actor meets the rule. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
    pub fn check(self, ctx: &Ctx) -> Result<()> {
        let actor = &ctx.actor;
        let met = match self {
            Self::Anyone => true,
            Self::Development => ctx.services.settings.development,
            Self::Customer => actor.customer_id().is_some(),
            Self::Holder => match actor {
                Actor::Guest { cart_id, order_id } => cart_id.is_some() || order_id.is_some(),
                Actor::Customer { .. } => true,
                Actor::System | Actor::Staff { .. } | Actor::Device(_) | Actor::App { .. } => false,
            },
            Self::StaffSignedIn => matches!(actor, Actor::Staff { .. }),
            Self::Device => actor.till().is_some(),
            Self::Needs(permission) => return actor.require(permission).map(|_| ()),
            Self::AnyOf(permissions) => return any_of(actor, permissions),
        };
        if met { Ok(()) } else { Err(Error::Unauthenticated) }
    }
}

fn any_of(actor: &Actor, permissions: &[Permission]) -> Result<()> {
    let mut refused = Error::Unauthenticated;
    for permission in permissions {
        match actor.require(*permission) {
            Ok(_) => return Ok(()),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

impl Table {
    fn new(queries: &[Rule], mutations: &[Rule], subscriptions: &[Rule]) -> Self {
        let map = |rules: &[Rule]| rules.iter().copied().collect();
        Self { queries: map(queries), mutations: map(mutations), subscriptions: map(subscriptions) }
    }

    /// The rules of a kind of operation, by field.
    #[must_use]
    pub fn rules(&self, kind: OperationType) -> &BTreeMap<&'static str, Access> {
        match kind {
            OperationType::Query => &self.queries,
            OperationType::Mutation => &self.mutations,
            OperationType::Subscription => &self.subscriptions,
        }
    }

    /// Whom a root field lets in; `None` for what is not in the table.
    #[must_use]
    pub fn rule(&self, kind: OperationType, field: &str) -> Option<Access> {
        self.rules(kind).get(field).copied()
    }

    /// A root field of the operation that exists only in development, when this is not.
    #[must_use]
    pub fn missing_here<'a>(&self, weight: &'a Weight, ctx: &Ctx) -> Option<&'a str> {
        let hidden = |field: &&String| self.rule(weight.kind, field) == Some(Development);
        let there = ctx.services.settings.development;
        if there { None } else { weight.roots.iter().find(hidden).map(String::as_str) }
    }

    /// Refuses an operation that has a root field which the actor may not call, or which is not in the table. What the
    /// schema does not have at all is left to the validation, which says so better.
    pub fn check(&self, index: &Index, weight: &Weight, ctx: &Ctx) -> Result<()> {
        for field in &weight.roots {
            match self.rule(weight.kind, field) {
                Some(access) => access.check(ctx)?,
                None if index.field(root_type(weight.kind), field).is_none() => {}
                None => return Err(Error::Forbidden { permission: "nobody may call this" }),
            }
        }
        Ok(())
    }
}
