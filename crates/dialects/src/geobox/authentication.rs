//! `POST auth/token/`.

use roster_model::{Secret, SignIn};

use super::{
    Reply,
    call::Call,
    query::Query,
    replies::{TokenReply, done},
    translate::at_sign_in,
};

/// A token for a name and a password, both plain.
pub(super) async fn token(call: &Call) -> Reply {
    let form = Query::form(&call.body);
    let sign_in = SignIn {
        login: form.required("username")?.to_owned(),
        password: Secret::new(form.required("password")?),
        code: None,
    };
    let signed_in = call.core().sign_in(&call.nobody()?, &sign_in).await.map_err(at_sign_in)?;
    let session = &signed_in.session;
    done(&TokenReply {
        expires_in: session.expires_at.duration_since(session.created_at).as_secs(),
        access_token: signed_in.token,
        token_type: "bearer",
    })
}
