//! One list of a whole subscription, read when it is asked for and kept until somebody needs a younger one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::arm::Arm;
use super::body::parse;
use super::error::Error;
use super::paging::Paging;

/// Entries by what they are asked for, in lower case: a resource group, a principal, a scope.
pub(super) type Entries<T> = HashMap<String, Vec<Arc<T>>>;

/// A page as it was last read.
#[derive(Debug)]
struct Page<T> {
    /// Of its bytes: one that comes again is not read again, and whoever looks again and again mostly sees the same.
    digest: u64,
    next_link: Option<String>,
    entries: Vec<Arc<T>>,
}

/// A list as it was last read.
#[derive(Debug)]
struct Reading<T> {
    /// When that began.
    began: OffsetDateTime,
    /// `None` if it could not be.
    entries: Option<Arc<Entries<T>>>,
    pages: Vec<Arc<Page<T>>>,
}

/// One list of a subscription.
#[derive(Debug)]
pub(super) struct List<T> {
    /// Below the subscription.
    path: String,
    keys: fn(&T) -> Vec<String>,
    last: tokio::sync::Mutex<Option<Reading<T>>>,
}

impl<T: DeserializeOwned> List<T> {
    /// The list at `path` below a subscription, each entry under its `keys`.
    pub(super) fn new(path: impl Into<String>, keys: fn(&T) -> Vec<String>) -> Self {
        Self { path: path.into(), keys, last: tokio::sync::Mutex::default() }
    }

    /// What a reading that began at `moment` or later showed.
    pub(super) async fn since(&self, arm: &Arm, subscription: &str, moment: OffsetDateTime) -> Option<Arc<Entries<T>>> {
        let mut last = self.last.lock().await;
        if let Some(reading) = last.as_ref().filter(|reading| reading.began >= moment) {
            return reading.entries.clone();
        }
        let began = arm.clock().now();
        let before = last.take();
        let known = before.as_ref().map(|reading| reading.pages.as_slice()).unwrap_or_default();
        // Why it cannot be read is told where the resource itself cannot be.
        // On the heap: the many who wait for it would each have room for it.
        let pages = Box::pin(self.read(arm, subscription, known)).await.ok();
        let is_same = |pages: &[Arc<Page<T>>]| {
            pages.len() == known.len() && pages.iter().zip(known).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        let entries = pages.as_ref().map(|pages| {
            let same = before.as_ref().filter(|_| is_same(pages)).and_then(|reading| reading.entries.clone());
            same.unwrap_or_else(|| Arc::new(self.by_key(pages)))
        });
        *last = Some(Reading { began, entries: entries.clone(), pages: pages.unwrap_or_default() });
        entries
    }

    /// What a reading that began at `moment` or later says, as a number that is another where it says something else; `None` where it
    /// cannot be read. A list that nobody has asked for is not read for this.
    pub(super) async fn edition(&self, arm: &Arm, subscription: &str, moment: OffsetDateTime) -> Option<u64> {
        if self.last.lock().await.is_none() {
            return Some(0);
        }
        self.since(arm, subscription, moment).await?;
        let last = self.last.lock().await;
        let mut hasher = DefaultHasher::new();
        last.iter().flat_map(|reading| &reading.pages).for_each(|page| hasher.write_u64(page.digest));
        Some(hasher.finish())
    }

    /// All pages; those that come as they are known are the known ones.
    async fn read(&self, arm: &Arm, subscription: &str, known: &[Arc<Page<T>>]) -> Result<Vec<Arc<Page<T>>>, Error> {
        #[derive(Deserialize)]
        struct Answer<T> {
            value: Vec<T>,
            #[serde(rename = "nextLink")]
            next_link: Option<String>,
        }
        let (mut pages, mut paging) = (Vec::new(), Paging::of("the subscription"));
        let mut next = Some(format!("/subscriptions/{subscription}/{}", self.path));
        while let Some(path) = next {
            let body = arm.get(&path).await?.body;
            let digest = digest(&body);
            let page = match known.get(pages.len()).filter(|page| page.digest == digest) {
                Some(page) => Arc::clone(page),
                None => {
                    let Answer { value, next_link } = parse(&self.path, &body)?;
                    Arc::new(Page { digest, next_link, entries: value.into_iter().map(Arc::new).collect() })
                }
            };
            next = paging.next(page.entries.len(), page.next_link.clone())?;
            pages.push(page);
        }
        Ok(pages)
    }

    fn by_key(&self, pages: &[Arc<Page<T>>]) -> Entries<T> {
        let mut entries = Entries::<T>::new();
        for entry in pages.iter().flat_map(|page| &page.entries) {
            for key in (self.keys)(entry) {
                entries.entry(key.to_ascii_lowercase()).or_default().push(Arc::clone(entry));
            }
        }
        entries
    }
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

/// The entries with this key.
pub(super) fn of<'a, T>(entries: &'a Entries<T>, key: &str) -> impl Iterator<Item = &'a T> {
    entries.get(&key.to_ascii_lowercase()).into_iter().flatten().map(Arc::as_ref)
}
