//! Reading the layers and making settings of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use confique::meta::Expr;
use confique::{Config, Layer};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::keys::{self, Key, SSO};
use super::problem::{Problem, Problems, Source};
use super::{Settings, validate};

type SettingsLayer = <Settings as Config>::Layer;

/// Variables that begin like ours and are read by somebody else: the client and the tests.
const NOT_SETTINGS: [&str; 6] = [
    "ROSTER_CONFIG",
    "ROSTER_URL",
    "ROSTER_TOKEN",
    "ROSTER_LOGIN",
    "ROSTER_CA_FILE",
    "ROSTER_TEST_",
];

/// What options of the command line set.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<(String, String, String)>);

impl Overrides {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to `value`, written like in the environment, because the option `flag` says so.
    pub fn set(&mut self, key: &str, flag: &str, value: impl Into<String>) -> &mut Self {
        self.0.push((key.to_owned(), flag.to_owned(), value.into()));
        self
    }
}

/// Where a configuration is read from.
pub struct Inputs {
    /// Options of the command line.
    pub overrides: Overrides,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The file that was asked for; it must be there. Otherwise `roster.toml` in `directory` may be.
    pub file: Option<PathBuf>,
    /// The directory in which the file is looked for; the one that the process works in, if empty.
    pub directory: PathBuf,
}

impl Inputs {
    /// The environment and the directory of this process; `ROSTER_CONFIG` may name the file.
    pub fn of_process(overrides: Overrides, file: Option<PathBuf>) -> Self {
        let file = file.or_else(|| std::env::var_os("ROSTER_CONFIG").map(PathBuf::from));
        Self {
            overrides,
            environment: std::env::vars_os().collect(),
            file,
            directory: PathBuf::new(),
        }
    }
}

/// A configuration and where each of its values came from.
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    pub(super) given: BTreeMap<String, Given>,
}

/// A value that somebody set.
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) source: Source,
}

/// Reads, checks and joins all layers.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn load(inputs: &Inputs) -> Result<Loaded, Problems> {
    let mut reading = Reading { keys: keys::all(), given: BTreeMap::new(), problems: Vec::new() };
    let file = reading.read_file(inputs);
    reading.read_environment(&inputs.environment);
    reading.read_overrides(&inputs.overrides);
    reading.check_each();
    reading.check_providers();
    let Reading { given, mut problems, .. } = reading;
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let settings = match assemble(&given) {
        Ok(settings) => settings,
        Err(reason) => {
            let fix = "See `roster config template`.".to_owned();
            let problem =
                Problem { key: "configuration".into(), source: Source::Default, reason, fix };
            return Err(Problems(vec![problem]));
        }
    };
    let source = |key: &str| given.get(key).map_or(Source::Default, |given| given.source.clone());
    validate::validate(&settings, &source, &mut problems);
    if problems.is_empty() { Ok(Loaded { settings, file, given }) } else { Err(Problems(problems)) }
}

/// The layers while they are read, the weakest first.
struct Reading {
    keys: Vec<Key>,
    given: BTreeMap<String, Given>,
    problems: Vec<Problem>,
}

impl Reading {
    fn read_file(&mut self, inputs: &Inputs) -> Option<PathBuf> {
        let (path, is_required) = match &inputs.file {
            Some(path) => (path.clone(), true),
            None => (PathBuf::from("roster.toml"), false),
        };
        let text = match std::fs::read_to_string(inputs.directory.join(&path)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_required => {
                return None;
            }
            Err(error) => {
                self.refuse(
                    &path.display().to_string(),
                    Source::Flag("--config".into()),
                    format!("the configuration file cannot be read: {error}"),
                    "Name a file that is there and readable, or leave the option out.".into(),
                );
                return None;
            }
        };
        match DeTable::parse(&text) {
            Ok(table) => self.read_table("", table.get_ref(), &text, &path),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(&text, span.start));
                self.refuse(
                    "configuration file",
                    Source::File(path.clone(), line),
                    format!("this is not TOML: {}", error.message()),
                    "`roster config template` prints a file to start from.".into(),
                );
            }
        }
        Some(path)
    }

    fn read_table(&mut self, prefix: &str, table: &DeTable<'_>, text: &str, path: &Path) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let source = Source::File(path.to_owned(), line_of(text, name.span().start));
            let is_section = key == SSO
                || key.strip_prefix("sso.").is_some_and(|name| !name.contains('.'))
                || self.keys.iter().any(|known| known.path.starts_with(&format!("{key}.")));
            match value.get_ref() {
                DeValue::Table(section) if is_section => {
                    self.read_table(&format!("{key}."), section, text, path)
                }
                _ if is_section => self.refuse(
                    &key,
                    source,
                    "this is a section, not a value".into(),
                    format!("Write [{key}] on a line of its own and its keys below."),
                ),
                _ => match value_of(value.get_ref()) {
                    Ok(value) => self.give(key, value, source),
                    Err(reason) => self.refuse(
                        &key,
                        source,
                        reason,
                        "Write the value as TOML wants it.".into(),
                    ),
                },
            }
        }
    }

    fn read_environment(&mut self, environment: &[(OsString, OsString)]) {
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| name.starts_with("ROSTER_")) else {
                continue;
            };
            if NOT_SETTINGS
                .iter()
                .any(|other| name == *other || (other.ends_with('_') && name.starts_with(other)))
                || is_of_kubernetes(name)
            {
                continue;
            }
            let source = Source::Environment(name.to_owned());
            match (self.path_of_variable(name), value.to_str()) {
                (Some(path), Some(value)) => {
                    let value = self.value_of_text(&path, value);
                    self.give(path, value, source);
                }
                (Some(path), None) => self.refuse(
                    &path,
                    source,
                    "the value is not UTF-8".into(),
                    format!("Set {name} to text, or unset it."),
                ),
                (None, _) => {
                    let known: Vec<String> = self.keys.iter().map(Key::variable).collect();
                    let fix = match keys::nearest(name, known.iter().map(String::as_str)) {
                        Some(near) => format!("Did you mean {near}? Otherwise unset {name}."),
                        None => {
                            format!("Unset {name}; `roster config template` lists what there is.")
                        }
                    };
                    self.refuse(name, source, "there is no such setting".into(), fix);
                }
            }
        }
    }

    fn read_overrides(&mut self, overrides: &Overrides) {
        for (key, flag, text) in &overrides.0 {
            let value = self.value_of_text(key, text);
            self.give(key.clone(), value, Source::Flag(flag.clone()));
        }
    }

    /// The key that the variable `name` sets.
    fn path_of_variable(&self, name: &str) -> Option<String> {
        if let Some(key) = self.keys.iter().find(|key| key.variable() == name) {
            return Some(key.path.clone());
        }
        let rest = name.strip_prefix("ROSTER_SSO_")?.to_ascii_lowercase();
        let names: Vec<String> =
            keys::of_provider("x").into_iter().map(|key| last(&key.path).to_owned()).collect();
        names.iter().find_map(|key| {
            let provider = rest
                .strip_suffix(key)?
                .strip_suffix('_')
                .filter(|provider| !provider.is_empty())?;
            Some(format!("{SSO}.{provider}.{key}"))
        })
    }

    /// Text of the environment or an option as the kind of value that `path` has by default.
    fn value_of_text(&self, path: &str, text: &str) -> Value {
        let default = self.keys.iter().find(|key| key.path == path).and_then(|key| key.default);
        let value = match default {
            Some(Expr::Integer(_)) => text.trim().parse().ok().map(Value::Integer),
            Some(Expr::Bool(_)) => match text.trim() {
                "true" | "yes" | "on" | "1" => Some(Value::Boolean(true)),
                "false" | "no" | "off" | "0" => Some(Value::Boolean(false)),
                _ => None,
            },
            Some(Expr::Array(_)) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()))
            }
            Some(Expr::Map(_)) => Some(Value::Table(
                text.lines()
                    .filter_map(|line| line.split_once(':'))
                    .map(|(name, value)| {
                        (name.trim().to_owned(), Value::String(value.trim().to_owned()))
                    })
                    .collect(),
            )),
            _ => None,
        };
        value.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    fn give(&mut self, path: String, value: Value, source: Source) {
        self.given.insert(path, Given { value, source });
    }

    /// Refuses each value that is not known by name, or not of its type.
    fn check_each(&mut self) {
        let mut problems = Vec::new();
        for (path, given) in &self.given {
            let (key, reason, fix) = match self.check(path, &given.value) {
                Ok(()) => continue,
                Err(refused) => refused,
            };
            problems.push(Problem { key, source: given.source.clone(), reason, fix });
        }
        self.problems.append(&mut problems);
    }

    /// A provider that anything is said of must have a name and a secret for this installation.
    fn check_providers(&mut self) {
        let mut problems = Vec::new();
        for (path, given) in &self.given {
            let Some((provider, _)) =
                path.strip_prefix("sso.").and_then(|rest| rest.split_once('.'))
            else {
                continue;
            };
            for name in ["client_id", "client_secret"] {
                let key = format!("{SSO}.{provider}.{name}");
                if self.given.contains_key(&key)
                    || problems.iter().any(|one: &Problem| one.key == key)
                {
                    continue;
                }
                problems.push(Problem {
                    source: given.source.clone(),
                    reason: format!("it is missing, and {path} is set"),
                    fix: format!("Set it to what {provider} gave you ({}).", keys::variable(&key)),
                    key,
                });
            }
        }
        self.problems.append(&mut problems);
    }

    fn check(&self, path: &str, value: &Value) -> Result<(), (String, String, String)> {
        let provider_keys = match path.strip_prefix("sso.").and_then(|rest| rest.split_once('.')) {
            Some((provider, _)) => {
                let is_good =
                    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
                if provider.is_empty() || !provider.chars().all(is_good) {
                    let fix =
                        "Use small letters, digits, - and _ only: the name is part of an address."
                            .to_owned();
                    return Err((
                        path.to_owned(),
                        format!("{provider:?} cannot be the name of a provider"),
                        fix,
                    ));
                }
                keys::of_provider(provider)
            }
            None => Vec::new(),
        };
        let Some(key) = self.keys.iter().chain(&provider_keys).find(|key| key.path == path) else {
            let known = self.keys.iter().chain(&provider_keys).map(|key| key.path.as_str());
            let fix = match keys::nearest(path, known) {
                Some(near) => format!("Did you mean {near}? Otherwise remove it."),
                None => "Remove it; `roster config template` lists what there is.".to_owned(),
            };
            return Err((path.to_owned(), "there is no such setting".to_owned(), fix));
        };
        let tried = match path.strip_prefix("sso.") {
            Some(_) => try_provider_value(path, value),
            None => layer_of([(path, value)].into_iter()).map(drop),
        };
        tried.map_err(|reason| {
            let reason = plain_words(&reason);
            let shown = if key.is_secret() || last(path).ends_with("url") || last(path) == "email" {
                reason
            } else {
                format!("{value} does not fit: {reason}")
            };
            (path.to_owned(), shown, key.doc.clone())
        })
    }

    fn refuse(&mut self, key: &str, source: Source, reason: String, fix: String) {
        self.problems.push(Problem { key: key.to_owned(), source, reason, fix });
    }
}

/// What is wrong with a value, for people who have not read the program: what must be there instead of the name of its
/// type.
fn plain_words(reason: &str) -> String {
    let expected = reason.lines().next().and_then(|line| line.rsplit_once("expected "));
    let Some((_, expected)) = expected else { return reason.to_owned() };
    let must = match expected.trim() {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "a nonzero u16" => "a whole number from 1 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "a nonzero u32" => "a whole number from 1 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "a nonzero u64" | "a nonzero usize" => "a whole number, 1 or more",
        "i32" | "i64" => "a whole number",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "text in quotes",
        "a sequence" => "a list in brackets",
        _ => return reason.to_owned(),
    };
    format!("it must be {must}")
}

/// Tries one value of a provider, with harmless ones for the others that must be there.
fn try_provider_value(path: &str, value: &Value) -> Result<(), String> {
    let mut table: Table = [("client_id", "x"), ("client_secret", "x")]
        .map(|(k, v)| (k.to_owned(), Value::String(v.into())))
        .into_iter()
        .collect();
    table.insert(last(path).to_owned(), value.clone());
    Value::Table(table)
        .try_into::<super::SsoProvider>()
        .map(drop)
        .map_err(|error| error.message().to_owned())
}

/// The layer that holds `values` and nothing else.
fn layer_of<'a>(
    values: impl Iterator<Item = (&'a str, &'a Value)>,
) -> Result<SettingsLayer, String> {
    let mut table = Table::new();
    for (path, value) in values {
        let mut parts: Vec<&str> = path.split('.').collect();
        let name = parts.pop().unwrap_or(path);
        let mut section = &mut table;
        for part in parts {
            let entry = section.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = entry else { return Err(format!("{part} is not a section")) };
            section = inner;
        }
        section.insert(name.to_owned(), value.clone());
    }
    Value::Table(table).try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

fn assemble(given: &BTreeMap<String, Given>) -> Result<Settings, String> {
    let layer = layer_of(given.iter().map(|(path, given)| (path.as_str(), &given.value)))?;
    Settings::from_layer(layer.with_fallback(SettingsLayer::default_values()))
        .map_err(|error| format!("{error:#}"))
}

/// A value of the file without the positions in it.
fn value_of(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Integer(value) => Value::Integer(
            i64::from_str_radix(value.as_str(), value.radix())
                .map_err(|_| "the number is too large".to_owned())?,
        ),
        DeValue::Float(value) => {
            Value::Float(value.as_str().parse().map_err(|_| "this is not a number".to_owned())?)
        }
        DeValue::Datetime(value) => Value::Datetime(*value),
        DeValue::Array(values) => Value::Array(
            values.iter().map(|value| value_of(value.get_ref())).collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => Value::Table(
            table
                .iter()
                .map(|(name, value)| {
                    Ok((name.get_ref().clone().into_owned(), value_of(value.get_ref())?))
                })
                .collect::<Result<_, String>>()?,
        ),
    })
}

/// Kubernetes sets these for every service in the namespace; one called "roster" must not stop the server.
fn is_of_kubernetes(name: &str) -> bool {
    name == "ROSTER_PORT" || name.starts_with("ROSTER_PORT_") || name.starts_with("ROSTER_SERVICE_")
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}
