//! Names the template databases after the migrations, so that a changed migration never meets an old template.
#![allow(clippy::print_stdout, reason = "Cargo reads what a build script prints")]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new("../../migration/src");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        std::fs::read(&file)?.hash(&mut hasher);
    }
    println!("cargo::rustc-env=MIGRATIONS_HASH={:016x}", hasher.finish());
    Ok(())
}
