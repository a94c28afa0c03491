//! How far the primary's log is, and how far a replica has followed it.

use super::{Lent, find};
use crate::Error;
use crate::sql::{Param as _, Row};

/// Where the primary is. What is committed and on its disk counts; with `$1`, or where no commit waits for the disk, what
/// is on its way there as well.
const PRIMARY: &str = "SELECT \
    (CASE WHEN CAST($1 AS BOOLEAN) OR current_setting('synchronous_commit') = 'off' \
        THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0')::BIGINT AS log, \
    (SELECT system_identifier FROM pg_control_system()) AS cluster, \
    current_database()::TEXT AS database, \
    coalesce(current_schema(), '')::TEXT AS schema, \
    ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::BIT(32)::BIGINT AS timeline";

/// How far a replica is. Asked before the list begins: only what was applied by then is certain to be in its snapshot.
const REPLICA: &str = "SELECT pg_is_in_recovery() AS follows, \
    coalesce(pg_last_wal_replay_lsn() - '0/0', 0)::BIGINT AS log, \
    greatest(coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0), 0)::BIGINT AS age";

/// Which database a replica holds, and whether the user there may read it. After the primary was replaced, the new
/// timeline stands here from the replica's next restart point on.
const LINEAGE: &str = "SELECT system_identifier AS cluster, \
    current_database()::TEXT AS database, \
    coalesce(current_schema(), '')::TEXT AS schema, \
    greatest(timeline_id, min_recovery_end_timeline)::BIGINT AS timeline, \
    coalesce(has_table_privilege(to_regclass('installation'), 'SELECT'), TRUE) AS may_read \
    FROM pg_control_system(), pg_control_checkpoint(), pg_control_recovery()";

/// Which database a server holds, and on which branch of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lineage {
    /// The number that the server's data got when they were made; copies have the same.
    cluster: i64,
    database: String,
    schema: String,
    /// Another one begins whenever a replica becomes the primary.
    timeline: i64,
}

/// Where a log ends, in bytes since its beginning, and whose it is.
pub(super) struct Position {
    pub(super) log: i64,
    pub(super) lineage: Lineage,
}

/// Where a replica is.
pub(super) struct Followed {
    /// Whether it follows anybody; one that was promoted does not.
    pub(super) follows: bool,
    /// Up to where it has applied the log, in bytes since its beginning.
    pub(super) log: i64,
    /// The age of the last change that it has applied, in seconds.
    pub(super) age: i64,
}

impl Lineage {
    /// Whether both are the same database, on whichever branch of its history.
    pub(super) fn is_of_the_same_database(&self, other: &Self) -> bool {
        (self.cluster, &self.database, &self.schema)
            == (other.cluster, &other.database, &other.schema)
    }

    fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            cluster: row.get("cluster")?,
            database: row.get("database")?,
            schema: row.get("schema")?,
            timeline: row.get("timeline")?,
        })
    }
}

/// Where the primary is, to which this connection leads: at or after every commit that was acknowledged before, also those
/// that do not wait for the disk if `with_unsynced`.
pub(super) async fn of_primary(lent: &mut Lent, with_unsynced: bool) -> Result<Position, Error> {
    let read = |row: &Row<'_>| Ok(Position { log: row.get("log")?, lineage: Lineage::read(row)? });
    some(find(lent, PRIMARY, &[with_unsynced.value()], read).await?)
}

/// Where the replica is, to which this connection leads.
pub(super) async fn of_replica(lent: &mut Lent) -> Result<Followed, Error> {
    let read = |row: &Row<'_>| {
        Ok(Followed { follows: row.get("follows")?, log: row.get("log")?, age: row.get("age")? })
    };
    some(find(lent, REPLICA, &[], read).await?)
}

/// Which database the replica holds, to which this connection leads, and whether its user may read there.
pub(super) async fn lineage(lent: &mut Lent) -> Result<(Lineage, bool), Error> {
    let read = |row: &Row<'_>| Ok((Lineage::read(row)?, row.get("may_read")?));
    some(find(lent, LINEAGE, &[], read).await?)
}

fn some<T>(found: Option<T>) -> Result<T, Error> {
    found.ok_or_else(|| Error::internal("a statement that always answers gave no row"))
}
