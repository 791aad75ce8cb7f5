//! A fresh SQLite file per test, copied from a template that was migrated once.

use std::path::{Path, PathBuf};

use anyhow::Result;
use domain::kernel::db::Db;
use migration::MigratorTrait;
use sea_orm::ConnectionTrait;

use crate::folder;

/// Copies the template; returns the path of the copy.
pub(crate) async fn fresh() -> Result<PathBuf> {
    let shared = folder::shared()?;
    let template = shared.join(format!("template-{}.db", folder::MIGRATIONS));
    if !template.exists() {
        let _lock = folder::setup_lock(&shared)?;
        if !template.exists() {
            make_template(&shared, &template).await?;
        }
    }
    let path = shared.join(format!("s_{}.db", folder::unique()));
    // A killed process of the same number may have left its log, which would be read into the copy.
    remove(&path);
    std::fs::copy(&template, &path)?;
    Ok(path)
}

async fn make_template(shared: &Path, template: &Path) -> Result<()> {
    remove_leftovers(shared)?;
    let building = shared.join("building.db");
    remove(&building);
    let db = Db::open(&url(&building), 2).await?;
    migration::Migrator::up(db.writer(), None).await?;
    // Everything into the one file that will be copied.
    db.writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    db.close().await?;
    std::fs::rename(&building, template)?;
    Ok(())
}

/// Removes the files of test processes that were killed.
fn remove_leftovers(shared: &Path) -> Result<()> {
    for entry in std::fs::read_dir(shared)? {
        let path = entry?.path();
        let process = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix("s_"))
            .and_then(|name| name.split('_').next());
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = std::fs::remove_file(&path);
        }
    }
    Ok(())
}

/// The address of a file.
pub(crate) fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Removes a database with its log files.
pub(crate) fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
}
