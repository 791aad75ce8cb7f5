ALTER TABLE shipment ADD COLUMN expected_on {date};
ALTER TABLE shipment ADD COLUMN delayed_at {timestamp};
CREATE INDEX shipment_expected ON shipment (expected_on) WHERE expected_on IS NOT NULL AND delayed_at IS NULL AND delivered_at IS NULL;

ALTER TABLE role ADD COLUMN given {json};
UPDATE role SET given = permissions WHERE version = 1 AND code IN ('manager', 'clerk', 'warehouse', 'support');
