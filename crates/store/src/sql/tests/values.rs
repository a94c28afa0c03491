//! What goes in comes out, and in the same order on both databases.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::*;

const KINDS: &[Migration] = &[Migration {
    version: 1,
    name: "kinds",
    sql: "-- {this} is not a type word
    CREATE TABLE kinds (id {id}, at {time}, flag {bool}, size {real}, raw {bytes}, uuid {uuid}, doc {json}, word {key}, note {text}) {strict};",
    fill: None,
}];

async fn kinds_on_sqlite() -> Store {
    open(&Location::Memory, KINDS).await
}

async fn kinds_on_postgres() -> Store {
    open(&fresh_postgres("kinds", KINDS).await, KINDS).await
}

postgres_fixture::on_both! {
    with (crate::sql::tests::values::kinds_on_sqlite, crate::sql::tests::values::kinds_on_postgres);

    async fn every_kind_reads_back_as_it_was_written(store: Store) {
        let at = Timestamp::from_microsecond(1_700_000_000_123_456).unwrap();
        let uuid = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let doc = json!({"z": 1, "a": [true, null, "\u{0}"]});
        let (raw, empty) = (vec![0_u8, 255, 7], Option::<String>::None);
        let columns = "at, flag, size, raw, uuid, doc, word, note";
        let written: Result<(), Error> = store.write(async |tx: &mut Tx| {
            let sql = format!("INSERT INTO kinds ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
            tx.execute(&sql, &[&at, &true, &1.5, &raw, &uuid, &doc, &"Ä'\"$1;--", &empty]).await.map(drop)
        }).await;
        written.unwrap();
        let read: Result<_, Error> = store.point_read(async |tx: &mut Tx| {
            tx.one(&format!("SELECT {columns} FROM kinds"), &[], |row| {
                let mut columns = row.columns();
                Ok((columns.take()?, columns.take()?, columns.take()?, columns.take()?,
                    columns.take()?, columns.take()?, columns.take()?, columns.take()?))
            }).await
        }).await;
        assert_eq!(read.unwrap(), (at, true, 1.5, raw, uuid, doc, "Ä'\"$1;--".to_owned(), empty));
    }

    async fn parameters_are_bound_by_their_number_and_may_repeat(store: Store) {
        let read: Result<_, Error> = store.point_read(async |tx: &mut Tx| {
            let sql = "SELECT CAST($2 AS BIGINT), CAST($1 AS BIGINT), CAST($2 AS BIGINT) + CAST($3 AS BIGINT)";
            tx.one(sql, &[&1_i64, &2_i64, &30_i64], |row| Ok([row.get::<i64>(0)?, row.get(1)?, row.get(2)?])).await
        }).await;
        assert_eq!(read.unwrap(), [2, 1, 32]);
    }

    async fn a_missing_or_surplus_parameter_is_an_error(store: Store) {
        for params in [&[] as &[&dyn Param], &[&1_i64, &2_i64]] {
            let read: Result<i64, Error> = store.point_read(async |tx: &mut Tx| {
                tx.one("SELECT CAST($1 AS BIGINT)", params, |row| row.get(0)).await
            }).await;
            assert!(matches!(read, Err(Error::Internal(_))), "{read:?}");
        }
    }

    async fn key_columns_are_sorted_by_their_bytes(store: Store) {
        let words = ["b", "B", "a", "ä", "Z", "_", "", "a b", "ab", "\u{10000}", "\u{ffff}"];
        let written: Result<(), Error> = store.write(async |tx: &mut Tx| {
            for word in words {
                tx.execute("INSERT INTO kinds (word) VALUES ($1)", &[&word]).await?;
            }
            Ok(())
        }).await;
        written.unwrap();
        let read: Result<Vec<String>, Error> = store.point_read(async |tx: &mut Tx| {
            tx.list("SELECT word FROM kinds ORDER BY word", &[], |row| row.get(0)).await
        }).await;
        let mut sorted = words;
        sorted.sort_unstable();
        assert_eq!(read.unwrap(), sorted);
    }

    async fn text_with_a_nul_character_is_refused(store: Store) {
        let written: Result<u64, Error> = store.write(async |tx: &mut Tx| {
            tx.execute("INSERT INTO kinds (note) VALUES ($1)", &[&"a\0b"]).await
        }).await;
        assert!(matches!(written, Err(Error::Internal(_))));
    }

    async fn a_column_of_another_kind_is_named_without_its_value(store: Store) {
        let read: Result<i64, Error> = store.point_read(async |tx: &mut Tx| {
            tx.one("SELECT CAST('secret' AS TEXT) AS word", &[], |row| row.get("word")).await
        }).await;
        let text = read.unwrap_err().to_string();
        assert_eq!(text, "column word holds text where an integer was expected");
    }
}
