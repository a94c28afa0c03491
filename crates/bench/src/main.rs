//! `cargo run --release -p roster-bench -- [all|check|keys|login|list|search|civis|groups|start|create]... [options]`

fn main() -> anyhow::Result<()> {
    roster_bench::run(std::env::args().skip(1))
}
