use std::collections::HashSet;

use roster_api::{ENDPOINTS, Shape, openapi};
use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// Calls `see` with every object in `value`.
fn walk<'v>(value: &'v Value, see: &mut impl FnMut(&'v serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            see(object);
            object.values().for_each(|value| walk(value, see));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

#[test]
fn the_document_is_openapi_3_1() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Roster");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[test]
fn every_reference_leads_to_a_schema_and_every_schema_is_referred_to() {
    let document = document();
    let mut referred = HashSet::new();
    walk(&document, &mut |object| {
        if let Some(Value::String(to)) = object.get("$ref") {
            let pointer = to.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{to}");
            referred.insert(to.rsplit('/').next().unwrap().to_owned());
        }
    });
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(referred.contains(name), "{name} is not used");
    }
}

#[test]
fn every_endpoint_is_in_the_document() {
    let document = document();
    let mut count = 0;
    for one in ENDPOINTS {
        let method = one.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][one.path][&method];
        assert_eq!(operation["operationId"], one.operation(), "{}", one.path);
        let is_open = operation["security"][0].as_object().unwrap().is_empty();
        assert_eq!(is_open, one.is_open, "{}", one.name);
        assert!(operation["responses"][one.status.to_string()].is_object());
        count += 1;
    }
    let paths = document["paths"].as_object().unwrap();
    let operations: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(operations, count);
}

#[test]
fn every_example_is_what_its_type_reads() {
    let document = document();
    for one in ENDPOINTS {
        let operation = &document["paths"][one.path][one.method.as_str().to_ascii_lowercase()];
        for (shape, place) in [
            (&one.body, &operation["requestBody"]),
            (&one.reply, &operation["responses"][one.status.to_string()]),
        ] {
            let Some(shape) = shape.filter(Shape::is_json) else { continue };
            let example = &place["content"]["application/json"]["example"];
            let text = example.to_string();
            if let Err(error) = (shape.check)(&text) {
                panic!("{} {}: {error} in {text}", one.name, (shape.name)());
            }
        }
    }
}

#[test]
fn a_file_is_said_to_be_one() {
    let logo = &document()["paths"]["/api/v1/theme-logos/{logo}"]["get"];
    let content = logo["responses"]["200"]["content"].as_object().unwrap();
    assert_eq!(content.len(), 4);
    for (media_type, said) in content {
        assert!(media_type.starts_with("image/") && !media_type.contains("svg"), "{media_type}");
        assert_eq!(said["schema"]["format"], "binary");
    }
    let upload = &document()["paths"]["/api/v1/themes/{theme}/logo"]["put"]["requestBody"];
    assert!(upload["content"]["application/octet-stream"]["schema"].is_object());
}

#[test]
fn a_body_that_knows_no_other_fields_says_so() {
    let document = document();
    assert_eq!(document["components"]["schemas"]["NewUser"]["additionalProperties"], false);
}
