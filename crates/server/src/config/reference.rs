//! The commented template and the reference page, both made from the declaration.

use std::fmt::Write;

use confique::meta::{Expr, MapKey};

use super::keys::{self, Key, SSO, Section};

/// What the section of sign-in providers is for.
const PROVIDERS: &str = "Providers for single sign-on, each in a section `[sso.NAME]` of its own; the name shows in \
                         addresses. The provider wants to know the address to return to: \
                         `<public_url>/sso/<NAME>/callback`.";

/// A configuration file with every key in it, commented out.
pub fn template() -> String {
    let mut text = String::from(
        "# Configuration of Roster. Every key can be set by the variable of the environment named above it as well,\n\
         # which wins over this file. Keys that are commented out have the value shown.\n",
    );
    for Section { name, doc, keys } in keys::sections() {
        text.push('\n');
        if !name.is_empty() {
            comment(&mut text, &doc);
            line(&mut text, format_args!("[{name}]"));
        }
        for key in &keys {
            template_key(&mut text, key);
        }
    }
    text.push('\n');
    comment(&mut text, PROVIDERS);
    line(&mut text, format_args!("#[{SSO}.google]"));
    for key in keys::of_provider("google") {
        template_key(&mut text, &key);
    }
    text
}

/// The reference page in Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Generated from crates/server/src/config; `ROSTER_TEST_BLESS=1 cargo test -p roster-server reference` \
         writes it anew. -->\n\n\
         Options of `roster serve` win over variables of the environment, these over `roster.toml` in the working \
         directory (or the file named by `--config` or `ROSTER_CONFIG`). Unknown keys and unknown `ROSTER_…` \
         variables are errors. `roster config check` shows what is in force and where it came from, `roster config \
         template` prints a file to start from.\n\n\
         Lengths of time are written `250ms`, `30s`, `15m`, `24h`, `30d`. In variables, lists are separated by \
         commas and headers by line breaks.\n",
    );
    for Section { name, doc, keys } in keys::sections() {
        if !name.is_empty() {
            line(&mut text, format_args!("\n## `[{name}]`\n\n{doc}"));
        }
        table(&mut text, &keys);
    }
    line(&mut text, format_args!("\n## `[{SSO}.NAME]`\n\n{PROVIDERS}"));
    table(&mut text, &keys::of_provider("NAME"));
    text.push_str(EXAMPLES);
    text
}

/// What tables of keys cannot show.
const EXAMPLES: &str = r#"
## Examples

Sign-in with Google, GitHub and a provider of one's own:

```toml
[sso.google]
client_id = "…"
client_secret = "…"

[sso.github]
client_id = "…"
client_secret = "…"

[sso.example]
client_id = "…"
client_secret = "…"
issuer = "https://login.example.com"
label = "Example Ltd"
```

A gateway for text messages that Roster has no preset for:

```toml
sms = "http"

[sms_gateway]
url = "https://sms.example.com/v2/messages"
headers = { Authorization = "Bearer {secret}" }
content_type = "application/json"
body = '{"to": "{to}", "sender": "{from}", "message": "{text}"}'
from = "Roster"
secret = "…"
```
"#;

/// A default as TOML.
pub(super) fn toml(expr: &Expr) -> String {
    match expr {
        Expr::Str(text) => format!("{text:?}"),
        Expr::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Expr::Map([]) => "{}".to_owned(),
        Expr::Map(entries) => {
            let entries = entries.iter().map(|entry| {
                let key = match entry.key {
                    MapKey::Str(key) => format!("{key:?}"),
                    MapKey::Integer(key) => key.to_string(),
                    MapKey::Float(key) => key.to_string(),
                    MapKey::Bool(key) => key.to_string(),
                    _ => String::new(),
                };
                format!("{key} = {}", toml(&entry.value))
            });
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Expr::Integer(number) => number.to_string(),
        Expr::Float(number) => number.to_string(),
        Expr::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

fn template_key(text: &mut String, key: &Key) {
    text.push('\n');
    comment(text, &key.doc);
    line(text, format_args!("# {}", key.variable()));
    let name = key.path.rsplit('.').next().unwrap_or(&key.path);
    let default = key.default.map(toml).unwrap_or_default();
    line(text, format!("#{name} = {default}").trim_end());
}

fn table(text: &mut String, keys: &[Key]) {
    text.push_str("\n| key, variable | default | meaning |\n| --- | --- | --- |\n");
    for key in keys {
        let default = match key.default {
            Some(expr) => format!("`{}`", toml(expr)),
            None if key.is_optional => "not set".to_owned(),
            None => "required".to_owned(),
        };
        line(
            text,
            format_args!(
                "| `{}`<br>`{}` | {default} | {} |",
                key.path,
                key.variable(),
                key.doc.replace('|', "\\|")
            ),
        );
    }
}

/// Comment lines no longer than 100 characters.
fn comment(text: &mut String, paragraph: &str) {
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        if width > 0 && width + word.len() > 98 {
            text.push('\n');
            width = 0;
        }
        text.push_str(if width == 0 { "# " } else { " " });
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
}

fn line(text: &mut String, content: impl std::fmt::Display) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_reference_page_is_up_to_date() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/configuration.md");
        if std::env::var_os("ROSTER_TEST_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            page == reference(),
            "docs/reference/configuration.md is stale: \
             run `ROSTER_TEST_BLESS=1 cargo test -p roster-server reference`"
        );
    }

    #[test]
    fn the_template_is_toml_with_every_key_commented_out() {
        let text = template();
        let parsed: toml::Table = text.parse().unwrap();
        assert!(
            parsed.values().all(|section| section.as_table().is_some_and(toml::Table::is_empty))
        );
        for key in keys::all() {
            assert!(text.contains(&key.variable()), "{}", key.path);
        }
    }
}
