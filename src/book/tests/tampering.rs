//! What somebody changes by hand shows.

use super::*;

#[test]
fn a_whole_book_verifies_and_names_what_nothing_reads() {
    let house = House::new();
    let first = house.post("monthly@2026-01-01");
    house.post("monthly@2026-02-01");
    fs::write(house.at.table_path("invoice").join("0.parquet.tmp"), "torn").unwrap();
    let book = house.book();
    let verified = book.verify(Some(&first.head)).unwrap();
    assert_eq!((verified.serial, verified.files), (2, 6));
    assert_eq!(codes(&verified.notices), ["BW-B105"]);
    assert_eq!(codes(&book.verify(Some("00")).unwrap_err()), ["BW-B107"]);
}

/// P24: `verify` finds what was changed, taken away or put in.
#[test]
fn every_change_by_hand_shows() {
    let cases = [
        ("UPDATE bw_run SET invoices = 9 WHERE serial = 1", "BW-B106"),
        ("UPDATE bw_series SET last_number = 1", "BW-B106"),
        ("DELETE FROM bw_step WHERE serial = 1", "BW-B106"),
        ("UPDATE bw_text SET text = text || ' '", "BW-B106"),
        (
            "UPDATE ducklake_file_column_stats SET max_value = 'S-1' WHERE max_value = 'S-2'",
            "BW-B106",
        ),
        (
            "INSERT INTO ducklake_column SELECT * FROM ducklake_column LIMIT 1",
            "BW-B106",
        ),
        (
            "UPDATE bw_part SET run_id = 'monthly@2026-02-01'",
            "BW-B106",
        ),
        ("CREATE TABLE note(text)", "BW-B106"),
        (
            "UPDATE bw_chain SET content = replace(content, '\"invoices\":1', '\"invoices\":2') WHERE serial = 1",
            "BW-B106",
        ),
        (
            "UPDATE bw_chain SET link = '00' WHERE serial = 1",
            "BW-B106",
        ),
        ("DELETE FROM bw_chain WHERE serial = 1", "BW-B107"),
        ("DELETE FROM bw_chain WHERE serial = 2", "BW-B107"),
        ("DELETE FROM bw_chain", "BW-B107"),
    ];
    for (sql, code) in cases {
        let house = House::new();
        house.post("monthly@2026-01-01");
        house.post("monthly@2026-02-01");
        house.tamper(sql);
        assert_eq!(house.verified().unwrap_err()[0], code, "{sql}");
        let refused = Writer::lock(&house.at, &attempt(), false).unwrap_err();
        assert_eq!(refused.exit_code(), 8, "{sql}");
    }
}

#[test]
fn a_trigger_taken_away_shows() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let db = rusqlite::Connection::open(house.at.database_path()).unwrap();
    db.execute_batch("DROP TRIGGER run_goes_on").unwrap();
    assert_eq!(house.verified().unwrap_err(), ["BW-B106"]);
}

/// P25: a part is compared with its hash before it is used.
#[test]
fn a_flipped_bit_in_a_part_is_found_before_it_is_read() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let part = house.a_part("watermark");
    let mut bytes = fs::read(&part).unwrap();
    bytes[40] ^= 1;
    fs::set_permissions(&part, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&part, bytes).unwrap();
    assert_eq!(codes(&house.book().view().unwrap_err()), ["BW-B106"]);
    assert_eq!(house.verified().unwrap_err(), ["BW-B106"]);
}

#[test]
fn a_missing_part_is_named() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    fs::remove_file(house.a_part("watermark")).unwrap();
    assert_eq!(codes(&house.book().view().unwrap_err()), ["BW-B103"]);
    assert_eq!(house.verified().unwrap_err(), ["BW-B103"]);
}

#[test]
fn an_older_copy_is_noticed() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let copy = fs::read(house.at.database_path()).unwrap();
    house.post("monthly@2026-02-01");
    fs::write(house.at.database_path(), copy).unwrap();
    assert_eq!(house.verified().unwrap_err(), ["BW-B108"]);
}

#[test]
fn a_book_without_its_head_is_refused_from_the_second_commit_on() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    fs::remove_file(house.at.folder().join("HEAD")).unwrap();
    house.verified().unwrap();
    house.post("monthly@2026-02-01");
    fs::remove_file(house.at.folder().join("HEAD")).unwrap();
    assert_eq!(house.verified().unwrap_err(), ["BW-B108"]);
}

/// Leaves the WAL of a commit as a killed process would, and gives it.
fn killed_after_a_commit(house: &House, run: &str) -> PathBuf {
    let mut writer = house.writer();
    writer.commit(posting(ground(&writer), run)).unwrap();
    let wal = house.at.folder().join("book.sqlite-wal");
    let kept = house.root.join("wal");
    fs::copy(&wal, &kept).unwrap();
    kept
}

#[test]
fn the_wal_of_another_book_is_refused() {
    let houses = [House::new(), House::new()];
    houses[0].post("monthly@2026-01-01");
    houses[1].post("weekly@2026-01-01");
    let copy = fs::read(houses[0].at.database_path()).unwrap();
    let wal = killed_after_a_commit(&houses[0], "monthly@2026-02-01");
    let foreign = killed_after_a_commit(&houses[1], "weekly@2026-02-01");
    fs::write(houses[0].at.database_path(), &copy).unwrap();
    let here = houses[0].at.folder().join("book.sqlite-wal");
    fs::copy(foreign, &here).unwrap();
    assert_eq!(houses[0].verified().unwrap_err(), ["BW-B101"]);
    assert_eq!(fs::read(houses[0].at.database_path()).unwrap(), copy);
    fs::copy(wal, &here).unwrap();
    assert_eq!(houses[0].verified().unwrap().serial, 2);
}

#[test]
fn a_book_that_is_gone_is_not_begun_anew() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    fs::remove_file(house.at.database_path()).unwrap();
    assert_eq!(codes(&Book::open(&house.at).unwrap_err()), ["BW-B113"]);
}

#[test]
fn another_version_and_another_database_are_refused() {
    for (sql, code) in [
        ("UPDATE bw_book SET version = 99", "BW-B110"),
        ("UPDATE bw_book SET version = 0", "BW-B111"),
        ("DROP TABLE bw_book", "BW-B112"),
        (
            "UPDATE ducklake_metadata SET \"value\" = 'elsewhere/' WHERE \"key\" = 'data_path'",
            "BW-B114",
        ),
    ] {
        let house = House::new();
        house.post("monthly@2026-01-01");
        let db = rusqlite::Connection::open(house.at.database_path()).unwrap();
        db.execute_batch("DROP TRIGGER bw_book_stands; DROP TRIGGER ducklake_metadata_stands")
            .unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        assert_eq!(codes(&Book::open(&house.at).unwrap_err()), [code], "{sql}");
    }
}

/// P24, P25: nor is the catalog believed.
#[test]
fn flipped_bits_in_the_catalog_never_pass_for_a_whole_book() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let whole = fs::read(house.at.database_path()).unwrap();
    let said = house.verified().unwrap();
    for at in (0..whole.len()).step_by(2_003) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(house.at.database_path(), &bytes).unwrap();
        // A bit in unused space, or in the table of attempts, changes nothing of the content.
        match house.verified() {
            Ok(verified) => assert_eq!(verified, said),
            Err(codes) => assert!(
                codes.iter().all(|code| code.starts_with("BW-B")),
                "{codes:?}"
            ),
        }
    }
}
