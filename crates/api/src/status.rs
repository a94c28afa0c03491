//! The HTTP status of each refusal, for the native API.

use http::StatusCode;
use roster_model::ErrorCode;

/// The status with which the native API sends a code. A refusal of HTTP's own making
/// (`bad_request`) may have a more exact one: 405, 408, 413, 415 or 431.
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated
        | ErrorCode::InvalidCredentials
        | ErrorCode::OtpRequired
        | ErrorCode::OtpInvalid
        | ErrorCode::OtpExpired
        | ErrorCode::OtpExhausted
        | ErrorCode::SsoFailed => StatusCode::UNAUTHORIZED,
        ErrorCode::PasswordExpired
        | ErrorCode::AccountUnavailable
        | ErrorCode::RegistrationClosed
        | ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::FieldInvalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::AlreadyExists
        | ErrorCode::WrongState
        | ErrorCode::IdempotencyConflict
        | ErrorCode::SsoPending => StatusCode::CONFLICT,
        ErrorCode::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
        ErrorCode::ChannelUnavailable | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
