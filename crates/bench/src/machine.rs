//! The machine: whether it is quiet, how much CPU time a process has had, and what it is in general words.

use std::time::Duration;

use anyhow::Context as _;

/// How long is looked whether anybody else works here.
const LOOK: Duration = Duration::from_millis(300);
/// How often at most before a turn.
const LOOKS: u32 = 4;
/// Others may take this share of the machine.
const OTHERS: f64 = 0.1;
/// The unit of the kernel's process times, the same on every Linux that Roster runs on.
const TICK: Duration = Duration::from_millis(10);

/// Whether the machine has nothing else to do. Asked while nothing is being measured.
pub(crate) async fn is_quiet() -> anyhow::Result<bool> {
    let (busy, all) = times()?;
    tokio::time::sleep(LOOK).await;
    let (busy_then, all_then) = times()?;
    let all = all_then.saturating_sub(all).max(1);
    Ok(busy_then.saturating_sub(busy) as f64 / all as f64 <= OTHERS)
}

/// Waits a little for the machine to come to rest, as far as it does.
pub(crate) async fn calm_down() -> anyhow::Result<()> {
    for _ in 0..LOOKS {
        if is_quiet().await? {
            break;
        }
    }
    Ok(())
}

/// The ticks in which the machine worked, and all.
fn times() -> anyhow::Result<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> =
        line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; what follows is contained in user.
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = ticks[..] else {
        anyhow::bail!("/proc/stat is not what this program knows");
    };
    let busy = user + nice + system + irq + softirq + steal;
    Ok((busy, busy + idle + iowait))
}

/// The CPU time that a process has had.
pub(crate) fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    Ok(Stat::read(process)?.own)
}

/// The CPU time that a process and its children have had, those that have ended included.
pub(crate) fn cpu_time_of_family(parent: u32) -> anyhow::Result<Duration> {
    let Stat { own, ended, .. } = Stat::read(parent)?;
    let mut all = own + ended;
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Whoever has ended since the folder was read counts with its parent's next time.
        if let Ok(child) = Stat::read(process)
            && child.parent == parent
        {
            all += child.own;
        }
    }
    Ok(all)
}

/// The process that started this one.
pub(crate) fn parent(process: u32) -> anyhow::Result<u32> {
    Ok(Stat::read(process)?.parent)
}

/// What the kernel says of a process.
struct Stat {
    parent: u32,
    own: Duration,
    /// The time of its children that have ended.
    ended: Duration,
}

impl Stat {
    fn read(process: u32) -> anyhow::Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name of the program stands in brackets and may hold anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let field = |place: usize| fields.split_whitespace().nth(place)?.parse::<u32>().ok();
        let read = || {
            let ticks = |user, system| Some(TICK * (field(user)? + field(system)?));
            Some(Self { parent: field(1)?, own: ticks(11, 12)?, ended: ticks(13, 14)? })
        };
        read().context("what the kernel says of a process")
    }
}

/// The memory that a process holds, in MiB.
pub(crate) fn memory(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 =
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("VmRSS")?;
    Ok(kib / 1024.0)
}

/// What the machine is.
pub(crate) fn description() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let kind = if info.contains(" hypervisor") { "virtual machine" } else { "machine" };
    format!("{}-core {} {kind}, Linux", cores(), std::env::consts::ARCH.replace('_', "-"))
}

/// How many threads run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
