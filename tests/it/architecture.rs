//! The order of areas: each uses only areas before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The areas in the order of `domain/src/lib.rs`; `jobs` stands above them all and the kernel below.
fn areas(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("lib.rs")).unwrap();
    let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    modules.map(str::to_owned).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Areas that a file names by `crate::<area>` or inside `use crate::{<area>…}`.
fn used(text: &str, areas: &[String]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for (start, _) in text.match_indices("crate::") {
        let rest = &text[start + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => names.extend(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()),
            Some(list) => names.extend(top_names(list)),
        }
    }
    names.into_iter().filter(|name| areas.iter().any(|area| area == name)).map(str::to_owned).collect()
}

/// The first names of the entries of a `{…}` list, without what is nested deeper.
fn top_names(list: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (position, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(&list[start..position]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&list[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    let first = |name: &'_ str| name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::len);
    names.into_iter().filter_map(|name| first(name).map(|length| &name.trim()[..length])).collect()
}

#[test]
fn names_in_use_lines_are_found() {
    let areas = ["cart", "order", "tax"].map(str::to_owned);
    let text = "use crate::cart::view; use crate::{order::{self, query}, tax, Ctx}; crate::order::number::next(tx)";
    assert_eq!(used(text, &areas), ["cart", "order", "tax", "order"]);
}

#[test]
fn an_area_uses_only_areas_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("domain/src");
    let areas = areas(&root);
    let place = |area: &str| areas.iter().position(|known| known == area).unwrap();
    assert!(areas.len() > 15 && areas[0] == "kernel", "{areas:?}");
    let mut offenders = Vec::new();
    for area in areas.iter().filter(|area| root.join(area).is_dir()) {
        for file in files(&root.join(area)) {
            let text = fs::read_to_string(&file).unwrap();
            // Comments may point anywhere.
            let code: String = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| format!("{line}\n"))
                .collect();
            let later = used(&code, &areas).into_iter().filter(|name| place(name) > place(area));
            offenders.extend(later.map(|name| format!("{} uses {name}", file.strip_prefix(&root).unwrap().display())));
        }
    }
    offenders.dedup();
    assert!(offenders.is_empty(), "{offenders:#?}");
}

#[test]
fn layers_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let forbidden = [
        ("entity/src", vec!["domain::", "graphql::", "hitotsu::"]),
        ("domain/src", vec!["async_graphql", "actix", "std::env", "graphql::"]),
        ("graphql/src", vec!["actix", "std::env", "sea_orm::Statement", "hitotsu::"]),
        // Pages read and write by the use cases that the API has.
        ("src/pages", vec!["sea_orm", "async_graphql"]),
    ];
    let mut offenders = Vec::new();
    for (folder, words) in forbidden {
        // The lint of the schemas is a test that may be told to write files anew.
        for file in files(&root.join(folder)).iter().filter(|file| !file.ends_with("lint.rs")) {
            let text = fs::read_to_string(file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                offenders.extend(
                    words.iter().filter(|word| line.contains(*word)).map(|word| format!("{}: {word}", file.display())),
                );
            }
        }
    }
    assert!(offenders.is_empty(), "{offenders:#?}");
}
