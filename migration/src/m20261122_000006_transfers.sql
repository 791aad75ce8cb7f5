CREATE TABLE transfer (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    from_location_id {uuid} NOT NULL,
    to_location_id {uuid} NOT NULL,
    status TEXT NOT NULL,
    fulfillment_order_id {uuid},
    carrier TEXT,
    tracking_number TEXT,
    external_reference TEXT,
    note TEXT NOT NULL,
    expected_at {timestamp},
    dispatched_at {timestamp},
    closed_at {timestamp},
    cancel_outcome TEXT,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT transfer_pk PRIMARY KEY (id),
    CONSTRAINT transfer_from_location_id_fk FOREIGN KEY (from_location_id) REFERENCES location (id),
    CONSTRAINT transfer_to_location_id_fk FOREIGN KEY (to_location_id) REFERENCES location (id),
    CONSTRAINT transfer_status_word CHECK (status IN ('DRAFT', 'READY', 'IN_TRANSIT', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELED')),
    CONSTRAINT transfer_fulfillment_order_id_fk FOREIGN KEY (fulfillment_order_id) REFERENCES fulfillment_order (id),
    CONSTRAINT transfer_carrier_word CHECK (carrier IN ('YAMATO', 'SAGAWA', 'JAPAN_POST', 'DHL', 'FEDEX', 'UPS', 'USPS', 'OTHER')),
    CONSTRAINT transfer_cancel_outcome_word CHECK (cancel_outcome IN ('WRITE_BACK', 'WRITE_OFF')),
    CONSTRAINT transfer_number UNIQUE (number),
    CONSTRAINT transfer_external_reference UNIQUE (external_reference),
    CONSTRAINT transfer_places CHECK (from_location_id <> to_location_id)
);
CREATE INDEX transfer_from ON transfer (from_location_id, status, id);
CREATE INDEX transfer_to ON transfer (to_location_id, status, id);
CREATE INDEX transfer_work ON transfer (fulfillment_order_id);

CREATE TABLE transfer_line (
    id {uuid} NOT NULL,
    transfer_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    dispatched BIGINT NOT NULL,
    received BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    written_back BIGINT NOT NULL,
    discrepancy_reason TEXT,
    CONSTRAINT transfer_line_pk PRIMARY KEY (id),
    CONSTRAINT transfer_line_transfer_id_fk FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE CASCADE,
    CONSTRAINT transfer_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT transfer_line_variant UNIQUE (transfer_id, variant_id),
    CONSTRAINT transfer_line_quantity CHECK (quantity > 0 AND dispatched >= 0 AND received >= 0 AND damaged >= 0 AND missing >= 0 AND written_back >= 0 AND dispatched <= quantity AND received + damaged + missing + written_back <= dispatched)
);
CREATE INDEX transfer_line_of_variant ON transfer_line (variant_id);

CREATE TABLE supplier (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    lead_days INTEGER,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT supplier_pk PRIMARY KEY (id),
    CONSTRAINT supplier_code UNIQUE (code)
);

CREATE TABLE purchase_order (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    supplier_id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    over_delivery_percent INTEGER NOT NULL,
    expected_at {timestamp},
    external_reference TEXT,
    note TEXT NOT NULL,
    ordered_at {timestamp},
    closed_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT purchase_order_pk PRIMARY KEY (id),
    CONSTRAINT purchase_order_supplier_id_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id),
    CONSTRAINT purchase_order_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT purchase_order_status_word CHECK (status IN ('DRAFT', 'ORDERED', 'PARTLY_RECEIVED', 'RECEIVED', 'CANCELED')),
    CONSTRAINT purchase_order_currency_code CHECK (length(currency) = 3),
    CONSTRAINT purchase_order_over_delivery CHECK (over_delivery_percent BETWEEN 0 AND 100),
    CONSTRAINT purchase_order_number UNIQUE (number),
    CONSTRAINT purchase_order_external_reference UNIQUE (external_reference)
);
CREATE INDEX purchase_order_location ON purchase_order (location_id, status, id);
CREATE INDEX purchase_order_supplier ON purchase_order (supplier_id, id);

CREATE TABLE purchase_order_line (
    id {uuid} NOT NULL,
    purchase_order_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    unit_cost BIGINT,
    received BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    discrepancy_reason TEXT,
    CONSTRAINT purchase_order_line_pk PRIMARY KEY (id),
    CONSTRAINT purchase_order_line_purchase_order_id_fk FOREIGN KEY (purchase_order_id) REFERENCES purchase_order (id) ON DELETE CASCADE,
    CONSTRAINT purchase_order_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT purchase_order_line_variant UNIQUE (purchase_order_id, variant_id),
    CONSTRAINT purchase_order_line_quantity CHECK (quantity > 0 AND received >= 0 AND damaged >= 0 AND closed >= 0 AND (unit_cost IS NULL OR unit_cost >= 0))
);
CREATE INDEX purchase_order_line_of_variant ON purchase_order_line (variant_id);

CREATE TABLE shipping_notice (
    id {uuid} NOT NULL,
    purchase_order_id {uuid} NOT NULL,
    reference TEXT NOT NULL,
    carrier TEXT,
    tracking_number TEXT,
    expected_at {timestamp},
    received_at {timestamp},
    canceled_at {timestamp},
    created_at {timestamp} NOT NULL,
    CONSTRAINT shipping_notice_pk PRIMARY KEY (id),
    CONSTRAINT shipping_notice_purchase_order_id_fk FOREIGN KEY (purchase_order_id) REFERENCES purchase_order (id) ON DELETE CASCADE,
    CONSTRAINT shipping_notice_carrier_word CHECK (carrier IN ('YAMATO', 'SAGAWA', 'JAPAN_POST', 'DHL', 'FEDEX', 'UPS', 'USPS', 'OTHER')),
    CONSTRAINT shipping_notice_reference UNIQUE (purchase_order_id, reference)
);

CREATE TABLE shipping_notice_line (
    shipping_notice_id {uuid} NOT NULL,
    purchase_order_line_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT shipping_notice_line_pk PRIMARY KEY (shipping_notice_id, purchase_order_line_id),
    CONSTRAINT shipping_notice_line_shipping_notice_id_fk FOREIGN KEY (shipping_notice_id) REFERENCES shipping_notice (id) ON DELETE CASCADE,
    CONSTRAINT shipping_notice_line_purchase_order_line_id_fk FOREIGN KEY (purchase_order_line_id) REFERENCES purchase_order_line (id) ON DELETE CASCADE,
    CONSTRAINT shipping_notice_line_quantity CHECK (quantity > 0)
);
