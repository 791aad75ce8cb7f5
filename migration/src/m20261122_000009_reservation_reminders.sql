ALTER TABLE store_reservation ADD COLUMN reminded_at {timestamp};
