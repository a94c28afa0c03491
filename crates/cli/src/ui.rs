//! What every command has at hand: where data goes, and who is there to talk to.

use crate::{output::Output, talk::Talk};

/// Standard output for data, standard error and input for the conversation.
pub(crate) struct Ui {
    pub(crate) out: Output,
    pub(crate) talk: Talk,
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self { out: Output::new(), talk: Talk::new() }
    }
}
