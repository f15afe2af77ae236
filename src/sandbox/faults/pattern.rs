//! Which paths a scenario's fault means.

use serde::{Deserialize, Serialize};

/// A pattern of paths, compared segment by segment without regard to case, the query left out.
///
/// `*` stands for any characters within a segment, `**` as a whole segment for any number of segments. A pattern that does
/// not begin with `/` may begin anywhere in the path; all of them reach to its end: `managedClusters/*` means a cluster,
/// and neither the list of them nor what is below one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern {
    text: String,
    segments: Vec<String>,
}

impl TryFrom<String> for PathPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(['?', '#']) {
            return Err(format!("the pattern '{text}' must leave out the query: it is compared with the path alone"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("the pattern '{text}' has a blank in it, which no path has"));
        }
        let lower = text.to_lowercase();
        let mut segments: Vec<String> =
            lower.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        if segments.is_empty() {
            return Err("an empty pattern means no path; leave `path` out to mean every path".into());
        }
        if let Some(slip) = segments.iter().find(|segment| segment.contains("**") && *segment != "**") {
            return Err(format!("in the pattern '{text}', `**` must be a segment of its own, and '{slip}' is more"));
        }
        if !lower.starts_with('/') {
            segments.insert(0, "**".into());
        }
        Ok(Self { text, segments })
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.text
    }
}

impl PathPattern {
    /// Whether `path` (lower case, without query) is meant.
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        segments(&self.segments, &path)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn segments(pattern: &[String], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([first, rest @ ..], _) if first == "**" => (0..=path.len()).any(|skipped| segments(rest, &path[skipped..])),
        ([first, rest @ ..], [segment, others @ ..]) => wildcard(first, segment) && segments(rest, others),
        _ => false,
    }
}

/// `*` is any run of characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_whole_paths_by_segments() {
        let meant = |pattern: &str, path: &str| {
            PathPattern::try_from(pattern.to_owned()).unwrap().matches(&path.to_lowercase())
        };
        let cluster = "/subscriptions/1/resourceGroups/rg-a/providers/Microsoft.ContainerService/managedClusters/aks";
        assert!(meant("managedClusters/*", cluster));
        assert!(meant("/subscriptions/*/resourceGroups/rg-*/**/AKS", cluster));
        assert!(meant("/subscriptions/**", cluster));
        assert!(!meant("managedClusters/*", &cluster.replace("/aks", "")));
        assert!(!meant("managedClusters/*", &format!("{cluster}/agentPools")));
        assert!(!meant("/managedClusters/*", cluster));
        assert!(meant("r*s/*-a/**", cluster) && !meant("r*s/*-b/**", cluster));
        assert!(meant("a*b*c", "/axbxc") && !meant("a*b*c", "/axbx") && !meant("ab*b", "/ab"));
    }

    #[test]
    fn patterns_that_mean_nothing_are_refused() {
        for slip in ["", "/", "a?api-version=1", "a b", "x/a**"] {
            assert!(PathPattern::try_from(slip.to_owned()).is_err(), "{slip}");
        }
    }
}
