//! What was acknowledged outlives a process that is killed at any moment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

/// Writes until it is killed, and says what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the test below starts it in a process of its own, and kills that"]
async fn a_writer_to_be_killed() {
    let mut order = String::new();
    std::io::stdin().read_line(&mut order).unwrap();
    let Some((round, folder)) = order.trim().split_once(' ') else { return };
    let store = open_in(Path::new(folder)).await;
    let writing: Vec<_> = (0..8)
        .map(|writer| {
            let (store, round) = (store.clone(), round.to_owned());
            tokio::spawn(async move {
                for number in 0.. {
                    let title = format!("{round}/{writer}/{number}");
                    write(&store, &title).await.unwrap();
                    println!("kept {title}");
                }
            })
        })
        .collect();
    for writer in writing {
        writer.await.unwrap();
    }
}

async fn open_in(folder: &Path) -> Store {
    open(&Location::File(folder.join("roster.db")), NOTES).await
}

/// Starts a writer, kills it after it has told of some writes, and returns all that it told of.
fn write_and_be_killed(folder: &Path, round: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sql::tests::crash::a_writer_to_be_killed", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{round} {}", folder.display()).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let kept = |line: String| line.strip_prefix("kept ").map(str::to_owned);
    let mut told: Vec<_> = lines.by_ref().filter_map(kept).take(1 + 7 * round).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be torn; a shorter number is a title of its own that was told of earlier.
    told.extend(lines.filter_map(kept));
    told
}

#[tokio::test]
async fn t50_killed_writers_lose_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..50 {
        let path = folder.path().to_owned();
        let told =
            tokio::task::spawn_blocking(move || write_and_be_killed(&path, round)).await.unwrap();
        assert!(!told.is_empty(), "the writer could not open what its predecessor left");
        acknowledged.extend(told);
    }
    let store = open_in(folder.path()).await;
    let kept: std::collections::HashSet<_> = titles(&store).await.into_iter().collect();
    let lost: Vec<_> = acknowledged.iter().filter(|title| !kept.contains(*title)).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    let sound: Result<String, Error> = store
        .read(async |tx: &mut Tx| tx.one("PRAGMA integrity_check", &[], |row| row.get(0)).await)
        .await;
    assert_eq!(sound.unwrap(), "ok");
}
