CREATE TABLE promotion (
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    titles {json} NOT NULL,
    triggered_by TEXT NOT NULL,
    target TEXT NOT NULL,
    value TEXT NOT NULL,
    percent_ppm INTEGER,
    amount BIGINT,
    currency TEXT,
    maximum BIGINT,
    stacking TEXT NOT NULL,
    priority INTEGER NOT NULL,
    conditions {json} NOT NULL,
    starts_at {timestamp},
    ends_at {timestamp},
    usage_limit BIGINT,
    customer_limit BIGINT,
    used BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT promotion_pk PRIMARY KEY (id),
    CONSTRAINT promotion_triggered_by_word CHECK (triggered_by IN ('AUTOMATIC', 'CODE')),
    CONSTRAINT promotion_target_word CHECK (target IN ('LINES', 'ORDER', 'SHIPPING')),
    CONSTRAINT promotion_value_word CHECK (value IN ('PERCENT', 'FIXED', 'FREE')),
    CONSTRAINT promotion_currency_code CHECK (currency IS NULL OR length(currency) = 3),
    CONSTRAINT promotion_stacking_word CHECK (stacking IN ('COMBINE', 'EXCLUSIVE')),
    CONSTRAINT promotion_used CHECK (used >= 0 AND (usage_limit IS NULL OR used <= usage_limit)),
    CONSTRAINT promotion_amounts CHECK ((percent_ppm IS NULL OR percent_ppm BETWEEN 1 AND 1000000) AND (amount IS NULL OR amount > 0) AND (amount IS NULL OR currency IS NOT NULL) AND (maximum IS NULL OR maximum > 0)),
    CONSTRAINT promotion_value_given CHECK ((value = 'PERCENT') = (percent_ppm IS NOT NULL) AND (value = 'FIXED') = (amount IS NOT NULL))
);
CREATE INDEX promotion_active ON promotion (active, triggered_by, priority);

CREATE TABLE promotion_code (
    id {uuid} NOT NULL,
    promotion_id {uuid} NOT NULL,
    code TEXT NOT NULL,
    usage_limit BIGINT,
    used BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT promotion_code_pk PRIMARY KEY (id),
    CONSTRAINT promotion_code_promotion_id_fk FOREIGN KEY (promotion_id) REFERENCES promotion (id) ON DELETE CASCADE,
    CONSTRAINT promotion_code_code UNIQUE (code),
    CONSTRAINT promotion_code_used CHECK (used >= 0 AND (usage_limit IS NULL OR used <= usage_limit))
);
CREATE INDEX promotion_code_promotion ON promotion_code (promotion_id);

CREATE TABLE promotion_customer (
    promotion_id {uuid} NOT NULL,
    customer_key TEXT NOT NULL,
    used BIGINT NOT NULL,
    CONSTRAINT promotion_customer_pk PRIMARY KEY (promotion_id, customer_key),
    CONSTRAINT promotion_customer_promotion_id_fk FOREIGN KEY (promotion_id) REFERENCES promotion (id) ON DELETE CASCADE,
    CONSTRAINT promotion_customer_used CHECK (used >= 0)
);

CREATE TABLE promotion_redemption (
    id {uuid} NOT NULL,
    promotion_id {uuid} NOT NULL,
    promotion_code_id {uuid},
    order_id {uuid} NOT NULL,
    customer_key TEXT,
    amount BIGINT NOT NULL,
    created_at {timestamp} NOT NULL,
    released_at {timestamp},
    CONSTRAINT promotion_redemption_pk PRIMARY KEY (id),
    CONSTRAINT promotion_redemption_promotion_id_fk FOREIGN KEY (promotion_id) REFERENCES promotion (id),
    CONSTRAINT promotion_redemption_promotion_code_id_fk FOREIGN KEY (promotion_code_id) REFERENCES promotion_code (id),
    CONSTRAINT promotion_redemption_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT promotion_redemption_order UNIQUE (promotion_id, order_id)
);
CREATE INDEX promotion_redemption_of_order ON promotion_redemption (order_id);

CREATE TABLE order_discount (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    title TEXT NOT NULL,
    promotion_id {uuid},
    code TEXT,
    amount BIGINT NOT NULL,
    reason TEXT,
    staff_id {uuid},
    approved_by {uuid},
    CONSTRAINT order_discount_pk PRIMARY KEY (id),
    CONSTRAINT order_discount_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_discount_kind_word CHECK (kind IN ('PROMOTION', 'MANUAL', 'PRICE_OVERRIDE')),
    CONSTRAINT order_discount_target_word CHECK (target IN ('LINES', 'ORDER', 'SHIPPING')),
    CONSTRAINT order_discount_promotion_id_fk FOREIGN KEY (promotion_id) REFERENCES promotion (id),
    CONSTRAINT order_discount_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT order_discount_approved_by_fk FOREIGN KEY (approved_by) REFERENCES staff (id),
    CONSTRAINT order_discount_position UNIQUE (order_id, position),
    CONSTRAINT order_discount_amount CHECK (amount >= 0)
);
CREATE INDEX order_discount_promotion ON order_discount (promotion_id);

CREATE TABLE order_discount_share (
    order_discount_id {uuid} NOT NULL,
    order_line_id {uuid} NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT order_discount_share_pk PRIMARY KEY (order_discount_id, order_line_id),
    CONSTRAINT order_discount_share_order_discount_id_fk FOREIGN KEY (order_discount_id) REFERENCES order_discount (id) ON DELETE CASCADE,
    CONSTRAINT order_discount_share_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id) ON DELETE CASCADE,
    CONSTRAINT order_discount_share_amount CHECK (amount >= 0)
);
CREATE INDEX order_discount_share_line ON order_discount_share (order_line_id);

CREATE TABLE cart_adjustment (
    id {uuid} NOT NULL,
    cart_id {uuid} NOT NULL,
    cart_line_id {uuid},
    kind TEXT NOT NULL,
    percent_ppm INTEGER,
    amount BIGINT,
    reason TEXT NOT NULL,
    staff_id {uuid},
    approved_by {uuid},
    created_at {timestamp} NOT NULL,
    CONSTRAINT cart_adjustment_pk PRIMARY KEY (id),
    CONSTRAINT cart_adjustment_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id) ON DELETE CASCADE,
    CONSTRAINT cart_adjustment_cart_line_id_fk FOREIGN KEY (cart_line_id) REFERENCES cart_line (id) ON DELETE CASCADE,
    CONSTRAINT cart_adjustment_kind_word CHECK (kind IN ('PROMOTION', 'MANUAL', 'PRICE_OVERRIDE')),
    CONSTRAINT cart_adjustment_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT cart_adjustment_approved_by_fk FOREIGN KEY (approved_by) REFERENCES staff (id),
    CONSTRAINT cart_adjustment_value CHECK ((percent_ppm IS NULL) <> (amount IS NULL))
);
CREATE INDEX cart_adjustment_cart ON cart_adjustment (cart_id);

ALTER TABLE order_shipping ADD COLUMN discount BIGINT NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN discount_limit_ppm INTEGER NOT NULL DEFAULT 100000;
