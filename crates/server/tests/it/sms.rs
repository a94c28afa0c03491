//! Text messages, to a file and through gateways.

use std::os::unix::fs::PermissionsExt;

use roster_core::messages::Outgoing;
use roster_model::{Channel, MessageId};
use roster_server::delivery::{DeliveryError, Transports};

use crate::receiver::{Received, Receiver};
use crate::settings;

const TEXT: &str = "123456 is your \"code\" & more: {to} é";

fn message() -> Outgoing {
    Outgoing {
        id: MessageId(7),
        channel: Channel::Sms,
        to: "+491701234567".into(),
        template: "verify_phone".into(),
        subject: None,
        text: TEXT.into(),
        code: Some("123456".into()),
        attempts: 1,
        created_at: "2026-11-24T00:00:00Z".parse().unwrap(),
    }
}

fn transports(environment: &[(&str, &str)]) -> Transports {
    Transports::new(&settings(environment)).unwrap_or_else(|error| panic!("{error}"))
}

async fn send(transports: &Transports) -> Result<(), DeliveryError> {
    transports.send(&message(), "2026-11-24T12:00:00Z".parse().unwrap()).await
}

/// The one request that sending a message makes.
async fn sent(receiver: &Receiver, environment: &[(&str, &str)]) -> Received {
    let mut environment = environment.to_vec();
    environment.push(("ROSTER_SMS_GATEWAY_BASE_URL", &receiver.url));
    send(&transports(&environment)).await.unwrap();
    let mut received = receiver.take();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

const TWILIO: [(&str, &str); 4] = [
    ("ROSTER_SMS", "twilio"),
    ("ROSTER_SMS_GATEWAY_FROM", "+15550100"),
    ("ROSTER_SMS_GATEWAY_ACCOUNT", "AC123"),
    ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
];

#[tokio::test]
async fn a_file_gets_one_line_per_message_and_is_its_owners_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("messages.jsonl");
    let target = format!("file:{}", path.display());
    let transports = transports(&[("ROSTER_SMS", &target), ("ROSTER_EMAIL", &target)]);
    send(&transports).await.unwrap();
    send(&transports).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        serde_json::json!({
            "channel": "sms", "to": "+491701234567", "template": "verify_phone", "text": TEXT, "code": "123456",
            "created_at": "2026-11-24T00:00:00Z",
        })
    );
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn without_a_transport_nothing_is_sent_and_it_is_said() {
    let transports = transports(&[]);
    assert_eq!(
        send(&transports).await,
        Err(DeliveryError::Retry("no SMS transport is configured".into()))
    );
}

#[tokio::test]
async fn twilio_is_asked_as_it_documents() {
    let receiver = Receiver::start().await;
    receiver.answer(201, "{}");
    let request = sent(&receiver, &TWILIO).await;
    assert_eq!(request.uri, "/2010-04-01/Accounts/AC123/Messages.json");
    assert_eq!(request.header("authorization"), "Basic QUMxMjM6aHVzaA==");
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(request.form("To").as_deref(), Some("+491701234567"));
    assert_eq!(request.form("From").as_deref(), Some("+15550100"));
    assert_eq!(request.form("Body").as_deref(), Some(TEXT));
}

#[tokio::test]
async fn vonage_is_asked_as_it_documents_and_its_200_is_not_believed() {
    let receiver = Receiver::start().await;
    receiver.answer(200, r#"{"message-count": "1", "messages": [{"status": "0"}]}"#);
    let environment = [
        ("ROSTER_SMS", "vonage"),
        ("ROSTER_SMS_GATEWAY_FROM", "Roster"),
        ("ROSTER_SMS_GATEWAY_ACCOUNT", "key"),
        ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
        ("ROSTER_SMS_GATEWAY_BASE_URL", receiver.url.as_str()),
    ];
    let request = sent(&receiver, &environment).await;
    assert_eq!(request.uri, "/sms/json");
    assert_eq!(request.form("to").as_deref(), Some("491701234567"));
    assert_eq!(request.form("api_secret").as_deref(), Some("hush"));
    assert_eq!(request.form("type").as_deref(), Some("unicode"));
    assert_eq!(request.form("text").as_deref(), Some(TEXT));
    let transports = transports(&environment);
    for (status, is_final) in [("1", false), ("4", false), ("9", false), ("3", true), ("7", true)] {
        receiver.answer(
            200,
            &format!(r#"{{"messages": [{{"status": "{status}", "error-text": {TEXT:?}}}]}}"#),
        );
        let error = send(&transports).await.unwrap_err();
        assert_eq!(matches!(error, DeliveryError::Permanent(_)), is_final, "{status}: {error}");
    }
}

#[tokio::test]
async fn sns_gets_a_signed_request() {
    let receiver = Receiver::start().await;
    let environment = [
        ("ROSTER_SMS", "sns"),
        ("ROSTER_SMS_GATEWAY_FROM", "Roster"),
        ("ROSTER_SMS_GATEWAY_ACCOUNT", "AKID"),
        ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
        ("ROSTER_SMS_GATEWAY_REGION", "eu-west-1"),
    ];
    let request = sent(&receiver, &environment).await;
    assert_eq!((request.method.as_str(), request.uri.path()), ("POST", "/"));
    assert_eq!(request.form("Action").as_deref(), Some("Publish"));
    assert_eq!(request.form("PhoneNumber").as_deref(), Some("+491701234567"));
    assert_eq!(request.form("Message").as_deref(), Some(TEXT));
    assert_eq!(
        request.form("MessageAttributes.entry.2.Name").as_deref(),
        Some("AWS.SNS.SMS.SenderID")
    );
    assert_eq!(request.header("x-amz-date"), "20261124T120000Z");
    let authorization = request.header("authorization");
    let scope =
        "AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-west-1/sns/aws4_request, SignedHeaders=";
    assert!(authorization.starts_with(scope), "{authorization}");
}

#[tokio::test]
async fn messagebird_is_asked_as_it_documents() {
    let receiver = Receiver::start().await;
    receiver.answer(201, "{}");
    let environment = [
        ("ROSTER_SMS", "messagebird"),
        ("ROSTER_SMS_GATEWAY_FROM", "Roster"),
        ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
    ];
    let request = sent(&receiver, &environment).await;
    assert_eq!(request.uri, "/messages");
    assert_eq!(request.header("authorization"), "AccessKey hush");
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["originator"], &body["body"]), (&"Roster".into(), &TEXT.into()));
    assert_eq!(body["recipients"], serde_json::json!(["491701234567"]));
}

#[tokio::test]
async fn any_gateway_is_reached_by_a_template_whose_values_are_escaped() {
    let receiver = Receiver::start().await;
    let url = format!("{}/send/{{to}}?sender={{from}}", receiver.url);
    let environment = [
        ("ROSTER_SMS", "http"),
        ("ROSTER_SMS_GATEWAY_URL", url.as_str()),
        ("ROSTER_SMS_GATEWAY_METHOD", "put"),
        ("ROSTER_SMS_GATEWAY_HEADERS", "Authorization: Bearer {secret}\nX-Account: {account}"),
        ("ROSTER_SMS_GATEWAY_BODY", r#"{"to": "{to}", "message": "{text}"}"#),
        ("ROSTER_SMS_GATEWAY_FROM", "Roster & Co"),
        ("ROSTER_SMS_GATEWAY_ACCOUNT", "ann"),
        ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
    ];
    let request = sent(&receiver, &environment).await;
    assert_eq!(request.method, "PUT");
    assert_eq!(request.uri, "/send/%2B491701234567?sender=Roster%20%26%20Co");
    assert_eq!(
        (request.header("authorization"), request.header("x-account")),
        ("Bearer hush", "ann")
    );
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["to"], &body["message"]), (&"+491701234567".into(), &TEXT.into()));
}

#[tokio::test]
async fn a_refusal_is_final_only_when_waiting_cannot_help() {
    let receiver = Receiver::start().await;
    let mut environment = TWILIO.to_vec();
    environment.push(("ROSTER_SMS_GATEWAY_BASE_URL", &receiver.url));
    let transports = transports(&environment);
    for (status, is_final) in
        [(400, true), (422, true), (401, false), (429, false), (500, false), (503, false)]
    {
        receiver.answer(
            status,
            r#"{"code": 21211, "message": "The 'To' number +491701234567 is not valid"}"#,
        );
        let error = send(&transports).await.unwrap_err();
        assert_eq!(matches!(error, DeliveryError::Permanent(_)), is_final, "{status}: {error}");
        assert!(error.to_string().ends_with("code 21211"), "{error}");
    }
}

#[tokio::test]
async fn t42_a_redirect_is_not_followed_and_an_endless_answer_is_cut() {
    let receiver = Receiver::start().await;
    let other = Receiver::start().await;
    let mut environment = TWILIO.to_vec();
    environment.push(("ROSTER_SMS_GATEWAY_BASE_URL", &receiver.url));
    let transports = transports(&environment);
    receiver.redirect(&other.url);
    assert!(matches!(send(&transports).await, Err(DeliveryError::Retry(_))));
    assert!(other.take().is_empty());
    receiver.answer(500, &"x".repeat(1 << 20));
    let error = send(&transports).await.unwrap_err();
    assert!(error.to_string().len() < 200);
}

#[tokio::test]
async fn t26_an_unreachable_gateway_is_reported_without_number_text_or_secret() {
    let environment = [
        ("ROSTER_SMS", "http"),
        ("ROSTER_SMS_GATEWAY_URL", "http://127.0.0.1:1/?to={to}&text={text}&key={secret}"),
        ("ROSTER_SMS_GATEWAY_SECRET", "hush"),
    ];
    let error = send(&transports(&environment)).await.unwrap_err().to_string();
    for hidden in ["123456", "hush", "491701234567"] {
        assert!(!error.contains(hidden), "{error}");
    }
}
