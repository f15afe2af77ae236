//! JSON result and exit code against the world.

use azlab::events::EventKind;
use azlab::outcome::{Action, Exit, LabOutcome, LabState, Outputs};
use azlab::sandbox::Inventory;
use http::{Method, StatusCode};

use super::lab::Lab;
use super::{Invariant, Violation};
use crate::simulation::drive::Ran;
use crate::simulation::plan::Second;

/// Judges a run that came to its end; `hidden`: something may exist that the service did not show to it.
pub fn judge(ran: &Ran, now: &Inventory, hidden: bool) -> Vec<Violation> {
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
    demand((exit == Exit::Done) == (errors == 0), format!("exit {exit:?} with {errors} errors"));
    demand(exit != Exit::Internal && exit != Exit::Usage, format!("exit {exit:?}"));
    demand(
        (exit == Exit::Interrupted) <= ran.pressed.is_some(),
        "interrupted, and nobody had pressed Ctrl-C".to_owned(),
    );
    let own = labs.iter().find(|lab| lab.name == "default");
    if let (true, Some(counted)) = (ran.alone, result.requests) {
        let all = counted.reads + counted.writes + counted.deletes;
        demand(all == ran.log.len() as u64, format!("{all} requests told, {} arrived", ran.log.len()));
    }
    if !ran.alone || exit != Exit::Done {
        return lies;
    }
    let lab = Lab::of(now);
    let command = ran.line.split(' ').next().unwrap_or_default();
    match command {
        "provision" | "reset" => {
            let short = lab.short_of_ready(Second::Maybe);
            demand(short.is_empty(), format!("done, and {}", short.join("; ")));
            demand(own.is_some_and(|lab| lab.state == LabState::Ready), "done, and not told as ready".to_owned());
        }
        "teardown" if !hidden => {
            let left = lab.left();
            demand(left.is_empty(), format!("done, and {}", left.join("; ")));
        }
        "deploy-model" => {
            let second = if ran.line.contains("--remove") { Second::Unwanted } else { Second::Wanted };
            let short = lab.short_of_ready(second);
            let about: Vec<_> = short.iter().filter(|what| what.starts_with("the deployments")).collect();
            demand(about.is_empty(), format!("done, and {about:?}"));
        }
        _ => {}
    }
    if let Some(own) = own {
        for lie in changes(ran, own, now).into_iter().chain(outputs(own, &lab)) {
            demand(false, lie);
        }
    }
    lies
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
        if !is_told && exists(id) {
            lies.push(format!("{id} was created by this run, which does not tell it"));
        }
    }
    lies
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
pub fn judge_status(ran: &Ran, before: &Inventory, now: &Inventory) -> Vec<Violation> {
    let Some(finished) = &ran.finished else { return Vec::new() };
    let labs = finished.result.labs.as_deref().unwrap_or_default();
    let told = labs.iter().find(|lab| lab.name == "default").map(|lab| lab.state);
    let [before, now] = [before, now].map(|inventory| {
        let lab = Lab::of(inventory);
        (lab.has_group(), lab.is_tagged(), lab.short_of_ready(Second::Maybe))
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
        ((true, false, _), None) => Vec::new(),
        ((true, _, short), Some(LabState::Ready)) if short.is_empty() => Vec::new(),
        ((true, _, short), Some(LabState::Incomplete)) if !short.is_empty() => Vec::new(),
        ((has_group, _, short), told) => {
            lie(format!("status says {told:?}; group: {has_group}, short of ready: {}", short.join("; ")))
        }
    }
}
