//! Codes sent by SMS or e-mail, and how many were sent where.

use std::net::IpAddr;

use jiff::Timestamp;
use roster_model::{CodeChannel, CodePurpose, UserId};

use crate::{Error, Tx};

/// A code that was sent. Only its keyed hash is kept.
#[derive(Clone, Debug)]
pub struct OneTimeCode {
    /// The keyed hash.
    pub hash: [u8; 32],
    /// How it was sent.
    pub channel: CodeChannel,
    /// Where it was sent.
    pub destination: String,
    /// Wrong tries it still survives; at 0 it is dead.
    pub attempts_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Which of the codes that were sent a budget counts.
#[derive(Clone, Copy, Debug)]
pub enum Sends<'a> {
    /// Those to a user for a purpose.
    ToUser(UserId, CodePurpose),
    /// Those to a number or address, however it may be spelt.
    ToDestination(&'a str),
    /// Those to numbers with the same beginning.
    ToPrefix(&'a str),
    /// Those of the whole installation over a channel.
    Over(CodeChannel),
}

/// Where a code goes, as budgets see it.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Over which channel.
    pub channel: CodeChannel,
    /// The number or address, however it may be spelt.
    pub to: &'a str,
    /// The beginning of the number, if it is one.
    pub prefix: Option<&'a str>,
}

impl Tx {
    /// The code of `user` for `purpose`, dead or alive.
    pub async fn find_one_time_code(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
    ) -> Result<Option<OneTimeCode>, Error> {
        self.find(
            "SELECT hash, channel, destination, attempts_left, created_at, expires_at \
             FROM one_time_codes WHERE user_id = $1 AND purpose = $2",
            &[&user, &purpose],
            |row| {
                Ok(OneTimeCode {
                    hash: row.get(0)?,
                    channel: row.get(1)?,
                    destination: row.get(2)?,
                    attempts_left: row.get(3)?,
                    created_at: row.get(4)?,
                    expires_at: row.get(5)?,
                })
            },
        )
        .await
    }

    /// Keeps a new code; the one before it, if any, is gone.
    pub async fn put_one_time_code(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
        code: &OneTimeCode,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO one_time_codes \
             (user_id, purpose, hash, channel, destination, attempts_left, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, \
             channel = excluded.channel, destination = excluded.destination, \
             attempts_left = excluded.attempts_left, created_at = excluded.created_at, \
             expires_at = excluded.expires_at",
            &[
                &user,
                &purpose,
                &code.hash.as_slice(),
                &code.channel,
                &code.destination,
                &code.attempts_left,
                &code.created_at,
                &code.expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// Takes one try from the code.
    pub async fn count_wrong_code(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE one_time_codes SET attempts_left = attempts_left - 1 \
             WHERE user_id = $1 AND purpose = $2 AND attempts_left > 0",
            &[&user, &purpose],
        )
        .await?;
        Ok(())
    }

    /// Spends the code: true if it was still there. Of parallel calls one hears true.
    pub async fn spend_one_time_code(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
        hash: &[u8; 32],
    ) -> Result<bool, Error> {
        let deleted = self
            .execute(
                "DELETE FROM one_time_codes WHERE user_id = $1 AND purpose = $2 AND hash = $3",
                &[&user, &purpose, &hash.as_slice()],
            )
            .await?;
        Ok(deleted == 1)
    }

    /// Ends all codes of `user`.
    pub async fn delete_one_time_codes(&mut self, user: UserId) -> Result<(), Error> {
        self.execute("DELETE FROM one_time_codes WHERE user_id = $1", &[&user]).await?;
        Ok(())
    }

    /// Remembers that a code was sent.
    pub async fn insert_code_send(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
        destination: &Destination<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Destination { channel, to, prefix } = destination;
        self.execute(
            "INSERT INTO code_sends (user_id, purpose, channel, destination, prefix, sent_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[&user, &purpose, channel, to, prefix, &now],
        )
        .await?;
        Ok(())
    }

    /// When the `number`th of the codes that `sends` counts was sent, counted from the last one backwards; none if there
    /// are not so many since `since`. A budget of `number` has room again when that one is no longer counted.
    pub async fn find_code_send(
        &mut self,
        sends: &Sends<'_>,
        number: u32,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        macro_rules! the_one {
            ($condition:literal) => {
                concat!(
                    "SELECT sent_at FROM code_sends WHERE ",
                    $condition,
                    " AND sent_at > $1 ORDER BY sent_at DESC LIMIT 1 OFFSET $2"
                )
            };
        }
        let passed_over = i64::from(number.saturating_sub(1));
        let sent_at = |row: &crate::sql::Row<'_>| row.get(0);
        match sends {
            Sends::ToUser(user, purpose) => {
                let sql = the_one!("user_id = $3 AND purpose = $4");
                self.find(sql, &[&since, &passed_over, user, purpose], sent_at).await
            }
            Sends::ToDestination(to) => {
                let sql = the_one!("destination = $3");
                self.find(sql, &[&since, &passed_over, to], sent_at).await
            }
            Sends::ToPrefix(prefix) => {
                let sql = the_one!("prefix = $3");
                self.find(sql, &[&since, &passed_over, prefix], sent_at).await
            }
            Sends::Over(channel) => {
                let sql = the_one!("channel = $3");
                self.find(sql, &[&since, &passed_over, channel], sent_at).await
            }
        }
    }

    /// Remembers that a network asked for a code or link, whether or not there is somebody to get it.
    pub async fn insert_code_request(
        &mut self,
        network: IpAddr,
        channel: CodeChannel,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO code_requests (network, channel, asked_at) VALUES ($1, $2, $3)",
            &[&network.to_string(), &channel, &now],
        )
        .await?;
        Ok(())
    }

    /// The same of what a network asked for over a channel: when the `number`th was, counted backwards.
    pub async fn find_code_request(
        &mut self,
        network: IpAddr,
        channel: CodeChannel,
        number: u32,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        self.find(
            "SELECT asked_at FROM code_requests \
             WHERE network = $1 AND channel = $2 AND asked_at > $3 \
             ORDER BY asked_at DESC LIMIT 1 OFFSET $4",
            &[&network.to_string(), &channel, &since, &i64::from(number.saturating_sub(1))],
            |row| row.get(0),
        )
        .await
    }

    /// Forgets sends and requests from before `day`: no budget looks further back.
    pub async fn delete_code_sends_before(&mut self, day: Timestamp) -> Result<(), Error> {
        for sql in [
            "DELETE FROM code_sends WHERE sent_at <= $1",
            "DELETE FROM code_requests WHERE asked_at <= $1",
        ] {
            self.execute(sql, &[&day]).await?;
        }
        Ok(())
    }
}
