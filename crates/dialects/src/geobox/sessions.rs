//! `users/{id}/sessions`.

use roster_core::{Error, Kind};
use roster_model::{ListFilter, PageRequest};
use uuid::Uuid;

use super::{
    Reply,
    call::Call,
    replies::{SessionReply, done, nothing},
    users::named,
};

/// The live sessions of a user, all of them, the newest first.
pub(super) async fn list(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let user = named(user);
    let mut sessions = Vec::new();
    let mut page = PageRequest { limit: Some(1000), ..PageRequest::default() };
    loop {
        let read = call.core().list_sessions(&actor, &user, &ListFilter::default(), &page).await?;
        sessions.extend(read.items);
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    done(&sessions.iter().map(SessionReply::from).collect::<Vec<_>>())
}

/// Ends a session. The body says again what the path says; the path decides.
pub(super) async fn close(call: &Call, user: &str, session: &str) -> Reply {
    let actor = call.caller().await?;
    let session = Uuid::try_parse(session).map_err(|_| Error::NotFound(Kind::Session))?;
    call.core().end_session(&actor, &named(user), session).await?;
    nothing()
}
