DROP INDEX job_due;
CREATE INDEX job_due ON job (desk, state, run_at, id);
