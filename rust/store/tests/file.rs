//! The store in a file: what comes back, and what is refused.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use askr_store::{
    ExportError, FileContent, ImportError, LeaseTerms, Namespace, Number, OwnedValue, Rate, Sizes,
    Store, Ttl, Value,
};
use proptest::prelude::*;
use tempfile::TempDir;

const KIB: usize = 1024;

fn store_of(bytes: usize) -> Store {
    Store::create(&Sizes {
        namespaces: [bytes.max(64 * KIB), bytes, bytes, bytes, bytes],
        value_max: 2 * KIB,
    })
    .unwrap()
}

fn store() -> Store {
    store_of(256 * KIB)
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    (folder, path)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn bytes(bytes: &[u8]) -> Option<OwnedValue> {
    Some(OwnedValue::Bytes(bytes.to_vec()))
}

fn filled() -> Store {
    let store = store();
    let spaces = [Namespace::Cache, Namespace::Counters, Namespace::Sessions];
    let minute = Ttl::For(Duration::from_secs(60));
    for space in spaces {
        store
            .set(space, b"text", Value::Bytes(b"value"), Ttl::Forever)
            .unwrap();
        store
            .set(space, b"empty", Value::Bytes(b""), minute)
            .unwrap();
        store
            .set(space, &[0xff; 1024], Value::Bytes(&[7; 2_000]), minute)
            .unwrap();
        let float = Value::Number(Number::Float(-0.5));
        store.set(space, b"float", float, Ttl::Forever).unwrap();
        store
            .increment(space, b"number", Number::Integer(i64::MIN), Ttl::Forever)
            .unwrap();
    }
    store
}

#[test]
fn everything_comes_back_with_the_time_it_had_left() {
    let (_folder, path) = place();
    let written = filled().export(&path, now()).unwrap();
    assert_eq!(written.entries, 15);
    assert_eq!(written.bytes, fs::metadata(&path).unwrap().len());
    let store = store();
    let read = store
        .import(&path, now() + Duration::from_secs(20))
        .unwrap();
    assert_eq!(read, written);
    for space in [Namespace::Cache, Namespace::Counters, Namespace::Sessions] {
        assert_eq!(store.get(space, b"text").unwrap(), bytes(b"value"));
        assert_eq!(store.get(space, b"empty").unwrap(), bytes(b""));
        assert_eq!(store.get(space, &[0xff; 1024]).unwrap(), bytes(&[7; 2_000]));
        let float = OwnedValue::Number(Number::Float(-0.5));
        assert_eq!(store.get(space, b"float").unwrap(), Some(float));
        let number = store.increment(space, b"number", Number::Integer(1), Ttl::Forever);
        assert_eq!(number, Ok(Number::Integer(i64::MIN + 1)));
        assert_eq!(store.remaining(space, b"text"), Ok(Some(None)));
        let left = store.remaining(space, b"empty").unwrap().flatten().unwrap();
        let expected = Duration::from_secs(38)..=Duration::from_secs(40);
        assert!(expected.contains(&left), "{left:?}");
    }
}

#[test]
fn what_has_expired_meanwhile_stays_out() {
    let (_folder, path) = place();
    filled().export(&path, now()).unwrap();
    let store = store();
    let read = store
        .import(&path, now() + Duration::from_secs(61))
        .unwrap();
    assert_eq!((read.entries, read.skipped), (9, 6));
    assert_eq!(store.get(Namespace::Cache, b"empty"), Ok(None));
}

#[test]
fn tags_still_end_their_entries() {
    let (_folder, path) = place();
    let before = store();
    let value = Value::Bytes(b"value");
    before
        .set_tagged(b"both", value, Ttl::Forever, &[b"one", b"two"])
        .unwrap();
    before
        .set_tagged(b"two", value, Ttl::Forever, &[b"two"])
        .unwrap();
    before
        .set_tagged(b"gone", value, Ttl::Forever, &[b"gone"])
        .unwrap();
    before.forget_tag(b"gone").unwrap();
    assert_eq!(before.export(&path, now()).unwrap().entries, 2);
    let store = store();
    // Another past of another store.
    (0..100).for_each(|_| store.forget_tag(b"two").unwrap());
    store.import(&path, now()).unwrap();
    assert_eq!(
        store.get(Namespace::Cache, b"both").unwrap(),
        bytes(b"value")
    );
    store.forget_tag(b"one").unwrap();
    assert_eq!(store.get(Namespace::Cache, b"both"), Ok(None));
    assert_eq!(
        store.get(Namespace::Cache, b"two").unwrap(),
        bytes(b"value")
    );
    assert_eq!(store.get(Namespace::Cache, b"gone"), Ok(None));
}

#[test]
fn locks_that_end_with_a_process_and_limits_stay_out() {
    let (_folder, path) = place();
    let before = store();
    let terms = |until_death| LeaseTerms {
        ttl: Ttl::Forever,
        until_death,
        wait: Duration::ZERO,
    };
    assert!(before.acquire(b"stays", b"owner", &terms(false)).unwrap());
    assert!(before.acquire(b"ends", b"owner", &terms(true)).unwrap());
    let rate = Rate {
        tokens: 1,
        period: Duration::from_secs(60),
        burst: 1,
    };
    assert!(before.limit(b"client", &rate).unwrap().allowed);
    assert_eq!(before.export(&path, now()).unwrap().entries, 1);
    let store = store();
    store.import(&path, now()).unwrap();
    assert_eq!(store.holder(b"stays").unwrap().unwrap().owner, b"owner");
    assert_eq!(store.holder(b"ends"), Ok(None));
    assert!(store.limit(b"client", &rate).unwrap().allowed);
}

#[test]
fn what_a_smaller_store_has_no_room_for_stays_out() {
    let (_folder, path) = place();
    let before = store();
    for number in 0..100_u8 {
        let value = Value::Bytes(&[7; 1_500]);
        before
            .set(Namespace::Sessions, &[number], value, Ttl::Forever)
            .unwrap();
    }
    before.export(&path, now()).unwrap();
    let store = store_of(32 * KIB);
    let read = store.import(&path, now()).unwrap();
    assert_eq!(read.entries + read.skipped, 100);
    assert!(read.skipped > 0);
    assert_eq!(store.statistics(Namespace::Sessions).entries, read.entries);
}

#[test]
fn the_file_is_for_nobody_else_and_replaces_the_one_before() {
    let (folder, path) = place();
    fs::write(&path, "the one before").unwrap();
    fs::write(folder.path().join("store.draft"), "of one that was killed").unwrap();
    filled().export(&path, now()).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    store().import(&path, now()).unwrap();
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_one_before() {
    let (_folder, path) = place();
    fs::create_dir(path.with_file_name("store.draft")).unwrap();
    fs::write(&path, "the one before").unwrap();
    let refused = filled().export(&path, now());
    assert!(matches!(refused, Err(ExportError::System { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"the one before");
    let nowhere = path.join("not/there");
    assert!(matches!(
        filled().export(&nowhere, now()),
        Err(ExportError::System { .. })
    ));
}

#[test]
fn an_empty_store_is_a_file_too() {
    let (_folder, path) = place();
    store().export(&path, now()).unwrap();
    let read = store().import(&path, now()).unwrap();
    assert_eq!(
        read,
        FileContent {
            entries: 0,
            skipped: 0,
            bytes: read.bytes
        }
    );
}

/// The error, after a look at the store: nothing was taken.
fn refused(file: &[u8]) -> ImportError {
    let (_folder, path) = place();
    fs::write(&path, file).unwrap();
    let store = store();
    let error = store.import(&path, now()).unwrap_err();
    let entries = Namespace::ALL.map(|space| store.statistics(space).entries);
    assert_eq!(entries, [0; 5]);
    error
}

fn file() -> Vec<u8> {
    let (_folder, path) = place();
    filled().export(&path, now()).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn what_is_no_file_of_a_store_is_refused_by_name() {
    let (_folder, path) = place();
    assert!(matches!(
        store().import(&path, now()),
        Err(ImportError::Missing)
    ));
    assert!(matches!(refused(b""), ImportError::Damaged(_)));
    assert!(matches!(refused(&[b'x'; 5_000]), ImportError::Foreign));
    let mut later = file();
    later[8] += 1;
    let is_later = matches!(refused(&later), ImportError::Version { found: 2, known: 1 });
    assert!(is_later);
    fs::create_dir(&path).unwrap();
    assert!(matches!(
        store().import(&path, now()),
        Err(ImportError::System(_))
    ));
}

#[test]
fn a_file_that_was_cut_or_went_on_is_refused() {
    let whole = file();
    let lengths = (0..200)
        .chain((200..whole.len()).step_by(97))
        .chain([whole.len() - 1]);
    for length in lengths {
        assert!(
            matches!(refused(&whole[..length]), ImportError::Damaged(_)),
            "{length}"
        );
    }
    let more = [&whole[..], b"x"].concat();
    assert!(matches!(refused(&more), ImportError::Damaged(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_with_a_bit_that_changed_is_refused(place: prop::sample::Index, bit in 0..8_u8) {
        let mut file = file();
        let place = place.index(file.len());
        file[place] ^= 1 << bit;
        refused(&file);
    }

    /// Whoever can write the file can give it a checksum, too.
    #[test]
    fn nonsense_with_a_checksum_is_refused_or_read_and_nothing_else(
        entries: u16,
        body in prop::collection::vec(any::<u8>(), 0..200),
        kept in 0..200_usize,
    ) {
        let whole = file();
        let body = [&whole[36..36 + kept], &body].concat();
        let mut header = whole[..36].to_vec();
        header[12..20].copy_from_slice(&u64::from(entries).to_le_bytes());
        header[20..28].copy_from_slice(&(body.len() as u64).to_le_bytes());
        header[28..32].copy_from_slice(&crc32fast::hash(&body).to_le_bytes());
        let checksum = crc32fast::hash(&header[..32]);
        header[32..].copy_from_slice(&checksum.to_le_bytes());
        let (_folder, path) = self::place();
        fs::write(&path, [header, body].concat()).unwrap();
        let read = store().import(&path, now());
        prop_assert!(matches!(read, Ok(_) | Err(ImportError::Damaged(_))), "{:?}", read);
    }
}
