//! What the server does without being asked: send messages, write down what was used, clear away what is over.
//!
//! Any number of nodes may do it at once: messages are claimed, and clearing away twice clears away once.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use roster_core::messages::Outgoing;
use roster_core::{Actor, Core, Result};
use roster_model::Channel;
use tokio::sync::watch;

use crate::delivery::{DeliveryError, Transports};
use crate::metrics::Metrics;

/// How soon a message that was just written is sent.
const OUTBOX: Duration = Duration::from_millis(500);
/// Messages claimed at once. They are sent at the same time, so all are done before the claim is over.
const BATCH: u32 = 16;
/// How often uses of credentials are written down.
const USAGE: Duration = Duration::from_secs(1);
/// After writing uses down, this many times as long passes until the next time, up to `LONGEST_REST`: when very many
/// credentials are in use, a fiftieth of one thread and of the database's writer goes into noting so, not all of it.
const USAGE_REST: u32 = 49;
/// So long may it rest at most.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How soon a user that was just made is in the search index; it is found before that, too.
const INDEXING: Duration = Duration::from_millis(500);
/// How often what is over is cleared away.
const CLEARING: Duration = Duration::from_secs(15 * 60);
/// While the database is away, jobs try no oftener than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The jobs of one node.
#[derive(Clone)]
pub struct Jobs {
    core: Core,
    transports: Arc<Transports>,
    metrics: Arc<Metrics>,
}

impl Jobs {
    /// Jobs on `core`.
    pub fn new(core: Core, transports: Transports, metrics: Arc<Metrics>) -> Self {
        Self { core, transports: Arc::new(transports), metrics }
    }

    /// Does the jobs again and again until `stop` says so, then once more what must not be left undone.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let actor = Actor::system("background job");
        tokio::join!(
            repeat("outbox", OUTBOX, 0, stop.clone(), || self.send_messages(&actor)),
            repeat("usage", USAGE, USAGE_REST, stop.clone(), || async {
                self.core.flush_usage(&actor).await.map(drop)
            }),
            repeat("search index", INDEXING, 0, stop.clone(), || self.core.index_users(&actor)),
            repeat("clearing", CLEARING, 0, stop, || self.core.clear_away(&actor)),
        );
        if let Err(error) = self.core.flush_usage(&actor).await {
            tracing::warn!(
                cause = error.chain(),
                "the last uses of sessions and keys are not written down"
            );
        }
    }

    /// Sends what is due.
    ///
    /// # Errors
    /// The database is away; what was claimed is sent once the claim is over.
    pub async fn send_messages(&self, actor: &Actor) -> Result<()> {
        loop {
            let claimed = self.core.claim_messages(actor, BATCH).await?;
            let is_last = claimed.len() < BATCH as usize;
            for outcome in join_all(claimed.iter().map(|message| self.send(actor, message))).await {
                outcome?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn send(&self, actor: &Actor, message: &Outgoing) -> Result<()> {
        let channel = match message.channel {
            Channel::Sms => "sms",
            Channel::Email => "email",
        };
        let (id, attempts, template) = (message.id.0, message.attempts, &message.template);
        match self.transports.send(message, self.core.now()).await {
            Ok(()) => {
                self.metrics.message(channel, "sent");
                tracing::debug!(id, channel, template, "a message was sent");
                self.core.message_sent(actor, message.id).await
            }
            Err(error) => {
                let is_final = matches!(error, DeliveryError::Permanent(_));
                self.metrics.message(channel, if is_final { "refused" } else { "failed" });
                tracing::warn!(id, channel, template, attempts, %error, "a message was not sent");
                self.core.message_failed(actor, message, &error.to_string(), is_final).await
            }
        }
    }
}

/// Does `job` every `period` until `stop` says so; less often while it fails, and resting `rest` times as long as it
/// took.
async fn repeat<F: Future<Output = Result<()>>>(
    name: &'static str,
    period: Duration,
    rest: u32,
    mut stop: watch::Receiver<bool>,
    mut job: impl FnMut() -> F,
) {
    let mut pause = period;
    while !*stop.borrow() {
        let begun = Instant::now();
        match job().await {
            Ok(()) => pause = (begun.elapsed() * rest).clamp(period, LONGEST_REST.max(period)),
            Err(error) => {
                pause = (pause * 2).clamp(period, LONGEST_PAUSE.max(period));
                tracing::warn!(
                    job = name,
                    cause = error.chain(),
                    "a background job failed and will be tried again"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Stopped, or nobody is left to say so.
            _ = stop.changed() => {}
        }
    }
}
