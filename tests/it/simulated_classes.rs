//! The family of classes under faults, from seeds: some of them, crash points of two commands, and the seeds that failed once.
//! docs/reliability.md has the rest; `examples/simulate.rs --family class` runs as many as one likes.

use azlab_simulation::classes::crash_points::{CASES, cut};
use azlab_simulation::classes::plan::ClassPlan;
use azlab_simulation::run;
use azlab_simulation::shrink::explain;

/// Seeds that failed once, and what each taught. A change to `classes/draw.rs` gives the numbers other meanings.
const FAILED_ONCE: &[(u64, &str)] = &[
    (0, "a lab that moved out of a full region kept the lease of the run that had moved it"),
    (9, "a lab that somebody deletes while provision runs is made anew where it was, not in the default region"),
    (47, "a swap that was cut off before its tags left the attendee's access on the spare, and status said ready"),
    (63, "a swap of paused labs told them as ready"),
    (79, "provision refused the whole class while a swap was unfinished"),
    (929_132, "a lab in the group of a spare that the file no longer has was made a second time"),
    (929_210, "a lab in the group of a row that is gone was made a second time"),
    (929_215, "two runs that made a lab at once wrote its expiry in turn"),
    (929_317, "the same, where the first write came late"),
    (929_528, "a sign-in page in place of the model list let provision write into a region without quota"),
    (57_700_000_000_252, "the judge resumed a lab that counts as the spare, by her name"),
    (57_700_000_000_406, "a teardown of the class refused the lab that a swap had left, which was cut off"),
    (57_700_000_000_435, "a deletion was polled sooner than the service asked for"),
    (57_700_000_000_535, "the judge took the deletion of a group that was made again for a hasty repetition"),
    (57_700_000_000_743, "a soft-deleted account of one lab made room for another when labs were placed"),
    (57_700_000_000_928, "a spare that the next swap had taken kept provision from finishing the swap before"),
    (57_700_000_000_934, "provision took an extension back that came in between"),
    (
        58_800_000_000_166,
        "the judge took what the client of a cluster still had running for something that tells events",
    ),
    (
        58_800_000_000_316,
        "the judge counted the tags of a swap that provision finishes for another row as written twice",
    ),
    (
        58_800_000_000_669,
        "the judge took the last step of a cut swap, whose spare the file has no more, for a lost access",
    ),
    (
        58_800_000_001_541,
        "the judge counted a cluster as written twice that a full region had failed after a lost answer",
    ),
    (
        58_800_000_001_669,
        "the judge took the deletion of a group that another run had made again for a hasty repetition",
    ),
    (58_800_000_001_705, "the judge counted labs on their way out on the most that a place takes"),
    (58_800_000_002_544, "a lab made again in the group of a spare lost the location of its own row"),
    (58_800_000_001_595, "the story finished a swap by the name of a lab whose row is gone"),
    (84_807_214_865_025, "a swap took a second spare while another run was giving the lab the first"),
    (84_807_214_865_162, "a spare made in the group of a row with a location of its own was held to that location"),
    (84_807_214_865_315, "the same, where the row's location is in another subscription"),
    (192, "a move that was cut off left a soft-deleted account, which no teardown of the lab elsewhere found"),
];

/// Runs seeds, and tells of the first that fails. All together must have met faults and been killed: else nothing was tried.
fn hold(seeds: std::ops::Range<u64>) {
    let (mut met, mut killed, mut told) = (0, 0, String::new());
    for seed in seeds {
        let plan = ClassPlan::of(seed);
        let report = run(&plan);
        assert!(report.violations.is_empty(), "{}", explain(&plan, &report));
        met += report.met;
        killed += report.killed;
        told += &report.trace.to_string();
    }
    assert!(met > 5 && killed > 0, "{met} requests met by faults, {killed} runs killed");
    assert!(told.contains("azlab swap"), "nobody swapped");
}

// Two tests, so that they run beside each other.
#[test]
fn whatever_goes_wrong_nobody_of_a_class_loses_a_lab_1() {
    hold(20..26);
}

#[test]
fn whatever_goes_wrong_nobody_of_a_class_loses_a_lab_2() {
    hold(26..32);
}

/// Cuts the first case with this command at some of its requests; `simulate --family class --crash-points` cuts it at each.
fn recover(command: &str, every: usize) {
    let case = CASES.iter().find(|case| case.line.starts_with(command)).expect("a case");
    let cut = cut(case, every);
    if let Some((stop, report)) = cut.lost.first() {
        panic!("{case:?} {stop:?}\n{}{:#?}", report.trace, report.violations);
    }
    assert!(cut.points >= 4, "{} cut points", cut.points);
}

#[test]
fn provisioning_two_labs_in_two_subscriptions_recovers_wherever_it_is_cut() {
    recover("provision", 29);
}

#[test]
fn a_swap_recovers_wherever_it_is_cut() {
    recover("swap", 13);
}

#[test]
fn the_same_seed_of_a_class_is_the_same_run() {
    let [first, second] = [(); 2].map(|()| run(&ClassPlan::of(4)));
    assert_eq!(first.trace.to_string(), second.trace.to_string());
    assert_eq!(first.requests, second.requests);
}

#[test]
fn seeds_of_classes_that_failed_once_hold() {
    for (seed, lesson) in FAILED_ONCE {
        let plan = ClassPlan::of(*seed);
        let report = run(&plan);
        assert!(report.violations.is_empty(), "{lesson}: {}", explain(&plan, &report));
    }
}
