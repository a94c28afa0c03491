//! `cargo run --release -p roster-bench -- [all|check|login|list|search|start|create]... [options]`

fn main() -> anyhow::Result<()> {
    roster_bench::run(std::env::args().skip(1))
}
