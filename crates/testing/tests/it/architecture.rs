//! Each crate has one job and uses only the crates it may: the table of `CONTRIBUTING.md`.

use std::{collections::BTreeMap, fs, path::Path};

/// Which of our crates each may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("roster-model", &[]),
    ("roster-argon2", &[]),
    ("roster-api", &["roster-model"]),
    ("roster-store", &["roster-model"]),
    ("roster-core", &["roster-model", "roster-store", "roster-argon2"]),
    ("roster-http-kit", &["roster-model", "roster-api", "roster-core"]),
    ("roster-native", &["roster-model", "roster-api", "roster-core", "roster-http-kit"]),
    ("roster-dialects", &["roster-model", "roster-core", "roster-http-kit"]),
    ("roster-console", &["roster-model", "roster-core", "roster-http-kit"]),
    (
        "roster-server",
        &[
            "roster-model",
            "roster-api",
            "roster-store",
            "roster-core",
            "roster-http-kit",
            "roster-native",
            "roster-dialects",
            "roster-console",
        ],
    ),
    ("roster-client", &["roster-model", "roster-api"]),
    ("roster", &["roster-model", "roster-client", "roster-server"]),
    ("postgres-fixture", &[]),
    (
        "roster-testing",
        &[
            "roster-model",
            "roster-store",
            "roster-core",
            "roster-http-kit",
            "roster-native",
            "postgres-fixture",
        ],
    ),
];

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

/// The names under `[dependencies]` of each crate.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(crates).unwrap() {
        let Ok(text) = fs::read_to_string(folder.unwrap().path().join("Cargo.toml")) else {
            continue;
        };
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let names = manifest.get("dependencies").and_then(toml::Value::as_table);
        found.insert(name, names.into_iter().flatten().map(|(name, _)| name.clone()).collect());
    }
    found
}

#[test]
fn each_crate_uses_only_those_it_may() {
    for (name, used) in dependencies() {
        if TOOLS.contains(&&*name) {
            continue;
        }
        let rule = MAY_USE.iter().find(|(known, _)| *known == name);
        let (_, may) = rule.unwrap_or_else(|| panic!("{name} has no place in the table"));
        for one in used.iter().filter(|one| MAY_USE.iter().any(|(known, _)| known == one)) {
            assert!(may.contains(&&**one), "{name} may not use {one}");
        }
    }
}

#[test]
fn databases_are_known_to_the_store_and_http_to_the_doors() {
    for (name, used) in dependencies() {
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
