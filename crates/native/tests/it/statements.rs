//! What the store is asked while something happens: two answers that look the same must also have cost the same.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use tracing::{Event, Subscriber, field::Field, instrument::WithSubscriber};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt},
    registry::Registry,
};

#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

struct Reader<'r>(&'r mut Vec<String>);

impl tracing::field::Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "sql" {
            self.0.push(format!("{value:?}"));
        }
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "roster_store::statement" {
            event.record(&mut Reader(&mut self.0.lock().unwrap()));
        }
    }
}

/// What was asked of the store by `work`, statement by statement.
pub(crate) async fn asked<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    let statements = Statements::default();
    let subscriber = Registry::default().with(statements.clone());
    let done = work.with_subscriber(subscriber).await;
    let asked = statements.0.lock().unwrap().clone();
    (done, asked)
}
