//! Lists that are longer than a page.

use futures_util::TryStreamExt;
use serde_json::json;
use wiremock::{
    Mock, MockServer,
    matchers::{method, path, query_param, query_param_is_missing},
};

use crate::support::{client, plan, refusal, server, success};

/// Three pages of plans, chained by cursors.
async fn three_pages() -> MockServer {
    let server = MockServer::start().await;
    let pages = [
        (None, json!({"items": [plan("a"), plan("b")], "next": "c1"})),
        (Some("c1"), json!({"items": [], "next": "c2"})),
        (Some("c2"), json!({"items": [plan("c")]})),
    ];
    for (cursor, page) in pages {
        let given =
            Mock::given(method("GET")).and(path("/api/v1/plans")).and(query_param("limit", "2"));
        let given = match cursor {
            None => given.and(query_param_is_missing("cursor")),
            Some(cursor) => {
                given.and(query_param("cursor", cursor)).and(query_param_is_missing("offset"))
            }
        };
        given.respond_with(success(&page)).expect(1).mount(&server).await;
    }
    server
}

fn names(plans: Vec<roster_client::model::Plan>) -> String {
    plans.into_iter().map(|plan| plan.name).collect()
}

#[tokio::test]
async fn a_stream_goes_through_all_pages_once() {
    let server = three_pages().await;
    let roster = client(&server).build().unwrap();
    let plans: Vec<_> = roster.plans().page_size(2).offset(1).stream().try_collect().await.unwrap();
    assert_eq!(names(plans), "abc");
}

#[tokio::test]
async fn a_list_is_an_iterator_for_blocking_programs() {
    let server = three_pages().await;
    let builder = client(&server);
    let plans = tokio::task::spawn_blocking(move || {
        let roster = builder.build_blocking().unwrap();
        roster.plans().page_size(2).into_iter().collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_eq!(names(plans.await.unwrap()), "abc");
}

#[tokio::test]
async fn a_stream_ends_with_the_refusal_that_stopped_it() {
    let first = json!({"items": [plan("a")], "next": "c1"});
    let server = server([success(&first), refusal(403, "forbidden")]).await;
    let roster = client(&server).build().unwrap();
    let mut stream = std::pin::pin!(roster.plans().stream());
    assert_eq!(stream.try_next().await.unwrap().unwrap().name, "a");
    assert!(stream.try_next().await.is_err());
    assert!(stream.try_next().await.unwrap().is_none());
}
