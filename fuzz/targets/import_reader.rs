//! Any bytes are read to their end as rows, or refused; what was read is written and read again as it was.
#![no_main]

// The program is no library; these are its own files.
#[path = "../../crates/cli/src/plain.rs"]
#[allow(dead_code, reason = "the reader needs a part of it")]
mod plain;
#[path = "../../crates/cli/src/rows.rs"]
#[allow(dead_code, reason = "forms are chosen here by hand")]
mod rows;

use libfuzzer_sys::fuzz_target;
use roster_client::model::UserRow;
use rows::{FileForm, RowReader, RowWriter};

fuzz_target!(|bytes: &[u8]| {
    for form in [FileForm::Csv, FileForm::Ndjson] {
        let Ok(mut reader) = RowReader::new::<UserRow>(form, bytes) else { continue };
        let mut end = 0;
        while let Ok(Some(row)) = reader.next::<UserRow>() {
            assert!(row.end >= end && row.end <= bytes.len() as u64);
            end = row.end;
            let Ok(user) = row.record else { continue };
            let mut file = Vec::new();
            let mut writer = RowWriter::new(form, &mut file, UserRow::COLUMNS).expect("memory can be written");
            writer.write(&user).expect("memory can be written");
            writer.finish().expect("memory can be written");
            let mut again = RowReader::new::<UserRow>(form, &file[..]).expect("what was written has a header");
            let again = again.next::<UserRow>().expect("it can be read").expect("it is a row");
            assert_eq!(again.record.map(|user| user.username), Ok(user.username));
        }
    }
});
