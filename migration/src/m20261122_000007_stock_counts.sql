CREATE TABLE stock_count (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    location_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    blind BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    round INTEGER NOT NULL,
    submitted_at {timestamp},
    accepted_at {timestamp},
    accepted_by {uuid},
    canceled_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT stock_count_pk PRIMARY KEY (id),
    CONSTRAINT stock_count_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_count_kind_word CHECK (kind IN ('DIRECTED', 'FULL')),
    CONSTRAINT stock_count_status_word CHECK (status IN ('OPEN', 'COUNTING', 'SUBMITTED', 'ACCEPTED', 'CANCELED')),
    CONSTRAINT stock_count_accepted_by_fk FOREIGN KEY (accepted_by) REFERENCES staff (id),
    CONSTRAINT stock_count_number UNIQUE (number)
);
CREATE INDEX stock_count_location ON stock_count (location_id, status, id);

CREATE TABLE stock_count_line (
    id {uuid} NOT NULL,
    stock_count_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    round INTEGER NOT NULL,
    expected BIGINT,
    counted BIGINT,
    unsettled BOOLEAN NOT NULL,
    turnover BIGINT,
    accepted_variance BIGINT,
    CONSTRAINT stock_count_line_pk PRIMARY KEY (id),
    CONSTRAINT stock_count_line_stock_count_id_fk FOREIGN KEY (stock_count_id) REFERENCES stock_count (id) ON DELETE CASCADE,
    CONSTRAINT stock_count_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_count_line_variant UNIQUE (stock_count_id, variant_id),
    CONSTRAINT stock_count_line_counted CHECK (counted IS NULL OR counted >= 0)
);
CREATE INDEX stock_count_line_of_variant ON stock_count_line (variant_id);

CREATE TABLE stock_count_session (
    id {uuid} NOT NULL,
    stock_count_id {uuid} NOT NULL,
    storage_area_id {uuid},
    staff_id {uuid},
    round INTEGER NOT NULL,
    started_at {timestamp} NOT NULL,
    closed_at {timestamp},
    CONSTRAINT stock_count_session_pk PRIMARY KEY (id),
    CONSTRAINT stock_count_session_stock_count_id_fk FOREIGN KEY (stock_count_id) REFERENCES stock_count (id) ON DELETE CASCADE,
    CONSTRAINT stock_count_session_storage_area_id_fk FOREIGN KEY (storage_area_id) REFERENCES storage_area (id),
    CONSTRAINT stock_count_session_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE INDEX stock_count_session_count ON stock_count_session (stock_count_id, id);

CREATE TABLE stock_count_entry (
    id {uuid} NOT NULL,
    stock_count_session_id {uuid} NOT NULL,
    stock_count_line_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    source TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    counted_at {timestamp} NOT NULL,
    CONSTRAINT stock_count_entry_pk PRIMARY KEY (id),
    CONSTRAINT stock_count_entry_stock_count_session_id_fk FOREIGN KEY (stock_count_session_id) REFERENCES stock_count_session (id),
    CONSTRAINT stock_count_entry_stock_count_line_id_fk FOREIGN KEY (stock_count_line_id) REFERENCES stock_count_line (id),
    CONSTRAINT stock_count_entry_source_word CHECK (source IN ('SCAN', 'MANUAL', 'RFID'))
);
CREATE INDEX stock_count_entry_session ON stock_count_entry (stock_count_session_id);
CREATE INDEX stock_count_entry_line ON stock_count_entry (stock_count_line_id, id);

CREATE TABLE stock_count_tag (
    stock_count_id {uuid} NOT NULL,
    round INTEGER NOT NULL,
    epc TEXT NOT NULL,
    variant_id {uuid},
    serial TEXT,
    read_at {timestamp} NOT NULL,
    CONSTRAINT stock_count_tag_pk PRIMARY KEY (stock_count_id, round, epc),
    CONSTRAINT stock_count_tag_stock_count_id_fk FOREIGN KEY (stock_count_id) REFERENCES stock_count (id) ON DELETE CASCADE,
    CONSTRAINT stock_count_tag_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id)
);

INSERT INTO sequence (name, value) VALUES ('stock_count', 0);
