//! What only the model checker does: writers that die at a certain point, and looks at places.

use askr_shm::sync::{Ordering, fence};
use askr_shm::{Identity, Offset};

use crate::journal::{Change, Step};
use crate::layout::CountWord;
use crate::limits::LOCK_PATIENCE;
use crate::namespace::Namespace;
use crate::place::RingName;
use crate::record::Field;
use crate::store::Store;
use crate::write::{Present, Writer};

impl Store {
    /// Takes a namespace's lock and dies.
    pub fn lock_and_die(&self, namespace: Namespace) {
        die_with(self.doomed(namespace));
    }

    /// Begins to write over the value of an entry and dies after half of it.
    pub fn write_half_and_die(&self, namespace: Namespace, key: &[u8]) {
        let writer = self.doomed(namespace);
        let Some(present) = self.present(&writer, key) else {
            return;
        };
        announce_loss(&writer, &present, Step::Rewrite);
        let sequence = present.linked.record.field(Field::Sequence);
        sequence.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::Release);
        let half = writer.space.word(Offset::new(present.value_at));
        half.store(u64::MAX, Ordering::Relaxed);
        die_with(writer);
    }

    /// Writes down that an entry goes and dies.
    pub fn announce_removal_and_die(&self, namespace: Namespace, key: &[u8]) {
        let writer = self.doomed(namespace);
        let Some(present) = self.present(&writer, key) else {
            return;
        };
        announce_loss(&writer, &present, Step::Splice);
        die_with(writer);
    }

    /// Where an entry lies, if there is one: another number once it was moved.
    #[must_use]
    pub fn place_of(&self, namespace: Namespace, key: &[u8]) -> Option<u64> {
        let writer = self.doomed(namespace);
        let present = self.present(&writer, key);
        present.map(|present| present.linked.place.word())
    }

    fn doomed(&self, namespace: Namespace) -> Writer<'_> {
        Writer::begin(self.space(namespace), LOCK_PATIENCE).expect("nobody waits for long")
    }

    fn present<'s>(&self, writer: &Writer<'s>, key: &[u8]) -> Option<Present<'s>> {
        let key = self.key(key).ok()?;
        writer.find(&key).ok()?
    }
}

fn announce_loss(writer: &Writer<'_>, present: &Present<'_>, step: Step) {
    let space = writer.space;
    let count = |word| space.count(word).load(Ordering::Relaxed);
    let bytes = u64::try_from(present.linked.shape.bytes()).unwrap_or(0);
    let change = Change {
        new: None,
        old: Some(present.linked.place),
        heads: [space.head(RingName::Main), space.head(RingName::Small)],
        entries: count(CountWord::Entries).saturating_sub(1),
        bytes: count(CountWord::Bytes).saturating_sub(bytes),
    };
    space.begin(step, &change);
}

fn die_with(writer: Writer<'_>) {
    std::mem::forget(writer);
    Identity::die();
}
