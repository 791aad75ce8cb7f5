CREATE TABLE return_policy (
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    priority INTEGER NOT NULL,
    conditions {json} NOT NULL,
    window_days INTEGER,
    final_sale BOOLEAN NOT NULL,
    needs_unused BOOLEAN NOT NULL,
    restocking_ppm INTEGER NOT NULL,
    return_shipping_fee BIGINT,
    currency TEXT,
    methods {json} NOT NULL,
    instructions {json} NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT return_policy_pk PRIMARY KEY (id),
    CONSTRAINT return_policy_currency_code CHECK (currency IS NULL OR length(currency) = 3),
    CONSTRAINT return_policy_fees CHECK ((window_days IS NULL OR window_days >= 0) AND restocking_ppm BETWEEN 0 AND 1000000 AND (return_shipping_fee IS NULL OR (return_shipping_fee >= 0 AND currency IS NOT NULL)))
);
CREATE INDEX return_policy_priority ON return_policy (active, priority);

CREATE TABLE return_reason (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    titles {json} NOT NULL,
    customer_visible BOOLEAN NOT NULL,
    is_claim BOOLEAN NOT NULL,
    seller_pays BOOLEAN NOT NULL,
    waives_restocking BOOLEAN NOT NULL,
    needs_photo BOOLEAN NOT NULL,
    position INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT return_reason_pk PRIMARY KEY (id),
    CONSTRAINT return_reason_code UNIQUE (code)
);

CREATE TABLE returns (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    channel_id {uuid} NOT NULL,
    order_id {uuid},
    customer_id {uuid},
    currency TEXT NOT NULL,
    method TEXT NOT NULL,
    lodged_location_id {uuid},
    destination_location_id {uuid},
    return_policy_id {uuid},
    note TEXT NOT NULL,
    staff_note TEXT NOT NULL,
    decline_reason TEXT,
    override_reason TEXT,
    staff_id {uuid},
    approved_by {uuid},
    restocking_fee BIGINT NOT NULL,
    return_shipping_fee BIGINT NOT NULL,
    refund_to TEXT NOT NULL,
    carrier TEXT,
    tracking_number TEXT,
    resolution TEXT,
    requested_at {timestamp} NOT NULL,
    decided_at {timestamp},
    expected_by {timestamp},
    reminded_at {timestamp},
    closed_at {timestamp},
    register_session_id {uuid},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT returns_pk PRIMARY KEY (id),
    CONSTRAINT returns_kind_word CHECK (kind IN ('RETURN', 'EXCHANGE', 'CLAIM')),
    CONSTRAINT returns_status_word CHECK (status IN ('REQUESTED', 'APPROVED', 'DECLINED', 'IN_TRANSIT', 'PARTLY_RECEIVED', 'RECEIVED', 'INSPECTED', 'CLOSED', 'CANCELED')),
    CONSTRAINT returns_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT returns_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT returns_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT returns_currency_code CHECK (length(currency) = 3),
    CONSTRAINT returns_method_word CHECK (method IN ('CARRIER', 'STORE', 'NONE')),
    CONSTRAINT returns_lodged_location_id_fk FOREIGN KEY (lodged_location_id) REFERENCES location (id),
    CONSTRAINT returns_destination_location_id_fk FOREIGN KEY (destination_location_id) REFERENCES location (id),
    CONSTRAINT returns_return_policy_id_fk FOREIGN KEY (return_policy_id) REFERENCES return_policy (id),
    CONSTRAINT returns_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT returns_approved_by_fk FOREIGN KEY (approved_by) REFERENCES staff (id),
    CONSTRAINT returns_refund_to_word CHECK (refund_to IN ('ORIGINAL', 'STORE_CREDIT', 'EXCHANGE')),
    CONSTRAINT returns_resolution_word CHECK (resolution IN ('REPLACE', 'REFUND', 'REPLACE_AND_REFUND', 'REFUSED')),
    CONSTRAINT returns_register_session_id_fk FOREIGN KEY (register_session_id) REFERENCES register_session (id),
    CONSTRAINT returns_number UNIQUE (number),
    CONSTRAINT returns_fees CHECK (restocking_fee >= 0 AND return_shipping_fee >= 0)
);
CREATE INDEX returns_order ON returns (order_id);
CREATE INDEX returns_customer ON returns (customer_id, id);
CREATE INDEX returns_status ON returns (status, expected_by);
CREATE INDEX returns_lodged ON returns (lodged_location_id, status);

CREATE TABLE return_line (
    id {uuid} NOT NULL,
    return_id {uuid} NOT NULL,
    order_line_id {uuid},
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    return_reason_id {uuid},
    note TEXT NOT NULL,
    received BIGINT NOT NULL,
    inspected BIGINT NOT NULL,
    unit_price BIGINT,
    CONSTRAINT return_line_pk PRIMARY KEY (id),
    CONSTRAINT return_line_return_id_fk FOREIGN KEY (return_id) REFERENCES returns (id) ON DELETE CASCADE,
    CONSTRAINT return_line_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id),
    CONSTRAINT return_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT return_line_return_reason_id_fk FOREIGN KEY (return_reason_id) REFERENCES return_reason (id),
    CONSTRAINT return_line_quantity CHECK (quantity > 0 AND inspected >= 0 AND inspected <= received AND received <= quantity)
);
CREATE INDEX return_line_return ON return_line (return_id);
CREATE INDEX return_line_order_line ON return_line (order_line_id);

CREATE TABLE return_photo (
    id {uuid} NOT NULL,
    return_id {uuid} NOT NULL,
    return_line_id {uuid},
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    data TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT return_photo_pk PRIMARY KEY (id),
    CONSTRAINT return_photo_return_id_fk FOREIGN KEY (return_id) REFERENCES returns (id) ON DELETE CASCADE,
    CONSTRAINT return_photo_return_line_id_fk FOREIGN KEY (return_line_id) REFERENCES return_line (id) ON DELETE CASCADE,
    CONSTRAINT return_photo_size CHECK (size > 0)
);
CREATE INDEX return_photo_return ON return_photo (return_id);

CREATE TABLE return_item (
    id {uuid} NOT NULL,
    return_line_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    disposition TEXT NOT NULL,
    location_id {uuid} NOT NULL,
    note TEXT NOT NULL,
    return_photo_id {uuid},
    staff_id {uuid},
    event_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT return_item_pk PRIMARY KEY (id),
    CONSTRAINT return_item_return_line_id_fk FOREIGN KEY (return_line_id) REFERENCES return_line (id),
    CONSTRAINT return_item_disposition_word CHECK (disposition IN ('RESTOCK', 'DAMAGED', 'QUALITY_CONTROL', 'RETURN_TO_VENDOR', 'DISPOSE', 'MISSING')),
    CONSTRAINT return_item_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT return_item_return_photo_id_fk FOREIGN KEY (return_photo_id) REFERENCES return_photo (id),
    CONSTRAINT return_item_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT return_item_quantity CHECK (quantity > 0)
);
CREATE INDEX return_item_line ON return_item (return_line_id);

CREATE TABLE exchange (
    id {uuid} NOT NULL,
    return_id {uuid} NOT NULL,
    mode TEXT NOT NULL,
    status TEXT NOT NULL,
    order_id {uuid},
    credit BIGINT NOT NULL,
    guarantee_payment_id {uuid},
    due_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT exchange_pk PRIMARY KEY (id),
    CONSTRAINT exchange_return_id_fk FOREIGN KEY (return_id) REFERENCES returns (id),
    CONSTRAINT exchange_mode_word CHECK (mode IN ('AWAITING_RETURN', 'ADVANCE')),
    CONSTRAINT exchange_status_word CHECK (status IN ('AWAITING_RETURN', 'PLACED', 'COMPLETED', 'DEFAULTED', 'CANCELED')),
    CONSTRAINT exchange_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT exchange_guarantee_payment_id_fk FOREIGN KEY (guarantee_payment_id) REFERENCES payment (id),
    CONSTRAINT exchange_return UNIQUE (return_id),
    CONSTRAINT exchange_credit CHECK (credit >= 0)
);
CREATE INDEX exchange_due ON exchange (status, due_at);
CREATE INDEX exchange_order ON exchange (order_id);

CREATE TABLE exchange_line (
    id {uuid} NOT NULL,
    exchange_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    location_id {uuid},
    CONSTRAINT exchange_line_pk PRIMARY KEY (id),
    CONSTRAINT exchange_line_exchange_id_fk FOREIGN KEY (exchange_id) REFERENCES exchange (id) ON DELETE CASCADE,
    CONSTRAINT exchange_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT exchange_line_delivery_word CHECK (delivery IN ('SHIP', 'PICKUP', 'CARRY_OUT', 'LOCAL_DELIVERY')),
    CONSTRAINT exchange_line_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT exchange_line_quantity CHECK (quantity > 0 AND unit_price >= 0)
);
CREATE INDEX exchange_line_exchange ON exchange_line (exchange_id);

CREATE TABLE credit_note (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    channel_id {uuid} NOT NULL,
    order_id {uuid},
    refund_id {uuid} NOT NULL,
    return_id {uuid},
    document {json} NOT NULL,
    register_session_id {uuid},
    issued_at {timestamp} NOT NULL,
    CONSTRAINT credit_note_pk PRIMARY KEY (id),
    CONSTRAINT credit_note_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT credit_note_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT credit_note_refund_id_fk FOREIGN KEY (refund_id) REFERENCES refund (id),
    CONSTRAINT credit_note_return_id_fk FOREIGN KEY (return_id) REFERENCES returns (id),
    CONSTRAINT credit_note_register_session_id_fk FOREIGN KEY (register_session_id) REFERENCES register_session (id),
    CONSTRAINT credit_note_number UNIQUE (number),
    CONSTRAINT credit_note_refund UNIQUE (refund_id)
);
CREATE INDEX credit_note_order ON credit_note (order_id);
CREATE INDEX credit_note_session ON credit_note (register_session_id);
