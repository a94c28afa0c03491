use std::{collections::HashSet, fmt::Write};

use roster_api::{ENDPOINTS, EndSession, Endpoint, GetUser, SegmentError, status};
use roster_model::{ErrorCode, UserRef};

/// The reviewed list. A change here is a change of the API: say so in the changelog.
const REVIEWED: &str = include_str!("endpoints.txt");

#[test]
fn the_list_of_endpoints_is_the_reviewed_one() {
    let mut list = String::new();
    for one in ENDPOINTS {
        let mut words = Vec::new();
        words.extend(one.is_open.then_some("anyone"));
        words.extend(one.needs_step_up.then_some("step_up"));
        words.extend(one.is_idempotent_creation.then_some("idempotent"));
        words.extend(one.takes_if_match.then_some("if_match"));
        let line = format!("{} {} {} {}", one.method, one.path, one.status, words.join(" "));
        writeln!(list, "{}", line.trim_end()).unwrap();
    }
    assert_eq!(list, REVIEWED, "\n{list}");
}

#[test]
fn no_two_endpoints_answer_the_same_request() {
    let mut seen = HashSet::new();
    let mut names = HashSet::new();
    for one in ENDPOINTS {
        // Parameters of different names in one place would meet in the router.
        let shape: Vec<_> =
            one.path.split('/').map(|s| if s.starts_with('{') { "{}" } else { s }).collect();
        assert!(seen.insert((&one.method, shape)), "{} {}", one.method, one.path);
        assert!(names.insert(one.operation()), "{}", one.name);
    }
}

#[test]
fn every_place_in_a_path_has_its_parameter() {
    for one in ENDPOINTS {
        let places: Vec<_> = one
            .path
            .split('/')
            .filter_map(|s| s.strip_prefix('{').and_then(|s| s.strip_suffix('}')))
            .collect();
        let params: Vec<_> = one.params.iter().map(|param| param.name).collect();
        assert_eq!(places, params, "{}", one.name);
    }
}

#[test]
fn every_endpoint_is_described_in_sentences() {
    for one in ENDPOINTS {
        assert!(!one.summary().is_empty() && one.summary().len() < 100, "{}", one.name);
        assert!(one.doc.trim_end().ends_with('.'), "{}", one.name);
    }
}

#[test]
fn what_creates_says_so_with_its_status() {
    for one in ENDPOINTS {
        assert!(!one.is_idempotent_creation || one.status == 201, "{}", one.name);
        assert_eq!(one.reply.is_none(), one.status == 204, "{}", one.name);
    }
}

#[test]
fn a_path_reads_back_what_was_written() {
    let session = uuid::Uuid::from_u128(7);
    let path = EndSession::path("Ann@example.com", session).unwrap();
    assert_eq!(path, "/api/v1/users/Ann@example.com/sessions/00000000-0000-0000-0000-000000000007");
    let read = EndSession::from_path(&["Ann@example.com", &session.to_string()]).unwrap();
    assert_eq!(read, EndSession { user: UserRef::parse("ann@example.com"), session });
    assert_eq!(EndSession::from_path(&["ann", "7"]), None);
    assert_eq!(GetUser::path(".."), Err(SegmentError("..".into())));
}

#[test]
fn only_faults_of_the_server_have_a_status_of_the_fifth_hundred() {
    for code in ErrorCode::ALL {
        let is_fault = matches!(
            code,
            ErrorCode::Internal | ErrorCode::Unavailable | ErrorCode::ChannelUnavailable
        );
        assert_eq!(status(*code).is_server_error(), is_fault, "{code}");
        assert!(is_fault || status(*code).is_client_error(), "{code}");
    }
}
