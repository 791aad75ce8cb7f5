ALTER TABLE shipment ADD COLUMN presumed_at {timestamp};
CREATE INDEX shipment_unheard ON shipment (shipped_at) WHERE shipped_at IS NOT NULL AND delivered_at IS NULL AND presumed_at IS NULL;
