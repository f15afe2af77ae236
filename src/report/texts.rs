//! Reaches every text of what is shown.
//!
//! The structs are taken apart by name, without `..`: a new field does not compile until somebody decides about it.

use crate::events::{Event, EventKind};
use crate::lab::variables::Variables;
use crate::outcome::app::{
    AppReport, ConflictReport, LogReport, ObjectReport, PodReport, TroubleReport, WorkloadReport,
};
use crate::outcome::cost::{Cost, CostPart};
use crate::outcome::placement::PlacedLabs;
use crate::outcome::plan::{Field, PlannedChange};
use crate::outcome::shared::SharedOutcome;
use crate::outcome::state::{About, AtWork, ResourceReport};
use crate::outcome::{
    Change, CheckReport, CommandResult, Details, ErrorReport, KubeconfigEntry, LabOutcome, ModelEntry, NextStep,
    Outputs,
};
use crate::values::{InsteadOf, ModelSelection, Warning};

/// What holds texts that came from outside.
pub(super) trait Texts {
    /// Calls `change` with each text.
    fn each(&mut self, change: &mut dyn FnMut(&mut String));
}

/// Changes a name, which is one line: whoever may write tags could else write lines of a result.
fn in_a_line(name: &mut String, change: &mut dyn FnMut(&mut String)) {
    change(name);
    if name.contains('\n') {
        *name = name.replace('\n', "?");
    }
}

impl Texts for String {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(self);
    }
}

impl Texts for Event {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { schema: _, at: _, elapsed_s: _, lab, kind } = self;
        lab.iter_mut().for_each(|name| in_a_line(name, change));
        kind.each(change);
    }
}

impl Texts for EventKind {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::RunStarted { command: _, sandbox: _, speed: _, subscription, credential } => {
                change(subscription);
                credential.iter_mut().for_each(change);
            }
            Self::Serving { url, directory } => {
                change(url);
                change(directory);
            }
            Self::BoardServing { url } => change(url),
            Self::LabStarted { resource_group, location } => {
                change(resource_group);
                change(location);
            }
            Self::LabMoved { from, to, subscription } => [from, to, subscription].into_iter().for_each(change),
            Self::LabBusy { command, by, since: _, waits: _ } => {
                change(command);
                change(by);
            }
            Self::ModelSelected(selection) => selection.each(change),
            Self::Check { id: _, status: _, message } | Self::Note { level: _, message } => change(message),
            Self::ResourceStarted { resource: _, name } => change(name),
            Self::ResourceWriting { resource: _, name, create: _, differences } => {
                change(name);
                differences.iter_mut().for_each(change);
            }
            Self::ResourceStatus { resource: _, name, status } => {
                change(name);
                change(status);
            }
            Self::ResourceWaiting { resource: _, name, reason, retry_in_s: _ } => {
                change(name);
                change(reason);
            }
            Self::ResourceFinished { resource: _, name, id, action: _, elapsed_s: _, limits } => {
                limits.iter_mut().for_each(|wait| change(&mut wait.limit));
                change(name);
                change(id);
            }
            Self::ResourceFailed { resource: _, name, error, limits } => {
                limits.iter_mut().for_each(|wait| change(&mut wait.limit));
                change(name);
                error.each(change);
            }
            Self::AppObject { kind: _, name, action: _ } => change(name),
            Self::AppWaiting { kind: _, name, reason } => {
                change(name);
                change(reason);
            }
            Self::Request {
                method,
                path,
                status: _,
                attempt: _,
                elapsed_ms: _,
                client_request_id,
                request_id,
                problem,
            } => {
                change(method);
                change(path);
                change(client_request_id);
                request_id.iter_mut().chain(problem).for_each(change);
            }
            Self::Retrying { method, path, reason, retry_in_s: _ } => {
                change(method);
                change(path);
                change(reason);
            }
            Self::Interrupted { continuing, resume } => {
                continuing.iter_mut().for_each(&mut *change);
                change(resume);
            }
            Self::LabFinished { state: _, elapsed_s: _, error } => {
                error.iter_mut().for_each(|error| error.each(change));
            }
            Self::RunPlanned { bound_s: _ } => {}
            Self::RunFinished { exit_code: _, elapsed_s: _, bound_s: _ } => {}
        }
    }
}

impl Texts for ErrorReport {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { code, message, resource, request_id, hint, retryable: _ } = self;
        change(code);
        change(message);
        resource.iter_mut().chain(request_id).chain(hint).for_each(change);
    }
}

impl Texts for CommandResult {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            schema: _,
            command: _,
            sandbox: _,
            subscription,
            elapsed_s: _,
            bound_s: _,
            labs,
            models,
            checks,
            cost,
            placement,
            shared,
            warnings,
            requests: _,
            error,
        } = self;
        for Warning { lab, message } in warnings {
            lab.iter_mut().for_each(&mut *change);
            change(message);
        }
        cost.iter_mut().for_each(|cost| cost.each(change));
        subscription.iter_mut().for_each(&mut *change);
        labs.iter_mut().flatten().for_each(|lab| lab.each(change));
        models.iter_mut().flatten().for_each(|model| model.each(change));
        checks.iter_mut().flatten().for_each(|check| check.each(change));
        for PlacedLabs { subscription, location, labs, new: _, room: _, limited_by } in placement.iter_mut().flatten() {
            [subscription, location].into_iter().chain(labs).chain(limited_by).for_each(&mut *change);
        }
        shared.iter_mut().flatten().for_each(|shared| shared.each(change));
        error.iter_mut().for_each(|error| error.each(change));
    }
}

impl Texts for SharedOutcome {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            subscription,
            location,
            resource_group,
            account,
            endpoint,
            labs: _,
            state: _,
            changes,
            plan,
            resources,
            error,
        } = self;
        [subscription, location, resource_group, account].into_iter().chain(endpoint).for_each(&mut *change);
        changes.iter_mut().for_each(|one| change(&mut one.id));
        plan.iter_mut().flatten().for_each(|one| one.each(change));
        resources.iter_mut().flatten().for_each(|one| one.each(change));
        error.iter_mut().for_each(|error| error.each(change));
    }
}

impl Texts for PlannedChange {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { resource: _, name, id, action: _, fields, contents } = self;
        [name, id].into_iter().chain(contents).for_each(&mut *change);
        fields.iter_mut().for_each(|field| field.each(change));
    }
}

impl Texts for ResourceReport {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { resource: _, name, id, state: _, status, differences } = self;
        [name, id].into_iter().chain(status).for_each(&mut *change);
        differences.iter_mut().for_each(|field| field.each(change));
    }
}

impl Texts for CheckReport {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { id: _, lab, status: _, message, code, hint } = self;
        change(message);
        lab.iter_mut().chain(code).chain(hint).for_each(change);
    }
}

impl Texts for ModelEntry {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { location, model, version, sku, free: _, deployable_until } = self;
        [location, model, version, sku].into_iter().chain(deployable_until).for_each(change);
    }
}

impl Texts for ModelSelection {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { deployment, model, version, sku, capacity: _, instead_of } = self;
        [deployment, model, version, sku].into_iter().for_each(&mut *change);
        if let Some(InsteadOf { model, code, reason }) = instead_of {
            [model, code, reason].into_iter().for_each(change);
        }
    }
}

impl Texts for LabOutcome {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            name,
            resource_group,
            subscription,
            location,
            state: _,
            elapsed_s: _,
            changes,
            outputs,
            error,
            details,
        } = self;
        subscription.iter_mut().for_each(&mut *change);
        in_a_line(name, change);
        change(resource_group);
        change(location);
        for Change { resource: _, id, action: _, elapsed_s: _ } in changes {
            change(id);
        }
        outputs.each(change);
        error.iter_mut().for_each(|error| error.each(change));
        details.each(change);
    }
}

impl Texts for Details {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { selected_models, plan, resources, about, env, kubeconfig, checks, cost, app } = self;
        app.iter_mut().for_each(|app| app.each(change));
        cost.iter_mut().for_each(|cost| cost.each(change));
        selected_models.iter_mut().flatten().for_each(|model| model.each(change));
        checks.iter_mut().flatten().for_each(|check| check.each(change));
        plan.iter_mut().flatten().for_each(|one| one.each(change));
        resources.iter_mut().flatten().for_each(|one| one.each(change));
        // A key is there because somebody asked for it.
        env.iter_mut().flat_map(Variables::open_texts).for_each(&mut *change);
        if let Some(KubeconfigEntry { file, context, cluster, user, current: _, is_local: _ }) = kubeconfig {
            [context, cluster, user].into_iter().chain(file).for_each(&mut *change);
        }
        if let Some(About {
            workshop,
            owner,
            created_at: _,
            age_s: _,
            expires_at,
            expires_in_s: _,
            paused_at: _,
            busy,
        }) = about
        {
            workshop.iter_mut().chain(owner).chain(expires_at).for_each(&mut *change);
            if let Some(AtWork { command, by, since, renewed }) = busy {
                [command, by, since, renewed].into_iter().for_each(change);
            }
        }
    }
}

impl Texts for AppReport {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { namespace, state: _, auth: _, url, objects, workloads, logs } = self;
        change(namespace);
        for LogReport { pod, container, text } in logs {
            [pod, container, text].into_iter().for_each(&mut *change);
        }
        url.iter_mut().for_each(&mut *change);
        for ObjectReport { kind: _, name, action: _, conflicts } in objects {
            change(name);
            for ConflictReport { manager, field } in conflicts {
                change(manager);
                change(field);
            }
        }
        let told = |trouble: &mut Option<TroubleReport>, change: &mut dyn FnMut(&mut String)| {
            if let Some(TroubleReport { code: _, message, hint }) = trouble {
                change(message);
                hint.iter_mut().for_each(change);
            }
        };
        for WorkloadReport { kind: _, name, ours: _, state: _, ready: _, desired: _, trouble, pods } in workloads {
            change(name);
            told(trouble, change);
            for PodReport { name, phase, ready: _, restarts: _, trouble } in pods {
                change(name);
                change(phase);
                told(trouble, change);
            }
        }
    }
}

impl Texts for Cost {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            currency,
            per_hour: _,
            pause_saves_per_hour: _,
            until_expiry: _,
            hours_left: _,
            at_least: _,
            parts,
            no_price_for,
            not_counted: _,
        } = self;
        change(currency);
        for CostPart { what, location, count: _, each_per_hour: _, per_hour: _, paused: _ } in parts {
            change(what);
            change(location);
        }
        no_price_for.iter_mut().for_each(change);
    }
}

impl Texts for Field {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { field, have, want } = self;
        change(field);
        have.iter_mut().chain(want).for_each(change);
    }
}

impl Texts for Outputs {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self {
            cluster,
            oidc_issuer,
            identity_client_id,
            identity_principal_id,
            openai_account,
            openai_endpoint,
            openai_deployment,
        } = self;
        let resources = cluster.iter_mut().chain(openai_account).chain(openai_deployment);
        let urls = oidc_issuer.iter_mut().chain(openai_endpoint);
        let ids = identity_client_id.iter_mut().chain(identity_principal_id);
        resources.chain(urls).chain(ids).for_each(change);
    }
}

impl Texts for NextStep {
    fn each(&mut self, change: &mut dyn FnMut(&mut String)) {
        let Self { command, why } = self;
        change(command);
        change(why);
    }
}
