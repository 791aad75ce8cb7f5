ALTER TABLE channel ADD COLUMN payment_instructions {json} NOT NULL DEFAULT '{}';

ALTER TABLE draft_order ADD COLUMN customer_id {uuid} REFERENCES customer (id);
ALTER TABLE draft_order ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE draft_order ADD COLUMN expires_at {timestamp};
ALTER TABLE draft_order ADD COLUMN reserved_until {timestamp};
ALTER TABLE draft_order ADD COLUMN discarded_at {timestamp};
CREATE INDEX draft_order_expires_at ON draft_order (expires_at);
CREATE INDEX draft_order_customer ON draft_order (customer_id);
