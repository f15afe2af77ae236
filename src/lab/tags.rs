//! The tags by which azlab knows its own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the names of azlab's own tags begin with.
pub const PREFIX: &str = "azlab-";
/// The workshop that a lab belongs to.
pub const WORKSHOP: &str = "azlab-workshop";
/// The lab's name.
pub const LAB: &str = "azlab-lab";
/// Who made it.
pub const OWNER: &str = "azlab-owner";
/// When it may be swept, RFC 3339.
pub const EXPIRES: &str = "azlab-expires";
/// The version of azlab that wrote last.
pub const VERSION: &str = "azlab-version";

/// The value of [`WORKSHOP`] unless a file says otherwise.
pub const DEFAULT_WORKSHOP: &str = "intelligent-apps-aks";

/// The value of [`EXPIRES`] for `ttl` after `now`; `None` past the year 9999.
pub fn expiry(now: OffsetDateTime, ttl: Duration) -> Option<String> {
    let at = now.checked_add(time::Duration::try_from(ttl).ok()?)?.replace_nanosecond(0).ok()?;
    at.format(&Rfc3339).ok()
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
    pub fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (name, value) in &other.0 {
            all.set(name, value);
        }
        all
    }

    /// Whether an azlab made or adopted what carries these.
    pub fn is_ours(&self) -> bool {
        self.get(WORKSHOP).is_some()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// As the `tags` object of a resource.
    pub fn to_value(&self) -> Value {
        self.0.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
