//! What is written reads back, and whatever else a file holds is refused line by line.

use proptest::prelude::*;

use super::*;

fn read(form: FileForm, file: &[u8]) -> Result<Vec<FileRow<UserRow>>> {
    let mut reader = RowReader::new::<UserRow>(form, file)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next::<UserRow>()? {
        rows.push(row);
    }
    Ok(rows)
}

fn written(form: FileForm, row: &UserRow) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = RowWriter::new(form, &mut file, UserRow::COLUMNS).unwrap();
    writer.write(row).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn columns_may_come_in_any_order_and_cells_be_empty() {
    let file = "\u{feff}email,username,robot,status,created_at\na@b,ann,true,active,2024-01-01T00:00:00Z\nb@b,bob,,,\n";
    let rows = read(FileForm::Csv, file.as_bytes()).unwrap();
    let ann = rows[0].record.as_ref().unwrap();
    assert_eq!((ann.username.as_str(), ann.robot), ("ann", Some(true)));
    let bob = rows[1].record.as_ref().unwrap();
    assert_eq!((bob.robot, bob.status, bob.created_at), (None, None, None));
}

#[test]
fn a_file_without_the_right_columns_is_refused_at_once() {
    for (file, said) in [
        ("username\nann\n", "no column \"email\""),
        ("username,email,is_admin\n", "\"is_admin\" is not known"),
        ("username,email,email\n", "the column \"email\" twice"),
        ("", "no column"),
    ] {
        let error = read(FileForm::Csv, file.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn files_of_groups_have_columns_of_their_own() {
    let mut reader =
        RowReader::new::<GroupRow>(FileForm::Csv, &b"slug,name\nhills,'=Hills\n"[..]).unwrap();
    let group = reader.next::<GroupRow>().unwrap().unwrap().record.unwrap();
    assert_eq!((group.name.as_str(), group.slug.as_deref()), ("=Hills", Some("hills")));
    assert!(RowReader::new::<GroupRow>(FileForm::Csv, &b"name,email\n"[..]).is_err());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let file = "username,email,robot\nann,a@b\n\"b\nob\",b@b,maybe\ncid,c@b,true\n";
    let rows = read(FileForm::Csv, file.as_bytes()).unwrap();
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.record.is_ok())).collect();
    assert_eq!(lines, [(2, false), (3, false), (5, true)]);
    let file = "{\"username\": \"ann\", \"email\": \"a@b\"}\n\n{\"username\": 5}\nnonsense\n{\"user\": \"x\"}";
    let rows = read(FileForm::Ndjson, file.as_bytes()).unwrap();
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.record.is_ok())).collect();
    assert_eq!(lines, [(1, true), (3, false), (4, false), (5, false)]);
}

#[test]
fn what_is_wrong_is_said_of_its_column_and_in_peoples_words() {
    let csv = [
        (
            "created_at",
            "yesterday",
            "created_at must be a time such as 2026-01-31T12:00:00Z, until 9999-12-30T22:00:00Z",
        ),
        ("status", "sleeping", "status must be one of new, pending, active, suspended, disabled"),
        ("robot", "maybe", "robot must be true or false"),
    ];
    for (column, cell, said) in csv {
        let file = format!("username,{column},email\nann,{cell},a@b\n");
        let rows = read(FileForm::Csv, file.as_bytes()).unwrap();
        assert_eq!(rows[0].record.as_ref().unwrap_err(), said);
    }
    let known = format!("there are {}", UserRow::COLUMNS.join(", "));
    for (line, said) in [
        (r#"{"username": ["x"]}"#, "username must be a string"),
        (r#"{"username": "a", "email": "b", "robot": 1}"#, "robot must be true or false"),
        (
            r#"{"username": "a", "created_at": 5}"#,
            "created_at must be a time such as 2026-01-31T12:00:00Z, until 9999-12-30T22:00:00Z",
        ),
        (r#"{"username": "a", "username": "b"}"#, "username is given twice"),
        (r#"{"user": "a"}"#, &format!("the key \"user\" is not known; {known}")),
        (r#"{"username": "a",}"#, "it is no JSON object: see column 18"),
        (r#"["seq1", "seq1@example.com"]"#, "it is no JSON object"),
        ("[]", "it is no JSON object"),
        ("nonsense", "it is no JSON object"),
    ] {
        let rows = read(FileForm::Ndjson, line.as_bytes()).unwrap();
        assert_eq!(rows[0].record.as_ref().unwrap_err(), said);
    }
}

#[test]
fn t45_a_row_without_end_does_not_fill_the_memory() {
    let endless = io::Read::chain(&b"username,email\n\""[..], io::repeat(b'x').take(1 << 30));
    let mut reader = RowReader::new::<UserRow>(FileForm::Csv, endless).unwrap();
    assert!(reader.next::<UserRow>().unwrap_err().to_string().contains("line 2"));
    let endless = io::Read::chain(
        io::repeat(b'x').take(1 << 24),
        &b"\n{\"username\": \"ann\", \"email\": \"a@b\"}\n"[..],
    );
    let mut reader = RowReader::new::<UserRow>(FileForm::Ndjson, endless).unwrap();
    assert!(reader.next::<UserRow>().unwrap().unwrap().record.unwrap_err().contains("longer than"));
    let next = reader.next::<UserRow>().unwrap().unwrap();
    assert_eq!((next.line, next.record.unwrap().username.as_str()), (2, "ann"));
}

/// The seeds of the fuzzer, cut off and damaged in every place.
#[test]
fn t46_seeds_are_read_to_their_end_however_they_are_damaged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/import_reader");
    let mut seeds = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(seed.unwrap().path()).unwrap();
        for form in [FileForm::Csv, FileForm::Ndjson] {
            for at in 0..seed.len() {
                let (before, rest) = (&seed[..at], &seed[at + 1..]);
                let _ = read(form, before);
                for hostile in [&b""[..], b"\"", b"\n", b"\r", b",", b"\0", b"\xff", b"{", b"\\u"] {
                    let damaged = [before, hostile, rest].concat();
                    let Ok(rows) = read(form, &damaged) else { continue };
                    assert!(rows.iter().all(|row| row.end <= damaged.len() as u64));
                    assert!(rows.windows(2).all(|rows| rows[0].line <= rows[1].line));
                }
            }
        }
        seeds += 1;
    }
    assert!(seeds >= 6);
}

proptest! {
    #[test]
    fn t38_what_is_exported_is_imported_as_it_was_and_is_no_formula(
        username in "[=+@'\\-\t]?\\PC{1,12}", first_name in proptest::option::of("[=+@'\\-]?\\PC{1,12}"), robot: bool) {
        let row = UserRow { username, first_name, email: "=a@b".to_owned(), robot: Some(robot), ..UserRow::default() };
        for form in [FileForm::Csv, FileForm::Ndjson] {
            let file = written(form, &row);
            let back = read(form, &file).unwrap().pop().unwrap().record.unwrap();
            prop_assert_eq!(&back.username, &row.username);
            prop_assert_eq!(&back.first_name, &row.first_name);
            prop_assert_eq!((&back.email, back.robot), (&row.email, row.robot));
        }
        let file = written(FileForm::Csv, &row);
        for cells in csv::Reader::from_reader(&file[..]).records() {
            for cell in &cells.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{}", cell);
            }
        }
    }

    #[test]
    fn t46_any_bytes_are_read_to_their_end_or_refused(bytes: Vec<u8>, text in "[a,\"'\n\r=\\\\{}:é]{0,80}") {
        for file in [bytes, format!("username,email\n{text}").into_bytes(), text.into_bytes()] {
            for form in [FileForm::Csv, FileForm::Ndjson] {
                let _ = read(form, &file);
            }
        }
    }
}
