//! Optimistic versions: whoever says which version they saw changes only that one.

use super::{Error, Result};

/// Passes when the client names no version, or the one the row has. Error: `STALE_VERSION`.
pub fn check(expected: Option<i32>, actual: i32) -> Result<()> {
    match expected {
        Some(expected) if expected != actual => Err(Error::StaleVersion { expected, actual }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn only_another_version_is_stale() {
        assert!(check(None, 7).is_ok());
        assert!(check(Some(7), 7).is_ok());
        for expected in [6, 8] {
            let refused = check(Some(expected), 7).expect_err("another version");
            assert_eq!(refused.code(), ErrorCode::StaleVersion, "{expected}");
        }
    }
}
