//! The folder that all test processes of a user share, and its locks.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};

/// Names the template databases: changes with every migration.
pub(crate) const MIGRATIONS: &str = env!("MIGRATIONS_HASH");

/// The user this process runs as.
pub(crate) fn user_id() -> Result<u32> {
    Ok(std::fs::metadata("/proc/self")?.uid())
}

/// The shared folder: a short path, because a unix socket's may have 107 bytes (unix(7)).
pub(crate) fn shared() -> Result<PathBuf> {
    let user = user_id()?;
    let folder = std::env::temp_dir().join(format!("hitotsu-test-{user}"));
    let made = DirBuilder::new().mode(0o755).create(&folder);
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error).with_context(|| format!("cannot make {}", folder.display()));
    }
    let owner = std::fs::symlink_metadata(&folder)?;
    ensure!(owner.is_dir() && owner.uid() == user, "{} belongs to somebody else", folder.display());
    Ok(folder)
}

/// Opens a lock file; the lock is taken by the caller and lives as long as the file, also when the process is killed.
pub(crate) fn lock_file(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    File::options().create(true).truncate(false).write(true).open(&path).with_context(|| path.display().to_string())
}

/// Waits for the one lock under which clusters and templates are made.
pub(crate) fn setup_lock(folder: &Path) -> Result<File> {
    let file = lock_file(folder, "setup.lock")?;
    file.lock()?;
    Ok(file)
}

/// A name that no other test has: the process and a count.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
