//! Management locks (Microsoft.Authorization/locks, 2020-05-01). Two plain GETs: no crate of the SDK's has them beside what
//! else is used.

use serde::Deserialize;

use super::body::parse;
use super::client::Azure;
use super::code::Code;
use super::error::Error;
use super::paging::Paging;
use crate::values::arm_id::group_in;
use crate::values::shell_word;

/// A lock on a scope; it holds for all that is below, and keeps from going what is above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Its ARM id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The ARM id of what is locked.
    pub(crate) scope: String,
    /// `CanNotDelete` or `ReadOnly`; either keeps from deleting.
    pub(crate) level: String,
    /// Why, in its maker's words.
    pub(crate) notes: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Raw>,
    #[serde(rename = "nextLink", default)]
    next_link: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    name: String,
    properties: RawProperties,
}

#[derive(Deserialize)]
struct RawProperties {
    level: String,
    #[serde(default)]
    notes: Option<String>,
}

impl From<Raw> for Lock {
    fn from(raw: Raw) -> Self {
        let end = raw.id.to_ascii_lowercase().rfind("/providers/microsoft.authorization/locks/");
        let scope = end.and_then(|end| raw.id.get(..end)).unwrap_or_default().to_owned();
        let notes = raw.properties.notes.filter(|notes| !notes.trim().is_empty());
        Self { scope, id: raw.id, name: raw.name, level: raw.properties.level, notes }
    }
}

impl Lock {
    /// Whether it keeps `id` from being deleted: it is on it, above it or below it.
    pub(crate) fn holds(&self, id: &str) -> bool {
        lies_in(id, &self.scope) || lies_in(&self.scope, id)
    }

    /// Whether it keeps `id` from being written: it makes read-only what it is on, and all below that.
    pub(crate) fn freezes(&self, id: &str) -> bool {
        self.level.eq_ignore_ascii_case(READ_ONLY) && lies_in(id, &self.scope)
    }

    /// Each of `locks` on a line of its own, which begins the text: name, level, scope and notes.
    pub(crate) fn listed<'a>(locks: impl IntoIterator<Item = &'a Self>) -> String {
        let line = |lock: &Self| {
            let notes = lock.notes.as_deref().map_or_else(String::new, |notes| format!(" ({notes})"));
            format!("\n  the lock '{}' ({}) on {}{notes}", lock.name, lock.level, lock.scope)
        };
        locks.into_iter().map(line).collect()
    }

    /// The command that removes `locks`.
    pub(crate) fn removal<'a>(locks: impl IntoIterator<Item = &'a Self>) -> String {
        let ids: Vec<String> = locks.into_iter().map(|lock| shell_word(&lock.id)).collect();
        format!("az lock delete --ids {}", ids.join(" "))
    }
}

/// The level that refuses every write; the other refuses deletions.
const READ_ONLY: &str = "ReadOnly";

/// Whether `inner` is `outer` or below it; ids compare without regard to case.
pub(super) fn lies_in(inner: &str, outer: &str) -> bool {
    let (inner, outer) = (inner.to_ascii_lowercase(), outer.to_ascii_lowercase());
    inner.strip_prefix(outer.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Azure {
    /// The locks at `scope` (an ARM id) and below, maybe also those above it; none if the scope does not exist.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`]; 403 `AuthorizationFailed` for who may not read them.
    pub async fn locks(&self, scope: &str) -> Result<Vec<Lock>, Error> {
        let path = format!("{scope}/providers/Microsoft.Authorization/locks?api-version=2020-05-01");
        let (mut all, mut paging, mut next) = (Vec::new(), Paging::of("locks"), Some(path));
        while let Some(path) = next {
            let reply = match self.arm().get(&path).await {
                Ok(reply) => reply,
                Err(error) if error.is_absent() => return Ok(all),
                Err(error) => return Err(error),
            };
            let page: Page = parse("locks", &reply.body)?;
            next = paging.next(page.value.len(), page.next_link)?;
            all.extend(page.value.into_iter().map(Lock::from));
        }
        Ok(all)
    }

    /// The locks of the subscription; of several labs' first looks, read once.
    async fn locks_of_all(&self, ids: &[String]) -> Result<Vec<Lock>, Error> {
        if let Some(first_look) = ids.first().and_then(|id| group_in(id)).and_then(|group| self.first_look(group))
            && let Some(entries) = Box::pin(first_look.locks()).await
        {
            let read = |entry| {
                serde_json::from_value::<Raw>(entry).map(Lock::from).map_err(|error| Error::answer("locks", error))
            };
            return entries.into_iter().map(read).collect();
        }
        self.locks(&format!("/subscriptions/{}", self.subscription())).await
    }

    /// The locks that keep one of `ids` (ARM ids) or anything in it from being deleted; `None` for who may not read them.
    /// Read at the subscription, or at each id where only that may be read.
    ///
    /// # Errors
    /// As [`super::arm::Arm::send`].
    pub(crate) async fn locks_on(&self, ids: &[String]) -> Result<Option<Vec<Lock>>, Error> {
        let may_not = |error: &Error| error.code() == Some(&Code::AuthorizationFailed);
        let found = match self.locks_of_all(ids).await {
            Err(error) if may_not(&error) => {
                futures::future::try_join_all(ids.iter().map(|id| self.locks(id))).await.map(|all| all.concat())
            }
            found => found,
        };
        match found {
            Ok(locks) => Ok(Some(locks.into_iter().filter(|lock| ids.iter().any(|id| lock.holds(id))).collect())),
            Err(error) if may_not(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_holds_what_is_at_above_and_below_it_and_nothing_beside_it() {
        let on = |scope: &str| Lock {
            id: String::new(),
            name: String::new(),
            scope: scope.into(),
            level: "ReadOnly".into(),
            notes: None,
        };
        let group = "/subscriptions/s/resourceGroups/Lab";
        for scope in ["/subscriptions/S", group, "/subscriptions/s/resourcegroups/lab/providers/A/b/c"] {
            assert!(on(scope).holds(group), "{scope}");
        }
        for scope in ["/subscriptions/s/resourceGroups/Lab2", "/subscriptions/s2", "/subscriptions/s/resourceGroups/La"]
        {
            assert!(!on(scope).holds(group), "{scope}");
        }
    }
}
