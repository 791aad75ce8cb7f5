CREATE TABLE storage_area (
    id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT storage_area_pk PRIMARY KEY (id),
    CONSTRAINT storage_area_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT storage_area_code UNIQUE (location_id, code)
);

CREATE TABLE pick_list (
    id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    staff_id {uuid},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    closed_at {timestamp},
    CONSTRAINT pick_list_pk PRIMARY KEY (id),
    CONSTRAINT pick_list_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT pick_list_kind_word CHECK (kind IN ('ORDER', 'BATCH')),
    CONSTRAINT pick_list_status_word CHECK (status IN ('OPEN', 'DONE', 'CANCELED')),
    CONSTRAINT pick_list_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE INDEX pick_list_location ON pick_list (location_id, status, id);

CREATE TABLE pick_list_line (
    id {uuid} NOT NULL,
    pick_list_id {uuid} NOT NULL,
    fulfillment_order_line_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    storage_area_code TEXT NOT NULL,
    position INTEGER NOT NULL,
    quantity BIGINT NOT NULL,
    picked BIGINT NOT NULL,
    short BIGINT NOT NULL,
    CONSTRAINT pick_list_line_pk PRIMARY KEY (id),
    CONSTRAINT pick_list_line_pick_list_id_fk FOREIGN KEY (pick_list_id) REFERENCES pick_list (id) ON DELETE CASCADE,
    CONSTRAINT pick_list_line_fulfillment_order_line_id_fk FOREIGN KEY (fulfillment_order_line_id) REFERENCES fulfillment_order_line (id),
    CONSTRAINT pick_list_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT pick_list_line_quantity CHECK (quantity > 0 AND picked >= 0 AND short >= 0 AND picked + short <= quantity)
);
CREATE INDEX pick_list_line_list ON pick_list_line (pick_list_id, position);
CREATE INDEX pick_list_line_work ON pick_list_line (fulfillment_order_line_id);

ALTER TABLE stock_level ADD COLUMN storage_area_id {uuid} CONSTRAINT stock_level_storage_area_id_fk REFERENCES storage_area (id);
