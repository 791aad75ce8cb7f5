//! Typed ids: a UUIDv7 that knows what it names, shown as a TypeID such as `order_01j…`.

use crate::type_id::typed_id;

typed_id!(
    /// Id of a row of `event`.
    EventId,
    "evt"
);
typed_id!(
    /// Id of a row of `customer`.
    CustomerId,
    "cus"
);
typed_id!(
    /// Id of a row of `job`.
    JobId,
    "job"
);
typed_id!(
    /// Id of a row of `staff`.
    StaffId,
    "staff"
);
typed_id!(
    /// Id of a row of `role`.
    RoleId,
    "role"
);
typed_id!(
    /// Id of a row of `staff_role`.
    StaffRoleId,
    "srole"
);
typed_id!(
    /// Id of a row of `location`.
    LocationId,
    "loc"
);
typed_id!(
    /// Id of a row of `channel`.
    ChannelId,
    "chn"
);
typed_id!(
    /// Id of a row of `device`.
    DeviceId,
    "dev"
);
typed_id!(
    /// Id of a row of `register`.
    RegisterId,
    "reg"
);
typed_id!(
    /// Id of a row of `device_pairing`.
    DevicePairingId,
    "pair"
);
typed_id!(
    /// Id of a row of `refresh_token`.
    RefreshTokenId,
    "rt"
);
typed_id!(
    /// Id of a row of `api_key`.
    ApiKeyId,
    "key"
);
typed_id!(
    /// Id of a row of `one_time_code`.
    OneTimeCodeId,
    "otc"
);
typed_id!(
    /// Id of a row of `tax_class`.
    TaxClassId,
    "taxc"
);
typed_id!(
    /// Id of a row of `tax_rate`.
    TaxRateId,
    "taxr"
);
typed_id!(
    /// Id of a row of `category`.
    CategoryId,
    "cat"
);
typed_id!(
    /// Id of a row of `collection`.
    CollectionId,
    "col"
);
typed_id!(
    /// Id of a row of `product`.
    ProductId,
    "prod"
);
typed_id!(
    /// Id of a row of `product_option`.
    ProductOptionId,
    "opt"
);
typed_id!(
    /// Id of a row of `variant`.
    VariantId,
    "var"
);
typed_id!(
    /// Id of a row of `media`.
    MediaId,
    "media"
);
typed_id!(
    /// Id of a row of `price`.
    PriceId,
    "price"
);
typed_id!(
    /// Id of a row of `customer_identifier`.
    CustomerIdentifierId,
    "cid"
);
typed_id!(
    /// Id of a row of `customer_address`.
    CustomerAddressId,
    "addr"
);
typed_id!(
    /// Id of a row of `customer_consent`.
    CustomerConsentId,
    "cons"
);
typed_id!(
    /// Id of a row of `stock_movement`.
    StockMovementId,
    "mov"
);
typed_id!(
    /// Id of a row of `stock_hold`.
    StockHoldId,
    "hold"
);
typed_id!(
    /// Id of a row of `cart`.
    CartId,
    "cart"
);
typed_id!(
    /// Id of a row of `shipping_method`.
    ShippingMethodId,
    "shipm"
);
typed_id!(
    /// Id of a row of `shipping_rate`.
    ShippingRateId,
    "shipr"
);
typed_id!(
    /// Id of a row of `cart_line`.
    CartLineId,
    "cline"
);
typed_id!(
    /// Id of a row of `orders`.
    OrderId,
    "order"
);
typed_id!(
    /// Id of a row of `order_line`.
    OrderLineId,
    "oline"
);
typed_id!(
    /// Id of a row of `order_shipping`.
    OrderShippingId,
    "oship"
);
typed_id!(
    /// Id of a row of `order_note`.
    OrderNoteId,
    "note"
);
typed_id!(
    /// Id of a row of `routing_decision`.
    RoutingDecisionId,
    "route"
);
typed_id!(
    /// Id of a row of `fulfillment_order`.
    FulfillmentOrderId,
    "fo"
);
typed_id!(
    /// Id of a row of `fulfillment_order_line`.
    FulfillmentOrderLineId,
    "foline"
);
typed_id!(
    /// Id of a row of `payment`.
    PaymentId,
    "pay"
);
typed_id!(
    /// Id of a row of `payment_event`.
    PaymentEventId,
    "pevt"
);
typed_id!(
    /// Id of a row of `receipt`.
    ReceiptId,
    "rcpt"
);
typed_id!(
    /// Id of a row of `message`.
    MessageId,
    "msg"
);
typed_id!(
    /// Id of a row of `location_group`.
    LocationGroupId,
    "locg"
);
typed_id!(
    /// Id of a row of `routing_rule`.
    RoutingRuleId,
    "rule"
);
typed_id!(
    /// Id of a row of `fulfillment_rejection`.
    FulfillmentRejectionId,
    "frej"
);
typed_id!(
    /// Id of a row of `storage_area`.
    StorageAreaId,
    "area"
);
typed_id!(
    /// Id of a row of `pick_list`.
    PickListId,
    "pick"
);
typed_id!(
    /// Id of a row of `pick_list_line`.
    PickListLineId,
    "pickl"
);
typed_id!(
    /// Id of a row of `shipment`.
    ShipmentId,
    "ship"
);
typed_id!(
    /// Id of a row of `shipment_line`.
    ShipmentLineId,
    "shipl"
);
typed_id!(
    /// Id of a row of `tracking_event`.
    TrackingEventId,
    "trk"
);
typed_id!(
    /// Id of a row of `pickup`.
    PickupId,
    "pickup"
);
typed_id!(
    /// Id of a row of `store_reservation`.
    StoreReservationId,
    "rsv"
);
typed_id!(
    /// Id of a row of `store_reservation_line`.
    StoreReservationLineId,
    "rsvl"
);
typed_id!(
    /// Id of a row of `refund`.
    RefundId,
    "refund"
);
typed_id!(
    /// Id of a row of `transfer`.
    TransferId,
    "trf"
);
typed_id!(
    /// Id of a row of `transfer_line`.
    TransferLineId,
    "trfl"
);
typed_id!(
    /// Id of a row of `supplier`.
    SupplierId,
    "sup"
);
typed_id!(
    /// Id of a row of `purchase_order`.
    PurchaseOrderId,
    "po"
);
typed_id!(
    /// Id of a row of `purchase_order_line`.
    PurchaseOrderLineId,
    "pol"
);
typed_id!(
    /// Id of a row of `shipping_notice`.
    ShippingNoticeId,
    "asn"
);
typed_id!(
    /// Id of a row of `stock_count`.
    StockCountId,
    "count"
);
typed_id!(
    /// Id of a row of `stock_count_line`.
    StockCountLineId,
    "countl"
);
typed_id!(
    /// Id of a row of `stock_count_session`.
    StockCountSessionId,
    "counts"
);
typed_id!(
    /// Id of a row of `stock_count_entry`.
    StockCountEntryId,
    "counte"
);
typed_id!(
    /// Id of a row of `stock_unit`.
    StockUnitId,
    "unit"
);
typed_id!(
    /// Id of a row of `stock_reason`.
    StockReasonId,
    "sreason"
);
typed_id!(
    /// Id of a row of `stock_sync_entry`.
    StockSyncEntryId,
    "sync"
);
typed_id!(
    /// Id of a row of `stored_value_account`.
    StoredValueAccountId,
    "svac"
);
typed_id!(
    /// Id of a row of `stored_value_lot`.
    StoredValueLotId,
    "svlot"
);
typed_id!(
    /// Id of a row of `stored_value_entry`.
    StoredValueEntryId,
    "svent"
);
typed_id!(
    /// Id of a row of `loyalty_program`.
    LoyaltyProgramId,
    "loyal"
);
typed_id!(
    /// Id of a row of `register_session`.
    RegisterSessionId,
    "rses"
);
typed_id!(
    /// Id of a row of `cash_movement`.
    CashMovementId,
    "cash"
);
typed_id!(
    /// Id of a row of `promotion`.
    PromotionId,
    "promo"
);
typed_id!(
    /// Id of a row of `promotion_code`.
    PromotionCodeId,
    "pcode"
);
typed_id!(
    /// Id of a row of `promotion_redemption`.
    PromotionRedemptionId,
    "prd"
);
typed_id!(
    /// Id of a row of `order_discount`.
    OrderDiscountId,
    "odis"
);
typed_id!(
    /// Id of a row of `cart_adjustment`.
    CartAdjustmentId,
    "cadj"
);
typed_id!(
    /// Id of a row of `return_policy`.
    ReturnPolicyId,
    "rpol"
);
typed_id!(
    /// Id of a row of `return_reason`.
    ReturnReasonId,
    "rrsn"
);
typed_id!(
    /// Id of a row of `returns`.
    ReturnId,
    "ret"
);
typed_id!(
    /// Id of a row of `return_line`.
    ReturnLineId,
    "rln"
);
typed_id!(
    /// Id of a row of `return_photo`.
    ReturnPhotoId,
    "rpic"
);
typed_id!(
    /// Id of a row of `return_item`.
    ReturnItemId,
    "ritm"
);
typed_id!(
    /// Id of a row of `exchange`.
    ExchangeId,
    "exch"
);
typed_id!(
    /// Id of a row of `exchange_line`.
    ExchangeLineId,
    "exln"
);
typed_id!(
    /// Id of a row of `credit_note`.
    CreditNoteId,
    "crn"
);
typed_id!(
    /// Id of a row of `gateway_event`.
    GatewayEventId,
    "gwev"
);
typed_id!(
    /// Id of a row of `payment_link`.
    PaymentLinkId,
    "plink"
);
typed_id!(
    /// Id of a row of `order_change`.
    OrderChangeId,
    "och"
);
typed_id!(
    /// Id of a row of `message_template`.
    MessageTemplateId,
    "mtpl"
);
typed_id!(
    /// Id of a row of `message_event`.
    MessageEventId,
    "mevt"
);
typed_id!(
    /// Id of a row of `suppression`.
    SuppressionId,
    "supp"
);
typed_id!(
    /// Id of a row of `flow`.
    FlowId,
    "flow"
);
typed_id!(
    /// Id of a row of `flow_version`.
    FlowVersionId,
    "flowv"
);
typed_id!(
    /// Id of a row of `flow_run`.
    FlowRunId,
    "frun"
);
typed_id!(
    /// Id of a row of `flow_step`.
    FlowStepId,
    "fstep"
);
typed_id!(
    /// Id of a row of `back_in_stock`.
    BackInStockId,
    "bis"
);
typed_id!(
    /// Id of a row of `survey`.
    SurveyId,
    "srv"
);
typed_id!(
    /// Id of a row of `survey_invitation`.
    SurveyInvitationId,
    "sinv"
);
typed_id!(
    /// Id of a row of `survey_alert`.
    SurveyAlertId,
    "salt"
);
typed_id!(
    /// Id of a row of `product_review`.
    ProductReviewId,
    "rev"
);
