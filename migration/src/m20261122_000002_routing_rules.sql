CREATE TABLE location_group (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT location_group_pk PRIMARY KEY (id),
    CONSTRAINT location_group_code UNIQUE (code)
);

CREATE TABLE location_group_member (
    location_group_id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    CONSTRAINT location_group_member_pk PRIMARY KEY (location_group_id, location_id),
    CONSTRAINT location_group_member_location_group_id_fk FOREIGN KEY (location_group_id) REFERENCES location_group (id) ON DELETE CASCADE,
    CONSTRAINT location_group_member_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id)
);
CREATE INDEX location_group_member_location ON location_group_member (location_id);

CREATE TABLE routing_rule (
    id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    filters {json} NOT NULL,
    sorts {json} NOT NULL,
    allow_partial BOOLEAN NOT NULL,
    fallback TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT routing_rule_pk PRIMARY KEY (id),
    CONSTRAINT routing_rule_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT routing_rule_fallback_word CHECK (fallback IN ('NEXT_RULE', 'QUEUE', 'CANCEL'))
);
CREATE INDEX routing_rule_channel ON routing_rule (channel_id, position);

CREATE TABLE fulfillment_rejection (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    order_line_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    fulfillment_order_id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    stock_effect TEXT NOT NULL,
    note TEXT,
    rejected_at {timestamp} NOT NULL,
    CONSTRAINT fulfillment_rejection_pk PRIMARY KEY (id),
    CONSTRAINT fulfillment_rejection_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_rejection_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_rejection_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT fulfillment_rejection_fulfillment_order_id_fk FOREIGN KEY (fulfillment_order_id) REFERENCES fulfillment_order (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_rejection_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT fulfillment_rejection_reason_word CHECK (reason IN ('NOT_FOUND', 'DAMAGED', 'TOO_BUSY', 'CLOSED', 'OTHER')),
    CONSTRAINT fulfillment_rejection_stock_effect_word CHECK (stock_effect IN ('NOTHING', 'QUANTITY', 'ZERO')),
    CONSTRAINT fulfillment_rejection_quantity CHECK (quantity > 0)
);
CREATE INDEX fulfillment_rejection_line ON fulfillment_rejection (order_line_id);
CREATE INDEX fulfillment_rejection_work ON fulfillment_rejection (fulfillment_order_id);
CREATE INDEX fulfillment_rejection_place ON fulfillment_rejection (location_id, rejected_at);
CREATE INDEX fulfillment_rejection_order ON fulfillment_rejection (order_id);

ALTER TABLE fulfillment_order ADD COLUMN parked_as TEXT CONSTRAINT fulfillment_order_parked_as_word CHECK (parked_as IN ('UNFILLABLE', 'BACKORDER', 'PREORDER'));
ALTER TABLE fulfillment_order ADD COLUMN hold_note TEXT;
ALTER TABLE fulfillment_order ADD COLUMN accepted_at {timestamp};
ALTER TABLE fulfillment_order ADD COLUMN packed_at {timestamp};
ALTER TABLE fulfillment_order ADD COLUMN closed_at {timestamp};
ALTER TABLE fulfillment_order ADD COLUMN external_reference TEXT;
ALTER TABLE fulfillment_order ADD COLUMN routed_at {timestamp};
ALTER TABLE routing_decision ADD COLUMN occasion TEXT NOT NULL DEFAULT 'PLACEMENT' CONSTRAINT routing_decision_occasion_word CHECK (occasion IN ('PLACEMENT', 'REJECTION', 'ARRIVAL', 'MOVE', 'CHANGE'));
ALTER TABLE routing_decision ADD COLUMN rule_id {uuid} CONSTRAINT routing_decision_rule_id_fk REFERENCES routing_rule (id) ON DELETE SET NULL;
ALTER TABLE routing_decision ADD COLUMN fulfillment_order_id {uuid};
CREATE INDEX fulfillment_order_parked ON fulfillment_order (parked_as, fulfill_by, id);
CREATE UNIQUE INDEX fulfillment_order_external_reference ON fulfillment_order (location_id, external_reference);
CREATE INDEX fulfillment_order_routed ON fulfillment_order (location_id, routed_at);
UPDATE fulfillment_order SET routed_at = created_at WHERE location_id IS NOT NULL;
UPDATE fulfillment_order SET parked_as = 'BACKORDER' WHERE location_id IS NULL AND status = 'SCHEDULED';
