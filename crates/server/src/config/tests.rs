//! Loading from all layers at once.

use std::ffi::OsString;

use super::problem::Source;
use super::*;

/// What is loaded from the file `text`, the variables and the options.
fn try_load(
    text: &str,
    environment: &[(&str, &str)],
    options: &[(&str, &str)],
) -> Result<Loaded, Problems> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("roster.toml"), text).unwrap();
    let mut overrides = Overrides::new();
    for (key, value) in options {
        overrides.set(key, &format!("--{key}"), *value);
    }
    let environment =
        environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    load(&Inputs {
        overrides,
        environment: environment.collect(),
        file: None,
        directory: directory.path().to_owned(),
    })
}

fn loaded(text: &str, environment: &[(&str, &str)], options: &[(&str, &str)]) -> Loaded {
    try_load(text, environment, options).unwrap_or_else(|problems| panic!("{problems}"))
}

fn refused(text: &str, environment: &[(&str, &str)]) -> Vec<Problem> {
    match try_load(text, environment, &[]) {
        Ok(_) => panic!("{text:?} {environment:?} is refused"),
        Err(problems) => problems.0,
    }
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let Loaded { settings, .. } = loaded("", &[], &[]);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8750");
    assert_eq!(settings.data_dir.to_str(), Some("roster-data"));
    assert_eq!(settings.sessions.airt.as_secs(), 30 * 86_400);
    assert!(settings.metrics && settings.sso.is_empty());
}

#[test]
fn options_win_over_the_environment_and_that_over_the_file() {
    let file = "listen = '127.0.0.1:1'\nmetrics = false\n[limits]\nbody_bytes = 10\n";
    let environment = [("ROSTER_LISTEN", "127.0.0.1:2"), ("ROSTER_LIMITS_BODY_BYTES", "20")];
    let loaded = loaded(file, &environment, &[("listen", "127.0.0.1:3")]);
    assert_eq!(loaded.settings.listen.port(), 3);
    assert_eq!(loaded.settings.limits.body_bytes.get(), 20);
    assert!(!loaded.settings.metrics);
    let effective = loaded.effective();
    let source = |key: &str| effective.iter().find(|line| line.key == key).unwrap().source.clone();
    assert_eq!(source("listen"), "option --listen");
    assert_eq!(source("limits.body_bytes"), "environment variable ROSTER_LIMITS_BODY_BYTES");
    assert_eq!(source("metrics"), "roster.toml line 2");
    assert_eq!(source("profile"), "default");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    let problems = refused("\n\nlisten_on = '127.0.0.1:1'\n[limits]\nbody_byte = 1\n", &[]);
    let [limits, listen] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!(listen.source, Source::File("roster.toml".into(), 3));
    assert!(listen.fix.contains("Did you mean listen?"), "{listen}");
    assert_eq!(limits.source, Source::File("roster.toml".into(), 5));
    assert!(limits.fix.contains("Did you mean limits.body_bytes?"), "{limits}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_known_one() {
    let problems = refused("", &[("ROSTER_LISTN", "127.0.0.1:1"), ("PATH", "/bin")]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].fix.contains("Did you mean ROSTER_LISTEN?"), "{}", problems[0]);
    let problems = refused("", &[("ROSTER_NOPE", "1")]);
    assert!(!problems[0].fix.contains("Did you mean"), "{}", problems[0]);
}

#[test]
fn a_provider_without_its_secret_is_named() {
    let problems = refused("", &[("ROSTER_SSO_FOO_CLIENT_ID", "x")]);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!(problem.key, "sso.foo.client_secret");
    assert!(problem.fix.contains("ROSTER_SSO_FOO_CLIENT_SECRET"), "{problem}");
}

#[test]
fn variables_of_the_client_and_of_kubernetes_are_left_alone() {
    let others = [
        ("ROSTER_TOKEN", "x"),
        ("ROSTER_PORT_8750_TCP_ADDR", "10.0.0.1"),
        ("ROSTER_SERVICE_HOST", "x"),
    ];
    loaded("", &others, &[]);
}

#[test]
fn every_wrong_value_is_named_at_once_with_where_it_came_from() {
    let problems = refused(
        "metrics = 'perhaps'\n[sessions]\nidle = '3 fortnights'\n",
        &[
            ("ROSTER_LISTEN", "localhost"),
            ("ROSTER_LIMITS_BODY_BYTES", "lots"),
            ("ROSTER_PROFILE", "lax"),
        ],
    );
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["limits.body_bytes", "listen", "metrics", "profile", "sessions.idle"]);
    assert_eq!(problems[1].source, Source::Environment("ROSTER_LISTEN".into()));
    assert!(problems[4].reason.contains("30s, 15m, 24h or 30d"), "{}", problems[4]);
}

#[test]
fn a_file_that_is_not_toml_or_not_there_is_said() {
    assert!(refused("listen = \n", &[])[0].reason.contains("not TOML"));
    let inputs = Inputs {
        overrides: Overrides::new(),
        environment: Vec::new(),
        file: Some("/nowhere/roster.toml".into()),
        directory: "/".into(),
    };
    assert!(load(&inputs).err().unwrap().to_string().contains("cannot be read"));
}

#[test]
fn proxies_are_addresses_or_networks() {
    let proxies = loaded("", &[("ROSTER_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1, ::1")], &[]);
    let shown: Vec<String> =
        proxies.settings.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "192.0.2.1/32", "::1/128"]);
    assert!(refused("trusted_proxies = ['example.com']", &[])[0].reason.contains("neither"));
}

#[test]
fn sign_in_providers_come_from_file_and_environment_alike() {
    let file =
        "[sso.example]\nclient_id = 'a'\nclient_secret = 'b'\nissuer = 'https://login.example'\n";
    let environment =
        [("ROSTER_SSO_GITHUB_CLIENT_ID", "c"), ("ROSTER_SSO_GITHUB_CLIENT_SECRET", "d")];
    let settings = loaded(file, &environment, &[]).settings;
    assert_eq!(settings.sso.keys().collect::<Vec<_>>(), ["example", "github"]);
    assert_eq!(settings.sso["github"].client_secret.expose(), "d");
}

#[test]
fn a_provider_is_whole_known_and_reached_over_https() {
    let environment =
        [("ROSTER_SSO_EXAMPLE_CLIENT_ID", "c"), ("ROSTER_SSO_EXAMPLE_CLIENT_SECRET", "d")];
    assert!(refused("", &environment)[0].fix.contains("ROSTER_SSO_EXAMPLE_ISSUER"));
    let http =
        "[sso.example]\nclient_id = 'a'\nclient_secret = 'b'\nissuer = 'http://login.example'\n";
    assert!(refused(http, &[])[0].reason.contains("https"));
    assert!(!refused("", &environment[..1]).is_empty());
    assert!(
        refused("[sso.example]\nclient_idd = 'a'\n", &[])[0].fix.contains("sso.example.client_id")
    );
}

#[test]
fn the_first_administrator_needs_all_three() {
    let problems = refused("", &[("ROSTER_ADMIN_USERNAME", "ann")]);
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["admin.email", "admin.password"]);
}

#[test]
fn a_gateway_says_what_it_lacks() {
    let problems = refused("sms = 'twilio'\n[sms_gateway]\nfrom = '+15550100'\n", &[]);
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["sms_gateway.account", "sms_gateway.secret"]);
}

#[test]
fn replicas_are_those_of_a_postgresql_database() {
    let two = "postgres://roster@db2/roster, postgresql://roster@db3/roster";
    let url = ("ROSTER_DATABASE_URL", "postgres://roster@db/roster");
    let shown = report(&loaded("", &[url, ("ROSTER_DATABASE_REPLICAS", two)], &[]));
    assert!(
        shown.contains(
            r#"database_replicas = ["postgres://roster@db2/roster", "postgresql://roster@db3/roster"]"#
        ),
        "{shown}"
    );
    let (one, sqlite) = ("postgres://roster@db2/roster", "sqlite:roster.db");
    for (database, replicas, why) in [
        (None, one, "only a PostgreSQL database"),
        (Some(sqlite), one, "only a PostgreSQL database"),
        (Some(one), "postgres://roster@db2/roster,sqlite:roster.db", "number 2"),
        (Some(one), "db2.example.com", "number 1"),
    ] {
        let database = database.map(|url| ("ROSTER_DATABASE_URL", url));
        let given: Vec<_> =
            database.into_iter().chain([("ROSTER_DATABASE_REPLICAS", replicas)]).collect();
        let problems = refused("", &given);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(problem.key, "database_replicas");
        assert!(problem.reason.contains(why), "{problem:?}");
    }
}

#[test]
fn t26_no_secret_shows_up_in_what_check_prints_or_in_an_error() {
    let secrets = [
        ("ROSTER_DATABASE_URL", "postgres://roster:CANARY@db/roster"),
        (
            "ROSTER_DATABASE_REPLICAS",
            "postgres://a:CANARY@db2/roster,postgres://a:CANARY@db3/roster",
        ),
        ("ROSTER_SECRET_KEY", "CANARYCANARYCANARYCANARYCANARYCANARYCANARYA="),
        ("ROSTER_EMAIL", "smtp://roster:CANARY@mail.example"),
        ("ROSTER_EMAIL_FROM", "roster@example.com"),
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "CANARY"),
        ("ROSTER_SMS_GATEWAY_SECRET", "CANARY"),
        ("ROSTER_SMS_GATEWAY_URL", "https://sms.example/?key=CANARY"),
        ("ROSTER_SMS_GATEWAY_HEADERS", "Authorization: CANARY"),
        ("ROSTER_SMS_GATEWAY_BODY", "CANARY"),
        ("ROSTER_SSO_GITHUB_CLIENT_ID", "x"),
        ("ROSTER_SSO_GITHUB_CLIENT_SECRET", "CANARY"),
    ];
    let shown = report(&loaded("", &secrets, &[]));
    assert!(!shown.contains("CANARY"), "{shown}");
    for (name, value) in secrets {
        let wrong = format!("{value}://CANARY:CANARY@");
        if let Err(problems) = try_load("", &[(name, &wrong)], &[]) {
            assert!(!problems.to_string().contains("CANARY"), "{problems}");
        }
    }
    let wrong_type = try_load(
        "admin = { password = ['CANARY'] }\n[sso.github]\nclient_secret = ['CANARY']",
        &[],
        &[],
    );
    assert!(!wrong_type.err().unwrap().to_string().contains("CANARY"));
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_in_plain_words() {
    for (key, value, must) in [
        ("ROSTER_PASSWORDS_QUEUE", "many", "a whole number, 0 or more"),
        ("ROSTER_PASSWORDS_QUEUE", "-1", "a whole number, 0 or more"),
        ("ROSTER_LIMITS_BODY_BYTES", "0", "a whole number, 1 or more"),
        ("ROSTER_LIMITS_BODY_BYTES", "1.5", "a whole number, 1 or more"),
        ("ROSTER_METRICS", "perhaps", "true or false"),
    ] {
        let problems = refused("", &[(key, value)]);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.reason.contains(must), "{key}={value}: {}", problem.reason);
        for word in ["usize", "u32", "u64", "integer", "invalid"] {
            assert!(!problem.reason.contains(word), "{key}={value}: {}", problem.reason);
        }
    }
    let problems = refused("[passwords]\nqueue = 'many'\n", &[]);
    assert!(problems[0].reason.ends_with("it must be a whole number, 0 or more"), "{problems:?}");
}
