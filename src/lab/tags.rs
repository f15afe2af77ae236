//! The tags by which azlab knows its own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the names of azlab's own tags begin with.
pub(crate) const PREFIX: &str = "azlab-";
/// The workshop that a lab belongs to.
pub(crate) const WORKSHOP: &str = "azlab-workshop";
/// The lab's name.
pub(crate) const LAB: &str = "azlab-lab";
/// Who made it.
pub(crate) const OWNER: &str = "azlab-owner";
/// When it may be swept, RFC 3339.
pub const EXPIRES: &str = "azlab-expires";
/// Since when azlab keeps the cluster stopped, RFC 3339. It stands from before the stop until after the start.
pub(crate) const PAUSED: &str = "azlab-paused";
/// The version of azlab that wrote last.
pub(crate) const VERSION: &str = "azlab-version";

/// Which group has the OpenAI account that the lab shares with others ([`super::shared`]); a lab with an account of its own has no
/// such tag.
pub(crate) const OPENAI: &str = "azlab-openai";
/// What a group has that is no lab's but many labs': `openai`.
pub(crate) const SHARED: &str = "azlab-shared";

/// Which group a swap takes the lab out of, while it is not finished ([`super::claims`]).
pub(crate) const REPLACES: &str = "azlab-replaces";

/// What the names of the tags begin with by which swaps reserve a spare; the swap's run follows.
pub(crate) const SWAP: &str = "azlab-swap-";

/// Whether a tag of this name reserves a spare for a swap.
pub(crate) fn is_of_swap(name: &str) -> bool {
    name.get(..SWAP.len()).is_some_and(|start| start.eq_ignore_ascii_case(SWAP))
}

/// Which run is at work on the lab ([`super::lease`]).
pub const LEASE: &str = "azlab-lease";

/// Tags that a resource may have (Azure docs, "Use tags to organize your Azure resources", Limitations).
pub(crate) const MOST_TAGS: usize = 50;

/// The value of [`WORKSHOP`] unless a file says otherwise.
pub(crate) const DEFAULT_WORKSHOP: &str = "intelligent-apps-aks";

/// What a tag [`EXPIRES`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// There is none: never to be swept.
    Never,
    /// From this moment on it may be swept.
    At(OffsetDateTime),
    /// It is no time: not to be swept.
    Unreadable(String),
}

impl Expiry {
    /// Whether it had come at `now`.
    pub fn has_come(&self, now: OffsetDateTime) -> bool {
        matches!(self, Self::At(at) if *at <= now)
    }
}

/// The value of [`EXPIRES`] or [`PAUSED`] for a moment, in whole seconds; `None` beyond the year 9999, which RFC 3339 cannot write.
pub(crate) fn moment_text(at: OffsetDateTime) -> Option<String> {
    at.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

/// The value of [`EXPIRES`] for `ttl` after `now`; `None` beyond the year 9999.
pub(crate) fn expiry(now: OffsetDateTime, ttl: Duration) -> Option<String> {
    moment_text(now.checked_add(time::Duration::try_from(ttl).ok()?)?)
}

/// Tags, by name; names compare without regard to case, as ARM's do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Reads the `tags` object of a resource; what is not text is left out.
    pub fn read(value: Option<&Value>) -> Self {
        let fields = value.and_then(Value::as_object).into_iter().flatten();
        Self(fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
    }

    /// A tag's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a tag.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|known, _| !known.eq_ignore_ascii_case(name));
        self.0.insert(name.to_owned(), value.into());
    }

    /// The other's tags on top of these.
    #[must_use]
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (name, value) in &other.0 {
            all.set(name, value);
        }
        all
    }

    /// Takes a tag away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|known, _| !known.eq_ignore_ascii_case(name));
    }

    /// Takes every tag away by which a swap has reserved a spare.
    pub(crate) fn remove_reservations(&mut self) {
        self.0.retain(|known, _| !is_of_swap(known));
    }

    /// When what carries these may be swept.
    pub fn expiry(&self) -> Expiry {
        match self.get(EXPIRES) {
            None => Expiry::Never,
            Some(text) => {
                OffsetDateTime::parse(text.trim(), &Rfc3339).map_or(Expiry::Unreadable(text.into()), Expiry::At)
            }
        }
    }

    /// Whether an azlab made or adopted what carries these.
    pub(crate) fn is_ours(&self) -> bool {
        self.get(WORKSHOP).is_some()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As the `tags` object of a resource.
    pub(crate) fn to_value(&self) -> Value {
        self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn only_a_time_that_can_be_read_and_has_come_is_an_expiry() {
        let of = |text: &str| Tags::from_iter([("AZLAB-expires", text)]).expiry();
        let now = datetime!(2026-04-20 08:00 UTC);
        assert!(of("2026-04-20T08:00:00Z").has_come(now));
        assert!(of(" 2026-04-20T09:59:59+02:00").has_come(now), "another offset");
        assert!(!of("2026-04-20T08:00:01Z").has_come(now));
        for text in ["", "tomorrow", "2026-04-20", "2026-04-20 07:00", "1776672000"] {
            assert_eq!(of(text), Expiry::Unreadable(text.into()));
            assert!(!of(text).has_come(now));
        }
        assert!(!Tags::default().expiry().has_come(now));
        assert_eq!(moment_text(now + time::Duration::milliseconds(1500)).as_deref(), Some("2026-04-20T08:00:01Z"));
    }
}
