//! The client: who calls, and where.

use std::sync::Arc;

use roster_model::Secret;

use crate::{
    Builder,
    transport::{Credentials, Transport},
};

/// A Roster server, and the credential to call it with. Clones are cheap and share connections.
///
/// ```no_run
/// use roster_client::{Client, model::{NewUser, SignIn}};
///
/// # async fn example() -> roster_client::Result<()> {
/// let roster = Client::builder("http://127.0.0.1:8750").build()?;
/// let sign_in = SignIn { login: "ann".into(), password: "…".into(), code: None };
/// let roster = roster.with_token(roster.sign_in(&sign_in).await?.token);
///
/// let bob = NewUser {
///     username: "bob".into(),
///     email: "bob@example.com".into(),
///     ..NewUser::default()
/// };
/// let bob = roster.create_user(&bob).await?;
/// println!("{} is user {}", bob.username, bob.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) transport: Arc<Transport>,
    pub(crate) credentials: Credentials,
}

impl Client {
    /// Begins to set up a client of the server at `base_url`.
    pub fn builder(base_url: &str) -> Builder {
        Builder::new(base_url)
    }

    /// The same server, called with another token or API key.
    pub fn with_token(&self, token: impl Into<Secret>) -> Self {
        let credentials = Credentials { token: Some(token.into()), code: None };
        Self { credentials, ..self.clone() }
    }

    /// The same server, called as nobody.
    pub fn without_token(&self) -> Self {
        Self { credentials: Credentials::default(), ..self.clone() }
    }

    /// The same caller with a one-time code, for an operation that asks for one
    /// ([`Error::wants_code`](crate::Error::wants_code)). A code is good for one call.
    ///
    /// ```no_run
    /// # async fn example(roster: roster_client::Client, code: &str) -> roster_client::Result<()> {
    /// match roster.disable_user("bob").await {
    ///     Err(refused) if refused.wants_code() => roster.with_code(code).disable_user("bob").await?,
    ///     other => other?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_code(&self, code: impl Into<Secret>) -> Self {
        let credentials = Credentials { code: Some(code.into()), ..self.credentials.clone() };
        Self { credentials, ..self.clone() }
    }

    /// The address that the client was set up with.
    pub fn base_url(&self) -> &url::Url {
        &self.transport.base
    }
}
