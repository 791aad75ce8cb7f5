CREATE TABLE stock_unit (
    id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    code TEXT NOT NULL,
    tracking TEXT NOT NULL,
    status TEXT NOT NULL,
    location_id {uuid},
    quantity BIGINT NOT NULL,
    expires_on {date},
    fulfillment_order_line_id {uuid},
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT stock_unit_pk PRIMARY KEY (id),
    CONSTRAINT stock_unit_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_unit_tracking_word CHECK (tracking IN ('SERIAL', 'LOT')),
    CONSTRAINT stock_unit_status_word CHECK (status IN ('IN_STOCK', 'IN_TRANSIT', 'SOLD', 'REMOVED')),
    CONSTRAINT stock_unit_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_unit_fulfillment_order_line_id_fk FOREIGN KEY (fulfillment_order_line_id) REFERENCES fulfillment_order_line (id),
    CONSTRAINT stock_unit_quantity CHECK (quantity >= 0),
    CONSTRAINT stock_unit_in_stock_somewhere CHECK (status <> 'IN_STOCK' OR location_id IS NOT NULL)
);
CREATE INDEX stock_unit_variant ON stock_unit (variant_id, code);
CREATE INDEX stock_unit_location ON stock_unit (location_id, variant_id, status);
CREATE INDEX stock_unit_line ON stock_unit (fulfillment_order_line_id);

CREATE TABLE stock_reason (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    translations {json} NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT stock_reason_pk PRIMARY KEY (id),
    CONSTRAINT stock_reason_code UNIQUE (code)
);

CREATE TABLE stock_snapshot (
    source TEXT NOT NULL,
    location_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    snapshot_at {timestamp} NOT NULL,
    quantity BIGINT NOT NULL,
    received_at {timestamp} NOT NULL,
    CONSTRAINT stock_snapshot_pk PRIMARY KEY (source, location_id, variant_id),
    CONSTRAINT stock_snapshot_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_snapshot_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id)
);

ALTER TABLE variant ADD COLUMN unit_tracking TEXT NOT NULL DEFAULT 'NONE' CONSTRAINT variant_unit_tracking_word CHECK (unit_tracking IN ('NONE', 'SERIAL', 'LOT'));
CREATE UNIQUE INDEX stock_unit_serial ON stock_unit (variant_id, code) WHERE tracking = 'SERIAL';
CREATE UNIQUE INDEX stock_unit_in_stock ON stock_unit (variant_id, code, location_id) WHERE status = 'IN_STOCK';

ALTER TABLE stock_level ADD COLUMN numbered BIGINT NOT NULL DEFAULT 0 CONSTRAINT stock_level_numbered CHECK (numbered >= 0 AND numbered <= on_hand);
ALTER TABLE stock_level ADD COLUMN turnover BIGINT NOT NULL DEFAULT 0;

CREATE TABLE stock_sync_entry (
    id {uuid} NOT NULL,
    source TEXT NOT NULL,
    location_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    stated_at {timestamp} NOT NULL,
    quantity BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    event_id {uuid} NOT NULL,
    received_at {timestamp} NOT NULL,
    CONSTRAINT stock_sync_entry_pk PRIMARY KEY (id),
    CONSTRAINT stock_sync_entry_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_sync_entry_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_sync_entry_kind_word CHECK (kind IN ('DELTA', 'ABSOLUTE', 'SHIPMENT'))
);
CREATE INDEX stock_sync_entry_level ON stock_sync_entry (location_id, variant_id, id);
CREATE INDEX fulfillment_order_feed ON fulfillment_order (location_id, updated_at, id);

ALTER TABLE api_key ADD COLUMN location_ids {json} NOT NULL DEFAULT '[]';
