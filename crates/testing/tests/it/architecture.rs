//! Each crate has one job and uses only the crates it may: the table of `ARCHITECTURE.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What only some of our crates may know.
const ONLY_IN: &[(&[&str], &[&str])] = &[
    (
        &["rusqlite", "tokio-postgres", "tokio-postgres-rustls", "deadpool-postgres"],
        &["roster-store"],
    ),
    (
        &["axum", "tower", "hyper", "hyper-util", "http-body", "http-body-util"],
        &[
            "roster-http-kit",
            "roster-native",
            "roster-dialects",
            "roster-console",
            "roster-server",
            "roster-testing",
        ],
    ),
    (&["reqwest"], &["roster-client", "roster-server"]),
    (&["clap", "dialoguer", "comfy-table", "indicatif"], &["roster"]),
];

/// The program that measures Roster stands outside: it may use what it likes.
const TOOLS: &[&str] = &["roster-bench"];

/// What stands in the last column of who may use all the crates in the rows above.
const ALL_ABOVE: &str = "all above";

/// A crate, by its folder: its name, and the names under `[dependencies]`.
fn crates() -> BTreeMap<String, (String, Vec<String>)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(crates).unwrap().map(Result::unwrap) {
        let Ok(text) = fs::read_to_string(folder.path().join("Cargo.toml")) else { continue };
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let used = manifest.get("dependencies").and_then(toml::Value::as_table);
        let used = used.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        found.insert(folder.file_name().into_string().unwrap(), (name, used));
    }
    found
}

/// Which folders each folder may use, as `ARCHITECTURE.md` has it.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md");
    let text = fs::read_to_string(file).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let mut table = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, _, may] = cells[..] else { panic!("a row of three cells: {row}") };
        let may: BTreeSet<String> = match may {
            ALL_ABOVE => table.keys().cloned().collect(),
            may => may.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        };
        table.insert(name.trim_matches('`').to_owned(), may);
    }
    table
}

#[test]
fn each_crate_uses_only_those_it_may() {
    let (crates, table) = (crates(), table());
    let folders: Vec<_> = crates.keys().collect();
    assert_eq!(folders, table.keys().collect::<Vec<_>>(), "each crate has its row");
    for (folder, (_, used)) in &crates {
        for (other, (name, _)) in &crates {
            let may = table[folder].contains(other);
            assert!(may || !used.contains(name), "{folder} may not use {other}");
        }
    }
}

#[test]
fn databases_are_known_to_the_store_and_http_to_the_doors() {
    for (name, used) in crates().into_values() {
        for (what, places) in ONLY_IN {
            if TOOLS.contains(&&*name) || places.contains(&&*name) {
                continue;
            }
            for one in *what {
                assert!(!used.iter().any(|used| used == one), "{name} may not use {one}");
            }
        }
    }
}
