//! One writer at a time, whole commits, inputs by content.

use super::*;

fn pin(root: &Path, path: &str) -> Pin {
    let found = fs::metadata(root.join(path)).unwrap();
    Pin {
        input: "accounts".to_owned(),
        path: path.to_owned(),
        size: found.len(),
        modified: i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec()),
        sha256: None,
    }
}

/// P29: the fence.
#[test]
fn a_commit_on_another_ground_writes_nothing() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let mut writer = house.writer();
    let ground = ground(&writer);
    for moved in [
        Ground {
            serial: 0,
            ..ground.clone()
        },
        Ground {
            lineage: "other".to_owned(),
            ..ground.clone()
        },
    ] {
        let refused = writer
            .commit(posting(moved, "monthly@2026-02-01"))
            .unwrap_err();
        assert_eq!(codes(&refused), ["BW-L110"]);
    }
    let again = writer
        .commit(posting(ground.clone(), "monthly@2026-01-01"))
        .unwrap_err();
    assert_eq!(codes(&again), ["BW-L110"]);
    assert_eq!(house.book().serial(), 1);
    writer
        .commit(posting(ground, "monthly@2026-02-01"))
        .unwrap();
}

/// P28: the second of two ends with the holder named.
#[test]
fn a_second_writer_is_told_who_writes() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let writer = house.writer();
    let busy = Writer::lock(&house.at, &attempt(), false).unwrap_err();
    assert_eq!(codes(&busy), ["BW-L101"]);
    assert!(
        busy.text(false).contains("process 4711"),
        "{}",
        busy.text(false)
    );
    drop(writer);
    house.writer();
}

/// P28: or waits.
#[test]
fn one_that_waits_gets_the_lock_when_the_first_lets_go() {
    let house = House::new();
    let writer = house.writer();
    let at = house.at.clone();
    let waiting = std::thread::spawn(move || {
        Writer::lock(&at, &attempt(), true).map(|writer| writer.book().is_some())
    });
    drop(writer);
    assert!(!waiting.join().unwrap().unwrap());
}

#[test]
fn a_refused_first_run_leaves_nothing() {
    let house = House::new();
    drop(house.writer());
    assert!(!house.at.folder().exists());
}

#[test]
fn head_is_written_after_a_crash_between_commit_and_head() {
    let house = House::new();
    house.post("monthly@2026-01-01");
    let before = fs::read(house.at.folder().join("HEAD")).unwrap();
    let second = house.post("monthly@2026-02-01");
    fs::write(house.at.folder().join("HEAD"), before).unwrap();
    house.book();
    let mut writer = house.writer();
    assert!(writer.settle_head().unwrap());
    assert!(!writer.settle_head().unwrap());
    let head = fs::read_to_string(house.at.folder().join("HEAD")).unwrap();
    assert_eq!(head, format!("2 {}\n", second.head));
}

/// P1, P3: what was cut off is nothing.
#[test]
fn a_first_commit_cut_off_is_made_again() {
    let house = House::new();
    fs::create_dir(house.at.folder()).unwrap();
    for torn in ["book.sqlite.new", "book.sqlite.new-wal"] {
        fs::write(house.at.folder().join(torn), "torn").unwrap();
    }
    house.post("monthly@2026-01-01");
    let mut left: Vec<_> = fs::read_dir(house.at.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["HEAD", "book.sqlite", "data"]);
}

/// P31: inputs are copied before they are read.
#[test]
fn an_input_is_kept_once_and_remembered() {
    let house = House::new();
    fs::write(house.root.join("a.csv"), "account_id\nA-1\n").unwrap();
    let mut pinned = pin(&house.root, "a.csv");
    let mut writer = house.writer();
    let (hash, copy) = writer.keep_input(&house.root, &pinned).unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), "account_id\nA-1\n");
    pinned.sha256 = Some(hash.clone());
    let commit = Commit {
        inputs: vec![pinned.clone()],
        ..posting(Ground::default(), "monthly@2026-01-01")
    };
    writer.commit(commit).unwrap();
    let book = writer.book().unwrap();
    assert_eq!(book.remembered(&pinned), Some(hash.clone()));
    assert_eq!(
        book.remembered(&Pin {
            modified: 0,
            ..pinned.clone()
        }),
        None
    );
    assert_eq!(
        book.inputs("monthly@2026-01-01").unwrap()[0]
            .sha256
            .as_ref(),
        Some(&hash)
    );
    assert_eq!(writer.keep_input(&house.root, &pinned).unwrap().0, hash);
    drop(writer);
    house.verified().unwrap();
}

/// P31: an input that changes under the run is refused.
#[test]
fn an_input_that_changed_since_it_was_pinned_is_refused() {
    let house = House::new();
    fs::write(house.root.join("a.csv"), "account_id\nA-1\n").unwrap();
    let pinned = Pin {
        size: 3,
        ..pin(&house.root, "a.csv")
    };
    let mut writer = house.writer();
    let refused = writer.keep_input(&house.root, &pinned).unwrap_err();
    assert_eq!(codes(&refused), ["BW-F130"]);
}
