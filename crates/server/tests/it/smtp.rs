//! E-mail through a real mail server: `aiosmtpd`, in the Python that `ROSTER_TEST_PYTHON` names.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use roster_core::messages::Outgoing;
use roster_model::{Channel, MessageId};
use roster_server::delivery::{DeliveryError, Transports};

use crate::settings;

struct MailServer {
    port: String,
    lines: BufReader<ChildStdout>,
    process: Child,
}

impl MailServer {
    fn start(options: &[&str]) -> Self {
        let python = std::env::var_os("ROSTER_TEST_PYTHON").expect(
            "ROSTER_TEST_PYTHON must name a Python that has aiosmtpd: \
             python3 -m venv DIR && DIR/bin/pip install aiosmtpd, then ROSTER_TEST_PYTHON=DIR/bin/python",
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/smtp_server.py");
        let mut process = Command::new(&python)
            .arg(script)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", python.display()));
        let lines = BufReader::new(process.stdout.take().unwrap());
        let mut server = Self { port: String::new(), lines, process };
        server.port = server.line();
        assert!(
            !server.port.is_empty(),
            "the mail server did not start: is aiosmtpd installed there?"
        );
        server
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn message(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn transports(&self, login: &str, parameters: &str) -> Transports {
        let email = format!("smtp://{login}127.0.0.1:{}{parameters}", self.port);
        let from = "Roster Tests <roster@example.com>";
        let settings = settings(&[("ROSTER_EMAIL", &email), ("ROSTER_EMAIL_FROM", from)]);
        Transports::new(&settings).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn message(to: &str) -> Outgoing {
    Outgoing {
        id: MessageId(7),
        channel: Channel::Email,
        to: to.into(),
        template: "reset_password".into(),
        subject: Some("Set a new password\r\nBcc: eve@example.com".into()),
        text: "Grüße, the code is\n123456\n.\nthe end\n".into(),
        code: Some("123456".into()),
        attempts: 1,
        created_at: "2026-11-24T00:00:00Z".parse().unwrap(),
    }
}

async fn send(transports: &Transports, to: &str) -> Result<(), DeliveryError> {
    transports.send(&message(to), "2026-11-24T00:00:00Z".parse().unwrap()).await
}

#[tokio::test]
async fn t39_a_mail_server_gets_the_message_whole_for_its_receiver_only() {
    let mut server = MailServer::start(&[]);
    let transports = server.transports("", "");
    send(&transports, "ann@example.com").await.unwrap();
    let received = server.message();
    assert_eq!(received["from"], "roster@example.com");
    assert_eq!(received["to"], serde_json::json!(["ann@example.com"]));
    let data = received["data"].as_str().unwrap();
    let (headers, body) = data.split_once("\r\n\r\n").unwrap();
    assert!(headers.contains("Message-ID: <7.1795478400000000@example.com>"), "{headers}");
    assert!(headers.contains("Auto-Submitted: auto-generated"), "{headers}");
    assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
    assert!(body.contains("123456") && body.contains("the end"), "{body}");
}

#[tokio::test]
async fn a_login_is_used_and_a_wrong_one_is_worth_another_try() {
    let mut server = MailServer::start(&["--login"]);
    send(&server.transports("ann:p%40ss%2Fw0rd@", ""), "ann@example.com").await.unwrap();
    assert_eq!(server.message()["to"], serde_json::json!(["ann@example.com"]));
    let error = send(&server.transports("ann:wrong@", ""), "ann@example.com").await.unwrap_err();
    assert!(matches!(error, DeliveryError::Retry(_)), "{error}");
}

#[tokio::test]
async fn an_unknown_receiver_is_final_and_a_busy_server_is_not() {
    let server = MailServer::start(&[]);
    let transports = server.transports("", "");
    let gone = send(&transports, "gone@example.com").await.unwrap_err();
    assert!(matches!(gone, DeliveryError::Permanent(_)), "{gone}");
    let later = send(&transports, "later@example.com").await.unwrap_err();
    assert!(matches!(later, DeliveryError::Retry(_)), "{later}");
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_tls_was_asked_for() {
    let server = MailServer::start(&[]);
    let error = send(&server.transports("", "?tls=starttls"), "ann@example.com").await.unwrap_err();
    assert!(matches!(error, DeliveryError::Retry(_)), "{error}");
}
