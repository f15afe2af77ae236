//! Draws a class and what is done with it from a seed.

use fastrand::Rng;

use super::edits;
use super::file::{ClassFile, PEOPLE, Place, Row};
use super::plan::{Change, ClassPlan, Step};
use crate::faults;
use crate::plan::{Pace, Stop, pick};

/// Regions that offer all that a lab needs.
const REGIONS: [&str; 4] = ["swedencentral", "westeurope", "uksouth", "francecentral"];

/// What a place may be short of, and of how much a lab takes.
const SCARCE: [(&str, i64); 4] =
    [("openai.s0.accountcount", 1), ("managedclusters", 1), ("cores", 6), ("ipv4standardskupublicipaddresses", 3)];

/// The plan of a seed.
pub fn plan(seed: u64) -> ClassPlan {
    // Other draws than those of the family of single labs.
    let mut rng = Rng::with_seed(seed ^ 0x0c1a_5500_0000_0000);
    let rng = &mut rng;
    let pace = Pace::of(rng);
    let subscriptions = pick(rng, &[1, 1, 2, 2, 2, 3]);
    let places = places(rng, subscriptions);
    let count = pick(rng, &[2, 2, 2, 2, 3, 3, 4, 8]);
    let mut people: Vec<usize> = (0..PEOPLE.len()).collect();
    rng.shuffle(&mut people);
    let open = places.last().map_or_else(|| vec!["westeurope"], |place| place.locations.clone());
    let rows = people[..count].iter().map(|who| Row { name: *who, attendee: *who, location: edits::own(rng, &open) });
    let file = ClassFile {
        rows: rows.collect(),
        moves: places.iter().map(|place| place.locations.len()).sum::<usize>() > 1 && rng.bool(),
        spares: pick(rng, &[0, 1, 1, 1, 2]),
        ttl: pick(rng, &[None, Some("8h"), Some("8h")]),
        places,
    };
    let quotas = quotas(rng, &file.places);
    let mut plan = ClassPlan {
        seed,
        pace: Pace { recorded: false, ..pace },
        subscriptions,
        quotas,
        neighbours: rng.u8(..3) == 0,
        steps: Vec::new(),
        finishes_swaps_first: rng.bool(),
        ends_with_teardown: rng.u8(..5) < 2,
        file,
    };
    let mut now = plan.file.clone();
    let mut first = step("provision --all");
    first.changes = world_changes(rng, &now, true);
    trouble(rng, &mut first, &now, plan.pace);
    plan.steps.push(first);
    for _ in 0..pick(rng, &[1, 2, 2, 3, 4]) {
        let step = next(rng, &mut now, plan.pace);
        plan.steps.push(step);
    }
    plan
}

/// A command that nothing happens to.
pub fn step(line: &str) -> Step {
    Step {
        changes: Vec::new(),
        after_s: 0.0,
        lines: vec![line.to_owned()],
        apart_s: 0.0,
        stop: Stop::No,
        troubles: Vec::new(),
        look: false,
    }
}

/// Where labs may go: in one subscription often nowhere in particular. The last place has room for all.
fn places(rng: &mut Rng, subscriptions: usize) -> Vec<Place> {
    if subscriptions == 1 && rng.u8(..3) == 0 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..subscriptions).collect();
    rng.shuffle(&mut order);
    let mut regions = REGIONS.to_vec();
    rng.shuffle(&mut regions);
    let mut places: Vec<Place> = order
        .into_iter()
        .map(|subscription| {
            let locations = regions.split_off(regions.len() - if regions.len() == 4 && rng.bool() { 2 } else { 1 });
            let max_labs = (rng.u8(..4) == 0).then(|| 1 + rng.usize(..3));
            Place { subscription, locations, max_labs }
        })
        .collect();
    if let Some(last) = places.last_mut() {
        last.max_labs = None;
    }
    places
}

fn quotas(rng: &mut Rng, places: &[Place]) -> Vec<(usize, &'static str, &'static str, i64)> {
    let all: Vec<(usize, &'static str)> = places
        .iter()
        .flat_map(|place| place.locations.iter().map(|location| (place.subscription, *location)))
        .collect();
    let mut quotas = Vec::new();
    for (subscription, location) in all.iter().take(all.len().saturating_sub(1)) {
        if rng.u8(..5) < 2 {
            let (usage, a_lab) = SCARCE[rng.usize(..SCARCE.len())];
            quotas.push((*subscription, *location, usage, a_lab * rng.i64(0..4)));
        }
    }
    quotas
}

/// A region turns out full, or somebody has no rights yet.
fn world_changes(rng: &mut Rng, file: &ClassFile, is_first: bool) -> Vec<Change> {
    let Some(place) = file.places.get(rng.usize(..file.places.len().max(1))) else { return Vec::new() };
    match rng.u8(..12) {
        0..=2 => {
            let location = place.locations[rng.usize(..place.locations.len())];
            vec![Change::Full(place.subscription, location, rng.bool())]
        }
        // Of the run's own subscription the rights are taken for granted.
        3 if is_first && place.subscription > 0 => vec![Change::Rights(place.subscription, false)],
        4 | 5 if !is_first => vec![Change::Room],
        _ => Vec::new(),
    }
}

/// What happens to a step.
fn trouble(rng: &mut Rng, step: &mut Step, file: &ClassFile, pace: Pace) {
    let many = file.labs().len().clamp(1, 4);
    if rng.u8(..5) < 3 {
        step.troubles = faults::of(rng);
        let path = file.rows.get(rng.usize(..file.rows.len().max(1))).map(|row| PEOPLE[row.name].group_path);
        for trouble in &mut step.troubles {
            trouble.skip *= 1 + rng.usize(..many);
            if let (Some(path), "/resourcegroups/myresourcegroup?") = (path, trouble.path) {
                trouble.path = path;
            }
        }
        let of = 1 + rng.usize(..many);
        step.stop = match Stop::of(rng, pace) {
            Stop::KilledAtPoll(polls) => Stop::KilledAtPoll(polls * of),
            Stop::KilledBeforeRequest(request) => Stop::KilledBeforeRequest(request * of),
            Stop::KilledAtRequest(request) => Stop::KilledAtRequest(request * of),
            other => other,
        };
    }
    step.look = rng.u8(..4) == 0;
    if rng.u8(..5) == 0 {
        step.after_s = pick(rng, &[0.5, 3.0, 20.0, 90.0, 400.0, 4000.0]);
    }
}

fn next(rng: &mut Rng, now: &mut ClassFile, pace: Pace) -> Step {
    let mut changes = Vec::new();
    if rng.bool() {
        for _ in 0..1 + rng.usize(..2) {
            changes.extend(edits::draw(rng, now));
        }
    }
    changes.extend(world_changes(rng, now, false));
    let mut step = step("provision --all");
    if rng.u8(..5) == 0 {
        step.lines = at_once(rng, now);
        step.apart_s = pick(rng, &[0.0, 0.3, 2.0, 9.0, 25.0]);
    } else {
        step.lines = vec![line(rng, now, &mut changes)];
    }
    step.changes = changes;
    trouble(rng, &mut step, now, pace);
    if step.lines[0].starts_with("sweep") && rng.u8(..3) > 0 {
        step.after_s = 9.0 * 3600.0;
    }
    step
}

/// One of the attendees' labs.
fn lab(rng: &mut Rng, now: &ClassFile) -> &'static str {
    now.rows[rng.usize(..now.rows.len())].lab()
}

fn line(rng: &mut Rng, now: &ClassFile, changes: &mut Vec<Change>) -> String {
    let lab = lab(rng, now);
    let repairs = |rng: &mut Rng, changes: &mut Vec<Change>| {
        if rng.u8(..3) > 0 {
            changes.push(Change::Broken(lab, edits::broken(rng)));
        }
    };
    match rng.u8(..24) {
        0..=5 => "provision --all".to_owned(),
        6 => format!("provision -l {lab}"),
        7..=12 if now.spares > 0 => {
            repairs(rng, changes);
            swap(rng, lab)
        }
        7 | 8 => {
            repairs(rng, changes);
            "reset --all".to_owned()
        }
        9 | 13 => {
            repairs(rng, changes);
            format!("reset -l {lab}")
        }
        10 | 14 => format!("reset --rebuild -l {lab} --yes"),
        15 => "pause --all".to_owned(),
        16 => format!("pause -l {lab}"),
        17 => "resume --all".to_owned(),
        18 => pick(rng, &["extend --all --ttl 100h", "extend --all --ttl 30h --shorten"]).to_owned(),
        19 => "sweep --expired --yes".to_owned(),
        20 => "teardown --all --yes".to_owned(),
        21 => "verify --all".to_owned(),
        22 => {
            changes.push(Change::Granted(lab, rng.usize(..PEOPLE.len())));
            "provision --all".to_owned()
        }
        _ => format!("teardown -l {lab} --yes"),
    }
}

fn swap(rng: &mut Rng, lab: &str) -> String {
    let broken = pick(rng, &["", "", " --broken keep", " --broken teardown --yes"]);
    format!("swap -l {lab}{broken}")
}

/// Two hosts at once.
fn at_once(rng: &mut Rng, now: &ClassFile) -> Vec<String> {
    let (one, other) = (lab(rng, now), lab(rng, now));
    // Drawn beside the rest, for seeds to keep their meaning.
    let mut beside = rng.clone();
    let provision = || "provision --all".to_owned();
    let mut both = match rng.u8(..9) {
        0..=2 => [provision(), provision()],
        3 => [provision(), format!("teardown -l {one} --yes")],
        4 => [provision(), format!("provision -l {one}")],
        5 | 6 if now.spares > 0 => [swap(rng, one), swap(rng, other)],
        5 => [format!("reset -l {one}"), provision()],
        6 => ["extend --all --ttl 100h".to_owned(), provision()],
        7 if now.spares > 0 => [swap(rng, one), provision()],
        7 => ["pause --all".to_owned(), provision()],
        _ => ["teardown --all --yes".to_owned(), provision()],
    };
    for line in &mut both {
        *line += pick(rng, &["", "", " --if-busy wait", " --if-busy fail"]);
    }
    // Both mean the same lab, and each has a spare of their own in mind.
    let are_swaps = both.iter().all(|line| line.starts_with("swap"));
    if are_swaps && now.spares > 1 && beside.u8(..3) > 0 {
        let first = beside.usize(..2);
        both[1] = both[1].replace(&format!("-l {other}"), &format!("-l {one}"));
        for (line, spare) in both.iter_mut().zip([first + 1, 2 - first]) {
            *line += &format!(" --spare spare-{spare}");
        }
    }
    both.to_vec()
}
