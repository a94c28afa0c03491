//! The documentation for people: one page made from the OpenAPI document, without scripts and
//! without anything from elsewhere.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderName, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use roster_api::{ENDPOINTS, EndpointDescription, Shape, status};
use roster_http_kit::{Kit, RequestContext};
use serde_json::Value;

const STYLE: &str = include_str!("../templates/docs.css");

/// The OpenAPI document as JSON text.
pub(crate) static DOCUMENT: LazyLock<String> = LazyLock::new(|| SPECIFICATION.to_string());

static SPECIFICATION: LazyLock<Value> = LazyLock::new(|| {
    // The document is made of texts and numbers: nothing that JSON cannot hold.
    serde_json::to_value(roster_api::openapi()).unwrap_or_default()
});

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let page = page(&SPECIFICATION);
    // Rendering writes to memory; a template has no other way to fail.
    page.render().unwrap_or_default()
});

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .route("/api/docs", get(async |request: Request| show(&request, "text/html", &PAGE)))
        .route(
            "/api/docs/style.css",
            get(async |request: Request| show(&request, "text/css", STYLE)),
        )
}

fn show(request: &Request, kind: &'static str, text: &'static str) -> Response {
    RequestContext::of(request.extensions()).set_route("/api/docs");
    let kind = match kind {
        "text/css" => "text/css; charset=utf-8",
        _ => "text/html; charset=utf-8",
    };
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                  frame-ancestors 'none'";
    let headers: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    about: String,
    version: String,
    sections: Vec<Section>,
    records: Vec<Record>,
}

struct Section {
    name: &'static str,
    anchor: String,
    endpoints: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: &'static str,
    summary: &'static str,
    details: String,
    is_open: bool,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    reply: Option<Body>,
    status: u16,
    refusals: Vec<(u16, &'static str)>,
}

struct Parameter {
    name: String,
    kind: String,
    doc: String,
}

struct Body {
    name: String,
    /// None of a file.
    example: Option<String>,
}

struct Record {
    name: String,
    doc: String,
    words: Vec<String>,
    fields: Vec<RecordField>,
}

struct RecordField {
    name: String,
    kind: String,
    link: Option<String>,
    is_required: bool,
    doc: String,
}

fn page(specification: &Value) -> Page {
    let mut sections: Vec<Section> = Vec::new();
    for endpoint in ENDPOINTS {
        if sections.last().is_none_or(|section| section.name != endpoint.tag) {
            let anchor =
                format!("section-{}", endpoint.tag.to_lowercase().replace([' ', ','], "-"));
            sections.push(Section { name: endpoint.tag, anchor, endpoints: Vec::new() });
        }
        if let Some(section) = sections.last_mut() {
            section.endpoints.push(operation(endpoint, specification));
        }
    }
    let schemas = specification["components"]["schemas"].as_object();
    let records = schemas
        .into_iter()
        .flatten()
        .map(|(name, schema)| Record {
            name: name.clone(),
            doc: marked(&text(&schema["description"])),
            words: list(&schema["enum"]).map(text).collect(),
            fields: fields(schema, specification),
        })
        .collect();
    Page {
        about: marked(&text(&specification["info"]["description"])),
        version: text(&specification["info"]["version"]),
        sections,
        records,
    }
}

fn operation(endpoint: &EndpointDescription, specification: &Value) -> Operation {
    let method = endpoint.method.as_str().to_ascii_lowercase();
    let described = &specification["paths"][endpoint.path][&method];
    let body = |shape: &Option<Shape>, place: &Value| {
        let shape = shape.as_ref()?;
        if !shape.is_json() {
            return Some(Body { name: shape.media_types.join(", "), example: None });
        }
        let content = &place["content"]["application/json"];
        let (name, _) = kind(content.get("schema")?);
        let example = serde_json::to_string_pretty(&content["example"]).unwrap_or_default();
        Some(Body { name, example: Some(example) })
    };
    Operation {
        id: endpoint.operation(),
        method: endpoint.method.as_str().into(),
        path: endpoint.path,
        summary: endpoint.summary(),
        details: marked(&endpoint.details()),
        is_open: endpoint.is_open,
        parameters: list(&described["parameters"])
            .map(|parameter| Parameter {
                name: text(&parameter["name"]),
                kind: format!("{}, {}", text(&parameter["in"]), kind(&parameter["schema"]).0),
                doc: marked(&text(&parameter["description"])),
            })
            .collect(),
        body: body(&endpoint.body, &described["requestBody"]),
        reply: body(&endpoint.reply, &described["responses"][endpoint.status.to_string()]),
        status: endpoint.status,
        refusals: endpoint
            .all_refusals()
            .into_iter()
            .map(|code| (status(code).as_u16(), code.as_str()))
            .collect(),
    }
}

/// The fields of an object, with those of the objects that it is made of.
fn fields(schema: &Value, specification: &Value) -> Vec<RecordField> {
    let required: Vec<_> = list(&schema["required"]).filter_map(Value::as_str).collect();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, field)| {
        let (kind, link) = kind(field);
        let doc = match text(&field["description"]) {
            doc if doc.is_empty() => list(&field["oneOf"])
                .map(|one| text(&one["description"]))
                .find(|doc| !doc.is_empty())
                .unwrap_or_default(),
            doc => doc,
        };
        RecordField {
            is_required: required.contains(&&**name),
            name: name.clone(),
            kind,
            link,
            doc: marked(&doc),
        }
    });
    let mut all: Vec<_> = own.collect();
    for part in list(&schema["allOf"]) {
        let part = match part["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => specification.pointer(pointer).unwrap_or(part),
            None => part,
        };
        all.append(&mut fields(part, specification));
    }
    all
}

/// What a schema is called, and where it is described.
fn kind(schema: &Value) -> (String, Option<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return (name.into(), Some(name.into()));
    }
    for several in ["oneOf", "anyOf"] {
        let mut known = list(&schema[several]).filter(|one| one["type"] != "null");
        if let Some(one) = known.next() {
            let (name, link) = kind(one);
            return (format!("{name} or null"), link);
        }
    }
    if schema["type"] == "array" {
        let (name, link) = kind(&schema["items"]);
        return (format!("list of {name}"), link);
    }
    let name = match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => several.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => "anything".into(),
    };
    match schema["format"].as_str() {
        Some(format @ ("date-time" | "uuid")) => (format!("{name} ({format})"), None),
        _ => (name, None),
    }
}

/// A sentence as HTML, what stands between backticks as code.
fn marked(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for (i, part) in text.split('`').enumerate() {
        if i > 0 {
            html.push_str(if i % 2 == 1 { "<code>" } else { "</code>" });
        }
        for c in part.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                c => html.push(c),
            }
        }
    }
    html
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_endpoint_and_every_record() {
        for endpoint in ENDPOINTS {
            let id = format!("<article id=\"{}\">", endpoint.operation());
            assert!(PAGE.contains(&id), "{}", endpoint.name);
            assert!(PAGE.contains(endpoint.path));
        }
        for name in SPECIFICATION["components"]["schemas"].as_object().unwrap().keys() {
            assert!(PAGE.contains(&format!("<article id=\"{name}\">")), "{name}");
        }
    }

    #[test]
    fn every_link_of_the_page_leads_somewhere() {
        for link in PAGE.split("href=\"").skip(1) {
            let to = link.split('"').next().unwrap();
            match to.strip_prefix('#') {
                Some(anchor) => assert!(PAGE.contains(&format!("id=\"{anchor}\"")), "{to}"),
                None => assert!(
                    ["/api/docs/style.css", "/api/v1/openapi.json"].contains(&to),
                    "{to} is not ours"
                ),
            }
        }
    }

    #[test]
    fn t37_a_sentence_is_no_markup() {
        assert_eq!(marked("a `b` <c> & \"d\""), "a <code>b</code> &lt;c&gt; &amp; &quot;d&quot;");
        assert_eq!(PAGE.matches("<code>").count(), PAGE.matches("</code>").count());
    }

    #[test]
    fn nothing_on_the_page_runs_or_comes_from_elsewhere() {
        for word in ["<script", "style=", "http://", "onclick", "@import", "url("] {
            assert!(!PAGE.contains(word) && !STYLE.contains(word), "{word}");
        }
        for link in PAGE.match_indices("https://") {
            // Only inside of examples.
            let line_start = PAGE[..link.0].rfind('\n').unwrap_or(0);
            assert!(PAGE[line_start..link.0].contains("authorization_url"), "{link:?}");
        }
    }
}
