//! Databases, clocks, builders and an SMTP sink for tests.
