//! The OpenAPI 3.1 document, made from the declarations.

use std::collections::BTreeMap;

use http::Method;
use roster_model::{ErrorCode, Problem, scopes_for_people};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, HeaderBuilder, HttpMethod, InfoBuilder, License,
        ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required,
        ResponseBuilder, Schema,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{ENDPOINTS, EndpointDescription, Shape, example, status};

const BEARER: &str = "bearer";

/// The document that describes the native API.
pub fn openapi() -> OpenApi {
    let schemas = schemas();
    let mut paths = Paths::new();
    for endpoint in ENDPOINTS {
        let operation = operation(endpoint, &schemas);
        let item = PathItem::new(http_method(&endpoint.method), operation);
        match paths.paths.get_mut(endpoint.path) {
            Some(present) => present.merge_operations(item),
            None => drop(paths.paths.insert(endpoint.path.into(), item)),
        }
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(format!("The token of a session or an API key. {}", scopes_for_people())))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .schemas_from_iter(schemas)
        .build();
    let info = InfoBuilder::new()
        .title("Roster")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The user directory, sign-in service and API-key check of a platform. Refusals are \
             `application/problem+json` (RFC 9457) with a stable `code`. Times are RFC 3339 in UTC.",
        ))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

/// Every schema that a body speaks of, by name.
fn schemas() -> BTreeMap<String, RefOr<Schema>> {
    let mut found = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut found);
    let shapes = ENDPOINTS.iter().flat_map(|one| [one.body, one.reply]).flatten();
    for shape in shapes.filter(Shape::is_json) {
        found.push(((shape.name)(), (shape.schema)()));
        (shape.collect)(&mut found);
    }
    found.into_iter().collect()
}

fn operation(
    endpoint: &EndpointDescription,
    schemas: &BTreeMap<String, RefOr<Schema>>,
) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.operation()))
        .tag(endpoint.tag)
        .summary(Some(endpoint.summary()));
    let details = endpoint.details();
    if !details.is_empty() {
        operation = operation.description(Some(details));
    }
    for parameter in parameters(endpoint) {
        operation = operation.parameter(parameter);
    }
    if let Some(shape) = &endpoint.body {
        let mut body = RequestBodyBuilder::new().required(Some(Required::True));
        for media_type in shape.media_types {
            body = body.content(*media_type, content(shape, schemas));
        }
        operation = operation.request_body(Some(body.build()));
    }
    // Without a requirement of its own an open endpoint would look like a forgotten one.
    operation = operation.security(match endpoint.is_open {
        true => SecurityRequirement::default(),
        false => SecurityRequirement::new(BEARER, [] as [&str; 0]),
    });
    operation = operation.response(endpoint.status.to_string(), success(endpoint, schemas));
    for (status, codes) in refusals(endpoint) {
        operation = operation.response(status.to_string(), refusal(status, &codes));
    }
    operation.build()
}

fn parameters(endpoint: &EndpointDescription) -> Vec<Parameter> {
    let mut all: Vec<_> = endpoint
        .params
        .iter()
        .map(|param| {
            ParameterBuilder::new()
                .name(param.name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(param.doc))
                .schema(Some((param.schema)()))
                .build()
        })
        .collect();
    all.extend((endpoint.query)());
    let header = |name: &str, doc: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(doc))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build()
    };
    if endpoint.needs_step_up {
        all.push(header(
            crate::OTP_HEADER,
            "A fresh code, if the caller has multi-factor authentication and has shown none in \
             the last ten minutes.",
        ));
    }
    if endpoint.is_idempotent_creation {
        all.push(header(
            crate::IDEMPOTENCY_HEADER,
            "Any text of 1 to 255 visible characters. The same request with the same key within a day has the \
             same answer and creates nothing again.",
        ));
    }
    if endpoint.takes_if_match {
        all.push(header("If-Match", "The `ETag` of the record that the change was made from."));
    }
    all
}

fn success(
    endpoint: &EndpointDescription,
    schemas: &BTreeMap<String, RefOr<Schema>>,
) -> utoipa::openapi::Response {
    let words = match endpoint.status {
        201 => "Created",
        202 => "Accepted",
        204 => "Done",
        _ => "OK",
    };
    let mut response = ResponseBuilder::new().description(words);
    if let Some(shape) = &endpoint.reply {
        for media_type in shape.media_types {
            response = response.content(*media_type, content(shape, schemas));
        }
    }
    if endpoint.takes_if_match {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let etag = HeaderBuilder::new()
            .schema(Some(text))
            .description(Some("The record's version, for `If-Match`."))
            .build();
        response = response.header("ETag", etag);
    }
    response.build()
}

/// The codes of an endpoint's refusals by their status.
fn refusals(endpoint: &EndpointDescription) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut by_status = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for code in endpoint.all_refusals() {
        by_status.entry(status(code).as_u16()).or_default().push(code);
    }
    by_status
}

fn refusal(status: u16, codes: &[ErrorCode]) -> utoipa::openapi::Response {
    let words: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    let reference = Ref::from_schema_name(Problem::name());
    ResponseBuilder::new()
        .description(words.join(", "))
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(reference))
                .example(codes.first().map(|code| example::problem(status, *code)))
                .build(),
        )
        .build()
}

fn content(shape: &Shape, schemas: &BTreeMap<String, RefOr<Schema>>) -> utoipa::openapi::Content {
    if !shape.is_json() {
        return ContentBuilder::new().schema(Some((shape.schema)())).build();
    }
    let reference = RefOr::<Schema>::Ref(Ref::from_schema_name((shape.name)()));
    let example: Value = example::of(&reference, schemas);
    ContentBuilder::new().schema(Some(reference)).example(Some(example)).build()
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
