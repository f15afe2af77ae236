//! One cluster: reads and deletes objects in the namespace of the application.

use std::time::Duration;

use kube::Api;
use kube::api::{DeleteParams, DynamicObject, ListParams, Preconditions};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::error::Error;
use super::kind::Kind;
use super::object::Object;
use azlab_clock::Clock;

/// How many objects a page of a list has.
const PAGE: u32 = 500;

/// A cluster's namespace. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(super) client: kube::Client,
    namespace: String,
    clock: Clock,
    stop: CancellationToken,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Cluster {
    pub(super) fn new(channel: Channel, namespace: &str) -> Self {
        let (clock, stop) = (channel.clock, channel.stop.clone());
        Self { client: kube::Client::new(channel, namespace), namespace: namespace.to_owned(), clock, stop }
    }

    /// The clock that its Pods live by.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// Lets time pass on that clock, unless the user asks to stop.
    ///
    /// # Errors
    /// [`Error::Interrupted`]
    pub(crate) async fn pause(&self, pause: Duration) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Error::Interrupted),
            () = self.clock.sleep(pause) => Ok(()),
        }
    }

    /// The namespace.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn api(&self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind.resource())
    }

    /// The object of that kind and name, if it exists.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> Result<Option<Object>, Error> {
        let what = format!("{kind} {name}");
        match self.api(kind).get(name).await {
            Ok(found) => read(kind, &found).map(Some),
            Err(error) => match Error::of(&what, error) {
                error if error.is_absent() => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Every object of that kind in the namespace, or those that `labels` select (`app=ai-service`).
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn list(&self, kind: Kind, labels: Option<&str>) -> Result<Vec<Object>, Error> {
        self.list_by(kind, ListParams { label_selector: labels.map(str::to_owned), ..ListParams::default() }).await
    }

    /// Every object of that kind in the namespace that `params` select.
    pub(super) async fn list_by(&self, kind: Kind, params: ListParams) -> Result<Vec<Object>, Error> {
        let what = format!("the list of {kind}s");
        let mut params = params.limit(PAGE);
        let mut all = Vec::new();
        loop {
            let page = self.api(kind).list(&params).await.map_err(|error| Error::of(&what, error))?;
            for found in &page.items {
                all.push(read(kind, found)?);
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => return Ok(all),
            }
        }
    }

    /// Deletes `object` as it was read, with what it has made; `false` if it was gone already, or is another one by now.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) async fn delete(&self, object: &Object, is_dry: bool) -> Result<bool, Error> {
        let preconditions = Preconditions { uid: object.uid().map(str::to_owned), resource_version: None };
        let mut params = DeleteParams::background().preconditions(preconditions);
        params.dry_run = is_dry;
        match self.api(object.kind()).delete(object.name(), &params).await {
            Ok(_) => Ok(true),
            Err(error) => match Error::of(&object.to_string(), error) {
                error if error.is_absent() => Ok(false),
                // Another one of its name stands there: it is not what was to be deleted.
                error if error.refusal().is_some_and(|refusal| refusal.status == 409) => Ok(false),
                error => Err(error),
            },
        }
    }
}

/// An object as kube gives it.
pub(super) fn read(kind: Kind, found: &DynamicObject) -> Result<Object, Error> {
    let body: Value = serde_json::to_value(found)
        .map_err(|error| Error::Answer { what: kind.to_string(), problem: error.to_string() })?;
    Ok(Object::new(kind, body))
}
