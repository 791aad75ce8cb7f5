CREATE TABLE flow (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    status TEXT NOT NULL,
    is_built_in BOOLEAN NOT NULL,
    current_number INTEGER NOT NULL,
    hold_out_percent INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT flow_pk PRIMARY KEY (id),
    CONSTRAINT flow_class_word CHECK (class IN ('TRANSACTIONAL', 'SURVEY', 'MARKETING')),
    CONSTRAINT flow_status_word CHECK (status IN ('OFF', 'ON', 'PAUSED')),
    CONSTRAINT flow_code UNIQUE (code),
    CONSTRAINT flow_hold_out CHECK (hold_out_percent >= 0 AND hold_out_percent <= 50)
);

CREATE TABLE flow_version (
    id {uuid} NOT NULL,
    flow_id {uuid} NOT NULL,
    number INTEGER NOT NULL,
    definition {json} NOT NULL,
    staff_id {uuid},
    created_at {timestamp} NOT NULL,
    CONSTRAINT flow_version_pk PRIMARY KEY (id),
    CONSTRAINT flow_version_flow_id_fk FOREIGN KEY (flow_id) REFERENCES flow (id),
    CONSTRAINT flow_version_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT flow_version_number UNIQUE (flow_id, number)
);

CREATE TABLE flow_run (
    id {uuid} NOT NULL,
    flow_id {uuid} NOT NULL,
    flow_version_id {uuid} NOT NULL,
    subject_key TEXT NOT NULL,
    customer_id {uuid},
    order_id {uuid},
    channel_id {uuid},
    status TEXT NOT NULL,
    step TEXT NOT NULL,
    wake_at {timestamp},
    waits_for TEXT,
    variant TEXT,
    reason TEXT,
    context {json} NOT NULL,
    event_id {uuid},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT flow_run_pk PRIMARY KEY (id),
    CONSTRAINT flow_run_flow_id_fk FOREIGN KEY (flow_id) REFERENCES flow (id),
    CONSTRAINT flow_run_flow_version_id_fk FOREIGN KEY (flow_version_id) REFERENCES flow_version (id),
    CONSTRAINT flow_run_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT flow_run_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT flow_run_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT flow_run_status_word CHECK (status IN ('WAITING', 'DONE', 'STOPPED', 'HELD_OUT')),
    CONSTRAINT flow_run_subject UNIQUE (flow_id, subject_key)
);
CREATE INDEX flow_run_due ON flow_run (status, wake_at);
CREATE INDEX flow_run_flow ON flow_run (flow_id, id);
CREATE INDEX flow_run_customer ON flow_run (customer_id, id);
CREATE INDEX flow_run_order ON flow_run (order_id, id);

CREATE TABLE flow_step (
    id {uuid} NOT NULL,
    flow_run_id {uuid} NOT NULL,
    step TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    message_id {uuid},
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT flow_step_pk PRIMARY KEY (id),
    CONSTRAINT flow_step_flow_run_id_fk FOREIGN KEY (flow_run_id) REFERENCES flow_run (id),
    CONSTRAINT flow_step_outcome_word CHECK (outcome IN ('DONE', 'SKIPPED', 'FAILED')),
    CONSTRAINT flow_step_message_id_fk FOREIGN KEY (message_id) REFERENCES message (id)
);
CREATE INDEX flow_step_run ON flow_step (flow_run_id, id);

CREATE TABLE product_guide (
    product_id {uuid} NOT NULL,
    texts {json} NOT NULL,
    url TEXT,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT product_guide_pk PRIMARY KEY (product_id),
    CONSTRAINT product_guide_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

CREATE TABLE back_in_stock (
    id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    customer_id {uuid},
    email TEXT NOT NULL,
    locale TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    notified_at {timestamp},
    canceled_at {timestamp},
    created_at {timestamp} NOT NULL,
    CONSTRAINT back_in_stock_pk PRIMARY KEY (id),
    CONSTRAINT back_in_stock_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT back_in_stock_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT back_in_stock_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT back_in_stock_quantity CHECK (quantity > 0)
);
CREATE UNIQUE INDEX back_in_stock_once ON back_in_stock (variant_id, channel_id, email) WHERE notified_at IS NULL AND canceled_at IS NULL;
CREATE INDEX back_in_stock_variant ON back_in_stock (variant_id, channel_id, id);

CREATE INDEX back_in_stock_customer ON back_in_stock (customer_id);
CREATE INDEX customer_birthday ON customer (birth_on) WHERE birth_on IS NOT NULL;
CREATE INDEX message_flow_run ON message (flow_run_id);
