//! The outbox: a message is a row written with its cause, sent afterwards by a worker, at least once.

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{
    Channel, ListFilter, MESSAGE_FIELDS, Message, MessageField, MessageId, Page, PageRequest,
    Secret, User, UserId,
};
use roster_store::{NewMessage, Tx};
use serde::{Deserialize, Serialize};

use super::templates::{self, Parameters, Template};
use crate::{
    Actor, Core, Error, Kind, Result, authz::Operation, credentials::secret_key::Purpose, filters,
    paging::Paging,
};

/// A message claimed by a worker: until its lease is over no other will send it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its number.
    pub id: MessageId,
    /// How it is sent.
    pub channel: Channel,
    /// To whom: E.164 or an address.
    pub to: String,
    /// Which text it has.
    pub template: String,
    /// The subject of an e-mail.
    pub subject: Option<String>,
    /// What it says.
    pub text: Secret,
    /// The code in it.
    pub code: Option<Secret>,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

/// What is sealed of a message.
#[derive(Serialize, Deserialize)]
struct Contents {
    subject: Option<String>,
    text: Secret,
    code: Option<Secret>,
}

/// A worker that dies keeps its messages from being sent for so long.
const CLAIM: Duration = Duration::from_secs(60);

/// Waits between attempts double from the first to the last.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LAST_RETRY: Duration = Duration::from_secs(3600);

/// After so many attempts, a little over a day, a message is given up.
const MAX_ATTEMPTS: u32 = 30;

/// What was sent or given up is kept so long for `roster messages ls`.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

impl Core {
    /// Whether messages of this kind can be sent at all.
    pub(crate) fn has_channel(&self, channel: Channel) -> bool {
        self.settings().channels.contains(&channel)
    }

    /// Refuses an operation that must send a message and can't.
    pub(crate) fn require_channel(&self, channel: Channel) -> Result<()> {
        if self.has_channel(channel) { Ok(()) } else { Err(Error::ChannelUnavailable(channel)) }
    }

    /// Puts a message about `user`, or about nobody who is there, into the outbox.
    pub(crate) async fn post(
        &self,
        tx: &mut Tx,
        template: Template,
        channel: Channel,
        to: &str,
        user: Option<UserId>,
        parameters: Parameters<'_>,
    ) -> Result<()> {
        let contents = match channel {
            Channel::Sms => Contents {
                subject: None,
                text: templates::sms(template, &parameters).into(),
                code: parameters.code.map(Secret::from),
            },
            Channel::Email => {
                let rendered = templates::email(template, &parameters);
                Contents {
                    subject: Some(rendered.subject),
                    text: rendered.text.into(),
                    code: parameters.code.map(Secret::from),
                }
            }
        };
        let contents = serde_json::to_vec(&contents).map_err(Error::internal)?;
        let sealed = self.keys().seal(
            Purpose::Message,
            user.unwrap_or(UserId(0)).0,
            &contents,
            self.random(),
        );
        let message = NewMessage {
            channel,
            destination: to,
            user_id: user,
            template: template.name(),
            sealed: &sealed,
        };
        tx.insert_message(&message, self.now()).await?;
        Ok(())
    }

    /// Tells `user` by e-mail that something has happened, if e-mail can be sent.
    pub(crate) async fn notify(&self, tx: &mut Tx, template: Template, user: &User) -> Result<()> {
        if !self.has_channel(Channel::Email) {
            return Ok(());
        }
        let parameters = Parameters { username: &user.username, ..Parameters::default() };
        self.post(tx, template, Channel::Email, &user.email, Some(user.id), parameters).await
    }

    /// Claims messages that are due, at most `limit`.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn claim_messages(&self, actor: &Actor, limit: u32) -> Result<Vec<Outgoing>> {
        self.authorize(actor, Operation::RunJobs).await?;
        let now = self.now();
        let claimed = self
            .store()
            .write(async |tx: &mut Tx| tx.claim_messages(limit, now, now + CLAIM).await)
            .await?;
        let mut outgoing = Vec::with_capacity(claimed.len());
        for (message, sealed) in claimed {
            match self.open_message(&message, &sealed) {
                Some(message) => outgoing.push(message),
                // The secret key was lost or exchanged: no later attempt can read it either.
                None => self.give_up(message.id, "cannot be opened with the present key").await?,
            }
        }
        Ok(outgoing)
    }

    fn open_message(&self, message: &Message, sealed: &[u8]) -> Option<Outgoing> {
        let owner = message.user_id.unwrap_or(UserId(0)).0;
        let contents = self.keys().open(Purpose::Message, owner, sealed).ok()?;
        let contents: Contents = serde_json::from_slice(&contents).ok()?;
        Some(Outgoing {
            id: message.id,
            channel: message.channel,
            to: message.to.clone(),
            template: message.template.clone(),
            subject: contents.subject,
            text: contents.text,
            code: contents.code,
            created_at: message.created_at,
            attempts: message.attempts,
        })
    }

    /// The gateway has taken a claimed message.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn message_sent(&self, actor: &Actor, id: MessageId) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        let now = self.now();
        self.store().write(async |tx: &mut Tx| tx.mark_message_sent(id, now).await).await?;
        Ok(())
    }

    /// The gateway has refused a claimed message; `error` holds no secret. Unless that is final the
    /// message is tried again, after a wait that doubles.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn message_failed(
        &self,
        actor: &Actor,
        message: &Outgoing,
        error: &str,
        is_final: bool,
    ) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        if is_final || message.attempts >= MAX_ATTEMPTS {
            return self.give_up(message.id, error).await;
        }
        let doublings = message.attempts.saturating_sub(1).min(16);
        let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(LAST_RETRY);
        let next = self.now() + wait;
        self.store()
            .write(async |tx: &mut Tx| tx.mark_message_failed(message.id, error, Some(next)).await)
            .await?;
        Ok(())
    }

    async fn give_up(&self, id: MessageId, error: &str) -> Result<()> {
        self.store()
            .write(async |tx: &mut Tx| tx.mark_message_failed(id, error, None).await)
            .await?;
        Ok(())
    }

    /// Forgets messages that were sent or given up long ago, sends that no budget counts any more,
    /// and links, invitations, registrations and sign-ins whose time is over. Nothing depends on it: expiry is checked at
    /// each use.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn purge_messages_and_codes(&self, actor: &Actor) -> Result<()> {
        self.authorize(actor, Operation::RunJobs).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                tx.delete_messages_before(now - KEEP).await?;
                let day = now - Duration::from_secs(24 * 3600);
                tx.delete_code_sends_before(day).await?;
                tx.delete_links_expired(now).await?;
                tx.delete_invitations_expired(now).await?;
                tx.delete_registrations_expired(now, day).await?;
                tx.delete_sso_sign_ins_expired(now).await?;
                Ok::<_, roster_store::Error>(())
            })
            .await?;
        Ok(())
    }

    /// The outgoing messages, newest first unless asked otherwise, without their texts.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins, `Invalid` for a filter, order or page that cannot be.
    pub async fn list_messages(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.authorize(actor, Operation::ReadMessages).await?;
        let mut wanted = filters::narrow(filter, &MESSAGE_FIELDS, MessageField::SEARCHED)?;
        filters::newest_first(&mut wanted);
        let paging = Paging::read(page, format!("messages:{filter:?}"))?;
        let (rows, total) = self
            .store()
            // Looking for something rare may take long.
            .list(async |tx: &mut Tx| {
                let rows = tx.list_messages(&wanted, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_messages(&wanted).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |(_, mark)| mark.clone()).map(|(message, _)| message))
    }

    /// Has a message tried again at once.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins, `NotFound` for no message, `WrongState` for one that
    /// was sent.
    pub async fn retry_message(&self, actor: &Actor, id: MessageId) -> Result<Message> {
        self.authorize(actor, Operation::ReadMessages).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if let Some(message) = tx.retry_message(id, now).await? {
                    return Ok(message);
                }
                match tx.find_message(id).await? {
                    Some(_) => Err(Error::WrongState("the message was sent already")),
                    None => Err(Error::NotFound(Kind::Message)),
                }
            })
            .await
    }
}
