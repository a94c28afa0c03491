//! The twin for programs without a runtime.

use roster_client::model::ErrorCode;

use crate::support::{client, plan, refusal, server, success};

#[tokio::test]
async fn the_blocking_client_answers_as_the_other_does() {
    let server = server([success(&plan("small")), refusal(404, "not_found")]).await;
    let builder = client(&server);
    tokio::task::spawn_blocking(move || {
        let roster = builder.build_blocking().unwrap();
        assert_eq!(roster.get_plan("small").unwrap().name, "small");
        assert_eq!(roster.get_plan("no").unwrap_err().code(), Some(ErrorCode::NotFound));
    })
    .await
    .unwrap();
}
