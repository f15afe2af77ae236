//! Which paths a scenario's fault means.

/// A pattern of paths, compared segment by segment without regard to case, the query left out.
///
/// `*` stands for any characters within a segment, `**` as a whole segment for any number of segments. A pattern that does
/// not begin with `/` may begin anywhere in the path; all of them reach to its end: `managedClusters/*` means a cluster,
/// and neither the list of them nor what is below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
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
        Ok(Self { segments })
    }
}

impl PathPattern {
    /// Whether `path` (lower case, without query) is meant.
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        segments(&self.segments, &path)
    }
}

/// Goes back to the last `**` only: what stands before it has met the shortest beginning that it can, and a longer one
/// leaves no more to the rest. So the work is at most pattern times path, whatever somebody sends.
fn segments(pattern: &[String], path: &[&str]) -> bool {
    let (mut at, mut in_path) = (0, 0);
    // Where to go on when what follows the last `**` does not fit: behind that, and one segment later.
    let mut again: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), path.get(in_path)) {
            (None, None) => return true,
            (Some(any), _) if any == "**" => {
                at += 1;
                again = Some((at, in_path));
                continue;
            }
            (Some(one), Some(segment)) if wildcard(one, segment) => {
                (at, in_path) = (at + 1, in_path + 1);
                continue;
            }
            _ => {}
        }
        match again {
            Some((behind, from)) if from < path.len() => {
                again = Some((behind, from + 1));
                (at, in_path) = (behind, from + 1);
            }
            _ => return false,
        }
    }
}

/// Whether `text` is `pattern`, in which `*` is any run of characters.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
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

    /// All of what can be skipped, tried: slow, and plain to see that it is right.
    fn by_trying(pattern: &[String], path: &[&str]) -> bool {
        match (pattern, path) {
            ([], []) => true,
            ([any, rest @ ..], _) if any == "**" => (0..=path.len()).any(|skipped| by_trying(rest, &path[skipped..])),
            ([one, rest @ ..], [segment, others @ ..]) => wildcard(one, segment) && by_trying(rest, others),
            _ => false,
        }
    }

    #[test]
    fn short_patterns_mean_what_trying_all_that_can_be_skipped_says() {
        // Every pattern of up to 4 of these segments, with every path of up to 4 of those.
        let all = |kinds: &[&'static str]| {
            let mut all: Vec<Vec<&'static str>> = vec![vec![]];
            let mut last = all.clone();
            for _ in 0..4 {
                last = last.iter().flat_map(|it| kinds.iter().map(|kind| [it.as_slice(), &[*kind]].concat())).collect();
                all.extend(last.clone());
            }
            all
        };
        for pattern in all(&["**", "*", "a", "b"]) {
            let pattern: Vec<String> = pattern.into_iter().map(str::to_owned).collect();
            for path in all(&["a", "b", "c"]) {
                assert_eq!(segments(&pattern, &path), by_trying(&pattern, &path), "{pattern:?} {path:?}");
            }
        }
    }

    #[test]
    fn a_long_path_costs_no_more_than_its_length_times_the_patterns() {
        // By trying, about 32,000 to the power of 8: it would not end.
        let pattern = PathPattern::try_from("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/end".to_owned()).unwrap();
        assert!(!pattern.matches(&"/a".repeat(32_000)));
        assert!(pattern.matches(&format!("{}/end", "/a".repeat(32_000))));
    }

    #[test]
    fn patterns_that_mean_nothing_are_refused() {
        for slip in ["", "/", "a?api-version=1", "a b", "x/a**"] {
            assert!(PathPattern::try_from(slip.to_owned()).is_err(), "{slip}");
        }
    }
}
