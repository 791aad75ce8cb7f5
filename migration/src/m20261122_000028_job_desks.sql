ALTER TABLE job ADD COLUMN desk TEXT NOT NULL DEFAULT 'work';
UPDATE job SET desk = kind WHERE kind = 'send_message';
DROP INDEX job_due;
CREATE INDEX job_due ON job (desk, state, run_at);
