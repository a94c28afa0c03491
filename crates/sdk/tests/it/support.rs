//! Answers of a server, and clients that do not wait long.

use std::time::Duration;

use roster_client::Builder;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// A client whose waits are too short to be noticed.
pub(crate) fn client(server: &MockServer) -> Builder {
    roster_client::Client::builder(&server.uri())
        .first_wait(Duration::from_millis(1))
        .token("ros_s_secret")
}

/// A server that answers with these, one after the other, and must get exactly so many requests.
pub(crate) async fn server(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for answer in answers {
        Mock::given(any()).respond_with(answer).up_to_n_times(1).expect(1).mount(&server).await;
    }
    server
}

pub(crate) fn success(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A refusal as the native API sends it.
pub(crate) fn refusal(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({
        "type": format!("about:blank#{code}"), "status": status, "title": "No",
        "detail": format!("refused: {code}"), "code": code, "request_id": "r1",
    });
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/problem+json")
}

pub(crate) fn plan(name: &str) -> Value {
    json!({
        "id": 1, "name": name, "display_name": null, "description": null,
        "plan_color": "#336699", "storage": 1, "concurrent_tasks": 1, "daily_api_calls": 1,
        "monthly_api_calls": 1, "daily_traffic": 1, "monthly_traffic": 1, "daily_process": 1,
        "monthly_process": 1, "number_of_days": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    })
}

pub(crate) fn group() -> Value {
    json!({
        "id": 7, "name": "Crew", "slug": "crew", "description": "", "organization_id": 1,
        "owner_id": null, "roles": [], "created_at": "2026-01-01T00:00:00Z",
        "created_by": null, "updated_by": null,
        "updated_at": "2026-01-01T00:00:00Z",
    })
}
