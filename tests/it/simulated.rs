//! The whole program under faults, from seeds: a few hundred of them, every crash point of the standard lab, and the seeds
//! that failed once. docs/reliability.md has the rest; `examples/simulate.rs` runs as many as one likes.

use std::path::Path;
use std::process::Command;

use azlab_simulation::crash_points::{CASES, cut_at_some, cut_everywhere};
use azlab_simulation::plan::Plan;
use azlab_simulation::run;
use azlab_simulation::shrink::explain;

/// Seeds that failed once, and what each taught. A change to `plan.rs` or `faults.rs` gives the numbers other meanings: then
/// what they taught must stand in a test with a name of its own, and the list begins anew.
const FAILED_ONCE: [(u64, &str); 25] = [
    (373, "eight hours of sleep are not the run's own"),
    (1100, "a deployment that nobody asked for in the end may be in any state"),
    (1105, "beside labs of ours, status is silent about a group without a tag"),
    (1209, "a deployment that was canceled is not the lab's, and status says ready"),
    (1652, "the same, with two commands at once"),
    (2072, "deploy-model --remove took a captive portal's 200 for the end"),
    (2508, "what a killed run has created and does not show yet is created again by the next"),
    (3068, "the same after Ctrl-C, of a cluster"),
    (3987, "the same of a role assignment"),
    (4699, "two runs on one machine sleep together"),
    (5745, "what was on its way when the machine fell asleep arrives with an expired token"),
    (6670, "a killed run, then one killed again"),
    (10_999, "what exists and is not shown yet is nothing to a teardown"),
    (11_144, "after Ctrl-C twelve slow reads in a row are heard out"),
    (12_135, "a deletion that is begun again leaves the first one's polling URL valid"),
    (33_718, "a group that lost the tag of its lab is known by its name, and never taken for the default lab"),
    (43_910, "the same after a refusal"),
    (48_858, "the service does not tell two at once that the same name is taken and is free"),
    (50_843, "a look from before the machine slept shows nothing of what was created since"),
    (200_680, "a refusal that is cut off before its code was final: a purge that would have passed was given up"),
    (25_673_157_744_727, "a lab whose cluster does not show yet was not broken by anybody"),
    (25_673_157_808_539, "a portal's page in place of an operation's answer is no proof that a group has gone"),
    (25_673_157_818_848, "the same of reset --rebuild, whose lease stayed"),
    (105_419_768_375_657, "a lease that went with its group is not written again"),
    (202_096_423_230_272, "a deletion that Azure gave up was waited for for an hour"),
];

/// Runs seeds, and tells of the first that fails. All together must have met faults and been killed: else nothing was tried.
fn hold(seeds: std::ops::Range<u64>) {
    let (mut met, mut killed, mut runs, mut requests) = (0, 0, 0, 0);
    for seed in seeds {
        let plan = Plan::of(seed);
        let report = run(&plan);
        assert!(report.violations.is_empty(), "{}", explain(&plan, &report));
        met += report.met;
        killed += report.killed;
        runs += report.runs;
        requests += report.requests;
    }
    assert!(met > 20 && killed > 5, "{met} requests met by faults, {killed} runs killed");
    assert!(requests > runs * 5, "{requests} requests in {runs} runs");
}

// Four tests, so that they run beside each other.
#[test]
fn whatever_goes_wrong_a_lab_is_not_lost_1() {
    hold(0..75);
}

#[test]
fn whatever_goes_wrong_a_lab_is_not_lost_2() {
    hold(75..150);
}

#[test]
fn whatever_goes_wrong_a_lab_is_not_lost_3() {
    hold(150..225);
}

#[test]
fn whatever_goes_wrong_a_lab_is_not_lost_4() {
    hold(225..300);
}

/// Seeds with what `field_faults.rs` draws, all kinds of it, and with a service that changes things by itself.
#[test]
fn what_the_service_changes_by_itself_and_what_the_field_tells_loses_no_lab() {
    let mut told = String::new();
    for seed in (300..1200).filter(|seed| matches!(seed % 32, 29 | 31)) {
        let plan = Plan::of(seed);
        let report = run(&plan);
        assert!(report.violations.is_empty(), "{}", explain(&plan, &report));
        told += &report.trace.to_string();
    }
    let kinds = ["Challenged", "Stale", "WithoutWords", "Quota", "RegionFull", "AKSCapacityHeavyUsage"];
    let hands = ["somebody: Autoscaled", "somebody: OlderVersion"];
    for kind in kinds.iter().chain(&hands) {
        assert!(told.contains(kind), "{kind} is in none of them");
    }
}

/// Cuts the cases with this command at each of their requests.
fn recover(command: &str, most: usize) {
    let mut points = 0;
    for case in CASES.iter().filter(|case| case.line == command).take(most) {
        let cut = cut_everywhere(case);
        if let Some((stop, report)) = cut.lost.first() {
            panic!("{case:?} {stop:?}\n{}{:#?}", report.trace, report.violations);
        }
        points += cut.points;
    }
    println!("{command}: {points} cut points, all recovered");
    assert!(points > 20, "{points} cut points");
}

#[test]
fn a_provision_that_is_cut_at_any_request_recovers() {
    recover("provision", 1);
}

#[test]
fn a_reset_that_is_cut_at_any_request_recovers() {
    recover("reset", 2);
}

#[test]
fn a_teardown_that_is_cut_at_any_request_recovers() {
    recover("teardown --yes", 1);
}

#[test]
fn an_application_that_is_cut_at_any_request_recovers() {
    for line in [
        "app deploy --no-wait",
        "app goto validate --no-wait",
        "app connect --auth key --no-wait",
        "app connect --auth workload-identity --no-wait",
    ] {
        let case = CASES.iter().find(|case| case.line == line).expect("a case");
        // `just simulate` and the crash points of the example cut at each of them.
        let cut = cut_at_some(case, 6);
        if let Some((stop, report)) = cut.lost.first() {
            panic!("{case:?} {stop:?}\n{}{:#?}", report.trace, report.violations);
        }
        assert!(cut.points > 6, "{line}: {} cut points", cut.points);
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [1, 17, 42, 63] {
        let [first, second] = [(); 2].map(|()| run(&Plan::of(seed)));
        assert_eq!(first.trace.to_string(), second.trace.to_string(), "seed {seed}");
        assert_eq!(first.requests, second.requests, "seed {seed}");
    }
}

#[test]
fn seeds_that_failed_once_hold() {
    for (seed, lesson) in FAILED_ONCE {
        let plan = Plan::of(seed);
        let report = run(&plan);
        assert!(report.violations.is_empty(), "{lesson}: {}", explain(&plan, &report));
    }
}

/// A mutation that does not apply any more shows nothing: whoever changes the code that it breaks changes it too.
#[test]
fn every_mutation_still_applies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if Command::new("git").arg("--version").output().is_err() || !root.join(".git").exists() {
        eprintln!("skipped: no git, or no repository");
        return;
    }
    let patches = root.join("crates/azlab-simulation/mutations").read_dir().expect("the mutations");
    let mut count = 0;
    for patch in patches.filter_map(|entry| Some(entry.ok()?.path())) {
        let check = Command::new("git").current_dir(root).args(["apply", "--check"]).arg(&patch).output().expect("git");
        assert!(check.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&check.stderr));
        count += 1;
    }
    assert!(count >= 10, "{count} mutations");
}
