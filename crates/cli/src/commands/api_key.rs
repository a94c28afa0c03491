//! `roster api-key`

use anyhow::{Context, Result};
use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use roster_client::{
    ApiKeyFilter,
    model::{ApiKeyUpdate, Constraint, ListFilter, NewApiKey, scopes_for_people},
};

use super::{Ls, Sure, Which};
use crate::{ago::now, codes::Otp, connection::Connection, output::Show, ui::Ui};

/// Make, see and revoke API keys
#[derive(Debug, clap::Args)]
pub(crate) struct ApiKeyCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
    #[command(alias = "list")]
    Ls(LsKeys),
    #[command(alias = "show")]
    Details(Details),
    Revoke(Revoke),
    Update(Update),
    Restore(Restore),
    Delete(Delete),
}

impl ApiKeyCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Create(create) => {
                let new = create.new_key()?;
                let issued = create.otp.call(&roster, &ui.talk, async |roster| {
                    roster.create_api_key(&create.user, &new).await
                });
                let issued = issued.await?;
                if create.show.is_json() {
                    return ui.out.json(&serde_json::to_value(&issued)?);
                }
                if create.show.is_quiet() {
                    return ui.out.line(issued.token.expose());
                }
                ui.talk.say("Keep the key in a safe place: it is not shown again.");
                ui.out.line(issued.token.expose())
            }
            Verb::Ls(ls) => {
                let ListFilter { filter, search, order_by } = ls.which.filter();
                let include_revoked = ls.disabled.then_some(true);
                let filter = ApiKeyFilter { include_revoked, filter, search, order_by };
                ls.ls.run(roster.api_keys(&ls.user).filter(filter), ui).await
            }
            Verb::Details(details) => {
                let OneKey { user, key } = &details.one;
                let key = roster.get_api_key(user, key).await?;
                ui.out.one(&key, &details.show)
            }
            Verb::Revoke(revoke) => {
                let mut revoked = Vec::new();
                for key in &revoke.keys {
                    let call = revoke.otp.call(&roster, &ui.talk, async |roster| {
                        roster.revoke_api_key(&revoke.user, key).await
                    });
                    revoked.push(call.await.with_context(|| format!("key {key}"))?);
                }
                ui.out.list(&revoked, &revoke.show)
            }
            Verb::Update(update) => {
                let change = update.change()?;
                let OneKey { user, key } = &update.one;
                let changed = update.otp.call(&roster, &ui.talk, async |roster| {
                    roster.update_api_key(user, key, &change).await
                });
                ui.out.changed(&changed.await?, &update.show)
            }
            Verb::Restore(restore) => {
                let OneKey { user, key } = &restore.one;
                let restored = restore.otp.call(&roster, &ui.talk, async |roster| {
                    roster.restore_api_key(user, key).await
                });
                ui.out.changed(&restored.await?, &restore.show)
            }
            Verb::Delete(delete) => {
                let OneKey { user, key } = &delete.one;
                let question = format!("Remove the key {key} and all trace of it?");
                delete.sure.ask(&question, &ui.talk)?;
                let removed = delete
                    .otp
                    .call(&roster, &ui.talk, async |roster| roster.delete_api_key(user, key).await);
                removed.await?;
                ui.talk.say(&format!("The key {key} is gone."));
                Ok(())
            }
        }
    }
}

/// Make an API key, and print it
#[derive(Debug, clap::Args)]
#[command(after_help = scopes_for_people())]
struct Create {
    /// Name of the key
    name: String,
    /// Days until it expires [default: the server's longest]
    #[arg(short, long, value_name = "DAYS")]
    expiry: Option<i64>,
    /// What it is for, as a scope of those below; given several times, for all of them [default: all you may do]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// What it may reach, as methods, `exact`, `prefix`, `regex` or `verb`, and a path: `GET,HEAD prefix users/`, `GET
    /// verb`; given several times, one that fits is enough [default: everything]
    #[arg(long = "allow", value_name = "CONSTRAINT")]
    allowed: Vec<Constraint>,
    /// Whose key it is: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Create {
    fn new_key(&self) -> Result<NewApiKey> {
        let expires_at = self.expiry.map(|days| after_days(now(), days)).transpose()?;
        Ok(NewApiKey {
            name: self.name.clone(),
            expires_at,
            scopes: self.scopes.clone(),
            constraints: self.allowed.clone(),
        })
    }
}

/// So many days of 24 hours later.
fn after_days(now: Timestamp, days: i64) -> Result<Timestamp> {
    let hours = days.checked_mul(24).filter(|hours| *hours < i64::MAX / 3600);
    let later = hours.and_then(|hours| now.checked_add(SignedDuration::from_hours(hours)).ok());
    later.with_context(|| format!("{days} days are too many"))
}

/// List the API keys of a user
#[derive(Debug, clap::Args)]
struct LsKeys {
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    /// Revoked ones, too
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ls: Ls,
}

/// An API key.
#[derive(Debug, clap::Args)]
struct OneKey {
    /// Id, UUID or name of the key
    key: String,
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
}

/// Show an API key
#[derive(Debug, clap::Args)]
struct Details {
    #[command(flatten)]
    one: OneKey,
    #[command(flatten)]
    show: Show,
}

/// Revoke API keys; the very next request with them fails
#[derive(Debug, clap::Args)]
struct Revoke {
    /// Ids, UUIDs or names of the keys
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

/// Change the name or the end of an API key
#[derive(Debug, clap::Args)]
struct Update {
    #[command(flatten)]
    one: OneKey,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Days from now until it expires; 0: never
    #[arg(short, long, value_name = "DAYS")]
    expiry: Option<i64>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Update {
    fn change(&self) -> Result<ApiKeyUpdate> {
        let expires_at = match self.expiry {
            None => None,
            Some(0) => Some(None),
            Some(days) => Some(Some(after_days(now(), days)?)),
        };
        Ok(ApiKeyUpdate { name: self.name.clone(), expires_at })
    }
}

/// Let a revoked API key work again
#[derive(Debug, clap::Args)]
struct Restore {
    #[command(flatten)]
    one: OneKey,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

/// Remove an API key, and what is known of its use
#[derive(Debug, clap::Args)]
struct Delete {
    #[command(flatten)]
    one: OneKey,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    otp: Otp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beyond_the_calendar_are_refused() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        assert_eq!(after_days(now, 1).unwrap().as_second(), 1_000_086_400);
        for days in [i64::MAX, i64::MIN, 1 << 40] {
            assert!(after_days(now, days).is_err(), "{days}");
        }
    }
}
