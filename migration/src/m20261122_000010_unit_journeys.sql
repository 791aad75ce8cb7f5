ALTER TABLE stock_unit ADD COLUMN shipment_id {uuid} CONSTRAINT stock_unit_shipment_id_fk REFERENCES shipment (id);
ALTER TABLE stock_unit ADD COLUMN transfer_id {uuid} CONSTRAINT stock_unit_transfer_id_fk REFERENCES transfer (id);
ALTER TABLE stock_unit ADD COLUMN handed_over_at {timestamp};
CREATE INDEX stock_unit_shipment ON stock_unit (shipment_id);
CREATE INDEX stock_unit_transfer ON stock_unit (transfer_id, variant_id);

UPDATE stock_unit SET shipment_id = (
    SELECT shipment_line.shipment_id
    FROM shipment_line JOIN shipment ON shipment.id = shipment_line.shipment_id
    WHERE shipment_line.fulfillment_order_line_id = stock_unit.fulfillment_order_line_id AND shipment.voided_at IS NULL
    ORDER BY shipment.id
    LIMIT 1
) WHERE status = 'SOLD' AND fulfillment_order_line_id IS NOT NULL;
UPDATE stock_unit SET handed_over_at = updated_at
WHERE status = 'SOLD' AND shipment_id IS NULL AND fulfillment_order_line_id IN (
    SELECT fulfillment_order_line.id
    FROM fulfillment_order_line JOIN fulfillment_order ON fulfillment_order.id = fulfillment_order_line.fulfillment_order_id
    WHERE fulfillment_order.status = 'CLOSED'
);
