CREATE TABLE channel_brand (
    channel_id {uuid} NOT NULL,
    color TEXT NOT NULL,
    text_color TEXT NOT NULL,
    logo_url TEXT,
    logo_width INTEGER NOT NULL,
    sender_name TEXT,
    reply_to TEXT,
    footer {json} NOT NULL,
    storefront_url TEXT,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT channel_brand_pk PRIMARY KEY (channel_id),
    CONSTRAINT channel_brand_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT channel_brand_colors CHECK (length(color) = 7 AND length(text_color) = 7)
);

CREATE TABLE message_policy (
    channel_id {uuid} NOT NULL,
    quiet_from TEXT NOT NULL,
    quiet_until TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    cap_count INTEGER NOT NULL,
    cap_days INTEGER NOT NULL,
    consent_wording {json} NOT NULL,
    wording_version TEXT NOT NULL,
    track_opens BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT message_policy_pk PRIMARY KEY (channel_id),
    CONSTRAINT message_policy_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT message_policy_cap CHECK (cap_count >= 0 AND cap_days > 0)
);

CREATE TABLE message_template (
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    channel_id {uuid},
    locale TEXT NOT NULL,
    number INTEGER NOT NULL,
    subject TEXT NOT NULL,
    mjml TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    staff_id {uuid},
    failed_at {timestamp},
    failure TEXT,
    created_at {timestamp} NOT NULL,
    CONSTRAINT message_template_pk PRIMARY KEY (id),
    CONSTRAINT message_template_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT message_template_state_word CHECK (state IN ('DRAFT', 'ACTIVE', 'RETIRED')),
    CONSTRAINT message_template_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE INDEX message_template_name ON message_template (name, locale, state);
CREATE UNIQUE INDEX message_template_number ON message_template (name, locale, number, channel_id) WHERE channel_id IS NOT NULL;
CREATE UNIQUE INDEX message_template_number_of_all ON message_template (name, locale, number) WHERE channel_id IS NULL;
CREATE UNIQUE INDEX message_template_used ON message_template (name, locale, channel_id) WHERE state = 'ACTIVE' AND channel_id IS NOT NULL;
CREATE UNIQUE INDEX message_template_used_by_all ON message_template (name, locale) WHERE state = 'ACTIVE' AND channel_id IS NULL;

CREATE TABLE message_event (
    id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT,
    by_machine BOOLEAN NOT NULL,
    provider_event_id TEXT,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT message_event_pk PRIMARY KEY (id),
    CONSTRAINT message_event_message_id_fk FOREIGN KEY (message_id) REFERENCES message (id),
    CONSTRAINT message_event_kind_word CHECK (kind IN ('DELIVERED', 'BOUNCED', 'DEFERRED', 'COMPLAINED', 'CLICKED', 'OPENED', 'UNSUBSCRIBED', 'CONVERTED')),
    CONSTRAINT message_event_provider UNIQUE (provider_event_id)
);
CREATE INDEX message_event_message ON message_event (message_id, kind);
CREATE INDEX message_event_kind ON message_event (kind, occurred_at);

CREATE TABLE suppression (
    id {uuid} NOT NULL,
    channel TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    message_id {uuid},
    note TEXT,
    created_at {timestamp} NOT NULL,
    CONSTRAINT suppression_pk PRIMARY KEY (id),
    CONSTRAINT suppression_channel_word CHECK (channel IN ('EMAIL', 'LINE', 'SMS', 'WEBHOOK')),
    CONSTRAINT suppression_scope_word CHECK (scope IN ('ALL', 'MARKETING')),
    CONSTRAINT suppression_reason_word CHECK (reason IN ('BOUNCE', 'COMPLAINT', 'UNSUBSCRIBE', 'MANUAL')),
    CONSTRAINT suppression_message_id_fk FOREIGN KEY (message_id) REFERENCES message (id),
    CONSTRAINT suppression_address UNIQUE (channel, address_hash, scope)
);

ALTER TABLE message ADD COLUMN class TEXT NOT NULL DEFAULT 'TRANSACTIONAL' CONSTRAINT message_class_word CHECK (class IN ('TRANSACTIONAL', 'SURVEY', 'MARKETING'));
ALTER TABLE message ADD COLUMN channel_id {uuid} REFERENCES channel (id);
ALTER TABLE message ADD COLUMN template_id {uuid} REFERENCES message_template (id);
ALTER TABLE message ADD COLUMN reason TEXT;
ALTER TABLE message ADD COLUMN send_after {timestamp};
ALTER TABLE message ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN provider_id TEXT;
ALTER TABLE message ADD COLUMN unsubscribe_url TEXT;
ALTER TABLE message ADD COLUMN flow_id {uuid};
ALTER TABLE message ADD COLUMN flow_run_id {uuid};
ALTER TABLE message ADD COLUMN step TEXT;
ALTER TABLE message ADD COLUMN variant TEXT;
CREATE INDEX message_provider ON message (provider_id);
CREATE INDEX message_flow ON message (flow_id, step, variant);
CREATE INDEX message_class ON message (class, created_at);
