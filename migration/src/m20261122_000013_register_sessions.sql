CREATE TABLE register_session (
    id {uuid} NOT NULL,
    register_id {uuid} NOT NULL,
    number BIGINT NOT NULL,
    status TEXT NOT NULL,
    is_rescue BOOLEAN NOT NULL,
    opened_by {uuid},
    opened_at {timestamp} NOT NULL,
    opening_float BIGINT NOT NULL,
    cash BIGINT NOT NULL,
    closed_by {uuid},
    closed_at {timestamp},
    expected BIGINT,
    counted BIGINT,
    difference BIGINT,
    difference_reason TEXT,
    denominations {json},
    z_number BIGINT,
    z_report {json},
    version INTEGER NOT NULL,
    CONSTRAINT register_session_pk PRIMARY KEY (id),
    CONSTRAINT register_session_register_id_fk FOREIGN KEY (register_id) REFERENCES register (id),
    CONSTRAINT register_session_status_word CHECK (status IN ('OPEN', 'CLOSED')),
    CONSTRAINT register_session_opened_by_fk FOREIGN KEY (opened_by) REFERENCES staff (id),
    CONSTRAINT register_session_closed_by_fk FOREIGN KEY (closed_by) REFERENCES staff (id),
    CONSTRAINT register_session_number UNIQUE (register_id, number),
    CONSTRAINT register_session_z_number UNIQUE (register_id, z_number),
    CONSTRAINT register_session_float CHECK (opening_float >= 0 AND cash >= 0 AND (counted IS NULL OR counted >= 0)),
    CONSTRAINT register_session_closed CHECK ((status = 'CLOSED') = (closed_at IS NOT NULL) AND (status = 'OPEN' OR (expected IS NOT NULL AND counted IS NOT NULL AND difference = counted - expected)))
);
CREATE UNIQUE INDEX register_session_open ON register_session (register_id, is_rescue) WHERE status = 'OPEN';

CREATE TABLE cash_movement (
    id {uuid} NOT NULL,
    register_session_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    reason TEXT,
    order_id {uuid},
    payment_id {uuid},
    staff_id {uuid},
    approved_by {uuid},
    event_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT cash_movement_pk PRIMARY KEY (id),
    CONSTRAINT cash_movement_register_session_id_fk FOREIGN KEY (register_session_id) REFERENCES register_session (id),
    CONSTRAINT cash_movement_kind_word CHECK (kind IN ('FLOAT', 'IN', 'OUT', 'DROP', 'SALE', 'REFUND')),
    CONSTRAINT cash_movement_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT cash_movement_payment_id_fk FOREIGN KEY (payment_id) REFERENCES payment (id),
    CONSTRAINT cash_movement_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT cash_movement_approved_by_fk FOREIGN KEY (approved_by) REFERENCES staff (id)
);
CREATE INDEX cash_movement_session ON cash_movement (register_session_id, id);
CREATE INDEX cash_movement_payment ON cash_movement (payment_id);

ALTER TABLE register ADD COLUMN last_z_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE register ADD COLUMN requires_session BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE register ADD COLUMN cash_limit BIGINT CONSTRAINT register_cash_limit CHECK (cash_limit >= 0);
ALTER TABLE payment ADD COLUMN register_session_id {uuid} CONSTRAINT payment_register_session_id_fk REFERENCES register_session (id);
ALTER TABLE receipt ADD COLUMN register_session_id {uuid} CONSTRAINT receipt_register_session_id_fk REFERENCES register_session (id);
CREATE INDEX receipt_session ON receipt (register_session_id);
