//! How fast the sandbox is, in process and over HTTP, and with 10,000 labs in one state; docs/benchmarks.md.
//!
//! Usage: `just bench`, or `cargo build --release --features bench` and then `target/release/bench-sandbox [in-process] [http]
//! [streams] [labs] [--labs N]`; all parts by default. Needs Linux, for `taskset` (util-linux) and `/proc`, and two cores: the
//! server has one, the load comes from another. Ends with 1 if a bound is missed.

mod client;
mod http;
mod in_process;
mod lab;
mod labs;
mod processor;
mod streamed;

use std::process::ExitCode;

/// A measurement beside its bound.
struct Row {
    what: String,
    measured: f64,
    /// What it must reach, or stay below.
    bound: Bound,
    note: String,
}

enum Bound {
    AtLeast(f64),
    AtMost(f64),
    None,
}

impl Row {
    fn new(what: impl Into<String>, measured: f64, bound: Bound, note: impl Into<String>) -> Self {
        Self { what: what.into(), measured, bound, note: note.into() }
    }

    fn holds(&self) -> bool {
        match self.bound {
            Bound::AtLeast(least) => self.measured >= least,
            Bound::AtMost(most) => self.measured <= most,
            Bound::None => true,
        }
    }

    fn markdown(&self) -> String {
        let (bound, ratio) = match self.bound {
            Bound::AtLeast(least) => (format!(">= {}", digits(least)), digits(self.measured / least)),
            Bound::AtMost(most) => (format!("<= {}", digits(most)), digits(self.measured / most)),
            Bound::None => (String::new(), String::new()),
        };
        let miss = if self.holds() { "" } else { " **missed**" };
        format!("| {} | {} | {bound} | {ratio}{miss} | {} |", self.what, digits(self.measured), self.note)
    }
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        middle if middle >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.iter().position(|one| one == "--labs").and_then(|at| arguments.get(at + 1)?.parse().ok());
    let named = |name: &str| arguments.iter().any(|one| one == name);
    let all = !["in-process", "http", "streams", "labs"].into_iter().any(named);
    let mut holds = true;
    println!("| what | measured | bound | measured / bound | |\n|---|---|---|---|---|");
    let mut part = |name: &str, run: &dyn Fn() -> Vec<Row>| {
        if all || named(name) {
            eprintln!("measuring: {name}");
            // Each part is told when it is over: a later one may fail.
            for row in run() {
                println!("{}", row.markdown());
                holds &= row.holds();
            }
        }
    };
    part("in-process", &in_process::measure);
    part("http", &http::measure);
    part("streams", &streamed::measure);
    part("labs", &|| labs::measure(count.unwrap_or(10_000)));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
