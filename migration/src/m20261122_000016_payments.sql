CREATE TABLE gateway_event (
    id {uuid} NOT NULL,
    gateway TEXT NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payment_id {uuid},
    payload {json} NOT NULL,
    outcome TEXT,
    received_at {timestamp} NOT NULL,
    handled_at {timestamp},
    CONSTRAINT gateway_event_pk PRIMARY KEY (id),
    CONSTRAINT gateway_event_gateway_word CHECK (gateway IN ('MANUAL', 'CASH', 'CARD_TERMINAL', 'TEST', 'GIFT_CARD', 'STORE_CREDIT', 'POINTS', 'STRIPE', 'EXCHANGE')),
    CONSTRAINT gateway_event_payment_id_fk FOREIGN KEY (payment_id) REFERENCES payment (id),
    CONSTRAINT gateway_event_external UNIQUE (gateway, external_id)
);
CREATE INDEX gateway_event_open ON gateway_event (handled_at, id);

CREATE TABLE payment_link (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    token_hash TEXT NOT NULL,
    amount BIGINT NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp},
    created_at {timestamp} NOT NULL,
    CONSTRAINT payment_link_pk PRIMARY KEY (id),
    CONSTRAINT payment_link_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT payment_link_token UNIQUE (token_hash),
    CONSTRAINT payment_link_amount CHECK (amount > 0)
);
CREATE INDEX payment_link_order ON payment_link (order_id);

ALTER TABLE channel ADD COLUMN capture_mode TEXT NOT NULL DEFAULT 'AT_ORDER' CONSTRAINT channel_capture_mode_word CHECK (capture_mode IN ('AT_ORDER', 'AT_DISPATCH'));
ALTER TABLE channel ADD COLUMN pay_within_hours INTEGER NOT NULL DEFAULT 72;
ALTER TABLE payment ADD COLUMN method TEXT CONSTRAINT payment_method_word CHECK (method IN ('BANK_TRANSFER', 'CASH_ON_DELIVERY', 'CONVENIENCE_STORE', 'OTHER'));
ALTER TABLE payment ADD COLUMN due_at {timestamp};
ALTER TABLE payment ADD COLUMN reminded_at {timestamp};
ALTER TABLE payment ADD COLUMN authorized_until {timestamp};
ALTER TABLE payment ADD COLUMN return_id {uuid} CONSTRAINT payment_return_id_fk REFERENCES returns (id);
ALTER TABLE payment_event ADD COLUMN destination TEXT NOT NULL DEFAULT 'ORIGINAL' CONSTRAINT payment_event_destination_word CHECK (destination IN ('ORIGINAL', 'STORE_CREDIT', 'EXCHANGE'));
ALTER TABLE refund ADD COLUMN return_id {uuid} CONSTRAINT refund_return_id_fk REFERENCES returns (id);
ALTER TABLE refund ADD COLUMN fee_amount BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payment_due ON payment (due_at);
CREATE INDEX payment_authorized_until ON payment (authorized_until);
