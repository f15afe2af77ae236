//! What stands in for kubelets and for the cloud's load balancer: it looks at Pods and Services, and reports of each what would
//! happen to it next, when that is due.

use std::collections::HashMap;
use std::time::Duration;

use azlab_clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::client::{Body, Client, ClientError};
use super::load_balancers;
use super::pods::{self, Fate};
use super::watching::{Seen, watch};
use crate::sandbox::Sandbox;
use crate::scenario::random::random;
use crate::state::kubernetes::{KubernetesSettings, means};
use crate::state::settings::Settings;

/// Before a report that failed is made again, in service seconds.
const AGAIN_S: f64 = 5.0;
/// What has been seen and not been looked at yet.
const WAITING: usize = 64;

/// What happens to an object next.
pub(super) struct Step {
    /// Which step it is; the same step of the same object happens once.
    pub what: String,
    /// How long after the object came to where it is, in service seconds.
    pub after_s: f64,
    pub change: Change,
}

/// What is reported.
pub(super) enum Change {
    /// The status, without the conditions of others: whoever wrote one meanwhile keeps it.
    Status(Value),
    /// The object is gone.
    Delete,
}

/// What a step depends on, beside the object.
pub(super) struct Drawn<'a> {
    pub uid: &'a str,
    /// RFC 3339.
    pub now: &'a str,
    pub settings: &'a Settings,
    pub object: &'a Value,
}

impl Drawn<'_> {
    /// A duration of this object's, the same each time that it is asked for.
    pub fn between(&self, what: &str, (least, most): (f64, f64)) -> f64 {
        least + (most - least) * random(&format!("{}/{what}", self.uid))
    }

    /// An address that begins so.
    pub fn address(&self, [first, second]: [u8; 2]) -> String {
        let part = |what: &str| 1 + (random(&format!("{}/{what}", self.uid)) * 253.0) as u8;
        format!("{first}.{second}.{}.{}", part("third"), part("fourth"))
    }

    /// How a container of this Pod fares.
    pub fn fate(&self, container: &Value) -> Fate {
        let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
        let (owner, name) = (text(&self.object["metadata"]["name"]), text(&container["name"]));
        let image = text(&container["image"]);
        let KubernetesSettings { out_of_memory, image_pull_fails, never_ready, .. } = &self.settings.kubernetes;
        let fates =
            [(image_pull_fails, Fate::NoImage), (out_of_memory, Fate::OutOfMemory), (never_ready, Fate::NeverReady)];
        let struck = fates.into_iter().find(|(names, _)| means(names, &owner, &name, &image));
        struck.map_or(Fate::Runs, |(_, fate)| fate)
    }

    /// Whether the load balancer gives this Service an address.
    pub fn has_address(&self) -> bool {
        let name = self.object["metadata"]["name"].as_str().unwrap_or_default();
        !means(&self.settings.kubernetes.no_address, name, name, "")
    }
}

/// A kind of objects that is looked after.
#[derive(Clone, Copy)]
struct Kind {
    /// Where all of them are.
    path: &'static str,
    /// Their name in paths.
    plural: &'static str,
    next: fn(&Value, &Drawn<'_>) -> Option<Step>,
}

const KINDS: [Kind; 2] = [
    Kind { path: "/api/v1/pods", plural: "pods", next: pods::next },
    Kind { path: "/api/v1/services", plural: "services", next: load_balancers::next },
];

/// Looks after a cluster, until it is dropped.
pub(super) async fn tend(client: Client, sandbox: Sandbox) {
    let mut tasks = JoinSet::new();
    for kind in KINDS {
        let (told, seen) = mpsc::channel(WAITING);
        tasks.spawn(watch(client.clone(), kind.path, told));
        let kept = Kept { kind, client: client.clone(), sandbox: sandbox.clone(), known: HashMap::new() };
        tasks.spawn(kept.run(seen));
    }
    while tasks.join_next().await.is_some() {}
}

/// The objects of a kind that are known, by uid.
struct Kept {
    kind: Kind,
    client: Client,
    sandbox: Sandbox,
    known: HashMap<String, Known>,
}

struct Known {
    object: Value,
    /// What happens next, and its date.
    due: Option<(String, OffsetDateTime)>,
}

impl Kept {
    async fn run(mut self, mut seen: mpsc::Receiver<Seen>) {
        loop {
            let clock = self.sandbox.clock();
            let first = self.known.iter().filter_map(|(uid, one)| Some((one.due.as_ref()?.1, uid.clone()))).min();
            let wait = async {
                match &first {
                    Some((at, _)) => clock.sleep(clock.until(*at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                seen = seen.recv() => match seen {
                    Some(seen) => self.see(seen),
                    None => return,
                },
                () = wait => if let Some((_, uid)) = first {
                    self.act(&uid).await;
                },
            }
        }
    }

    fn see(&mut self, seen: Seen) {
        match seen {
            Seen::All(objects) => {
                let there: Vec<String> = objects.iter().map(uid).collect();
                self.known.retain(|uid, _| there.contains(uid));
                objects.into_iter().for_each(|object| self.keep(object));
            }
            Seen::One(object) => self.keep(object),
            Seen::Gone(object) => drop(self.known.remove(&uid(&object))),
        }
    }

    /// Keeps the object as it is now. What is due of it stays due, unless something else comes next.
    fn keep(&mut self, object: Value) {
        let uid = uid(&object);
        let next = self.next(&object);
        let before = self.known.remove(&uid).and_then(|known| known.due);
        let due = next.map(|step| match before {
            Some((what, at)) if what == step.what => (what, at),
            _ => (step.what, self.in_s(step.after_s)),
        });
        self.known.insert(uid, Known { object, due });
    }

    fn next(&self, object: &Value) -> Option<Step> {
        let settings = self.sandbox.settings().unwrap_or_default();
        let now = Clock::real().now().replace_nanosecond(0).ok()?.format(&Rfc3339).ok()?;
        (self.kind.next)(object, &Drawn { uid: &uid(object), now: &now, settings: &settings, object })
    }

    fn in_s(&self, seconds: f64) -> OffsetDateTime {
        let clock = self.sandbox.clock();
        clock.after(clock.now(), Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }

    /// Reports what is due of an object.
    async fn act(&mut self, uid: &str) {
        let Some(known) = self.known.get(uid) else { return };
        let Some(step) = self.next(&known.object) else {
            if let Some(known) = self.known.get_mut(uid) {
                known.due = None;
            }
            return;
        };
        match self.report(&known.object, step.change).await {
            Ok(Some(object)) => self.keep(object),
            Ok(None) => {
                self.known.remove(uid);
            }
            Err(error) if error.status() == Some(404) => drop(self.known.remove(uid)),
            Err(error) => {
                tracing::debug!(kind = self.kind.plural, %error, "a report was not taken");
                let later = self.in_s(AGAIN_S);
                if let Some(known) = self.known.get_mut(uid) {
                    known.due = Some((step.what, later));
                }
            }
        }
    }

    /// Writes a change; gives the object as it is then, if there still is one.
    async fn report(&self, object: &Value, change: Change) -> Result<Option<Value>, ClientError> {
        let metadata = &object["metadata"];
        let text = |name: &str| metadata[name].as_str().unwrap_or_default();
        let path = format!("/api/v1/namespaces/{}/{}/{}", text("namespace"), self.kind.plural, text("name"));
        match change {
            Change::Status(status) => {
                // The uid holds the report to this object: another may have its name by now.
                let body = json!({"metadata": {"uid": metadata["uid"]}, "status": status});
                let path = format!("{path}/status");
                self.client.send(Method::PATCH, &path, Body::StrategicMergePatch, &body).await.map(Some)
            }
            Change::Delete => {
                let body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                                  "preconditions": {"uid": metadata["uid"]}});
                self.client.send(Method::DELETE, &path, Body::Object, &body).await.map(|_| None)
            }
        }
    }
}

fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}
