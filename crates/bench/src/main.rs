//! `cargo run --release -p roster-bench -- [all|check|login|create|list|search|start] [options]`

fn main() -> anyhow::Result<()> {
    roster_bench::run(std::env::args().skip(1))
}
