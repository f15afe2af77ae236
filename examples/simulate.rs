//! Runs many simulations of the whole program under faults (docs/reliability.md):
//!
//! ```sh
//! cargo run --release --example simulate -- --seeds 100000 --jobs 2
//! cargo run --release --example simulate -- --replay 4711
//! cargo run --release --example simulate -- --crash-points
//! cargo run --release --example simulate -- --family class --seeds 1000
//! ```
//!
//! Exits with 1 if anything did not hold.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use azlab_simulation::classes::crash_points as class_points;
use azlab_simulation::classes::plan::ClassPlan;
use azlab_simulation::crash_points::{CASES, cut_everywhere};
use azlab_simulation::plan::Plan;
use azlab_simulation::shrink::explain;
use azlab_simulation::simulated::Simulated;
use azlab_simulation::world::Report;
use clap::{Parser, ValueEnum, value_parser};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulate the whole program under faults.
#[derive(Parser)]
struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u64).range(1..=256))]
    jobs: u64,
    /// Stop after so many failing seeds
    #[arg(long, default_value_t = 5)]
    most_failures: u64,
    /// Run one seed, and show what happens in it
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seeds", "from", "jobs", "crash_points"])]
    replay: Option<u64>,
    /// Cut each command at each of its requests
    #[arg(long)]
    crash_points: bool,
    /// What the stories are about
    #[arg(long, value_enum, default_value_t)]
    family: Family,
}

/// What stories are about.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Family {
    /// One lab, or three by one command
    #[default]
    Lab,
    /// Classes with a roster, over several subscriptions
    Class,
}

/// What all seeds together came to.
#[derive(Default)]
struct Sum {
    seeds: AtomicU64,
    failed: AtomicU64,
    runs: AtomicU64,
    killed: AtomicU64,
    requests: AtomicU64,
    met: AtomicU64,
    /// What is running, by thread: the seed and since when.
    running: Mutex<Vec<Option<(u64, Instant)>>>,
}

/// A seed that takes longer of the real time goes round in circles without waiting.
const CIRCLES: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let args = Args::parse();
    let is_fine = match (args.family, args.replay) {
        (Family::Lab, Some(seed)) => replay(&Plan::of(seed)),
        (Family::Class, Some(seed)) => replay(&ClassPlan::of(seed)),
        (Family::Lab, None) if args.crash_points => cut_all(),
        (Family::Class, None) if args.crash_points => cut_all_of_classes(),
        (Family::Lab, None) => run_many(&args, Plan::of),
        (Family::Class, None) => run_many(&args, ClassPlan::of),
    };
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_many<S: Simulated>(args: &Args, plan_of: fn(u64) -> S) -> bool {
    let sum = Arc::new(Sum::default());
    lock(&sum.running).resize(args.jobs as usize, None);
    let began = Instant::now();
    watch(Arc::clone(&sum));
    std::thread::scope(|scope| {
        for job in 0..args.jobs {
            let sum = &sum;
            scope.spawn(move || {
                let mine =
                    (args.from.saturating_add(job)..args.from.saturating_add(args.seeds)).step_by(args.jobs as usize);
                for seed in mine {
                    if sum.failed.load(Ordering::Relaxed) >= args.most_failures {
                        break;
                    }
                    lock(&sum.running)[job as usize] = Some((seed, Instant::now()));
                    let failure = one(plan_of(seed), sum);
                    lock(&sum.running)[job as usize] = None;
                    if let Some((plan, report)) = failure {
                        // The number first: to make it smaller takes a while.
                        println!("FAILED: seed {seed}");
                        println!("{}", explain(&plan, &report));
                    }
                }
            });
        }
    });
    let (took, load) = (began.elapsed().as_secs_f64(), |of: &AtomicU64| of.load(Ordering::Relaxed));
    println!(
        "{} seeds, {} failed; {} runs of azlab, {} of them killed; {} requests, {} met by faults; {took:.1} s, {:.1} seeds/s",
        load(&sum.seeds),
        load(&sum.failed),
        load(&sum.runs),
        load(&sum.killed),
        load(&sum.requests),
        load(&sum.met),
        load(&sum.seeds) as f64 / took,
    );
    load(&sum.failed) == 0
}

/// Runs one seed; what came of it if something did not hold.
fn one<S: Simulated>(plan: S, sum: &Sum) -> Option<(S, Report)> {
    let report = azlab_simulation::run(&plan);
    let add = |to: &AtomicU64, count: usize| to.fetch_add(count as u64, Ordering::Relaxed);
    add(&sum.seeds, 1);
    add(&sum.runs, report.runs);
    add(&sum.killed, report.killed);
    add(&sum.requests, report.requests);
    add(&sum.met, report.met);
    if report.violations.is_empty() {
        return None;
    }
    add(&sum.failed, 1);
    Some((plan, report))
}

fn replay<S: Simulated>(plan: &S) -> bool {
    let report = azlab_simulation::run(plan);
    println!("{plan}:\n{}", report.trace);
    if report.violations.is_empty() {
        println!("everything holds");
        return true;
    }
    for broken in &report.violations {
        println!("  {:?}: {}", broken.invariant, broken.what);
    }
    println!("\n{}", explain(plan, &report));
    false
}

fn cut_all() -> bool {
    let (mut points, mut lost) = (0, 0);
    for case in &CASES {
        let cut = cut_everywhere(case);
        points += cut.points;
        lost += cut.lost.len();
        let broken = case.broken.map(|what| format!(" ({what:?})")).unwrap_or_default();
        println!("{:4} points, {} lost: {:?}{broken}, {}", cut.points, cut.lost.len(), case.start, case.line);
        for (stop, report) in cut.lost.iter().take(2) {
            println!("  {stop:?}\n{}  {:?}", report.trace, report.violations);
        }
    }
    println!("{points} cut points, {} recovered", points - lost);
    lost == 0
}

fn cut_all_of_classes() -> bool {
    let (mut points, mut lost) = (0, 0);
    for case in &class_points::CASES {
        let cut = class_points::cut(case, 1);
        points += cut.points;
        lost += cut.lost.len();
        println!("{:4} points, {} lost: {}", cut.points, cut.lost.len(), case.line);
        for (stop, report) in cut.lost.iter().take(2) {
            println!("  {stop:?}\n{}  {:?}", report.trace, report.violations);
        }
    }
    println!("{points} cut points, {} recovered", points - lost);
    lost == 0
}

/// Says each minute how far it is, and which seed it is that does not come to its end.
fn watch(sum: Arc<Sum>) {
    let began = Instant::now();
    std::thread::spawn(move || {
        for round in 1_u64.. {
            std::thread::sleep(CIRCLES / 4);
            if round.is_multiple_of(4) {
                let (seeds, failed) = (sum.seeds.load(Ordering::Relaxed), sum.failed.load(Ordering::Relaxed));
                let rate = seeds as f64 / began.elapsed().as_secs_f64();
                eprintln!("{seeds} seeds so far, {failed} failed, {rate:.1} seeds/s");
            }
            for (seed, since) in lock(&sum.running).iter().flatten() {
                if since.elapsed() > CIRCLES {
                    println!("FAILED: seed {seed} has not ended after {CIRCLES:?} of the real time");
                    std::process::exit(1);
                }
            }
        }
    });
    std::panic::set_hook(Box::new(|panic| println!("FAILED: a panic in one of the seeds that are running: {panic}")));
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
