//! The outbox.

use jiff::Timestamp;
use roster_model::{Channel, Message, MessageField, MessageId, MessageState, UserId, fold};

use crate::filter;
use crate::query::Query;
use crate::{Error, Mark, Narrowed, Tx, Window, sql::Row};

macro_rules! select_message {
    ($rest:literal) => {
        concat!(
            "SELECT id, channel, destination, user_id, template, state, attempts, last_error, \
             created_at, next_attempt_at, sent_at FROM messages ",
            $rest
        )
    };
}

fn message(row: &Row<'_>) -> Result<Message, Error> {
    Ok(Message {
        id: row.get(0)?,
        channel: row.get(1)?,
        to: row.get(2)?,
        user_id: row.get(3)?,
        template: row.get(4)?,
        state: row.get(5)?,
        attempts: row.get(6)?,
        last_error: row.get(7)?,
        created_at: row.get(8)?,
        next_attempt_at: row.get(9)?,
        sent_at: row.get(10)?,
    })
}

/// A message to be sent. What it says is sealed.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    /// How.
    pub channel: Channel,
    /// To whom.
    pub destination: &'a str,
    /// About whom.
    pub user_id: Option<UserId>,
    /// Which text.
    pub template: &'a str,
    /// What it says, sealed.
    pub sealed: &'a [u8],
}

impl Tx {
    /// Puts a message into the outbox, to be sent at once.
    pub async fn insert_message(
        &mut self,
        new: &NewMessage<'_>,
        now: Timestamp,
    ) -> Result<MessageId, Error> {
        let id = self.insert(
            "INSERT INTO messages (channel, destination, user_id, template, sealed, state, attempts, \
             last_error, created_at, next_attempt_at, sent_at, destination_key) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, $7, $7, NULL, $8)",
            &[
                &new.channel,
                &new.destination,
                &new.user_id,
                &new.template,
                &new.sealed,
                &MessageState::Pending,
                &now,
                &fold(new.destination).as_str(),
            ],
        )
        .await?;
        Ok(MessageId(id))
    }

    /// Takes the messages that are due, at most `limit`, and puts their next attempt to `retry_at`,
    /// so that no other node takes them meanwhile and none is lost if this one dies.
    pub async fn claim_messages(
        &mut self,
        limit: u32,
        now: Timestamp,
        retry_at: Timestamp,
    ) -> Result<Vec<(Message, Vec<u8>)>, Error> {
        self.list(
            "UPDATE messages SET next_attempt_at = $3, attempts = attempts + 1 WHERE id IN \
             (SELECT id FROM messages WHERE next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT $1) \
             AND next_attempt_at <= $2 \
             RETURNING id, channel, destination, user_id, template, state, attempts, last_error, \
             created_at, next_attempt_at, sent_at, sealed",
            &[&limit, &now, &retry_at],
            |row| Ok((message(row)?, row.get(11)?)),
        )
        .await
    }

    /// The gateway has taken the message: what it said is wiped.
    pub async fn mark_message_sent(&mut self, id: MessageId, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE messages SET state = $2, sent_at = $3, next_attempt_at = NULL, \
             last_error = NULL, last_error_key = NULL, sealed = $4 WHERE id = $1",
            &[&id, &MessageState::Sent, &now, &[0_u8; 0].as_slice()],
        )
        .await?;
        Ok(())
    }

    /// The gateway has refused the message: it is tried again at `next_attempt_at`, or given up.
    pub async fn mark_message_failed(
        &mut self,
        id: MessageId,
        error: &str,
        next_attempt_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        let state =
            if next_attempt_at.is_some() { MessageState::Pending } else { MessageState::Failed };
        self.execute(
            "UPDATE messages SET state = $2, last_error = $3, next_attempt_at = $4, \
             last_error_key = $5 WHERE id = $1 AND sent_at IS NULL",
            &[&id, &state, &error, &next_attempt_at, &fold(error).as_str()],
        )
        .await?;
        Ok(())
    }

    /// Has a message that waits or was given up tried again at once.
    pub async fn retry_message(
        &mut self,
        id: MessageId,
        now: Timestamp,
    ) -> Result<Option<Message>, Error> {
        self.find(
            "UPDATE messages SET state = $2, next_attempt_at = $3 \
             WHERE id = $1 AND sent_at IS NULL \
             RETURNING id, channel, destination, user_id, template, state, attempts, last_error, \
             created_at, next_attempt_at, sent_at",
            &[&id, &MessageState::Pending, &now],
            message,
        )
        .await
    }

    /// One message.
    pub async fn find_message(&mut self, id: MessageId) -> Result<Option<Message>, Error> {
        self.find(select_message!("WHERE id = $1"), &[&id], message).await
    }

    /// Messages, each with where it stands.
    pub async fn list_messages(
        &mut self,
        wanted: &Narrowed<MessageField>,
        window: &Window,
    ) -> Result<Vec<(Message, Mark)>, Error> {
        let order = filter::order_of(wanted);
        let mut query = Query::new(self.engine(), select_message!("WHERE TRUE"));
        filter::write_conditions(wanted, window, &mut query)?;
        filter::write_page(wanted, window, &mut query);
        query
            .list(self, |row| {
                let message = message(row)?;
                let mark = order.mark(&message, message.id.0);
                Ok((message, mark))
            })
            .await
    }

    /// How many messages there are.
    pub async fn count_messages(&mut self, wanted: &Narrowed<MessageField>) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM messages WHERE TRUE");
        filter::write_condition(wanted, &mut query);
        query.one(self, |row| row.get(0)).await
    }

    /// Forgets messages from before `day` that were sent or given up.
    pub async fn delete_messages_before(&mut self, day: Timestamp) -> Result<u64, Error> {
        self.execute(
            "DELETE FROM messages WHERE created_at < $1 AND next_attempt_at IS NULL",
            &[&day],
        )
        .await
    }
}
