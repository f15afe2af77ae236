//! Makes what a scenario begins with, by the sandbox's own handlers.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use http::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::Value;

use super::active::Active;
use super::references::Made;
use super::{EntryState, Located, ResourceEntry, Scenario, ScenarioError};
use crate::arm::call::{Call, Path};
use crate::arm::conditions::Conditions;
use crate::arm::failure::Failure;
use crate::arm::provider::Provider;
use crate::arm::response::Answer;
use crate::arm::{dispatch, quota};
use crate::faults::effect;
use crate::faults::fault::{FaultKind, OperationFault};
use crate::ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID};
use crate::providers::PROVIDERS;
use crate::state::operation_end::OperationEnd;
use crate::state::pace::Pace;
use crate::state::settings::Durations;
use crate::state::settings::Settings;
use crate::state::store::Store;
use crate::state::timestamps::{Millis, plus};

/// Where the resources are made, and how.
pub(super) struct InitialResources<'a> {
    pub scenario: &'a Scenario,
    pub db: &'a Connection,
    pub now: Millis,
    pub pace: Pace,
    /// With the scenario's durations and catalogue; nothing of it keeps what is there already from being made.
    pub active: &'a Active,
    pub overrides: http::Extensions,
}

/// Settings under which whatever there may be can be made.
fn permissive(durations: Durations, active: &Active) -> Settings {
    let counted = PROVIDERS.iter().flat_map(Provider::quota_names);
    Settings {
        durations,
        quota: counted.map(|name| (format!("*/{}", name.to_lowercase()), i64::MAX)).collect(),
        pooled_models: active.settings.pooled_models.clone(),
        late_principals_s: 0.0,
        late_principals_with_type_s: 0.0,
        throttling: false,
        ..Settings::default()
    }
}

/// Durations of what is over and done.
fn no_time() -> Durations {
    let soft_delete = Durations::default().soft_delete;
    let zero = serde_json::to_value(Durations::default()).map(|mut durations| {
        durations.as_object_mut().into_iter().flatten().for_each(|(_, seconds)| *seconds = 0.0.into());
        durations
    });
    let zero: Durations = zero.and_then(serde_json::from_value).unwrap_or_default();
    Durations { soft_delete, ..zero }
}

impl InitialResources<'_> {
    /// Makes all of them, in their order.
    pub fn make_all(&self) -> Result<(), ScenarioError> {
        // At the times in the past at which they are made, what has gone since would still be there.
        self.sweep()?;
        let mut made = Made::default();
        let mut deletions = Vec::new();
        // Each is made a millisecond after the one before it, so that none meets another's work.
        let mut step = 0;
        for Located { start, value: entry } in &self.scenario.resources {
            let invalid = |reason: String| self.scenario.invalid_at(*start, format!("[[resources]] {reason}"));
            for n in 1..=entry.count.unwrap_or(1) {
                step += 1;
                let path = made.resolve(&entry.path(), n).map_err(invalid)?;
                let body = self.make(entry, &path, n, step, &made, &invalid)?;
                let name = made.resolve(entry.name.rsplit('/').next().unwrap_or_default(), n).map_err(invalid)?;
                let group = made.resolve(entry.group.as_deref().unwrap_or_default(), n).map_err(invalid)?;
                made.add(&name, &group, body);
                if let Some(ago) = entry.deleted().map_err(invalid)? {
                    deletions.push((entry, *start, path, ago));
                }
            }
        }
        // What is in them has been made by now.
        for (entry, start, path, ago) in deletions {
            let settings = permissive(no_time(), self.active);
            let at = self.ago(ago);
            self.call(&Method::DELETE, &path, entry.api_version(), &Value::Null, at, &settings, None)
                .map_err(|failure| self.scenario.invalid_at(start, self.refused(&path, failure)))?;
        }
        self.sweep()?;
        Ok(())
    }

    /// Forgets what is over by now.
    fn sweep(&self) -> rusqlite::Result<()> {
        let store = Store::new(self.db, self.now);
        store.sweep()?;
        quota::sweep(&store, self.now)?;
        Ok(())
    }

    fn make(
        &self,
        entry: &ResourceEntry,
        path: &str,
        n: u32,
        step: i64,
        made: &Made,
        invalid: &impl Fn(String) -> ScenarioError,
    ) -> Result<Value, ScenarioError> {
        if let Some(known) = Store::new(self.db, self.now).get(path)? {
            return Err(ScenarioError::Exists { name: self.scenario.name.clone(), id: known.id });
        }
        let mut body = entry.body();
        made.resolve_all(&mut body, n).map_err(invalid)?;
        let is_under_way = entry.state == EntryState::InProgress;
        let durations = if is_under_way { self.durations(path) } else { no_time() };
        let ends = match entry.state {
            EntryState::Failed => Some(OperationEnd::Failed),
            EntryState::Canceled => Some(OperationEnd::Canceled),
            _ => None,
        };
        let fault = ends.map(|ends| {
            let (code, message) = ("OperationFailed".into(), "The scenario says that it has failed.".into());
            FaultKind::Operation(OperationFault { ends, at: 1.0, code, message })
        });
        let age = entry.age().map_err(invalid)?;
        let at = match is_under_way {
            // So much of its work is done.
            true => self.pace.after(self.now, -age.as_secs_f64()),
            false => self.ago(age) + step,
        };
        let settings = permissive(durations, self.active);
        let answer = self
            .call(&Method::PUT, path, entry.api_version(), &body, at, &settings, fault.as_ref())
            .map_err(|failure| invalid(self.refused(path, failure)))?;
        Ok(answer.body.unwrap_or_default())
    }

    fn durations(&self, path: &str) -> Durations {
        let fixed = &self.active.settings.durations;
        match &self.active.scenario.latencies {
            Some(latencies) => latencies.apply(fixed, path.trim_start_matches('/').to_lowercase().as_str()),
            None => fixed.clone(),
        }
    }

    fn ago(&self, ago: Duration) -> Millis {
        plus(self.now, -ago.as_secs_f64())
    }

    #[expect(clippy::too_many_arguments, reason = "a request has so many parts")]
    fn call(
        &self,
        method: &Method,
        path: &str,
        version: &str,
        body: &Value,
        at: Millis,
        settings: &Settings,
        fault: Option<&FaultKind>,
    ) -> Result<Answer, Failure> {
        let parsed = Path::parse(path)?;
        let subscription = path.split('/').nth(2).unwrap_or_default().to_lowercase();
        let subscription =
            if self.active.others.contains_key(&subscription) { subscription.as_str() } else { SUBSCRIPTION_ID };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let call = Call {
            method,
            path: &parsed,
            raw_path: path,
            raw_query: &format!("api-version={version}"),
            body: body.as_bytes(),
            conditions: Conditions::default(),
            base: "https://management.azure.com",
            served: None,
            now: at,
            pace: self.pace,
            store: Store::new(self.db, at).within(subscription, !self.active.others.is_empty()),
            settings,
            overrides: &self.overrides,
            principal: SIGNED_IN_OBJECT_ID,
            started: RefCell::default(),
            changed: Cell::default(),
        };
        let answer = dispatch::route(&call, &PROVIDERS)?;
        match fault {
            Some(fault) => effect::apply(&call, &PROVIDERS, fault, answer),
            None => Ok(answer),
        }
    }

    /// What the handler said, in one line.
    fn refused(&self, path: &str, failure: Failure) -> String {
        let answer = failure.into_answer();
        let body = answer.body.unwrap_or_default();
        let error = if body["error"].is_object() { &body["error"] } else { &body };
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let status = if answer.status == StatusCode::OK { StatusCode::BAD_REQUEST } else { answer.status };
        format!("the sandbox does not take {path}: {} {}: {}", status.as_u16(), text("code"), text("message"))
    }
}
