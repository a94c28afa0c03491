//! One JSON line per message at the end of a file: for trying out, and for tests.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use roster_core::messages::Outgoing;
use roster_model::{Channel, Secret};

use super::DeliveryError;

/// The lines go here.
pub(super) struct FileTransport(PathBuf);

#[derive(serde::Serialize)]
struct Line<'a> {
    channel: Channel,
    to: &'a str,
    template: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    text: &'a str,
    code: Option<&'a str>,
    created_at: Timestamp,
}

impl FileTransport {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) async fn send(&self, message: &Outgoing) -> Result<(), DeliveryError> {
        let line = Line {
            channel: message.channel,
            to: &message.to,
            template: &message.template,
            subject: message.subject.as_deref(),
            text: message.text.expose(),
            code: message.code.as_ref().map(Secret::expose),
            created_at: message.created_at,
        };
        let mut line = serde_json::to_vec(&line)
            .map_err(|error| DeliveryError::Permanent(format!("not JSON: {error}")))?;
        line.push(b'\n');
        let path = self.0.clone();
        let written = tokio::task::spawn_blocking(move || append(&path, &line)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(DeliveryError::Retry(format!(
                "{} cannot be written: {error}",
                self.0.display()
            ))),
            Err(_) => Err(DeliveryError::Retry("the server is shutting down".into())),
        }
    }
}

/// One write, so that lines of several nodes never mix.
fn append(path: &Path, line: &[u8]) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(line)
}
