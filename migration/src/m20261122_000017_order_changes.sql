CREATE TABLE order_change (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    order_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    operations {json} NOT NULL,
    preview {json} NOT NULL,
    difference BIGINT NOT NULL,
    settlement TEXT NOT NULL,
    reason TEXT NOT NULL,
    staff_id {uuid},
    payment_link_id {uuid},
    refund_id {uuid},
    confirmed_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT order_change_pk PRIMARY KEY (id),
    CONSTRAINT order_change_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_change_status_word CHECK (status IN ('DRAFT', 'CONFIRMED', 'DISCARDED')),
    CONSTRAINT order_change_settlement_word CHECK (settlement IN ('NONE', 'CHARGE', 'REFUND', 'BALANCE_DUE')),
    CONSTRAINT order_change_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT order_change_payment_link_id_fk FOREIGN KEY (payment_link_id) REFERENCES payment_link (id),
    CONSTRAINT order_change_refund_id_fk FOREIGN KEY (refund_id) REFERENCES refund (id)
);
CREATE INDEX order_change_order ON order_change (order_id, id);

CREATE TABLE draft_order (
    cart_id {uuid} NOT NULL,
    number TEXT NOT NULL,
    staff_id {uuid},
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT draft_order_pk PRIMARY KEY (cart_id),
    CONSTRAINT draft_order_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id) ON DELETE CASCADE,
    CONSTRAINT draft_order_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT draft_order_number UNIQUE (number)
);

ALTER TABLE order_line ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE order_shipping ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
