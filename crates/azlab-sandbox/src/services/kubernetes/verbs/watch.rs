//! `GET …?watch=true`: what happens to objects, as it happens.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};

use super::super::kinds::Kind;
use super::super::refusal::Refusal;
use super::super::reply::{Content, Reply, lines_of};
use super::super::request::{Address, Request};
use super::super::world::World;
use super::super::{look, table};
use super::read::Selection;
use crate::sandbox::Sandbox;
use crate::state::pace::Pace;
use crate::state::timestamps::Millis;

/// How long a watch is open where the client does not say, and at most, in milliseconds.
const OPEN: Millis = 40 * 60 * 1000;
const LONGEST: Millis = 60 * 60 * 1000;
/// How often a client that wants to know gets to know how far the watch is.
const BOOKMARKS: Millis = 60 * 1000;
/// How often what other processes have changed is looked for, in real time.
const LOOK: Duration = Duration::from_millis(500);
/// How often a state that is this process's alone is looked at, for what nobody tells of: the end of the cluster.
const LOOK_ALONE: Duration = Duration::from_secs(60);

/// A watch that is open.
#[derive(Clone)]
pub(crate) struct Watch {
    sandbox: Sandbox,
    fqdn: String,
    kind: &'static Kind,
    namespace: String,
    selection: Selection,
    /// The last version that it has told of.
    version: i64,
    until: Millis,
    bookmark: Option<Millis>,
    form: Option<table::Form>,
    /// The uids of what fits the selection so far.
    known: BTreeSet<String>,
    is_over: bool,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("kind", &self.kind.plural).field("version", &self.version).finish_non_exhaustive()
    }
}

impl Watch {
    /// Opens a watch: what there is to tell at once, and what goes on from there.
    pub(in crate::services::kubernetes) fn open(
        sandbox: &Sandbox,
        world: &World<'_>,
        fqdn: &str,
        request: &Request<'_>,
        address: &Address,
    ) -> Result<(Reply, Self), Refusal> {
        let mut selection = Selection::of(request)?;
        if !address.name.is_empty() {
            selection = selection.of_name(&address.name);
        }
        let now = world.now;
        let seconds = request.number("timeoutSeconds")?.filter(|seconds| *seconds > 0);
        let mut watch = Self {
            sandbox: sandbox.clone(),
            fqdn: fqdn.to_owned(),
            kind: address.kind,
            namespace: address.namespace.clone(),
            selection,
            version: world.version()?,
            until: now + seconds.map_or(OPEN, |seconds| seconds.saturating_mul(1000).min(LONGEST)),
            bookmark: request.flag("allowWatchBookmarks").then_some(now + BOOKMARKS),
            form: table::asked(request),
            known: BTreeSet::new(),
            is_over: false,
        };
        let from = version_of(request)?;
        if from > watch.version {
            let message = format!("Too large resource version: {from}, current: {}", watch.version);
            return Err(Refusal::new(504, "Timeout", message));
        }
        let there: Vec<Value> = world.list(watch.kind, &watch.namespace)?.into_iter().map(|it| it.body).collect();
        let there: Vec<Value> = there.into_iter().filter(|body| watch.selection.fits(body)).collect();
        watch.known = there.iter().map(uid).collect();
        let initial = request.flag("sendInitialEvents");
        let mut events = Vec::new();
        if from == 0 || initial {
            events.extend(there.into_iter().map(|body| watch.event(world, "ADDED", body)));
            if initial {
                events.push(watch.bookmark(true));
            }
        } else {
            watch.version = from;
            events = watch.news(world)?;
        }
        Ok((Reply { status: 200, content: Content::Lines(events), warnings: Vec::new() }, watch))
    }

    fn event(&self, world: &World<'_>, event: &str, body: Value) -> Value {
        let version = body["metadata"]["resourceVersion"].as_str().and_then(|it| it.parse().ok()).unwrap_or_default();
        let object = match self.form {
            Some(form) => table::table(world, self.kind, &[body], version, form),
            None => body,
        };
        json!({"type": event, "object": object})
    }

    fn bookmark(&self, is_first: bool) -> Value {
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if is_first {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = json!({"kind": self.kind.kind, "apiVersion": self.kind.api_version(), "metadata": metadata});
        json!({"type": "BOOKMARK", "object": object})
    }

    /// What has happened since the last look.
    fn news(&mut self, world: &World<'_>) -> Result<Vec<Value>, Refusal> {
        let Some(changes) = world.changes(self.kind, &self.namespace, self.version)? else {
            self.is_over = true;
            let message = format!("too old resource version: {} ({})", self.version, world.version()?);
            let status = Refusal::new(410, "Expired", message).status();
            return Ok(vec![json!({"type": "ERROR", "object": status})]);
        };
        let mut events = Vec::new();
        for change in changes {
            self.version = change.version;
            let id = uid(&change.body);
            let fits = change.event != "DELETED" && self.selection.fits(&change.body);
            let was_known = if fits { !self.known.insert(id) } else { self.known.remove(&id) };
            let event = match (fits, was_known) {
                (true, true) => "MODIFIED",
                (true, false) => "ADDED",
                (false, true) => "DELETED",
                // Deleted before the watch had seen it.
                (false, false) if change.event == "DELETED" && self.selection.fits(&change.body) => "DELETED",
                (false, false) => continue,
            };
            let event = if change.event == "ADDED" && fits { "ADDED" } else { event };
            events.push(self.event(world, event, change.body));
        }
        self.version = self.version.max(world.version()?);
        if self.bookmark.is_some_and(|at| at <= world.now) {
            self.bookmark = Some(world.now + BOOKMARKS);
            events.push(self.bookmark(false));
        }
        self.is_over |= world.now >= self.until;
        Ok(events)
    }

    /// The next events; `None` when the watch is over.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        while !self.is_over {
            let sandbox = self.sandbox.clone();
            let changed = sandbox.inner.kubernetes_changed.notified();
            let fqdn = self.fqdn.clone();
            let looked = look(&sandbox, &fqdn, |world| {
                let events = self.news(world)?;
                Ok((events, world.next_moment()?, world.now))
            });
            let Ok(Some((events, next, now))) = looked else { return None };
            if !events.is_empty() {
                return Some(Bytes::from(lines_of(&events)));
            }
            if self.is_over {
                break;
            }
            let clock = sandbox.clock();
            let moments = [next, Some(self.until), self.bookmark];
            let soonest = moments.into_iter().flatten().min().unwrap_or(self.until).max(now + 1) - now;
            let soonest = Pace::of(&clock).served(soonest);
            let pause = Duration::from_millis(u64::try_from(soonest).unwrap_or(1));
            let look = match sandbox.inner.is_shared {
                true => LOOK.mul_f64(clock.speed().max(1.0)),
                false => LOOK_ALONE,
            };
            let pause = pause.min(look);
            tokio::select! {
                () = changed => {}
                () = clock.sleep(pause) => {}
            }
        }
        None
    }

    /// The events from here on, as they come.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
        futures::stream::unfold(self, |mut watch| async move {
            let bytes = watch.next().await?;
            Some((Ok(bytes), watch))
        })
    }
}

/// The version from which a watch goes on; a real API server answers another text with 500.
fn version_of(request: &Request<'_>) -> Result<i64, Refusal> {
    let text = request.parameter("resourceVersion").unwrap_or("0");
    text.parse::<u32>().map(i64::from).map_err(|_| {
        let message = format!(
            "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
        );
        Refusal::new(500, "", message)
    })
}

fn uid(body: &Value) -> String {
    body["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}
