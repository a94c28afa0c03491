//! The first start: an installation without users gets an administrator, or a link to make one.

use anyhow::Context;
use roster_core::{Actor, Core};
use roster_model::{NewUser, Role};

use crate::config::Settings;

/// Makes the administrator that `settings` name, or says how to make one, while there are no users.
///
/// # Errors
/// The administrator in the configuration is refused.
pub(crate) async fn first_start(
    core: &Core,
    settings: &Settings,
    notices: &mut Vec<String>,
) -> anyhow::Result<()> {
    let actor = Actor::system("first start");
    core.prepare(&actor).await.context("the first organization, group and plans")?;
    let admin = &settings.admin;
    if let (Some(username), Some(email), Some(password)) =
        (&admin.username, &admin.email, &admin.password)
    {
        let new = NewUser {
            username: username.clone(),
            email: email.clone(),
            password: Some(password.clone()),
            role: Some(Role::SystemAdmin),
            ..NewUser::default()
        };
        let made = core.create_first_administrator(&actor, &new).await;
        if let Some(user) = made.context("the administrator of the configuration (see `admin`)")? {
            tracing::info!(id = user.id.0, "the first administrator was made");
            notices.push(format!("The administrator {} was made as configured.", user.username));
        }
        return Ok(());
    }
    if let Some(token) = core.issue_set_up_token(&actor).await? {
        let url = core.public_link("setup", &[("token", token.expose())]);
        let server = core.settings().public_url.as_str().trim_end_matches('/');
        notices.push(format!(
            "There are no users yet. Make the first administrator at\n\n    {url}\n\nor with\n\n    \
             roster setup {server} --token {}\n\nThe token is good once, and until the next start.\n",
            token.expose(),
        ));
    }
    Ok(())
}
