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

/// How many codes were sent since some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sends {
    /// To the user for the purpose.
    pub to_user: u64,
    /// To the number or address.
    pub to_destination: u64,
    /// To numbers with the same beginning.
    pub to_prefix: u64,
    /// By the whole installation over the channel.
    pub by_installation: u64,
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

    /// How many codes were sent: to the user for the purpose since `window`, and to the destination, to numbers that
    /// begin as it does and by the installation since `day`.
    pub async fn count_code_sends(
        &mut self,
        user: UserId,
        purpose: CodePurpose,
        destination: &Destination<'_>,
        window: Timestamp,
        day: Timestamp,
    ) -> Result<Sends, Error> {
        let Destination { channel, to, prefix } = destination;
        let count = |row: &crate::sql::Row<'_>| row.get::<i64>(0).map(|n| n.unsigned_abs());
        Ok(Sends {
            to_user: self
                .one(
                    "SELECT count(*) FROM code_sends \
                     WHERE user_id = $1 AND purpose = $2 AND sent_at > $3",
                    &[&user, &purpose, &window],
                    count,
                )
                .await?,
            to_destination: self
                .one(
                    "SELECT count(*) FROM code_sends WHERE destination = $1 AND sent_at > $2",
                    &[to, &day],
                    count,
                )
                .await?,
            to_prefix: self
                .one(
                    "SELECT count(*) FROM code_sends WHERE prefix = $1 AND sent_at > $2",
                    &[prefix, &day],
                    count,
                )
                .await?,
            by_installation: self
                .one(
                    "SELECT count(*) FROM code_sends WHERE channel = $1 AND sent_at > $2",
                    &[channel, &day],
                    count,
                )
                .await?,
        })
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

    /// How many codes and links over `channel` a network has asked for since `day`.
    pub async fn count_code_requests(
        &mut self,
        network: IpAddr,
        channel: CodeChannel,
        day: Timestamp,
    ) -> Result<u64, Error> {
        self.one(
            "SELECT count(*) FROM code_requests \
             WHERE network = $1 AND channel = $2 AND asked_at > $3",
            &[&network.to_string(), &channel, &day],
            |row| row.get::<i64>(0).map(i64::unsigned_abs),
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
