CREATE TABLE cart_handover (
    code_hash TEXT NOT NULL,
    cart_id {uuid} NOT NULL,
    continued_as {uuid},
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp},
    CONSTRAINT cart_handover_pk PRIMARY KEY (code_hash),
    CONSTRAINT cart_handover_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id)
);
CREATE INDEX cart_handover_cart ON cart_handover (cart_id);
CREATE UNIQUE INDEX cart_handover_continued_as ON cart_handover (continued_as) WHERE continued_as IS NOT NULL;
CREATE INDEX cart_handover_expiry ON cart_handover (expires_at) WHERE continued_as IS NULL;
