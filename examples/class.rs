//! What the commands on a large class take of the service's time, on a simulated clock, each beside its bound
//! (docs/benchmarks.md):
//!
//! ```sh
//! cargo run --release --example class -- [--labs N] [--subscriptions N] ["COMMAND LINE" …]
//! ```

use std::time::{Duration, Instant};

use azlab_simulation::large::{Class, simulated};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Run commands on a large class, on a simulated clock.
#[derive(Parser)]
struct Args {
    /// How many labs
    #[arg(long, default_value_t = 300)]
    labs: usize,
    /// How many subscriptions they are spread over, evenly
    #[arg(long, default_value_t = 1)]
    subscriptions: usize,
    /// The command lines, one after the other
    #[arg(default_values_t = ["provision --all", "status", "provision --all --dry-run", "provision --all", "verify --all", "teardown --all --yes"].map(str::to_owned))]
    lines: Vec<String>,
}

fn main() {
    let args = Args::parse();
    simulated(async {
        let class = Class::new(args.labs, args.subscriptions);
        println!(
            "| labs | command | exit | service seconds | bound | ratio | reads | writes | deletes | throttled | real s |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        for line in &args.lines {
            // Whatever was taken of the service's buckets has come back.
            class.sandbox.clock().sleep(Duration::from_secs(900)).await;
            class.sandbox.control().log_requests(std::env::var_os("PATHS").is_some());
            let began = Instant::now();
            let finished = class.run(line).await;
            let (took, result) = (began.elapsed().as_secs_f64(), &finished.result);
            let errors = result.error.iter().chain(result.labs.iter().flatten().filter_map(|lab| lab.error.as_ref()));
            if let Some(error) = errors.into_iter().next() {
                eprintln!("{line}: {}: {}", error.code, error.message);
            }
            let elapsed = result.elapsed_s.unwrap_or_default();
            let requests = result.requests.unwrap_or_default();
            println!(
                "| {} | {line} | {} | {elapsed:.1} | {} | {} | {} | {} | {} | {} | {took:.1} |",
                args.labs,
                finished.exit as u8,
                result.bound_s.map(|bound| format!("{bound:.1}")).unwrap_or_default(),
                result.bound_s.map(|bound| format!("{:.3}", elapsed / bound)).unwrap_or_default(),
                requests.reads,
                requests.writes,
                requests.deletes,
                requests.throttled,
            );
        }
    });
}
