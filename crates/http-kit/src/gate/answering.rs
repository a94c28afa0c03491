//! The answer to a request, while it is made: under the eyes of a clock and with a net below.

use std::{
    any::Any,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{response::Response, routing::future::RouteFuture};
use http::{Method, StatusCode};
use tokio::time::Sleep;

use super::{Gate, RATE_LIMIT, RATE_REMAINING};
use crate::{Mount, Refusal, Renderer, RequestContext, traces::Followed};

/// What is told of a request, and how, when it is answered.
pub(super) struct Told {
    pub(super) gate: Gate,
    pub(super) context: Arc<RequestContext>,
    pub(super) method: Method,
    pub(super) door: Manners,
    pub(super) started: Instant,
    pub(super) followed: Option<Followed>,
}

/// How the door answers that a request came to.
#[derive(Clone, Copy)]
pub(super) struct Manners {
    refuse: Renderer,
    tells_allowance: bool,
}

impl Manners {
    /// Those of this door; what is no door's own is said in the words of the native API.
    pub(super) fn of(mount: Option<&Mount>) -> Self {
        match mount {
            Some(mount) => Self { refuse: mount.refuse, tells_allowance: mount.tells_allowance },
            None => Self {
                refuse: |refusal, id| refusal.clone().into_problem(id),
                tells_allowance: false,
            },
        }
    }
}

/// The future of an answer.
///
/// Written out: that of an `async` function would hold the request twice, and be copied with both.
#[must_use = "futures do nothing unless they are polled"]
pub struct Answering {
    told: Told,
    work: Result<RouteFuture<Infallible>, Refusal>,
    /// A timer costs, and most answers need none: they are there at the first look, or at the second if there is a body,
    /// which is handed over only after somebody has waited for it.
    has_looked: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

/// How a handler can end without an answer.
enum Ended {
    Panicked(Box<dyn Any + Send>),
    Late,
}

impl Answering {
    /// What `work` answers, or how it is refused.
    pub(super) fn new(told: Told, work: Result<RouteFuture<Infallible>, Refusal>) -> Self {
        Self { told, work, has_looked: false, timer: None }
    }

    fn poll_work(&mut self, task: &mut Context<'_>) -> Poll<Response> {
        let work = match &mut self.work {
            Ok(work) => work,
            Err(refusal) => {
                let id = self.told.context.id();
                return Poll::Ready((self.told.door.refuse)(refusal, id));
            }
        };
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(work).poll(task)));
        let ended = match polled {
            Ok(Poll::Ready(Ok(response))) => return Poll::Ready(response),
            Ok(Poll::Ready(Err(never))) => match never {},
            Err(panic) => Ended::Panicked(panic),
            Ok(Poll::Pending) if !self.has_looked => {
                self.has_looked = true;
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
            Ok(Poll::Pending) => {
                let time = self.told.gate.0.settings.request_time;
                let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
                ready!(timer.as_mut().poll(task));
                Ended::Late
            }
        };
        Poll::Ready(self.told.failure(ended))
    }
}

impl Future for Answering {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Response> {
        let mut response = ready!(self.poll_work(task));
        self.told.finish(&mut response);
        Poll::Ready(response)
    }
}

impl Told {
    /// What a client is told whose request came to no answer.
    fn failure(&self, ended: Ended) -> Response {
        let refusal = match ended {
            Ended::Late if self.context.is_reading() => {
                Refusal::http(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive")
            }
            Ended::Late => Refusal {
                retry_after: Some(Duration::from_secs(1)),
                may_be_done: true,
                ..Refusal::http(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long")
            },
            Ended::Panicked(panic) => {
                self.gate.0.settings.metrics.panicked(self.context.route());
                let what = panic
                    .downcast_ref::<&str>()
                    .copied()
                    .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
                tracing::error!(
                    request_id = %self.context.id(),
                    route = self.context.route(),
                    panic = what.unwrap_or("?"),
                    "a handler panicked"
                );
                Refusal::http(StatusCode::INTERNAL_SERVER_ERROR, "a fault of the server")
            }
        };
        (self.door.refuse)(&refusal, self.context.id())
    }

    /// What every answer has, and who hears of it.
    fn finish(&mut self, response: &mut Response) {
        let (context, method) = (&*self.context, &self.method);
        if let Some(allowance) = context.allowance()
            && self.door.tells_allowance
        {
            let headers = response.headers_mut();
            headers.insert(RATE_LIMIT, allowance.limit.into());
            headers.insert(RATE_REMAINING, allowance.remaining.into());
        }
        let inner = &*self.gate.0;
        inner.finish(response.headers_mut(), context);
        let (status, took) = (response.status(), self.started.elapsed());
        inner.settings.metrics.answered(context.route(), method, status, took);
        log(context, method, status, took);
        if let Some(followed) = self.followed.take() {
            followed.answered(context, method, status, took);
        }
    }
}

/// One line per request: the declared path, never the one that came, which may hold names and
/// tokens (threats T31, T39).
fn log(context: &RequestContext, method: &Method, status: StatusCode, took: Duration) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "roster::access",
                request_id = %context.id(),
                address = context.address().map(tracing::field::display),
                %method,
                route = context.route(),
                status = status.as_u16(),
                took_us = took.as_micros(),
                "answered"
            )
        };
    }
    if status.is_server_error() {
        line!(warn);
    } else if status.is_client_error() {
        line!(info);
    } else {
        line!(debug);
    }
}
