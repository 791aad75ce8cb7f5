CREATE TABLE shipment (
    id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    carrier TEXT NOT NULL,
    carrier_name TEXT,
    service TEXT,
    tracking_number TEXT,
    tracking_url TEXT,
    tracking_status TEXT NOT NULL,
    recipient {json} NOT NULL,
    delivery_on {date},
    delivery_slot TEXT,
    weight_grams BIGINT,
    external_reference TEXT,
    packed_at {timestamp} NOT NULL,
    shipped_at {timestamp},
    delivered_at {timestamp},
    returned_at {timestamp},
    voided_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT shipment_pk PRIMARY KEY (id),
    CONSTRAINT shipment_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT shipment_carrier_word CHECK (carrier IN ('YAMATO', 'SAGAWA', 'JAPAN_POST', 'DHL', 'FEDEX', 'UPS', 'USPS', 'OTHER')),
    CONSTRAINT shipment_tracking_status_word CHECK (tracking_status IN ('PRE_TRANSIT', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'FAILED', 'RETURN_TO_SENDER')),
    CONSTRAINT shipment_external_reference UNIQUE (location_id, external_reference)
);
CREATE INDEX shipment_location ON shipment (location_id, shipped_at, id);
CREATE INDEX shipment_tracking ON shipment (carrier, tracking_number);

CREATE TABLE shipment_line (
    id {uuid} NOT NULL,
    shipment_id {uuid} NOT NULL,
    fulfillment_order_line_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT shipment_line_pk PRIMARY KEY (id),
    CONSTRAINT shipment_line_shipment_id_fk FOREIGN KEY (shipment_id) REFERENCES shipment (id) ON DELETE CASCADE,
    CONSTRAINT shipment_line_fulfillment_order_line_id_fk FOREIGN KEY (fulfillment_order_line_id) REFERENCES fulfillment_order_line (id),
    CONSTRAINT shipment_line_work UNIQUE (shipment_id, fulfillment_order_line_id),
    CONSTRAINT shipment_line_quantity CHECK (quantity > 0)
);
CREATE INDEX shipment_line_line ON shipment_line (fulfillment_order_line_id);

CREATE TABLE tracking_event (
    id {uuid} NOT NULL,
    shipment_id {uuid} NOT NULL,
    status TEXT NOT NULL,
    description TEXT NOT NULL,
    place TEXT,
    source TEXT NOT NULL,
    external_id TEXT,
    occurred_at {timestamp} NOT NULL,
    received_at {timestamp} NOT NULL,
    CONSTRAINT tracking_event_pk PRIMARY KEY (id),
    CONSTRAINT tracking_event_shipment_id_fk FOREIGN KEY (shipment_id) REFERENCES shipment (id),
    CONSTRAINT tracking_event_status_word CHECK (status IN ('PRE_TRANSIT', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'FAILED', 'RETURN_TO_SENDER')),
    CONSTRAINT tracking_event_source_word CHECK (source IN ('STAFF', 'CARRIER', 'IMPORT')),
    CONSTRAINT tracking_event_external UNIQUE (shipment_id, external_id)
);
CREATE INDEX tracking_event_shipment ON tracking_event (shipment_id, occurred_at);

ALTER TABLE shipping_method ADD COLUMN carrier TEXT CONSTRAINT shipping_method_carrier_word CHECK (carrier IN ('YAMATO', 'SAGAWA', 'JAPAN_POST', 'DHL', 'FEDEX', 'UPS', 'USPS', 'OTHER'));
ALTER TABLE shipping_method ADD COLUMN service TEXT;
ALTER TABLE shipping_method ADD COLUMN delivery_slots {json} NOT NULL DEFAULT '[]';
ALTER TABLE shipping_method ADD COLUMN lead_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cart ADD COLUMN delivery_on {date};
ALTER TABLE cart ADD COLUMN delivery_slot TEXT;
ALTER TABLE order_shipping ADD COLUMN delivery_on {date};
ALTER TABLE order_shipping ADD COLUMN delivery_slot TEXT;
