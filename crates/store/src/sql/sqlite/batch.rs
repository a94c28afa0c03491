//! Transactions that are committed together, and how each of them hears of it.

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::{Change, Error};

/// Transactions that will be committed together.
pub(super) struct Batch {
    /// Which it is, of all that this process has opened.
    pub(super) number: u64,
    /// Whether somebody has the duty to commit it, and waits for that.
    pub(super) is_awaited: bool,
    /// What is to follow in memory.
    pub(super) changes: Vec<Change>,
    /// How many transactions it has.
    pub(super) kept: u64,
    /// How many of them are waited for.
    pub(super) awaited: u64,
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
}

/// What became of a batch, and who waits to hear it.
#[must_use]
pub(super) struct Outcome {
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
    result: Result<(), Error>,
}

/// Waits for the commit of a batch.
pub(super) struct Receipt(Option<oneshot::Receiver<Result<(), Error>>>);

impl Batch {
    /// An empty one.
    pub(super) fn new(number: u64) -> Self {
        let (changes, waiting) = (Vec::new(), Vec::new());
        Self { number, is_awaited: false, changes, kept: 0, awaited: 0, waiting }
    }

    /// How many wait for it.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes in a transaction with what is to follow it.
    pub(super) fn keep(&mut self, mut changes: Vec<Change>) -> Receipt {
        self.changes.append(&mut changes);
        self.kept += 1;
        self.wait()
    }

    /// Lets somebody wait who adds nothing.
    pub(super) fn wait(&mut self) -> Receipt {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push(sender);
        Receipt(Some(receiver))
    }

    /// It is over.
    pub(super) fn end(self, result: Result<(), Error>) -> Outcome {
        Outcome { waiting: self.waiting, result }
    }
}

impl Outcome {
    /// There was nothing to commit.
    pub(super) fn of_nothing() -> Self {
        Self { waiting: Vec::new(), result: Ok(()) }
    }

    /// Tells all who wait.
    pub(super) fn tell(self) {
        for member in self.waiting {
            // Who went away needs no answer.
            drop(member.send(self.result.clone()));
        }
    }
}

impl Receipt {
    /// There is nothing to wait for.
    pub(super) fn of_nothing() -> Self {
        Self(None)
    }

    /// Whether the batch is over, and how it ended.
    pub(super) fn outcome(&mut self) -> Option<Result<(), Error>> {
        match self.0.as_mut()?.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Closed) => Some(Err(stopping())),
        }
    }

    /// Waits until the disk has it.
    pub(super) async fn wait(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(receiver) => receiver.await.unwrap_or_else(|_| Err(stopping())),
        }
    }
}

fn stopping() -> Error {
    Error::unavailable("the server is stopping")
}
