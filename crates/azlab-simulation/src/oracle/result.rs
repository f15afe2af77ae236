//! JSON result and exit code against the world.

use azlab::events::EventKind;
use azlab::outcome::{Action, Change, Exit, LabOutcome, LabState, Outputs};
use azlab_sandbox::Inventory;
use http::{Method, StatusCode};

use super::lab::Lab;
use super::{Invariant, Violation, is_of};
use crate::drive::Ran;
use crate::plan::Second;

/// Where services that are not Resource Manager are in the sandbox.
const BESIDE_ARM: [&str; 4] = ["/graph/", "/openai/", "/api/", "/apis/"];

/// Judges how a run that came to its end tells its end: exit code, last event, errors, requests.
pub fn judge_end(ran: &Ran) -> Vec<Violation> {
    let Some(finished) = &ran.finished else { return Vec::new() };
    let mut lies = Vec::new();
    let mut demand = |holds: bool, what: String| {
        if !holds {
            lies.push(Invariant::HonestResult.broken(format!("{}: {what}", ran.line)));
        }
    };
    let (result, exit) = (&finished.result, finished.exit);
    let told = ran.events.iter().rev().find_map(|event| match event.kind {
        EventKind::RunFinished { exit_code, .. } => Some(exit_code),
        _ => None,
    });
    demand(told == Some(exit as u8), format!("exit {exit:?}, the last event says {told:?}"));
    let labs = result.labs.as_deref().unwrap_or_default();
    let errors = labs.iter().filter_map(|lab| lab.error.as_ref()).chain(&result.error).count();
    // What verify found to be different is told by its checks.
    let is_found = exit == Exit::Differs && ran.line.starts_with("verify");
    demand(is_found || (exit == Exit::Done) == (errors == 0), format!("exit {exit:?} with {errors} errors"));
    demand(exit != Exit::Internal && exit != Exit::Usage, format!("exit {exit:?}"));
    demand(
        (exit == Exit::Interrupted) <= ran.pressed.is_some(),
        "interrupted, and nobody had pressed Ctrl-C".to_owned(),
    );
    if let Some(counted) = result.requests {
        let all = counted.reads + counted.writes + counted.deletes;
        // Microsoft Graph and the models are no part of Resource Manager.
        let is_of_arm = |one: &&azlab_sandbox::LoggedRequest| !BESIDE_ARM.iter().any(|path| one.path.starts_with(path));
        let arrived = ran.log.iter().filter(is_of_arm).count();
        demand(all == arrived as u64, format!("{all} requests told, {arrived} arrived"));
    }
    lies
}

/// Judges a run that came to its end; `hidden`: something may exist that the service did not show to it.
pub fn judge(ran: &Ran, now: &Inventory, hidden: bool) -> Vec<Violation> {
    let Some(finished) = &ran.finished else { return Vec::new() };
    let mut lies = judge_end(ran);
    let mut demand = |holds: bool, what: String| {
        if !holds {
            lies.push(Invariant::HonestResult.broken(format!("{}: {what}", ran.line)));
        }
    };
    let (labs, exit) = (finished.result.labs.as_deref().unwrap_or_default(), finished.exit);
    for name in &ran.labs {
        let told = labs.iter().find(|lab| lab.name == *name);
        let is_made = matches!(command(ran), "provision" | "reset") && exit == Exit::Done;
        let is_torn_down = command(ran) == "teardown" && exit == Exit::Done;
        demand(!(is_made || is_torn_down) || told.is_some(), format!("done, and nothing is told of {name}"));
        let Some(told) = told else { continue };
        demand(!is_made || told.state == LabState::Ready, format!("done, and {name} is told as {:?}", told.state));
        let is_gone = matches!(told.state, LabState::Deleted | LabState::Absent);
        demand(!is_torn_down || is_gone, format!("done, and {name} is told as {:?}", told.state));
        let missing = if is_made { missing(&told.outputs) } else { Vec::new() };
        demand(missing.is_empty(), format!("done, and {name} has no {}", missing.join(", ")));
        for lie in claims(ran, told) {
            demand(false, lie);
        }
        if ran.alone {
            for lie in against_the_world(ran, told, now, hidden) {
                demand(false, lie);
            }
        }
    }
    lies
}

/// Judges two runs at once that both came to a good end with the same command: then its end is what the world is like.
pub fn judge_both(both: &[Ran; 2], now: &Inventory, hidden: bool) -> Vec<Violation> {
    let [first, second] = both;
    if command(first) != command(second) || both.iter().any(|ran| ran.exit() != Some(Exit::Done)) {
        return Vec::new();
    }
    let told = |ran: &'_ Ran| -> Vec<LabOutcome> {
        let labs = ran.finished.iter().flat_map(|finished| finished.result.labs.iter().flatten());
        labs.filter(|lab| ran.labs.contains(&lab.name)).cloned().collect()
    };
    let lies = both.iter().flat_map(|ran| {
        let all = told(ran).into_iter().flat_map(|lab| state(ran, &lab, now, hidden)).collect::<Vec<_>>();
        all.into_iter().map(|lie| Invariant::HonestResult.broken(format!("both at once, {}: {lie}", ran.line)))
    });
    lies.collect()
}

fn command(ran: &Ran) -> &str {
    ran.line.split(' ').next().unwrap_or_default()
}

fn against_the_world(ran: &Ran, told: &LabOutcome, now: &Inventory, hidden: bool) -> Vec<String> {
    let mut lies = state(ran, told, now, hidden);
    if told.error.is_none() {
        lies.extend(changes(ran, told, now));
        lies.extend(outputs(told, &Lab::of(&told.name, now)));
    }
    lies
}

/// What state a lab is told to be in, whatever became of the others.
fn state(ran: &Ran, told: &LabOutcome, now: &Inventory, hidden: bool) -> Vec<String> {
    let lab = Lab::of(&told.name, now);
    let about = |is_so: bool, short: Vec<String>| {
        let is_lie = is_so && !short.is_empty();
        is_lie.then(|| format!("{} is told as {:?}, and {}", told.name, told.state, short.join("; ")))
    };
    let is_fine = told.error.is_none();
    let lie = match command(ran) {
        "provision" | "reset" => about(told.state == LabState::Ready, lab.short_of_ready(Second::Maybe)),
        "teardown" | "sweep" => {
            let is_gone = matches!(told.state, LabState::Deleted | LabState::Absent) && is_fine;
            about(is_gone && !hidden, lab.left())
        }
        "deploy-model" => {
            let second = if ran.line.contains("--remove") { Second::Unwanted } else { Second::Wanted };
            let is_about_it = |what: &String| {
                what.starts_with("the deployments")
                    || what.contains("/deployments/")
                    || what.starts_with("a deployment ")
            };
            about(is_fine, lab.short_of_ready(second).into_iter().filter(is_about_it).collect())
        }
        _ => None,
    };
    lie.into_iter().collect()
}

/// What a run tells to have done it must have asked for itself.
fn claims(ran: &Ran, lab: &LabOutcome) -> Vec<String> {
    let asked = |fits: &dyn Fn(&Method, &str) -> bool| {
        ran.log.iter().any(|one| {
            let path = one.path.split('?').next().unwrap_or_default();
            fits(&one.method, &path.to_ascii_lowercase())
        })
    };
    let is_so = |change: &Change| {
        let id = change.id.to_ascii_lowercase();
        match change.action {
            // Who waits for a deletion that somebody else began tells it too.
            Action::Unchanged | Action::Deleted => true,
            Action::Created | Action::Restored => asked(&|method, path| method == Method::PUT && path == id),
            Action::Updated => asked(&|method, path| match *method {
                Method::PUT | Method::PATCH => path == id,
                // To start a cluster.
                Method::POST => path.rsplit_once('/').is_some_and(|(of, _)| of == id),
                _ => false,
            }),
            Action::Purged => asked(&|method, path| method == Method::DELETE && path == id),
        }
    };
    let untrue = lab.changes.iter().filter(|change| !is_so(change));
    untrue.map(|change| format!("told {:?} of {}, and asked for nothing", change.action, change.id)).collect()
}

/// What is told to have been done, against what took effect and what exists.
fn changes(ran: &Ran, lab: &LabOutcome, now: &Inventory) -> Vec<String> {
    let mut lies = Vec::new();
    let exists = |id: &str| now.resources.iter().any(|item| item.id.eq_ignore_ascii_case(id));
    let is_deleted = |id: &str| now.soft_deleted.iter().any(|item| item.id.eq_ignore_ascii_case(id));
    for change in &lab.changes {
        let is_true = match change.action {
            Action::Created | Action::Updated | Action::Unchanged | Action::Restored => {
                exists(&change.id)
                    || lab
                        .changes
                        .iter()
                        .any(|other| other.action == Action::Deleted && change.id.starts_with(&other.id))
            }
            Action::Deleted => !exists(&change.id) || lab.changes.iter().any(|other| other.action == Action::Created),
            Action::Purged => !is_deleted(&change.id),
        };
        if !is_true {
            lies.push(format!("told {:?} of {}, which is not so", change.action, change.id));
        }
    }
    let created = ran.log.iter().filter(|request| {
        request.method == Method::PUT
            && request.reached == Some(StatusCode::CREATED)
            && !request.path.contains("roleAssignments")
    });
    for request in created {
        let id = request.path.split('?').next().unwrap_or_default();
        let is_told = lab.changes.iter().any(|change| {
            change.id.eq_ignore_ascii_case(id) && matches!(change.action, Action::Created | Action::Restored)
        });
        // What was made and taken away again by this run is told as neither.
        if !is_told && exists(id) && is_of(&lab.name, id) {
            lies.push(format!("{id} was created by this run, which does not tell it"));
        }
    }
    lies
}

/// The values that people go on with and that are not told.
fn missing(told: &Outputs) -> Vec<&'static str> {
    let all = [
        ("cluster", &told.cluster),
        ("oidc_issuer", &told.oidc_issuer),
        ("identity_client_id", &told.identity_client_id),
        ("identity_principal_id", &told.identity_principal_id),
        ("openai_account", &told.openai_account),
        ("openai_endpoint", &told.openai_endpoint),
        ("openai_deployment", &told.openai_deployment),
    ];
    all.into_iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect()
}

/// The values that people go on with, against the resources.
fn outputs(told: &LabOutcome, lab: &Lab<'_>) -> Vec<String> {
    let Outputs { oidc_issuer, identity_principal_id, identity_client_id, openai_account, openai_endpoint, .. } =
        &told.outputs;
    let value = |kind: &str, pointer: &str| {
        let item = lab.only(kind).ok()?;
        item.body.pointer(pointer)?.as_str().map(str::to_owned)
    };
    let pairs = [
        ("oidc_issuer", oidc_issuer, value("managedclusters", "/properties/oidcIssuerProfile/issuerURL")),
        ("identity_principal_id", identity_principal_id, value("userassignedidentities", "/properties/principalId")),
        ("identity_client_id", identity_client_id, value("userassignedidentities", "/properties/clientId")),
        ("openai_account", openai_account, value("accounts", "/name")),
        ("openai_endpoint", openai_endpoint, value("accounts", "/properties/endpoint")),
    ];
    let differ = pairs.into_iter().filter(|(_, told, is)| told.is_some() && *told != is);
    differ.map(|(name, told, is)| format!("{name} is {is:?}, told {told:?}")).collect()
}

/// `status`, asked while nothing went wrong, against the world before and after it.
pub fn judge_status(ran: &Ran, name: &str, by_file: bool, before: &Inventory, now: &Inventory) -> Vec<Violation> {
    let Some(finished) = &ran.finished else { return Vec::new() };
    let labs = finished.result.labs.as_deref().unwrap_or_default();
    let told = labs.iter().find(|lab| lab.name == name).map(|lab| lab.state);
    let beside = now.resources.iter().any(|item| {
        item.resource_type.to_ascii_lowercase().ends_with("/resourcegroups")
            && item.body.pointer("/tags/azlab-workshop").is_some()
            && !is_of(name, &item.id)
    });
    let [before, now] = [before, now].map(|inventory| {
        let lab = Lab::of(name, inventory);
        let short = if by_file { lab.short_of_file() } else { lab.short_of_ready(Second::Maybe) };
        (lab.has_group(), lab.is_tagged(), short)
    });
    let lie = |what: String| vec![Invariant::HonestStatus.broken(what)];
    if finished.exit != Exit::Done {
        return lie(format!("status ends with {:?}", finished.exit));
    }
    if before != now {
        return Vec::new();
    }
    match (now, told) {
        ((false, ..), None | Some(LabState::Absent)) => Vec::new(),
        // Beside labs of ours, a group without a tag is not one.
        ((true, false, _), None) if beside => Vec::new(),
        ((true, _, short), Some(LabState::Ready)) if short.is_empty() => Vec::new(),
        ((true, _, short), Some(LabState::Incomplete)) if !short.is_empty() => Vec::new(),
        ((has_group, _, short), told) => {
            lie(format!("status says {told:?} of {name}; group: {has_group}, short of ready: {}", short.join("; ")))
        }
    }
}
