//! The states of many resources from list pages, where several wait for some of one type: a page tells as much as hundreds of
//! polls, of which the service takes two a second (azure-facts.md section 7).
//!
//! Who waits alone polls as before. As soon as a second one of the same type waits, both look in step: at common moments, at
//! each of which the list is read once, whoever comes first, for all. A list that cannot be read (a caller with rights on
//! single groups) is not asked for again: each polls for itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azlab_clock::Clock;
use bytes::Bytes;
use serde::Deserialize;
use time::OffsetDateTime;

use super::api_version::CONTAINER_SERVICE;
use super::body::parse;
use super::error::Error;
use super::paging::Paging;

/// The lists of one channel.
#[derive(Debug, Default)]
pub(super) struct States(Mutex<HashMap<String, Arc<List>>>);

/// A list, and those who wait for something in it.
#[derive(Debug)]
struct List {
    path: String,
    waiting: AtomicUsize,
    is_unreadable: AtomicBool,
    /// Pages of the last reading.
    pages: AtomicUsize,
    last: tokio::sync::Mutex<Option<Reading>>,
}

/// What a reading showed: the state of each resource, by its ARM id in lower case.
#[derive(Clone, Debug)]
struct Reading {
    began: OffsetDateTime,
    states: Arc<HashMap<String, Option<String>>>,
}

/// What a list says of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// It is listed, in this `provisioningState`.
    As(Option<String>),
    /// It is not listed.
    Absent,
}

/// One who waits for a resource of a list; as long as it exists, it counts.
#[derive(Debug)]
pub(crate) struct Watch {
    list: Arc<List>,
    /// In lower case.
    id: String,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.list.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The path of the subscription's list of what `id` (in lower case) names, if there is one.
fn list_of(id: &str) -> Option<String> {
    let segments: Vec<&str> = id.split('/').filter(|segment| !segment.is_empty()).collect();
    let ["subscriptions", subscription, rest @ ..] = segments.as_slice() else { return None };
    let below = |what: String| Some(format!("/subscriptions/{subscription}/{what}"));
    match rest {
        ["resourcegroups", _] => below("resourcegroups?api-version=2021-04-01".into()),
        ["resourcegroups", _, "providers", "microsoft.containerservice", "managedclusters", _] => {
            below(format!("providers/Microsoft.ContainerService/managedClusters?api-version={CONTAINER_SERVICE}"))
        }
        ["resourcegroups", _, "providers", "microsoft.cognitiveservices", "accounts", _] => {
            below("providers/Microsoft.CognitiveServices/accounts?api-version=2024-10-01".into())
        }
        ["providers", "microsoft.cognitiveservices", "locations", _, "resourcegroups", _, "deletedaccounts", _] => {
            below("providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2024-10-01".into())
        }
        _ => None,
    }
}

impl States {
    /// Takes note of one who waits for the resource `id`; `None` if it has no list.
    pub(super) fn watch(&self, id: &str) -> Option<Watch> {
        let id = id.to_ascii_lowercase();
        let path = list_of(&id)?;
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list = Arc::clone(lists.entry(path.clone()).or_insert_with(|| {
            Arc::new(List {
                path,
                waiting: AtomicUsize::new(0),
                is_unreadable: AtomicBool::new(false),
                pages: AtomicUsize::new(1),
                last: tokio::sync::Mutex::default(),
            })
        }));
        list.waiting.fetch_add(1, Ordering::Relaxed);
        Some(Watch { list, id })
    }
}

impl Watch {
    /// Whether another one waits for something of the list too, and it can be read.
    pub(super) fn is_shared(&self) -> bool {
        self.list.waiting.load(Ordering::Relaxed) > 1 && !self.list.is_unreadable.load(Ordering::Relaxed)
    }

    /// What a reading that began at `moment` or later says; `None` if the list cannot be read. `get` reads a page.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::SignIn`].
    pub(super) async fn since(
        &self,
        moment: OffsetDateTime,
        clock: Clock,
        get: impl AsyncFn(&str) -> Result<Bytes, Error>,
    ) -> Result<Option<Listed>, Error> {
        let mut last = self.list.last.lock().await;
        let reading = match last.as_ref().filter(|last| last.began >= moment) {
            Some(reading) => reading.clone(),
            None if self.list.is_unreadable.load(Ordering::Relaxed) => return Ok(None),
            None => match self.list.read(clock.now(), get).await {
                Ok(reading) => last.insert(reading).clone(),
                Err(error @ (Error::Interrupted | Error::SignIn(_))) => return Err(error),
                Err(_) => {
                    self.list.is_unreadable.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            },
        };
        Ok(Some(reading.states.get(&self.id).map_or(Listed::Absent, |state| Listed::As(state.clone()))))
    }

    /// The next common moment: a whole number of steps, at least half a step ahead. A step is longer where
    /// the list has many pages, since a list of clusters costs a token a page and gets one back a second.
    pub(super) fn next(&self, clock: &Clock, step: Duration) -> OffsetDateTime {
        let pages = Duration::from_secs(self.list.pages.load(Ordering::Relaxed) as u64);
        let now = clock.now();
        let step = (clock.after(now, step.max(pages)) - now).whole_nanoseconds().max(1);
        let earliest = now.unix_timestamp_nanos() + step / 2;
        let moment = (earliest + step - 1).div_euclid(step) * step;
        OffsetDateTime::from_unix_timestamp_nanos(moment).unwrap_or(now)
    }
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Entry>,
    #[serde(rename = "nextLink", default)]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "provisioningState", default)]
    provisioning_state: Option<String>,
}

impl List {
    async fn read(
        &self,
        began: OffsetDateTime,
        get: impl AsyncFn(&str) -> Result<Bytes, Error>,
    ) -> Result<Reading, Error> {
        let (mut states, mut paging, mut pages) = (HashMap::new(), Paging::of("states"), 0);
        let mut next = Some(self.path.clone());
        while let Some(path) = next {
            let page: Page = parse("states", &get(&path).await?)?;
            next = paging.next(page.value.len(), page.next_link)?;
            let state = |entry: Entry| {
                let state = entry.properties.and_then(|properties| properties.provisioning_state);
                (entry.id.to_ascii_lowercase(), state)
            };
            states.extend(page.value.into_iter().map(state));
            pages += 1;
        }
        self.pages.store(pages, Ordering::Relaxed);
        Ok(Reading { began, states: Arc::new(states) })
    }
}
