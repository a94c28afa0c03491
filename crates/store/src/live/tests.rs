//! The table never says that something is live after its end was acknowledged.

use super::*;

/// A credential as the database had it at some time.
#[derive(Debug, PartialEq, Eq)]
struct Credential {
    user: i64,
    version: u32,
}

impl Owned for Credential {
    fn user(&self) -> UserId {
        UserId(self.user)
    }
}

fn hash(number: u16) -> TokenHash {
    let mut hash = [0; 32];
    hash[..2].copy_from_slice(&number.to_le_bytes());
    hash[31] = number.to_le_bytes()[0];
    hash
}

fn keep(live: &Live<Credential>, number: u16, user: i64) {
    let Check::Miss(miss) = live.check(&hash(number)) else { return };
    live.fill(miss, Arc::new(Credential { user, version: 0 }));
}

fn holds(live: &Live<Credential>, number: u16) -> bool {
    matches!(live.check(&hash(number)), Check::Hit(_))
}

/// A database with one credential of user 1, and a table that follows it.
struct World {
    live: Live<Credential>,
    /// `None` once it is revoked.
    committed: Option<u32>,
    /// What every check that begins now must say, or something newer.
    acknowledged: Option<u32>,
    checks: [Checking; 2],
}

/// How far a check has come.
#[derive(Default)]
struct Checking {
    /// What was acknowledged when it began.
    began: Option<Option<u32>>,
    miss: Option<Miss>,
    read: Option<Option<u32>>,
}

/// What the one who writes does.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// Revokes the credential, telling the table of the token, the user or everything.
    Revoke(fn() -> Change),
    /// Changes the credential.
    Change(fn() -> Change),
}

impl World {
    fn new(filled: bool) -> Self {
        let live = Live::sharded(1, 1000);
        if filled {
            keep(&live, 1, 1);
        }
        Self { live, committed: Some(0), acknowledged: Some(0), checks: Default::default() }
    }

    /// A check is three steps: look up, read the database, fill and answer.
    fn check(&mut self, who: usize, step: usize) {
        let checking = &mut self.checks[who];
        match step {
            0 => {
                checking.began = Some(self.acknowledged);
                match self.live.check(&hash(1)) {
                    Check::Hit(found) => Self::holds_to(checking, Some(found.version)),
                    Check::Miss(miss) => checking.miss = Some(miss),
                }
            }
            1 if checking.miss.is_some() => checking.read = Some(self.committed),
            2 => {
                let (Some(miss), Some(read)) = (checking.miss.take(), checking.read.take()) else {
                    return;
                };
                if let Some(version) = read {
                    self.live.fill(miss, Arc::new(Credential { user: 1, version }));
                }
                Self::holds_to(checking, read);
            }
            _ => {}
        }
    }

    /// A write is three steps: commit, tell the table, acknowledge.
    fn write(&mut self, write: Write, step: usize) {
        let (Write::Revoke(change) | Write::Change(change)) = write;
        match (step, write) {
            (0, Write::Revoke(_)) => self.committed = None,
            (0, Write::Change(_)) => self.committed = self.committed.map(|version| version + 1),
            (1, _) => self.live.follow(&[change()]),
            _ => self.acknowledged = self.committed,
        }
    }

    /// An answer may be newer than what was acknowledged when the check began, never older.
    fn holds_to(checking: &Checking, answer: Option<u32>) {
        let Some(acknowledged) = checking.began else { panic!("a check that never began") };
        let age = |state: Option<u32>| state.map_or(u32::MAX, |version| version);
        assert!(
            age(answer) >= age(acknowledged),
            "{answer:?} was answered after {acknowledged:?} was acknowledged"
        );
    }
}

/// Every order of the steps of several actors, each of whose own steps keep their order.
fn orders(left: &mut [usize], order: &mut Vec<usize>, run: &mut impl FnMut(&[usize])) {
    if left.iter().all(|steps| *steps == 0) {
        run(order);
        return;
    }
    for actor in 0..left.len() {
        if left[actor] > 0 {
            left[actor] -= 1;
            order.push(actor);
            orders(left, order, run);
            order.pop();
            left[actor] += 1;
        }
    }
}

#[test]
fn t32_no_check_that_begins_after_an_acknowledgement_sees_what_was_before() {
    let told: [fn() -> Change; 3] =
        [|| Change::ForgetToken(hash(1)), || Change::ForgetUser(UserId(1)), || Change::ForgetAll];
    let mut worlds = 0;
    for change in told {
        for first in [Write::Revoke(change), Write::Change(change)] {
            for filled in [false, true] {
                // Two checks and two writes, of which the second may not begin before the first has ended.
                orders(&mut [3, 3, 6], &mut Vec::new(), &mut |order| {
                    let mut world = World::new(filled);
                    let mut steps = [0; 3];
                    for &actor in order {
                        let step = steps[actor];
                        steps[actor] += 1;
                        match actor {
                            2 if step < 3 => world.write(first, step),
                            2 => world.write(Write::Revoke(change), step - 3),
                            who => world.check(who, step),
                        }
                    }
                    // One more check, from its beginning to its end, after all is over.
                    for step in 0..3 {
                        world.checks[0] = if step == 0 {
                            Checking::default()
                        } else {
                            std::mem::take(&mut world.checks[0])
                        };
                        world.check(0, step);
                    }
                    assert!(!holds(&world.live, 1), "revived after {order:?}");
                    worlds += 1;
                });
            }
        }
    }
    assert_eq!(worlds, 12 * 18_480, "12! / (3! 3! 6!) orders of each");
}

#[test]
fn t32_threads_that_race_never_revive_what_was_revoked() {
    let live = Live::new(1000);
    let database = RwLock::new(Some(0_u32));
    let acknowledged = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    let ended = acknowledged.load(Ordering::SeqCst);
                    let found = match live.check(&hash(1)) {
                        Check::Hit(_) => true,
                        Check::Miss(miss) => {
                            let read = *database.read().unwrap();
                            if let Some(version) = read {
                                live.fill(miss, Arc::new(Credential { user: 1, version }));
                            }
                            read.is_some()
                        }
                    };
                    assert!(
                        !(ended && found),
                        "a check passed after the revocation was acknowledged"
                    );
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..200 {
                live.follow(&[Change::ForgetUser(UserId(1))]);
            }
            *database.write().unwrap() = None;
            live.follow(&[Change::ForgetUser(UserId(1))]);
            acknowledged.store(true, Ordering::SeqCst);
        });
    });
    assert!(!holds(&live, 1));
}

#[test]
fn forgetting_a_user_forgets_all_of_it_and_nothing_else() {
    let live = Live::new(10_000);
    for number in 0..1000 {
        keep(&live, number, i64::from(number % 10));
    }
    live.forget_user(UserId(3));
    for number in 0..1000 {
        assert_eq!(holds(&live, number), number % 10 != 3);
    }
    live.forget_token(&hash(7));
    assert!(!holds(&live, 7));
    assert_eq!(live.len(), 899);
    live.forget_all();
    assert!(live.is_empty());
}

#[test]
fn the_table_is_bounded_and_keeps_what_is_used() {
    let live = Live::new(SHARDS * 4);
    keep(&live, 0, 1);
    for number in 1..20_000 {
        assert!(holds(&live, 0), "what is used all the time was dropped at {number}");
        keep(&live, number, i64::from(number));
    }
    assert!(live.len() <= SHARDS * 4, "{} entries", live.len());
    for shard in &live.shards {
        let shard = shard.read().unwrap();
        assert!(shard.queue.len() <= 2 * live.capacity + 1);
        assert_eq!(shard.by_user.len(), shard.entries.len());
    }
}

#[test]
fn a_table_that_only_forgets_does_not_grow() {
    let live = Live::new(SHARDS);
    for round in 0..1000 {
        keep(&live, 5, round);
        live.forget_token(&hash(5));
    }
    let shard = live.place(&hash(5)).read().unwrap();
    assert!(shard.queue.len() <= 3, "{} tokens are queued", shard.queue.len());
    assert!(shard.by_user.is_empty());
}
