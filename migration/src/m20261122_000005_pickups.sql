CREATE TABLE pickup (
    id {uuid} NOT NULL,
    fulfillment_order_id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    status TEXT NOT NULL,
    code_hash TEXT,
    code_number INTEGER NOT NULL,
    collector_name TEXT,
    ready_at {timestamp},
    expires_at {timestamp},
    extensions INTEGER NOT NULL,
    reminded_at {timestamp},
    arrived_at {timestamp},
    arrival_note TEXT,
    collected_at {timestamp},
    collected_by TEXT,
    proof TEXT,
    choice_expires_at {timestamp},
    choice TEXT,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT pickup_pk PRIMARY KEY (id),
    CONSTRAINT pickup_fulfillment_order_id_fk FOREIGN KEY (fulfillment_order_id) REFERENCES fulfillment_order (id) ON DELETE CASCADE,
    CONSTRAINT pickup_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT pickup_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT pickup_status_word CHECK (status IN ('AWAITING_TRANSFER', 'ARRIVED', 'ASSIGNED', 'PICKING', 'SHORT', 'READY', 'COLLECTED', 'EXPIRED', 'CANCELED')),
    CONSTRAINT pickup_proof_word CHECK (proof IN ('CODE', 'NAMED_PERSON')),
    CONSTRAINT pickup_choice_word CHECK (choice IN ('OTHER_STORE', 'SHIP', 'WAIT', 'CANCEL')),
    CONSTRAINT pickup_work UNIQUE (fulfillment_order_id),
    CONSTRAINT pickup_extensions CHECK (extensions >= 0)
);
CREATE INDEX pickup_location ON pickup (location_id, status, id);
CREATE INDEX pickup_order ON pickup (order_id);
CREATE INDEX pickup_expiry ON pickup (status, expires_at);
CREATE INDEX pickup_choice_expiry ON pickup (status, choice_expires_at);
CREATE INDEX pickup_code ON pickup (location_id, code_hash);

CREATE TABLE store_reservation (
    id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    customer_id {uuid},
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    locale TEXT NOT NULL,
    status TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    note TEXT NOT NULL,
    expires_at {timestamp} NOT NULL,
    closed_at {timestamp},
    order_id {uuid},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT store_reservation_pk PRIMARY KEY (id),
    CONSTRAINT store_reservation_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT store_reservation_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT store_reservation_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT store_reservation_status_word CHECK (status IN ('OPEN', 'SOLD', 'EXPIRED', 'CANCELED')),
    CONSTRAINT store_reservation_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX store_reservation_location ON store_reservation (location_id, status, expires_at);
CREATE INDEX store_reservation_customer ON store_reservation (customer_id, id);
CREATE INDEX store_reservation_code ON store_reservation (location_id, code_hash);

CREATE TABLE store_reservation_line (
    id {uuid} NOT NULL,
    store_reservation_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    stock_hold_id {uuid},
    CONSTRAINT store_reservation_line_pk PRIMARY KEY (id),
    CONSTRAINT store_reservation_line_store_reservation_id_fk FOREIGN KEY (store_reservation_id) REFERENCES store_reservation (id) ON DELETE CASCADE,
    CONSTRAINT store_reservation_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT store_reservation_line_quantity CHECK (quantity > 0)
);
CREATE INDEX store_reservation_line_reservation ON store_reservation_line (store_reservation_id);

CREATE TABLE refund (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    shipping_amount BIGINT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    event_id {uuid} NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT refund_pk PRIMARY KEY (id),
    CONSTRAINT refund_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT refund_currency_code CHECK (length(currency) = 3),
    CONSTRAINT refund_reason_word CHECK (reason IN ('CANCELED', 'PICKUP_EXPIRED', 'UNFILLABLE', 'RETURNED', 'GOODWILL', 'OTHER')),
    CONSTRAINT refund_amount CHECK (amount >= 0 AND shipping_amount >= 0 AND shipping_amount <= amount)
);
CREATE INDEX refund_order ON refund (order_id);

CREATE TABLE refund_line (
    refund_id {uuid} NOT NULL,
    order_line_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT refund_line_pk PRIMARY KEY (refund_id, order_line_id),
    CONSTRAINT refund_line_refund_id_fk FOREIGN KEY (refund_id) REFERENCES refund (id) ON DELETE CASCADE,
    CONSTRAINT refund_line_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id),
    CONSTRAINT refund_line_amount CHECK (quantity > 0 AND amount >= 0)
);
CREATE INDEX refund_line_line ON refund_line (order_line_id);

ALTER TABLE payment_event ADD COLUMN refund_id {uuid} CONSTRAINT payment_event_refund_id_fk REFERENCES refund (id);
ALTER TABLE location ADD COLUMN pickup_keep_days INTEGER NOT NULL DEFAULT 7;
