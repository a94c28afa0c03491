//! What a refusal has besides its words, which are the same in no two platforms.

use axum::response::Response;
use http::header::RETRY_AFTER;
use roster_core::Error;
use roster_http_kit::{Refusal, RequestContext, seconds};

/// What a refusal has besides its words: the wait before the next try, and what only the log is to know.
#[derive(Debug, Default)]
pub(crate) struct Besides {
    /// In seconds.
    retry_after: Option<u64>,
    fault: Option<Error>,
}

impl Besides {
    /// Writes a fault of the server into the log.
    pub(crate) fn note(&mut self, context: &RequestContext) {
        if let Some(fault) = self.fault.take() {
            context.refusal(fault);
        }
    }

    /// Tells the wait in the head of the reply.
    pub(crate) fn tell(&self, reply: &mut Response) {
        if let Some(seconds) = self.retry_after {
            reply.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
    }
}

impl From<Error> for Besides {
    fn from(error: Error) -> Self {
        let retry_after = error.retry_after().map(seconds);
        Self { retry_after, fault: error.is_for_the_log().then_some(error) }
    }
}

/// What comes from before the handlers is in the log already.
impl From<&Refusal> for Besides {
    fn from(refusal: &Refusal) -> Self {
        Self { retry_after: refusal.retry_after.map(seconds), fault: None }
    }
}
