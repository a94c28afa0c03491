//! Contenders take turns; each round gives a ratio to the first of them, and the median of those is the figure.

use std::time::Duration;

use crate::machine;

/// Rounds on a quiet machine that make a figure.
const WANTED: usize = 5;
/// So many where what the machine gives changes from second to second.
pub(crate) const MANY: usize = 4 * WANTED;
/// When the machine is busy in half of the rounds, it is no use.
const PATIENCE: usize = 2;

/// What a contender did in its turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// How many.
    pub(crate) done: u64,
    /// In what time.
    pub(crate) took: Duration,
    /// With how much CPU time.
    pub(crate) cpu: Duration,
}

impl Turn {
    /// How many a second.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.took.as_secs_f64()
    }

    /// CPU microseconds each.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.done as f64
    }
}

/// A number out of several rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    /// The one in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) least: f64,
    /// The largest.
    pub(crate) most: f64,
}

impl Figure {
    /// The middle of some numbers; none of none.
    pub(crate) fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let median = *numbers.get(numbers.len() / 2)?;
        Some(Self { median, least: *numbers.first()?, most: *numbers.last()? })
    }

    /// In a unit so many times larger.
    pub(crate) fn divided_by(self, unit: f64) -> Self {
        let Self { median, least, most } = self;
        Self { median: median / unit, least: least / unit, most: most / unit }
    }

    /// Of rates a second the times in that unit of a second.
    pub(crate) fn inverse(self, unit: f64) -> Self {
        let Self { median, least, most } = self;
        Self { median: unit / median, least: unit / most, most: unit / least }
    }
}

/// Rounds in which each contender had a turn.
pub(crate) struct Rounds {
    wanted: usize,
    rounds: Vec<(bool, Vec<Turn>)>,
}

impl Rounds {
    /// Lets `contenders` take turns; the order changes from round to round. `turn` is asked for the turn of each.
    pub(crate) async fn run(
        contenders: usize,
        turn: impl AsyncFnMut(usize) -> anyhow::Result<Turn>,
    ) -> anyhow::Result<Self> {
        Self::run_times(WANTED, contenders, turn).await
    }

    /// As `run`, for so many rounds on a quiet machine.
    pub(crate) async fn run_times(
        wanted: usize,
        contenders: usize,
        mut turn: impl AsyncFnMut(usize) -> anyhow::Result<Turn>,
    ) -> anyhow::Result<Self> {
        let mut rounds = Vec::new();
        let mut quiet = 0;
        while quiet < wanted && rounds.len() < PATIENCE * wanted {
            let mut turns = vec![None; contenders];
            let before = machine::is_quiet().await?;
            for place in 0..contenders {
                let contender = (place + rounds.len()) % contenders;
                // What the one before has left undone is not to burden the next.
                machine::calm_down().await?;
                turns[contender] = Some(turn(contender).await?);
            }
            let is_quiet = before && machine::is_quiet().await?;
            quiet += usize::from(is_quiet);
            rounds.push((is_quiet, turns.into_iter().flatten().collect()));
        }
        Ok(Self { wanted, rounds })
    }

    /// Whether there are enough rounds of a quiet machine for times to mean something.
    pub(crate) fn is_quiet(&self) -> bool {
        self.rounds.iter().filter(|(quiet, _)| *quiet).count() >= self.wanted
    }

    /// What `of` makes of each round that counts: the quiet ones, or all if there are too few of those.
    fn figure(&self, of: impl Fn(&[Turn]) -> f64) -> Option<Figure> {
        let all = !self.is_quiet();
        let counted = self.rounds.iter().filter(|(quiet, _)| *quiet || all);
        Figure::of(
            counted.map(|(_, turns)| of(turns)).filter(|number| number.is_finite()).collect(),
        )
    }

    /// The rate of a contender to that of the first. Nothing, if the machine was busy.
    pub(crate) fn rate(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[contender].rate() / turns[0].rate()).filter(|_| self.is_quiet())
    }

    /// The time of a contender to that of the first. Nothing, if the machine was busy.
    pub(crate) fn time(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[0].rate() / turns[contender].rate()).filter(|_| self.is_quiet())
    }

    /// How many a contender does with the CPU time in which the first does one. Other work on the machine widens its
    /// spread but does not count in it.
    pub(crate) fn per_cpu(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[0].cost() / turns[contender].cost())
    }

    /// How much CPU time a contender takes to that of the first.
    pub(crate) fn cpu(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[contender].cost() / turns[0].cost())
    }

    /// CPU microseconds of a contender for one.
    pub(crate) fn cost(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[contender].cost())
    }

    /// How many a contender does in a second.
    pub(crate) fn absolute_rate(&self, contender: usize) -> Option<Figure> {
        self.figure(|turns| turns[contender].rate()).filter(|_| self.is_quiet())
    }

    /// How many rounds there were, in words.
    pub(crate) fn words(&self) -> String {
        let quiet = self.rounds.iter().filter(|(quiet, _)| *quiet).count();
        match self.is_quiet() {
            true => format!("{quiet} rounds on a quiet machine"),
            false => format!("{} rounds, {quiet} of them on a quiet machine", self.rounds.len()),
        }
    }
}
