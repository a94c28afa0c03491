//! `auth/`: logging in and out.

use roster_model::{SignIn, UserRef};

use super::{
    Reply,
    call::Call,
    replies::{LoginReply, LogoutReply, done_with},
    translate::{Problems, Refusal, at_login},
};

/// A session for a name and a password. It takes the place of the one that the client had.
pub(super) async fn log_in(call: &Call) -> Reply {
    let mut body = call.json()?;
    let login = body.text("username");
    let password = body.some_secret("password");
    body.end()?;
    let sign_in = SignIn { login, password, code: None };
    let signed_in = call.core().sign_in(&call.nobody()?, &sign_in).await.map_err(at_login)?;
    if let Ok(before) = call.caller().await {
        // The cookie is about to be overwritten: nobody will use that session again.
        call.core().sign_out(&before).await?;
    }
    let cookie = call.set_cookie(&signed_in.token)?;
    done_with(cookie, &LoginReply { username: &sign_in.login, status: "Login successful" })
}

/// The end of this session, or of all that the user has.
pub(super) async fn log_out(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let everywhere = everywhere(call.query())?;
    let username = actor.credential().map(|credential| credential.user.username.clone());
    match everywhere {
        true => {
            call.core().end_sessions(&actor, &UserRef::Me, false).await?;
        }
        false => call.core().sign_out(&actor).await?,
    }
    let username = &username.unwrap_or_default();
    let reply = LogoutReply { username, everywhere, status: "Logout successful" };
    done_with(call.clear_cookie()?, &reply)
}

fn everywhere(query: &str) -> Result<bool, Refusal> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let Some((_, text)) = pairs.iter().find(|(name, _)| name == "everywhere") else {
        return Ok(false);
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" => Ok(true),
        "false" | "0" => Ok(false),
        _ => {
            let mut problems = Problems::default();
            problems.add("everywhere", "must be true or false");
            problems.none().map(|()| false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_values_are_pythons_and_javascripts() {
        for query in ["everywhere=True", "everywhere=true", "everywhere=1", "x=y&everywhere=on"] {
            assert_eq!(everywhere(query).ok(), Some(true), "{query}");
        }
        for query in ["", "x=%ff", "everywhere=False", "everywhere=FALSE", "everywhere=0"] {
            assert_eq!(everywhere(query).ok(), Some(false), "{query}");
        }
        for query in ["everywhere=", "everywhere", "everywhere=yes", "everywhere=2"] {
            assert!(everywhere(query).is_err(), "{query}");
        }
    }
}
