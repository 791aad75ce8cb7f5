CREATE TABLE stored_value_account (
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    channel_id {uuid} NOT NULL,
    currency TEXT NOT NULL,
    customer_id {uuid},
    code_hash TEXT,
    code_hint TEXT,
    balance BIGINT NOT NULL,
    held BIGINT NOT NULL,
    expires_at {timestamp},
    order_line_id {uuid},
    unit INTEGER NOT NULL,
    recipient_email TEXT,
    recipient_name TEXT,
    sender_name TEXT,
    message TEXT NOT NULL,
    locale TEXT NOT NULL,
    deliver_at {timestamp},
    delivered_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT stored_value_account_pk PRIMARY KEY (id),
    CONSTRAINT stored_value_account_kind_word CHECK (kind IN ('GIFT_CARD', 'STORE_CREDIT', 'POINTS')),
    CONSTRAINT stored_value_account_status_word CHECK (status IN ('INACTIVE', 'ACTIVE', 'BLOCKED')),
    CONSTRAINT stored_value_account_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT stored_value_account_currency_code CHECK (length(currency) = 3),
    CONSTRAINT stored_value_account_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT stored_value_account_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id),
    CONSTRAINT stored_value_account_code UNIQUE (code_hash),
    CONSTRAINT stored_value_account_unit UNIQUE (order_line_id, unit),
    CONSTRAINT stored_value_account_balance CHECK (balance >= 0 AND held >= 0 AND held <= balance)
);
CREATE INDEX stored_value_account_customer ON stored_value_account (customer_id, kind);
CREATE UNIQUE INDEX stored_value_account_once ON stored_value_account (customer_id, kind, currency) WHERE kind <> 'GIFT_CARD';
CREATE INDEX stored_value_account_delivery ON stored_value_account (deliver_at);

CREATE TABLE stored_value_lot (
    id {uuid} NOT NULL,
    stored_value_account_id {uuid} NOT NULL,
    amount BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    available_at {timestamp},
    expires_at {timestamp},
    warned_at {timestamp},
    order_id {uuid},
    created_at {timestamp} NOT NULL,
    CONSTRAINT stored_value_lot_pk PRIMARY KEY (id),
    CONSTRAINT stored_value_lot_stored_value_account_id_fk FOREIGN KEY (stored_value_account_id) REFERENCES stored_value_account (id),
    CONSTRAINT stored_value_lot_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT stored_value_lot_amount CHECK (amount > 0 AND remaining >= 0 AND remaining <= amount)
);
CREATE INDEX stored_value_lot_account ON stored_value_lot (stored_value_account_id, expires_at);
CREATE INDEX stored_value_lot_expiry ON stored_value_lot (expires_at);
CREATE INDEX stored_value_lot_order ON stored_value_lot (order_id);

CREATE TABLE stored_value_entry (
    id {uuid} NOT NULL,
    stored_value_account_id {uuid} NOT NULL,
    stored_value_lot_id {uuid},
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    held BIGINT NOT NULL,
    payment_id {uuid},
    order_id {uuid},
    reason TEXT,
    event_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT stored_value_entry_pk PRIMARY KEY (id),
    CONSTRAINT stored_value_entry_stored_value_account_id_fk FOREIGN KEY (stored_value_account_id) REFERENCES stored_value_account (id),
    CONSTRAINT stored_value_entry_stored_value_lot_id_fk FOREIGN KEY (stored_value_lot_id) REFERENCES stored_value_lot (id),
    CONSTRAINT stored_value_entry_kind_word CHECK (kind IN ('ISSUE', 'HOLD', 'CAPTURE', 'RELEASE', 'REFUND', 'EXPIRE', 'ADJUST')),
    CONSTRAINT stored_value_entry_payment_id_fk FOREIGN KEY (payment_id) REFERENCES payment (id),
    CONSTRAINT stored_value_entry_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX stored_value_entry_account ON stored_value_entry (stored_value_account_id, id);
CREATE INDEX stored_value_entry_payment ON stored_value_entry (payment_id);

CREATE TABLE gift_card_product (
    product_id {uuid} NOT NULL,
    valid_days INTEGER,
    created_at {timestamp} NOT NULL,
    CONSTRAINT gift_card_product_pk PRIMARY KEY (product_id),
    CONSTRAINT gift_card_product_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

CREATE TABLE loyalty_program (
    id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    earn_amount BIGINT NOT NULL,
    earn_points BIGINT NOT NULL,
    redeem_points BIGINT NOT NULL,
    redeem_amount BIGINT NOT NULL,
    minimum_points BIGINT NOT NULL,
    pending_days INTEGER NOT NULL,
    expire_days INTEGER,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT loyalty_program_pk PRIMARY KEY (id),
    CONSTRAINT loyalty_program_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT loyalty_program_channel UNIQUE (channel_id),
    CONSTRAINT loyalty_program_rates CHECK (earn_amount > 0 AND earn_points >= 0 AND redeem_points > 0 AND redeem_amount >= 0 AND minimum_points >= 0 AND pending_days >= 0)
);

ALTER TABLE payment ADD COLUMN stored_value_account_id {uuid} CONSTRAINT payment_stored_value_account_id_fk REFERENCES stored_value_account (id);
