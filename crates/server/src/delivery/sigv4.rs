//! AWS Signature Version 4, for one POST of a form.

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::tz::Offset;

/// What is signed.
pub(super) struct SignedRequest<'a> {
    /// Access key id.
    pub(super) access_key: &'a str,
    /// Secret access key.
    pub(super) secret_key: &'a str,
    /// Region, such as `eu-west-1`.
    pub(super) region: &'a str,
    /// Service, such as `sns`.
    pub(super) service: &'a str,
    /// The `Host` header, with the port where it is not the usual one.
    pub(super) host: &'a str,
    /// The path, normalised and percent-encoded.
    pub(super) path: &'a str,
    /// The `Content-Type` header.
    pub(super) content_type: &'a str,
    /// The body.
    pub(super) body: &'a str,
}

/// The headers to send with the request.
pub(super) struct Signature {
    /// `X-Amz-Date`.
    pub(super) date: String,
    /// `Authorization`.
    pub(super) authorization: String,
}

/// Signs a POST at `now`.
pub(super) fn sign(request: &SignedRequest<'_>, now: Timestamp) -> Signature {
    let date = Offset::UTC.to_datetime(now).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &date[..8];
    let signed_headers = "content-type;host;x-amz-date";
    let canonical = format!(
        "POST\n{}\n\ncontent-type:{}\nhost:{}\nx-amz-date:{date}\n\n{signed_headers}\n{}",
        request.path,
        request.content_type,
        request.host,
        sha256(request.body),
    );
    let scope = format!("{day}/{}/{}/aws4_request", request.region, request.service);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&canonical));
    let mut key = mac(format!("AWS4{}", request.secret_key).as_bytes(), day);
    for part in [request.region, request.service, "aws4_request"] {
        key = mac(key.as_ref(), part);
    }
    let signature = HEXLOWER.encode(mac(key.as_ref(), &text).as_ref());
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={signature}",
        request.access_key
    );
    Signature { date, authorization }
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-x-www-form-urlencoded` of AWS' published test suite for Signature Version 4.
    #[test]
    fn the_signature_is_the_one_that_aws_publishes() {
        let signed = sign(
            &SignedRequest {
                access_key: "AKIDEXAMPLE",
                secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                region: "us-east-1",
                service: "service",
                host: "example.amazonaws.com",
                path: "/",
                content_type: "application/x-www-form-urlencoded",
                body: "Param1=value1",
            },
            "2015-08-30T12:36:00Z".parse().unwrap(),
        );
        assert_eq!(signed.date, "20150830T123600Z");
        assert_eq!(
            signed.authorization,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
