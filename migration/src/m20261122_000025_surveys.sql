CREATE TABLE survey (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    questions {json} NOT NULL,
    thanks {json} NOT NULL,
    expires_days INTEGER NOT NULL,
    at_till BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT survey_pk PRIMARY KEY (id),
    CONSTRAINT survey_kind_word CHECK (kind IN ('NPS', 'CSAT', 'CES', 'CUSTOM')),
    CONSTRAINT survey_code UNIQUE (code),
    CONSTRAINT survey_expires CHECK (expires_days > 0)
);

CREATE TABLE survey_version (
    survey_id {uuid} NOT NULL,
    version INTEGER NOT NULL,
    questions {json} NOT NULL,
    thanks {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT survey_version_pk PRIMARY KEY (survey_id, version),
    CONSTRAINT survey_version_survey_id_fk FOREIGN KEY (survey_id) REFERENCES survey (id)
);

CREATE TABLE survey_invitation (
    id {uuid} NOT NULL,
    survey_id {uuid} NOT NULL,
    survey_version INTEGER NOT NULL,
    dedupe_key TEXT NOT NULL,
    via TEXT NOT NULL,
    customer_id {uuid},
    order_id {uuid},
    channel_id {uuid},
    location_id {uuid},
    carrier TEXT,
    locale TEXT NOT NULL,
    flow_run_id {uuid},
    message_id {uuid},
    expires_at {timestamp} NOT NULL,
    answered_at {timestamp},
    created_at {timestamp} NOT NULL,
    CONSTRAINT survey_invitation_pk PRIMARY KEY (id),
    CONSTRAINT survey_invitation_survey_id_fk FOREIGN KEY (survey_id) REFERENCES survey (id),
    CONSTRAINT survey_invitation_version_fk FOREIGN KEY (survey_id, survey_version) REFERENCES survey_version (survey_id, version),
    CONSTRAINT survey_invitation_via_word CHECK (via IN ('MAIL', 'PAGE', 'TILL', 'API')),
    CONSTRAINT survey_invitation_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT survey_invitation_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT survey_invitation_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT survey_invitation_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT survey_invitation_flow_run_id_fk FOREIGN KEY (flow_run_id) REFERENCES flow_run (id),
    CONSTRAINT survey_invitation_message_id_fk FOREIGN KEY (message_id) REFERENCES message (id),
    CONSTRAINT survey_invitation_dedupe UNIQUE (dedupe_key)
);
CREATE INDEX survey_invitation_survey ON survey_invitation (survey_id, created_at);
CREATE INDEX survey_invitation_order ON survey_invitation (order_id);
CREATE INDEX survey_invitation_customer ON survey_invitation (customer_id, id);

CREATE TABLE survey_answer (
    survey_invitation_id {uuid} NOT NULL,
    survey_id {uuid} NOT NULL,
    score INTEGER,
    answers {json} NOT NULL,
    texts {json} NOT NULL,
    comment TEXT NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT survey_answer_pk PRIMARY KEY (survey_invitation_id),
    CONSTRAINT survey_answer_survey_invitation_id_fk FOREIGN KEY (survey_invitation_id) REFERENCES survey_invitation (id) ON DELETE CASCADE,
    CONSTRAINT survey_answer_survey_id_fk FOREIGN KEY (survey_id) REFERENCES survey (id)
);
CREATE INDEX survey_answer_survey ON survey_answer (survey_id, survey_invitation_id);

CREATE TABLE survey_alert (
    id {uuid} NOT NULL,
    survey_id {uuid} NOT NULL,
    name TEXT NOT NULL,
    max_score INTEGER,
    words {json} NOT NULL,
    recipients {json} NOT NULL,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT survey_alert_pk PRIMARY KEY (id),
    CONSTRAINT survey_alert_survey_id_fk FOREIGN KEY (survey_id) REFERENCES survey (id)
);
CREATE INDEX survey_alert_survey ON survey_alert (survey_id);

CREATE TABLE survey_alert_hit (
    survey_invitation_id {uuid} NOT NULL,
    survey_alert_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT survey_alert_hit_pk PRIMARY KEY (survey_invitation_id, survey_alert_id),
    CONSTRAINT survey_alert_hit_answer_fk FOREIGN KEY (survey_invitation_id) REFERENCES survey_answer (survey_invitation_id) ON DELETE CASCADE,
    CONSTRAINT survey_alert_hit_survey_alert_id_fk FOREIGN KEY (survey_alert_id) REFERENCES survey_alert (id)
);

CREATE TABLE product_review (
    id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    customer_id {uuid},
    order_line_id {uuid},
    channel_id {uuid},
    author TEXT NOT NULL,
    rating INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    locale TEXT NOT NULL,
    status TEXT NOT NULL,
    is_verified BOOLEAN NOT NULL,
    moderation_reason TEXT,
    moderated_by {uuid},
    moderated_at {timestamp},
    reply TEXT,
    replied_by {uuid},
    replied_at {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT product_review_pk PRIMARY KEY (id),
    CONSTRAINT product_review_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id),
    CONSTRAINT product_review_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT product_review_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id),
    CONSTRAINT product_review_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT product_review_status_word CHECK (status IN ('PENDING', 'PUBLISHED', 'REJECTED')),
    CONSTRAINT product_review_moderated_by_fk FOREIGN KEY (moderated_by) REFERENCES staff (id),
    CONSTRAINT product_review_replied_by_fk FOREIGN KEY (replied_by) REFERENCES staff (id),
    CONSTRAINT product_review_line UNIQUE (order_line_id),
    CONSTRAINT product_review_rating CHECK (rating >= 1 AND rating <= 5)
);
CREATE INDEX product_review_product ON product_review (product_id, status, id);
CREATE INDEX product_review_customer ON product_review (customer_id, id);
CREATE INDEX product_review_status ON product_review (status, id);
