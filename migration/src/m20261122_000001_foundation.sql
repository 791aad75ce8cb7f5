-- Tables of the foundation. `{uuid}`, `{timestamp}`, `{date}` and `{json}` are replaced per database.

CREATE TABLE event (
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    aggregate_kind TEXT NOT NULL,
    aggregate_id {uuid} NOT NULL,
    customer_id {uuid},
    actor_kind TEXT NOT NULL,
    actor_id {uuid},
    device_id {uuid},
    request_id TEXT NOT NULL,
    payload {json} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT event_pk PRIMARY KEY (id),
    CONSTRAINT event_actor_kind_word CHECK (actor_kind IN ('SYSTEM', 'GUEST', 'CUSTOMER', 'STAFF', 'DEVICE', 'APP'))
);
CREATE INDEX event_aggregate ON event (aggregate_kind, aggregate_id, id);
CREATE INDEX event_customer ON event (customer_id, id);
CREATE INDEX event_kind ON event (kind, id);

CREATE TABLE job (
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    payload {json} NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at {timestamp} NOT NULL,
    lease_until {timestamp},
    claimed_by TEXT,
    last_error TEXT,
    dedupe_key TEXT,
    created_at {timestamp} NOT NULL,
    CONSTRAINT job_pk PRIMARY KEY (id),
    CONSTRAINT job_state_word CHECK (state IN ('QUEUED', 'RUNNING', 'DEAD')),
    CONSTRAINT job_dedupe UNIQUE (dedupe_key)
);
CREATE INDEX job_due ON job (state, run_at);
CREATE INDEX job_subject ON job (subject, id);

CREATE TABLE event_delivery (
    handler TEXT NOT NULL,
    event_id {uuid} NOT NULL,
    outcome TEXT NOT NULL,
    handled_at {timestamp} NOT NULL,
    CONSTRAINT event_delivery_pk PRIMARY KEY (handler, event_id)
);

CREATE TABLE idempotency_key (
    actor_key TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    resource_id {uuid} NOT NULL,
    response {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT idempotency_key_pk PRIMARY KEY (actor_key, operation, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

CREATE TABLE sequence (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT sequence_pk PRIMARY KEY (name)
);

CREATE TABLE staff (
    id {uuid} NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    locale TEXT NOT NULL,
    password_hash TEXT,
    pin_hash TEXT,
    active BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT staff_pk PRIMARY KEY (id),
    CONSTRAINT staff_email UNIQUE (email)
);

CREATE TABLE role (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    permissions {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT role_pk PRIMARY KEY (id),
    CONSTRAINT role_code UNIQUE (code)
);

CREATE TABLE api_key (
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    permissions {json} NOT NULL,
    created_by {uuid},
    created_at {timestamp} NOT NULL,
    expires_at {timestamp},
    last_used_at {timestamp},
    revoked_at {timestamp},
    CONSTRAINT api_key_pk PRIMARY KEY (id),
    CONSTRAINT api_key_created_by_fk FOREIGN KEY (created_by) REFERENCES staff (id),
    CONSTRAINT api_key_hash UNIQUE (token_hash)
);

CREATE TABLE sign_in_throttle (
    key TEXT NOT NULL,
    failures INTEGER NOT NULL,
    window_started_at {timestamp} NOT NULL,
    locked_until {timestamp},
    CONSTRAINT sign_in_throttle_pk PRIMARY KEY (key)
);

CREATE TABLE location (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    translations {json} NOT NULL,
    kind TEXT NOT NULL,
    address {json} NOT NULL,
    latitude_e6 INTEGER,
    longitude_e6 INTEGER,
    time_zone TEXT NOT NULL,
    opening_hours {json} NOT NULL,
    fulfills_online BOOLEAN NOT NULL,
    pickup_enabled BOOLEAN NOT NULL,
    pickup_stock_policy TEXT NOT NULL,
    pickup_ready_minutes INTEGER NOT NULL,
    accepts_returns BOOLEAN NOT NULL,
    daily_order_limit INTEGER,
    default_safety_stock BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    external_reference TEXT,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT location_pk PRIMARY KEY (id),
    CONSTRAINT location_kind_word CHECK (kind IN ('STORE', 'WAREHOUSE', 'DARK_STORE', 'THIRD_PARTY')),
    CONSTRAINT location_pickup_stock_policy_word CHECK (pickup_stock_policy IN ('LOCAL', 'ANY')),
    CONSTRAINT location_code UNIQUE (code),
    CONSTRAINT location_external_reference UNIQUE (external_reference),
    CONSTRAINT location_pickup_ready CHECK (pickup_ready_minutes >= 0),
    CONSTRAINT location_safety CHECK (default_safety_stock >= 0)
);

CREATE TABLE channel (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    default_locale TEXT NOT NULL,
    tax_country TEXT NOT NULL,
    prices_include_tax BOOLEAN NOT NULL,
    tax_rounding TEXT NOT NULL,
    seller_name TEXT NOT NULL,
    seller_address TEXT NOT NULL,
    invoice_registration_number TEXT,
    mail_from TEXT NOT NULL,
    order_prefix TEXT NOT NULL,
    hold_minutes INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT channel_pk PRIMARY KEY (id),
    CONSTRAINT channel_kind_word CHECK (kind IN ('ONLINE', 'POS', 'PHONE', 'MARKETPLACE')),
    CONSTRAINT channel_currency_code CHECK (length(currency) = 3),
    CONSTRAINT channel_tax_rounding_word CHECK (tax_rounding IN ('DOWN', 'HALF_UP', 'UP')),
    CONSTRAINT channel_code UNIQUE (code),
    CONSTRAINT channel_hold CHECK (hold_minutes > 0)
);

CREATE TABLE staff_role (
    id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    role_id {uuid} NOT NULL,
    location_id {uuid},
    channel_id {uuid},
    CONSTRAINT staff_role_pk PRIMARY KEY (id),
    CONSTRAINT staff_role_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE,
    CONSTRAINT staff_role_role_id_fk FOREIGN KEY (role_id) REFERENCES role (id),
    CONSTRAINT staff_role_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT staff_role_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id)
);
CREATE INDEX staff_role_staff ON staff_role (staff_id);

CREATE TABLE channel_location (
    channel_id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    priority INTEGER NOT NULL,
    CONSTRAINT channel_location_pk PRIMARY KEY (channel_id, location_id),
    CONSTRAINT channel_location_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT channel_location_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id)
);
CREATE INDEX channel_location_location ON channel_location (location_id);

CREATE TABLE tax_class (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT tax_class_pk PRIMARY KEY (id),
    CONSTRAINT tax_class_code UNIQUE (code)
);

CREATE TABLE tax_rate (
    id {uuid} NOT NULL,
    tax_class_id {uuid} NOT NULL,
    country TEXT NOT NULL,
    region TEXT,
    name TEXT NOT NULL,
    rate_ppm INTEGER NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date},
    CONSTRAINT tax_rate_pk PRIMARY KEY (id),
    CONSTRAINT tax_rate_tax_class_id_fk FOREIGN KEY (tax_class_id) REFERENCES tax_class (id),
    CONSTRAINT tax_rate_range CHECK (rate_ppm >= 0 AND rate_ppm < 1000000)
);
CREATE INDEX tax_rate_lookup ON tax_rate (country, tax_class_id, valid_from);

CREATE TABLE category (
    id {uuid} NOT NULL,
    parent_id {uuid},
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    translations {json} NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT category_pk PRIMARY KEY (id),
    CONSTRAINT category_parent_id_fk FOREIGN KEY (parent_id) REFERENCES category (id),
    CONSTRAINT category_slug UNIQUE (slug)
);
CREATE INDEX category_parent ON category (parent_id);

CREATE TABLE collection (
    id {uuid} NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    translations {json} NOT NULL,
    description_html TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT collection_pk PRIMARY KEY (id),
    CONSTRAINT collection_slug UNIQUE (slug)
);

CREATE TABLE product (
    id {uuid} NOT NULL,
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    description_html TEXT NOT NULL,
    vendor TEXT NOT NULL,
    product_type TEXT NOT NULL,
    status TEXT NOT NULL,
    category_id {uuid},
    tax_class_id {uuid} NOT NULL,
    tags {json} NOT NULL,
    seo_title TEXT,
    seo_description TEXT,
    external_reference TEXT,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT product_pk PRIMARY KEY (id),
    CONSTRAINT product_status_word CHECK (status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    CONSTRAINT product_category_id_fk FOREIGN KEY (category_id) REFERENCES category (id),
    CONSTRAINT product_tax_class_id_fk FOREIGN KEY (tax_class_id) REFERENCES tax_class (id),
    CONSTRAINT product_slug UNIQUE (slug),
    CONSTRAINT product_external_reference UNIQUE (external_reference)
);
CREATE INDEX product_category ON product (category_id);
CREATE INDEX product_status ON product (status, id);

CREATE TABLE collection_product (
    collection_id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT collection_product_pk PRIMARY KEY (collection_id, product_id),
    CONSTRAINT collection_product_collection_id_fk FOREIGN KEY (collection_id) REFERENCES collection (id) ON DELETE CASCADE,
    CONSTRAINT collection_product_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX collection_product_product ON collection_product (product_id);

CREATE TABLE product_translation (
    product_id {uuid} NOT NULL,
    locale TEXT NOT NULL,
    title TEXT NOT NULL,
    description_html TEXT NOT NULL,
    CONSTRAINT product_translation_pk PRIMARY KEY (product_id, locale),
    CONSTRAINT product_translation_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);

CREATE TABLE product_option (
    id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT product_option_pk PRIMARY KEY (id),
    CONSTRAINT product_option_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
    CONSTRAINT product_option_position UNIQUE (product_id, position)
);

CREATE TABLE variant (
    id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    sku TEXT,
    barcode TEXT,
    tax_class_id {uuid},
    weight_grams INTEGER NOT NULL,
    requires_shipping BOOLEAN NOT NULL,
    tracked BOOLEAN NOT NULL,
    inventory_policy TEXT NOT NULL,
    backorder_limit BIGINT,
    preorder_ships_on {date},
    is_bundle BOOLEAN NOT NULL,
    image_id {uuid},
    active BOOLEAN NOT NULL,
    external_reference TEXT,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT variant_pk PRIMARY KEY (id),
    CONSTRAINT variant_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
    CONSTRAINT variant_tax_class_id_fk FOREIGN KEY (tax_class_id) REFERENCES tax_class (id),
    CONSTRAINT variant_inventory_policy_word CHECK (inventory_policy IN ('DENY', 'BACKORDER', 'PREORDER')),
    CONSTRAINT variant_sku UNIQUE (sku),
    CONSTRAINT variant_external_reference UNIQUE (external_reference),
    CONSTRAINT variant_weight CHECK (weight_grams >= 0),
    CONSTRAINT variant_backorder CHECK (backorder_limit IS NULL OR backorder_limit >= 0)
);
CREATE INDEX variant_product ON variant (product_id, position);
CREATE INDEX variant_barcode ON variant (barcode);

CREATE TABLE variant_option (
    variant_id {uuid} NOT NULL,
    option_id {uuid} NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT variant_option_pk PRIMARY KEY (variant_id, option_id),
    CONSTRAINT variant_option_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE,
    CONSTRAINT variant_option_option_id_fk FOREIGN KEY (option_id) REFERENCES product_option (id) ON DELETE CASCADE
);
CREATE INDEX variant_option_option ON variant_option (option_id, value);

CREATE TABLE bundle_component (
    bundle_variant_id {uuid} NOT NULL,
    component_variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT bundle_component_pk PRIMARY KEY (bundle_variant_id, component_variant_id),
    CONSTRAINT bundle_component_bundle_variant_id_fk FOREIGN KEY (bundle_variant_id) REFERENCES variant (id) ON DELETE CASCADE,
    CONSTRAINT bundle_component_component_variant_id_fk FOREIGN KEY (component_variant_id) REFERENCES variant (id),
    CONSTRAINT bundle_component_quantity CHECK (quantity > 0)
);
CREATE INDEX bundle_component_component ON bundle_component (component_variant_id);

CREATE TABLE media (
    id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    url TEXT NOT NULL,
    alt TEXT NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT media_pk PRIMARY KEY (id),
    CONSTRAINT media_product_id_fk FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX media_product ON media (product_id, position);

CREATE TABLE price (
    id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    compare_at BIGINT,
    valid_from {timestamp} NOT NULL,
    valid_to {timestamp},
    event_id {uuid} NOT NULL,
    CONSTRAINT price_pk PRIMARY KEY (id),
    CONSTRAINT price_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE,
    CONSTRAINT price_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT price_currency_code CHECK (length(currency) = 3),
    CONSTRAINT price_amount CHECK (amount >= 0),
    CONSTRAINT price_compare_at CHECK (compare_at IS NULL OR compare_at >= 0)
);
CREATE UNIQUE INDEX price_current ON price (variant_id, channel_id) WHERE valid_to IS NULL;
CREATE INDEX price_channel ON price (channel_id, valid_to);

CREATE TABLE customer (
    id {uuid} NOT NULL,
    family_name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name_kana TEXT NOT NULL,
    given_name_kana TEXT NOT NULL,
    locale TEXT NOT NULL,
    time_zone TEXT,
    birth_on {date},
    password_hash TEXT,
    search_text TEXT NOT NULL,
    merged_into_id {uuid},
    erased_at {timestamp},
    note TEXT NOT NULL,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT customer_pk PRIMARY KEY (id),
    CONSTRAINT customer_merged_into_id_fk FOREIGN KEY (merged_into_id) REFERENCES customer (id)
);
CREATE INDEX customer_merged ON customer (merged_into_id);

CREATE TABLE one_time_code (
    id {uuid} NOT NULL,
    purpose TEXT NOT NULL,
    identifier_kind TEXT NOT NULL,
    identifier_value TEXT NOT NULL,
    customer_id {uuid},
    code_hash TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp},
    CONSTRAINT one_time_code_pk PRIMARY KEY (id),
    CONSTRAINT one_time_code_purpose_word CHECK (purpose IN ('SIGN_IN', 'VERIFY_IDENTIFIER', 'PASSWORD_RESET')),
    CONSTRAINT one_time_code_identifier_kind_word CHECK (identifier_kind IN ('EMAIL', 'PHONE', 'LOYALTY_CARD', 'LINE', 'EXTERNAL')),
    CONSTRAINT one_time_code_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
);
CREATE INDEX one_time_code_address ON one_time_code (identifier_kind, identifier_value, purpose);

CREATE TABLE customer_identifier (
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    verified_at {timestamp},
    created_at {timestamp} NOT NULL,
    CONSTRAINT customer_identifier_pk PRIMARY KEY (id),
    CONSTRAINT customer_identifier_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
    CONSTRAINT customer_identifier_kind_word CHECK (kind IN ('EMAIL', 'PHONE', 'LOYALTY_CARD', 'LINE', 'EXTERNAL')),
    CONSTRAINT customer_identifier_value UNIQUE (kind, value)
);
CREATE INDEX customer_identifier_customer ON customer_identifier (customer_id);

CREATE TABLE customer_address (
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    address {json} NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT customer_address_pk PRIMARY KEY (id),
    CONSTRAINT customer_address_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
);
CREATE INDEX customer_address_customer ON customer_address (customer_id);

CREATE TABLE customer_consent (
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    granted BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    text_version TEXT NOT NULL,
    recorded_at {timestamp} NOT NULL,
    CONSTRAINT customer_consent_pk PRIMARY KEY (id),
    CONSTRAINT customer_consent_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
    CONSTRAINT customer_consent_channel_word CHECK (channel IN ('EMAIL', 'SMS', 'LINE', 'PUSH', 'POST')),
    CONSTRAINT customer_consent_purpose_word CHECK (purpose IN ('MARKETING', 'SURVEY'))
);
CREATE INDEX customer_consent_customer ON customer_consent (customer_id, channel, purpose, id);

CREATE TABLE customer_tag (
    customer_id {uuid} NOT NULL,
    tag TEXT NOT NULL,
    CONSTRAINT customer_tag_pk PRIMARY KEY (customer_id, tag),
    CONSTRAINT customer_tag_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE
);

CREATE TABLE stock_level (
    location_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    on_hand BIGINT NOT NULL,
    committed BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    quality_control BIGINT NOT NULL,
    safety_stock BIGINT NOT NULL,
    incoming BIGINT NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT stock_level_pk PRIMARY KEY (location_id, variant_id),
    CONSTRAINT stock_level_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_level_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_level_not_negative CHECK (on_hand >= 0 AND committed >= 0 AND reserved >= 0 AND damaged >= 0 AND quality_control >= 0 AND safety_stock >= 0 AND incoming >= 0),
    CONSTRAINT stock_level_sum CHECK (on_hand >= committed + reserved + damaged + quality_control + safety_stock)
);
CREATE INDEX stock_level_variant ON stock_level (variant_id, location_id);

CREATE TABLE stock_movement (
    id {uuid} NOT NULL,
    location_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT,
    quantity BIGINT NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_id {uuid},
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id {uuid},
    event_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT stock_movement_pk PRIMARY KEY (id),
    CONSTRAINT stock_movement_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_movement_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_movement_kind_word CHECK (kind IN ('RECEIVED', 'COMMITTED', 'RELEASED', 'DISPATCHED', 'ADJUSTED', 'MOVED', 'TRANSFER_OUT', 'TRANSFER_IN')),
    CONSTRAINT stock_movement_from_state_word CHECK (from_state IN ('AVAILABLE', 'COMMITTED', 'RESERVED', 'DAMAGED', 'QUALITY_CONTROL', 'SAFETY_STOCK')),
    CONSTRAINT stock_movement_to_state_word CHECK (to_state IN ('AVAILABLE', 'COMMITTED', 'RESERVED', 'DAMAGED', 'QUALITY_CONTROL', 'SAFETY_STOCK')),
    CONSTRAINT stock_movement_cause_kind_word CHECK (cause_kind IN ('FULFILLMENT_ORDER_LINE', 'RETURN_LINE', 'TRANSFER_LINE', 'PURCHASE_ORDER_LINE', 'COUNT_LINE', 'HOLD', 'MANUAL')),
    CONSTRAINT stock_movement_actor_kind_word CHECK (actor_kind IN ('SYSTEM', 'GUEST', 'CUSTOMER', 'STAFF', 'DEVICE', 'APP')),
    CONSTRAINT stock_movement_quantity CHECK (quantity > 0),
    CONSTRAINT stock_movement_states CHECK (from_state IS NOT NULL OR to_state IS NOT NULL),
    CONSTRAINT stock_movement_cause_given CHECK ((cause_kind = 'MANUAL' AND reason IS NOT NULL) OR (cause_kind <> 'MANUAL' AND cause_id IS NOT NULL))
);
CREATE INDEX stock_movement_level ON stock_movement (location_id, variant_id, id);
CREATE INDEX stock_movement_variant ON stock_movement (variant_id, id);
CREATE INDEX stock_movement_cause ON stock_movement (cause_id);

CREATE TABLE shipping_method (
    id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    translations {json} NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    free_over BIGINT,
    countries {json} NOT NULL,
    tax_class_id {uuid} NOT NULL,
    min_days INTEGER NOT NULL,
    max_days INTEGER NOT NULL,
    position INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT shipping_method_pk PRIMARY KEY (id),
    CONSTRAINT shipping_method_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT shipping_method_kind_word CHECK (kind IN ('FLAT', 'BY_WEIGHT')),
    CONSTRAINT shipping_method_tax_class_id_fk FOREIGN KEY (tax_class_id) REFERENCES tax_class (id),
    CONSTRAINT shipping_method_code UNIQUE (channel_id, code),
    CONSTRAINT shipping_method_amount CHECK (amount >= 0)
);

CREATE TABLE shipping_rate (
    id {uuid} NOT NULL,
    method_id {uuid} NOT NULL,
    max_weight_grams BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT shipping_rate_pk PRIMARY KEY (id),
    CONSTRAINT shipping_rate_method_id_fk FOREIGN KEY (method_id) REFERENCES shipping_method (id) ON DELETE CASCADE,
    CONSTRAINT shipping_rate_tier UNIQUE (method_id, max_weight_grams),
    CONSTRAINT shipping_rate_amount CHECK (amount >= 0)
);

CREATE TABLE register (
    id {uuid} NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    location_id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    last_receipt_number BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT register_pk PRIMARY KEY (id),
    CONSTRAINT register_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT register_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT register_code UNIQUE (code)
);

CREATE TABLE device (
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    register_id {uuid} NOT NULL,
    secret_hash TEXT NOT NULL,
    paired_at {timestamp} NOT NULL,
    last_seen_at {timestamp},
    revoked_at {timestamp},
    CONSTRAINT device_pk PRIMARY KEY (id),
    CONSTRAINT device_register_id_fk FOREIGN KEY (register_id) REFERENCES register (id),
    CONSTRAINT device_secret UNIQUE (secret_hash)
);
CREATE INDEX device_register ON device (register_id);

CREATE TABLE device_pairing (
    id {uuid} NOT NULL,
    register_id {uuid} NOT NULL,
    code_hash TEXT NOT NULL,
    created_by {uuid},
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp},
    CONSTRAINT device_pairing_pk PRIMARY KEY (id),
    CONSTRAINT device_pairing_register_id_fk FOREIGN KEY (register_id) REFERENCES register (id),
    CONSTRAINT device_pairing_created_by_fk FOREIGN KEY (created_by) REFERENCES staff (id),
    CONSTRAINT device_pairing_code UNIQUE (code_hash)
);

CREATE TABLE refresh_token (
    id {uuid} NOT NULL,
    family_id {uuid} NOT NULL,
    subject_kind TEXT NOT NULL,
    customer_id {uuid},
    staff_id {uuid},
    device_id {uuid},
    token_hash TEXT NOT NULL,
    issued_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    used_at {timestamp},
    revoked_at {timestamp},
    CONSTRAINT refresh_token_pk PRIMARY KEY (id),
    CONSTRAINT refresh_token_subject_kind_word CHECK (subject_kind IN ('CUSTOMER', 'STAFF')),
    CONSTRAINT refresh_token_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE,
    CONSTRAINT refresh_token_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE,
    CONSTRAINT refresh_token_device_id_fk FOREIGN KEY (device_id) REFERENCES device (id),
    CONSTRAINT refresh_token_hash UNIQUE (token_hash),
    CONSTRAINT refresh_token_subject CHECK ((customer_id IS NULL) <> (staff_id IS NULL))
);
CREATE INDEX refresh_token_family ON refresh_token (family_id);
CREATE INDEX refresh_token_customer ON refresh_token (customer_id);
CREATE INDEX refresh_token_staff ON refresh_token (staff_id);

CREATE TABLE cart (
    id {uuid} NOT NULL,
    channel_id {uuid} NOT NULL,
    customer_id {uuid},
    token_hash TEXT NOT NULL,
    code TEXT,
    code_expires_at {timestamp},
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    locale TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    contact_name TEXT,
    shipping_address {json},
    billing_address {json},
    shipping_method_id {uuid},
    note TEXT NOT NULL,
    codes {json} NOT NULL,
    merged_into_id {uuid},
    version INTEGER NOT NULL,
    metadata {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT cart_pk PRIMARY KEY (id),
    CONSTRAINT cart_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT cart_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT cart_status_word CHECK (status IN ('ACTIVE', 'PARKED', 'COMPLETED', 'MERGED')),
    CONSTRAINT cart_currency_code CHECK (length(currency) = 3),
    CONSTRAINT cart_shipping_method_id_fk FOREIGN KEY (shipping_method_id) REFERENCES shipping_method (id),
    CONSTRAINT cart_merged_into_id_fk FOREIGN KEY (merged_into_id) REFERENCES cart (id),
    CONSTRAINT cart_token UNIQUE (token_hash),
    CONSTRAINT cart_code UNIQUE (code)
);
CREATE INDEX cart_customer ON cart (customer_id, status);
CREATE INDEX cart_updated ON cart (status, updated_at);

CREATE TABLE stock_hold (
    id {uuid} NOT NULL,
    channel_id {uuid},
    location_id {uuid},
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    cart_id {uuid},
    note TEXT,
    created_at {timestamp} NOT NULL,
    expires_at {timestamp} NOT NULL,
    CONSTRAINT stock_hold_pk PRIMARY KEY (id),
    CONSTRAINT stock_hold_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT stock_hold_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT stock_hold_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT stock_hold_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id) ON DELETE CASCADE,
    CONSTRAINT stock_hold_quantity CHECK (quantity > 0),
    CONSTRAINT stock_hold_place CHECK ((channel_id IS NULL) <> (location_id IS NULL))
);
CREATE INDEX stock_hold_pool ON stock_hold (variant_id, channel_id, expires_at);
CREATE INDEX stock_hold_location ON stock_hold (location_id, variant_id);
CREATE INDEX stock_hold_cart ON stock_hold (cart_id);
CREATE INDEX stock_hold_expiry ON stock_hold (expires_at);

CREATE TABLE cart_line (
    id {uuid} NOT NULL,
    cart_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    pickup_location_id {uuid},
    price_seen BIGINT NOT NULL,
    position INTEGER NOT NULL,
    metadata {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT cart_line_pk PRIMARY KEY (id),
    CONSTRAINT cart_line_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id) ON DELETE CASCADE,
    CONSTRAINT cart_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT cart_line_delivery_word CHECK (delivery IN ('SHIP', 'PICKUP', 'CARRY_OUT', 'LOCAL_DELIVERY')),
    CONSTRAINT cart_line_pickup_location_id_fk FOREIGN KEY (pickup_location_id) REFERENCES location (id),
    CONSTRAINT cart_line_quantity CHECK (quantity > 0),
    CONSTRAINT cart_line_pickup CHECK ((delivery = 'PICKUP') = (pickup_location_id IS NOT NULL))
);
CREATE INDEX cart_line_cart ON cart_line (cart_id, position);
CREATE INDEX cart_line_variant ON cart_line (variant_id);

CREATE TABLE orders (
    id {uuid} NOT NULL,
    number TEXT NOT NULL,
    channel_id {uuid} NOT NULL,
    customer_id {uuid},
    status TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    fulfillment_status TEXT NOT NULL,
    pickup_status TEXT NOT NULL,
    return_status TEXT NOT NULL,
    currency TEXT NOT NULL,
    locale TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    contact_name TEXT,
    shipping_address {json},
    billing_address {json},
    prices_include_tax BOOLEAN NOT NULL,
    tax_rounding TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    discount_total BIGINT NOT NULL,
    shipping_total BIGINT NOT NULL,
    tax_total BIGINT NOT NULL,
    total BIGINT NOT NULL,
    token_hash TEXT,
    cart_id {uuid},
    location_id {uuid},
    register_id {uuid},
    staff_id {uuid},
    external_reference TEXT,
    note TEXT NOT NULL,
    placed_at {timestamp},
    canceled_at {timestamp},
    closed_at {timestamp},
    version INTEGER NOT NULL,
    metadata {json} NOT NULL,
    private_metadata {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT orders_pk PRIMARY KEY (id),
    CONSTRAINT orders_channel_id_fk FOREIGN KEY (channel_id) REFERENCES channel (id),
    CONSTRAINT orders_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT orders_status_word CHECK (status IN ('DRAFT', 'OPEN', 'CLOSED', 'CANCELED')),
    CONSTRAINT orders_payment_status_word CHECK (payment_status IN ('UNPAID', 'AUTHORIZED', 'PARTIALLY_PAID', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'OVERPAID', 'VOIDED')),
    CONSTRAINT orders_fulfillment_status_word CHECK (fulfillment_status IN ('UNFULFILLED', 'SCHEDULED', 'ON_HOLD', 'IN_PROGRESS', 'PARTIALLY_FULFILLED', 'FULFILLED')),
    CONSTRAINT orders_pickup_status_word CHECK (pickup_status IN ('NONE', 'PREPARING', 'READY', 'PARTIALLY_COLLECTED', 'COLLECTED', 'EXPIRED')),
    CONSTRAINT orders_return_status_word CHECK (return_status IN ('NONE', 'REQUESTED', 'IN_PROGRESS', 'PARTIALLY_RETURNED', 'RETURNED')),
    CONSTRAINT orders_currency_code CHECK (length(currency) = 3),
    CONSTRAINT orders_tax_rounding_word CHECK (tax_rounding IN ('DOWN', 'HALF_UP', 'UP')),
    CONSTRAINT orders_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id),
    CONSTRAINT orders_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT orders_register_id_fk FOREIGN KEY (register_id) REFERENCES register (id),
    CONSTRAINT orders_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id),
    CONSTRAINT orders_number UNIQUE (number),
    CONSTRAINT orders_cart UNIQUE (cart_id),
    CONSTRAINT orders_token UNIQUE (token_hash),
    CONSTRAINT orders_external_reference UNIQUE (external_reference),
    CONSTRAINT orders_amounts CHECK (subtotal >= 0 AND discount_total >= 0 AND shipping_total >= 0 AND tax_total >= 0 AND total >= 0)
);
CREATE INDEX orders_customer ON orders (customer_id, id);
CREATE INDEX orders_channel ON orders (channel_id, id);
CREATE INDEX orders_email ON orders (email);
CREATE INDEX orders_phone ON orders (phone);
CREATE INDEX orders_status ON orders (status, id);
CREATE INDEX orders_location ON orders (location_id, id);

CREATE TABLE order_line (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    position INTEGER NOT NULL,
    variant_id {uuid} NOT NULL,
    title TEXT NOT NULL,
    variant_title TEXT NOT NULL,
    sku TEXT,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    tax_class_id {uuid} NOT NULL,
    tax_rate_ppm INTEGER NOT NULL,
    tax BIGINT NOT NULL,
    total BIGINT NOT NULL,
    delivery TEXT NOT NULL,
    pickup_location_id {uuid},
    fulfilled BIGINT NOT NULL,
    canceled BIGINT NOT NULL,
    return_requested BIGINT NOT NULL,
    received_back BIGINT NOT NULL,
    metadata {json} NOT NULL,
    CONSTRAINT order_line_pk PRIMARY KEY (id),
    CONSTRAINT order_line_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT order_line_tax_class_id_fk FOREIGN KEY (tax_class_id) REFERENCES tax_class (id),
    CONSTRAINT order_line_delivery_word CHECK (delivery IN ('SHIP', 'PICKUP', 'CARRY_OUT', 'LOCAL_DELIVERY')),
    CONSTRAINT order_line_pickup_location_id_fk FOREIGN KEY (pickup_location_id) REFERENCES location (id),
    CONSTRAINT order_line_position UNIQUE (order_id, position),
    CONSTRAINT order_line_quantity CHECK (quantity > 0 AND fulfilled >= 0 AND canceled >= 0 AND fulfilled + canceled <= quantity),
    CONSTRAINT order_line_returns CHECK (received_back >= 0 AND received_back <= return_requested AND return_requested <= fulfilled),
    CONSTRAINT order_line_amounts CHECK (unit_price >= 0 AND subtotal >= 0 AND discount >= 0 AND discount <= subtotal AND tax >= 0 AND total >= 0)
);
CREATE INDEX order_line_variant ON order_line (variant_id);

CREATE TABLE order_tax (
    order_id {uuid} NOT NULL,
    rate_ppm INTEGER NOT NULL,
    name TEXT NOT NULL,
    taxable BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    CONSTRAINT order_tax_pk PRIMARY KEY (order_id, rate_ppm),
    CONSTRAINT order_tax_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
);

CREATE TABLE order_shipping (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    method_id {uuid},
    name TEXT NOT NULL,
    amount BIGINT NOT NULL,
    tax_rate_ppm INTEGER NOT NULL,
    tax BIGINT NOT NULL,
    total BIGINT NOT NULL,
    CONSTRAINT order_shipping_pk PRIMARY KEY (id),
    CONSTRAINT order_shipping_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_shipping_method_id_fk FOREIGN KEY (method_id) REFERENCES shipping_method (id)
);
CREATE INDEX order_shipping_order ON order_shipping (order_id);

CREATE TABLE order_note (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    staff_id {uuid},
    body TEXT NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT order_note_pk PRIMARY KEY (id),
    CONSTRAINT order_note_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_note_staff_id_fk FOREIGN KEY (staff_id) REFERENCES staff (id)
);
CREATE INDEX order_note_order ON order_note (order_id, id);

CREATE TABLE routing_decision (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    rule TEXT NOT NULL,
    outcome {json} NOT NULL,
    decided_at {timestamp} NOT NULL,
    CONSTRAINT routing_decision_pk PRIMARY KEY (id),
    CONSTRAINT routing_decision_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE
);
CREATE INDEX routing_decision_order ON routing_decision (order_id, id);

CREATE TABLE fulfillment_order (
    id {uuid} NOT NULL,
    order_id {uuid} NOT NULL,
    location_id {uuid},
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    hold_reason TEXT,
    fulfill_by {timestamp},
    version INTEGER NOT NULL,
    created_at {timestamp} NOT NULL,
    updated_at {timestamp} NOT NULL,
    CONSTRAINT fulfillment_order_pk PRIMARY KEY (id),
    CONSTRAINT fulfillment_order_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_order_location_id_fk FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT fulfillment_order_method_word CHECK (method IN ('SHIP', 'PICKUP', 'CARRY_OUT', 'LOCAL_DELIVERY')),
    CONSTRAINT fulfillment_order_status_word CHECK (status IN ('SCHEDULED', 'OPEN', 'IN_PROGRESS', 'PACKED', 'ON_HOLD', 'CLOSED', 'CANCELED'))
);
CREATE INDEX fulfillment_order_order ON fulfillment_order (order_id);
CREATE INDEX fulfillment_order_queue ON fulfillment_order (location_id, status, fulfill_by);

CREATE TABLE fulfillment_order_line (
    id {uuid} NOT NULL,
    fulfillment_order_id {uuid} NOT NULL,
    order_line_id {uuid} NOT NULL,
    variant_id {uuid} NOT NULL,
    quantity BIGINT NOT NULL,
    picked BIGINT NOT NULL,
    packed BIGINT NOT NULL,
    fulfilled BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    CONSTRAINT fulfillment_order_line_pk PRIMARY KEY (id),
    CONSTRAINT fulfillment_order_line_fulfillment_order_id_fk FOREIGN KEY (fulfillment_order_id) REFERENCES fulfillment_order (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_order_line_order_line_id_fk FOREIGN KEY (order_line_id) REFERENCES order_line (id) ON DELETE CASCADE,
    CONSTRAINT fulfillment_order_line_variant_id_fk FOREIGN KEY (variant_id) REFERENCES variant (id),
    CONSTRAINT fulfillment_order_line_quantity CHECK (quantity > 0 AND picked >= 0 AND packed >= 0 AND fulfilled >= 0 AND rejected >= 0 AND fulfilled + rejected <= quantity AND picked <= quantity AND packed <= quantity)
);
CREATE INDEX fulfillment_order_line_work ON fulfillment_order_line (fulfillment_order_id);
CREATE INDEX fulfillment_order_line_line ON fulfillment_order_line (order_line_id);
CREATE INDEX fulfillment_order_line_variant ON fulfillment_order_line (variant_id);

CREATE TABLE payment (
    id {uuid} NOT NULL,
    order_id {uuid},
    cart_id {uuid},
    gateway TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    tendered BIGINT,
    change BIGINT,
    reference TEXT,
    metadata {json} NOT NULL,
    created_at {timestamp} NOT NULL,
    CONSTRAINT payment_pk PRIMARY KEY (id),
    CONSTRAINT payment_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT payment_cart_id_fk FOREIGN KEY (cart_id) REFERENCES cart (id),
    CONSTRAINT payment_gateway_word CHECK (gateway IN ('MANUAL', 'CASH', 'CARD_TERMINAL', 'TEST')),
    CONSTRAINT payment_currency_code CHECK (length(currency) = 3),
    CONSTRAINT payment_amount CHECK (amount >= 0),
    CONSTRAINT payment_change CHECK (change IS NULL OR (tendered IS NOT NULL AND change >= 0 AND tendered - change = amount))
);
CREATE INDEX payment_order ON payment (order_id);
CREATE INDEX payment_cart ON payment (cart_id);

CREATE TABLE payment_event (
    id {uuid} NOT NULL,
    payment_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    amount BIGINT NOT NULL,
    gateway TEXT NOT NULL,
    gateway_reference TEXT,
    error_code TEXT,
    event_id {uuid} NOT NULL,
    occurred_at {timestamp} NOT NULL,
    CONSTRAINT payment_event_pk PRIMARY KEY (id),
    CONSTRAINT payment_event_payment_id_fk FOREIGN KEY (payment_id) REFERENCES payment (id),
    CONSTRAINT payment_event_kind_word CHECK (kind IN ('AUTHORIZE', 'CAPTURE', 'VOID', 'REFUND', 'CHARGEBACK')),
    CONSTRAINT payment_event_outcome_word CHECK (outcome IN ('PENDING', 'SUCCESS', 'FAILURE')),
    CONSTRAINT payment_event_gateway_word CHECK (gateway IN ('MANUAL', 'CASH', 'CARD_TERMINAL', 'TEST')),
    CONSTRAINT payment_event_reference UNIQUE (gateway, gateway_reference),
    CONSTRAINT payment_event_amount CHECK (amount >= 0)
);
CREATE INDEX payment_event_payment ON payment_event (payment_id, id);

CREATE TABLE receipt (
    id {uuid} NOT NULL,
    register_id {uuid} NOT NULL,
    number BIGINT NOT NULL,
    order_id {uuid} NOT NULL,
    document {json} NOT NULL,
    issued_at {timestamp} NOT NULL,
    CONSTRAINT receipt_pk PRIMARY KEY (id),
    CONSTRAINT receipt_register_id_fk FOREIGN KEY (register_id) REFERENCES register (id),
    CONSTRAINT receipt_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT receipt_number UNIQUE (register_id, number),
    CONSTRAINT receipt_order UNIQUE (order_id)
);

CREATE TABLE message (
    id {uuid} NOT NULL,
    dedupe_key TEXT NOT NULL,
    template TEXT NOT NULL,
    channel TEXT NOT NULL,
    locale TEXT NOT NULL,
    status TEXT NOT NULL,
    customer_id {uuid},
    order_id {uuid},
    event_id {uuid},
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    text TEXT NOT NULL,
    error TEXT,
    created_at {timestamp} NOT NULL,
    sent_at {timestamp},
    CONSTRAINT message_pk PRIMARY KEY (id),
    CONSTRAINT message_channel_word CHECK (channel IN ('EMAIL')),
    CONSTRAINT message_status_word CHECK (status IN ('QUEUED', 'SENT', 'FAILED', 'SUPPRESSED')),
    CONSTRAINT message_customer_id_fk FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT message_order_id_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT message_dedupe UNIQUE (dedupe_key),
    CONSTRAINT message_message_id UNIQUE (message_id)
);
CREATE INDEX message_customer ON message (customer_id, id);
CREATE INDEX message_order ON message (order_id, id);
CREATE INDEX message_status ON message (status, id);
