//! What came back.

use http::{StatusCode, response::Parts};
use roster_model::{ErrorCode, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer, with everything that it took.
#[derive(Debug)]
pub struct Answer {
    /// The request, for messages of tests that fail.
    pub asked: String,
    /// Status and headers.
    pub parts: Parts,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(asked: String, parts: Parts, bytes: Vec<u8>) -> Self {
        Self { asked, parts, bytes }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.parts.status
    }

    /// A header's text; nothing when it is absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()))
    }

    /// The record in a successful answer of status `status`.
    #[track_caller]
    pub fn done<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status().as_u16(), status, "{}: {}", self.asked, self.text());
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()))
    }

    /// Asserts success without a body.
    #[track_caller]
    pub fn empty(&self) {
        assert_eq!(self.status(), StatusCode::NO_CONTENT, "{}: {}", self.asked, self.text());
        assert!(self.bytes.is_empty(), "{}", self.asked);
    }

    /// The problem in an answer; asserts that it is one.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}: {} {}",
            self.asked,
            self.status(),
            self.text()
        );
        let problem: Problem = serde_json::from_slice(&self.bytes).unwrap();
        assert_eq!(problem.status, self.status().as_u16(), "{}", self.asked);
        assert_eq!(Some(&*problem.request_id), self.header("x-request-id"), "{}", self.asked);
        problem
    }

    /// Asserts a refusal with this code and gives the problem.
    #[track_caller]
    pub fn refused(&self, status: u16, code: ErrorCode) -> Problem {
        let problem = self.problem();
        assert_eq!(
            (problem.status, problem.code),
            (status, code),
            "{}: {}",
            self.asked,
            problem.detail
        );
        problem
    }
}
