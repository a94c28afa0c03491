//! `cargo bench -p roster-bench`: the load program. What follows `--` are its arguments.

fn main() -> anyhow::Result<()> {
    // Cargo adds this word when it measures; without it somebody runs tests, and this is none.
    let (cargos, ours): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument == "--bench");
    if cargos.is_empty() { Ok(()) } else { roster_bench::run(ours.into_iter()) }
}
