//! One server per SQLite file.
//!
//! SQLite itself is safe with many processes, but our single-writer discipline (quick writes, no busy error for clients)
//! holds within one process only. Short commands such as `import`, `migrate` and `audit` need no lock: they wait their
//! turn by SQLite's own locks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The database is served by another process, or the lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process serves it.
    #[error(
        "{database} is already served by process {holder}; stop that one, use another HITOTSU_DATABASE_URL, or use \
         PostgreSQL, which many processes can share"
    )]
    Held {
        /// The database file.
        database: String,
        /// Process id of the holder, as far as known.
        holder: String,
    },
    /// The lock file cannot be created.
    #[error("{path} cannot be locked ({error}); make its folder writable")]
    Io {
        /// The lock file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
}

/// Held while a process serves a SQLite file. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// Locks `<database>.lock`. Errors: another process has it, or the file cannot be created.
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        let path = lock_path(database);
        let failed = |error| LockError::Io { path: path.display().to_string(), error };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The number only helps the reader of the message.
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "unknown".to_owned() } else { holder.trim().to_owned() };
                return Err(LockError::Held { database: database.display().to_string(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_second_server_on_one_file_is_refused_until_the_first_ends() {
        let folder = std::env::temp_dir().join(format!("hitotsu-lock-{}", uuid::Uuid::now_v7()));
        let database = folder.join("shop.db");
        let first = ServerLock::acquire(&database).unwrap();
        let refused = ServerLock::acquire(&database).unwrap_err().to_string();
        assert!(refused.contains("already served by process") && refused.contains("shop.db"), "{refused}");
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        ServerLock::acquire(&database).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
