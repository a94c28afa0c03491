//! The hashing pool: every slow password hash is computed here and nowhere else.
//!
//! A hash takes tens of milliseconds of a core and 19 MiB. So the threads are the pool's own, one per core, at the lowest
//! priority: while sign-ins queue here, everything else stays fast. The queue is bounded: whoever finds it full is told
//! to come back, instead of all waiting longer and longer.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use roster_argon2::Memory;
use roster_model::Secret;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{
    formats::{Argon2Hash, Cost, FormatError, ImportedHash},
    password::canonical,
};
use crate::random::{Random, RandomExt};

/// What new hashes cost, and how many may be computed and wait at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingSettings {
    /// Argon2's memory in KiB.
    pub memory_kib: u32,
    /// Argon2's passes over the memory.
    pub passes: u32,
    /// Argon2's lanes. Roster computes them one after the other.
    pub lanes: u32,
    /// Threads that hash; each keeps its memory.
    pub threads: usize,
    /// Requests that may wait for a thread.
    pub queue: usize,
}

impl Default for HashingSettings {
    /// 19 MiB and 2 passes; one thread per core, and a queue of about a second and a half.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1, threads, queue: 64 * threads }
    }
}

/// Why a password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// The queue is full.
    #[error("too many people are signing in at once; try again in {} s", .retry_after.as_secs())]
    Overloaded {
        /// When there will probably be room.
        retry_after: Duration,
    },
    /// What is stored is no password hash. Imports are checked, so this is damage.
    #[error("the stored password hash cannot be read: {0}")]
    Unreadable(FormatError),
    /// The computation broke off: a fault of ours.
    #[error("the password could not be hashed")]
    Failed,
}

/// What the pool says about a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// It is the right one.
    pub is_right: bool,
    /// It is right, and its hash should be replaced by a new one of the same password.
    pub needs_rehash: bool,
}

impl Verified {
    const WRONG: Self = Self { is_right: false, needs_rehash: false };
}

/// The hashing pool. When it is dropped its threads finish what is queued and end.
pub struct PasswordHasher {
    jobs: SyncSender<Job>,
    random: Arc<dyn Random>,
    cost: Cost,
    settings: HashingSettings,
    gauge: Arc<Gauge>,
    absent: Arc<ImportedHash>,
}

/// After this long without a job a thread gives its memory back.
const QUIET: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

#[derive(Debug, Default)]
struct Gauge {
    operations: AtomicU64,
    waiting: AtomicUsize,
    last_job_micros: AtomicU64,
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("settings", &self.settings)
            .field("gauge", &self.gauge)
            .finish()
    }
}

impl PasswordHasher {
    /// Starts the threads.
    pub fn start(settings: HashingSettings, random: Arc<dyn Random>) -> io::Result<Self> {
        let HashingSettings { memory_kib, passes, lanes, threads, queue } = settings;
        let cost = Cost { memory_kib, passes, lanes };
        let absent =
            absent(cost).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let (jobs, waiting) = sync_channel(queue.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        let gauge = Arc::<Gauge>::default();
        for number in 0..threads.max(1) {
            let (waiting, gauge) = (Arc::clone(&waiting), Arc::clone(&gauge));
            let memory = Memory::new(memory_kib as usize)?;
            thread::Builder::new()
                .name(format!("password-hash-{number}"))
                .spawn(move || work(&waiting, memory, &gauge))?;
        }
        Ok(Self { jobs, random, cost, settings, gauge, absent: Arc::new(absent) })
    }

    /// The hash of a new password, to be stored.
    pub async fn hash(&self, password: &Secret) -> Result<String, HashingError> {
        let password = Zeroizing::new(canonical(password.expose()).into_owned());
        let (salt, cost) = (self.random.array(), self.cost);
        let gauge = Arc::clone(&self.gauge);
        let hash = self.run(move |memory| {
            gauge.operations.fetch_add(1, Ordering::Relaxed);
            Argon2Hash::of(password.as_bytes(), salt, cost, memory)
        });
        hash.await?.map(|hash| hash.to_string()).map_err(|error| failed(&error))
    }

    /// Whether `stored` is the hash of `password`.
    pub async fn verify(&self, password: &Secret, stored: &str) -> Result<Verified, HashingError> {
        let stored = ImportedHash::parse(stored).map_err(HashingError::Unreadable)?;
        self.compare(password, Arc::new(stored)).await
    }

    /// Does the work of [`verify`](Self::verify) for somebody who has no password or does not exist, so that time does
    /// not tell.
    pub async fn verify_absent(&self, password: &Secret) -> Result<(), HashingError> {
        self.compare(password, Arc::clone(&self.absent)).await.map(|_| ())
    }

    /// How many hashes were computed since the start.
    pub fn operations(&self) -> u64 {
        self.gauge.operations.load(Ordering::Relaxed)
    }

    /// How many requests wait or are being worked on.
    pub fn waiting(&self) -> usize {
        self.gauge.waiting.load(Ordering::Relaxed)
    }

    async fn compare(
        &self,
        password: &Secret,
        stored: Arc<ImportedHash>,
    ) -> Result<Verified, HashingError> {
        let (password, cost) = (password.clone(), self.cost);
        let gauge = Arc::clone(&self.gauge);
        let compare = move |memory: &mut Memory| {
            let mut is_of = |password: &str| {
                gauge.operations.fetch_add(1, Ordering::Relaxed);
                stored.is_of(password.as_bytes(), memory)
            };
            let typed = password.expose();
            let canonical = Zeroizing::new(canonical(typed).into_owned());
            // Other systems hashed what the keyboard sent. The second try depends on what was typed alone, so it tells
            // nothing about the user.
            let is_right = is_of(&canonical)? || (typed != canonical.as_str() && is_of(typed)?);
            if !is_right {
                return Ok(Verified::WRONG);
            }
            let is_current = stored.as_argon2().is_some_and(|hash| hash.is_current(cost));
            Ok(Verified { is_right, needs_rehash: !is_current && stored.covers(typed.as_bytes()) })
        };
        self.run(compare).await?.map_err(|error| failed(&error))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let (reply, answer) = oneshot::channel();
        let gauge = Arc::clone(&self.gauge);
        let job: Job = Box::new(move |memory| {
            gauge.waiting.fetch_sub(1, Ordering::Relaxed);
            // Whoever gave up waiting needs no answer.
            if !reply.is_closed() {
                let begun = Instant::now();
                let result = work(memory);
                let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                gauge.last_job_micros.store(micros, Ordering::Relaxed);
                let _ = reply.send(result);
            }
        });
        self.gauge.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(job).map_err(|refused| {
            self.gauge.waiting.fetch_sub(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => {
                    HashingError::Overloaded { retry_after: self.time_to_empty() }
                }
                TrySendError::Disconnected(_) => HashingError::Failed,
            }
        })?;
        answer.await.map_err(|_| HashingError::Failed)
    }

    /// How long the present queue will take, in whole seconds, at least one.
    fn time_to_empty(&self) -> Duration {
        let jobs = u64::try_from(self.settings.queue).unwrap_or(u64::MAX);
        let threads = u64::try_from(self.settings.threads.max(1)).unwrap_or(1);
        let micros =
            self.gauge.last_job_micros.load(Ordering::Relaxed).saturating_mul(jobs) / threads;
        Duration::from_secs(micros.div_ceil(1_000_000).clamp(1, 60))
    }
}

fn failed(error: &io::Error) -> HashingError {
    tracing::error!(%error, "no memory to hash a password in");
    HashingError::Failed
}

/// The hash that everybody without one is compared with: of the present cost, and of no password.
fn absent(cost: Cost) -> Result<ImportedHash, FormatError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let nothing = "A".repeat(43);
    ImportedHash::parse(&format!(
        "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$AAAAAAAAAAAAAAAAAAAAAA${nothing}"
    ))
}

fn work(jobs: &Mutex<Receiver<Job>>, mut memory: Memory, gauge: &Gauge) {
    lower_priority();
    while let Some(job) = next(jobs, &mut memory) {
        // A fault in one computation must not cost the pool a thread: its caller gets `Failed`, the next gets the thread.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            tracing::error!(
                operations = gauge.operations.load(Ordering::Relaxed),
                "a password hash broke off"
            );
        }
    }
}

/// The next job, or `None` when there will be no more. A thread that has had nothing to do for a while gives its memory
/// back: on a machine of many cores one busy morning would else cost gigabytes for ever.
fn next(jobs: &Mutex<Receiver<Job>>, memory: &mut Memory) -> Option<Job> {
    loop {
        // One thread at a time waits for a job, the others wait for it; the lock is free again before the work begins.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(QUIET);
        match job {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Timeout) => memory.release(),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// Everything else on the machine goes first. Linux keeps a priority per thread; elsewhere this would slow the whole
/// program down.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%error, "hashing threads run at normal priority");
    }
}

#[cfg(test)]
mod tests;
