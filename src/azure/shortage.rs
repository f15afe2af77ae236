//! What is short, where the service refuses for want of something: a quota of the subscription, or the region's room.
//!
//! Compute's quota comes under codes that mean something else elsewhere (azure-facts.md section 10), so the whole error is
//! read: every code in it, and the words.

use http::StatusCode;

use super::code::Code;
use super::egress;
use super::error::ServiceError;
use super::named_codes::{named_codes, texts};

/// What is short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// A quota of the subscription: of vCPUs, of clusters, or one that the message alone names.
    Quota(Quota),
    /// A quota whose code says all: its hint is known by the code.
    Named,
    /// The region has no room.
    Region,
}

/// A quota, as far as the message tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// `standardDSv3Family Cores`
    pub(crate) name: Option<String>,
    /// The region.
    pub(crate) location: Option<String>,
    /// How much is allowed.
    pub(crate) limit: Option<u64>,
    /// How much is in use.
    pub(crate) used: Option<u64>,
    /// How much more was asked for.
    pub(crate) required: Option<u64>,
}

/// The name of the quota of AKS clusters (azure-facts.md section 10).
pub(crate) const CLUSTERS: &str = "ManagedClusters";

/// What `error` is for want of; `None` if it is about something else.
pub(crate) fn of(error: &ServiceError) -> Option<Shortage> {
    // What a node's script prints may say anything of limits.
    if egress::of(error).is_some() {
        return None;
    }
    let (codes, texts) = (named_codes(error), texts(&error.envelope));
    if codes.iter().any(Code::is_region_full) || texts.iter().any(|text| says_full(text)) {
        return Some(Shortage::Region);
    }
    let is_named = |code: &Code| {
        matches!(
            code,
            Code::InsufficientQuota
                | Code::InsufficientVcpuQuota
                | Code::PublicIpCountLimitReached
                | Code::ResourceGroupQuotaExceeded
        )
    };
    if codes.iter().any(is_named) {
        return Some(Shortage::Named);
    }
    let says = texts.iter().find(|text| says_quota(text));
    let counts_clusters = codes.contains(&Code::ManagedClusterCountExceedsQuotaLimit);
    // With 429 it may be one of requests.
    let limit = codes.iter().find(|code| code.is_other_limit() && error.status != StatusCode::TOO_MANY_REQUESTS);
    let is_quota = counts_clusters
        || limit.is_some()
        || codes.iter().any(|code| *code == Code::QuotaExceeded || code.is_other_quota())
        || (codes.iter().any(Code::has_many_meanings) && says.is_some())
        || (codes.iter().any(says_nothing) && texts.iter().any(|text| says_too_small(text)));
    is_quota.then(|| {
        let quota = says.map(|text| Quota::read(text)).unwrap_or_default();
        let named = || limit.map(|code| code.as_str().to_owned());
        let name = if counts_clusters { Some(CLUSTERS.into()) } else { quota.name.clone().or_else(named) };
        Shortage::Quota(Quota { name, ..quota })
    })
}

/// Whether a code says nothing of what is wrong, so that the words alone do.
fn says_nothing(code: &Code) -> bool {
    const BARE: [&str; 6] = [
        "BadRequest",
        "InvalidParameter",
        "InvalidRequest",
        "ValidationFailed",
        "PreflightValidationCheckFailed",
        "Forbidden",
    ];
    let Code::Other(text) = code else { return false };
    BARE.iter().any(|bare| text.eq_ignore_ascii_case(bare))
}

/// Whether words leave no doubt that a quota is too small: `Insufficient regional vcpu quota left for location …`.
fn says_too_small(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("quota") && ["insufficient", "exceed", "not enough", "reached"].iter().any(|word| text.contains(word))
}

/// Whether a sentence says that the region has no room: what Compute and AKS say with their codes for it.
fn says_full(text: &str) -> bool {
    const WORDS: [&str; 4] = [
        "have sufficient capacity for",
        "insufficient capacity in",
        "have enough capacity",
        "recommend using an alternate region",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|words| text.contains(words))
}

fn says_quota(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_limit = || text.contains("limit") && ["reached", "exceed"].iter().any(|word| text.contains(word));
    text.contains("quota") || text.contains("additional required") || text.contains("maximum number of") || is_limit()
}

impl Quota {
    /// Reads `… quota requested N, remaining N for family NAME for region L.` of AKS, `… approved NAME quota … Location: L, Current Limit: N, Current Usage: N, Additional Required: N …`, and AKS's
    /// `… managed clusters. Maximum allowed: N, Current usage: N, Additional requested: N …`.
    fn read(text: &str) -> Self {
        let name = after(text, "approved ").and_then(|rest| rest.split_once(" quota").or(rest.split_once(" Quota")));
        let name = name.map(|(name, _)| name.trim()).filter(|name| !name.is_empty() && name.len() <= 80);
        let family = after(text, "for family ")
            .map(|rest| rest.split(" for ").next().unwrap_or(rest).trim_end_matches('.').trim());
        let name = name.or(family.filter(|name| !name.is_empty() && name.len() <= 80));
        let word = |label: &str| {
            let rest = after(text, label)?.trim_start();
            let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            (!word.is_empty()).then_some(word)
        };
        let number = |label: &str| word(label)?.parse().ok();
        let clusters = after(text, "managed clusters").map(|_| CLUSTERS);
        Self {
            name: name.or(clusters).map(str::to_owned),
            location: word("location:").or_else(|| word("for region ")).or_else(|| word("for location ")),
            limit: number("current limit:").or_else(|| number("maximum allowed:")),
            used: number("current usage:"),
            required: number("additional required:")
                .or_else(|| number("additional requested:"))
                .or_else(|| number("quota requested "))
                .or_else(|| number("requested quota ")),
        }
    }
}

/// What follows `label` (in lower case) in `text`, whatever its case.
fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let at = text.to_ascii_lowercase().find(label)?;
    text.get(at + label.len()..)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    fn shortage(body: &Value) -> Option<Shortage> {
        let body = body.to_string();
        let status = StatusCode::CONFLICT;
        of(&ServiceError::from_answer(&Method::PUT, "/r", "", status, &HeaderMap::new(), body.as_bytes(), None))
    }

    const CORES: &str = "This would be exceeding approved standardBsFamily Cores quota. Location: westeurope, Current \
                         Limit: 10, Current Usage: 8, Additional Required: 4.";

    #[test]
    fn a_quota_is_read_under_whatever_code_it_comes() {
        let whole = Quota {
            name: Some("standardBsFamily Cores".into()),
            location: Some("westeurope".into()),
            limit: Some(10),
            used: Some(8),
            required: Some(4),
        };
        let inside = json!({"code": "OperationNotAllowed", "message": CORES});
        for body in [
            inside.clone(),
            json!({"error": inside}),
            json!({"error": {"code": "QuotaExceeded", "message": "No.", "details": [inside]}}),
            json!({"error": {"code": "Conflict", "message": CORES}}),
        ] {
            assert_eq!(shortage(&body), Some(Shortage::Quota(whole.clone())), "{body}");
        }
        // Words that do without "quota", and a code of which a sentence alone tells.
        for (code, message) in [
            ("OperationNotAllowed", "The regional limit of 100 clusters is reached in this subscription."),
            ("Conflict", "The request exceeds the limit of addresses."),
            ("RequestConflict", "The maximum number of accounts is in use."),
            ("BadRequest", "Preflight failed: Code=\"InsufficientRegionalQuota\" Message=\"2 left, 4 requested\""),
        ] {
            let body = json!({"error": {"code": code, "message": message}});
            assert!(matches!(shortage(&body), Some(Shortage::Quota(_))), "{body}");
        }
        for code in ["QuotaExceeded", "ResourceQuotaExceeded", "AccountQuotaReached"] {
            let bare = json!({"error": {"code": code, "message": "Too much."}});
            assert_eq!(shortage(&bare), Some(Shortage::Quota(Quota::default())), "{code}");
        }
    }

    #[test]
    fn a_code_that_says_all_is_not_told_by_the_words() {
        for code in [
            "InsufficientQuota",
            "ErrCode_InsufficientVCPUQuota",
            "PublicIPCountLimitReached",
            "ResourceGroupQuotaExceeded",
        ] {
            let body = json!({"error": {"code": code, "message": CORES}});
            assert_eq!(shortage(&body), Some(Shortage::Named), "{code}");
        }
    }

    /// AKS's words under a code that is not the one of its own.
    #[test]
    fn a_family_its_region_and_what_was_asked_for_are_read_from_the_words_of_aks() {
        for (message, name) in [
            (
                "Insufficient vcpu quota requested 4, remaining 0 for family standardDSv3Family for region westeurope.",
                "standardDSv3Family",
            ),
            (
                "Insufficient vcpu quota requested 4, remaining 0 for family Standard NCASv3_T4 Family for region westeurope.",
                "Standard NCASv3_T4 Family",
            ),
        ] {
            let (name, location) = (Some(name.to_owned()), Some("westeurope".to_owned()));
            let quota = Quota { name, location, required: Some(4), ..Quota::default() };
            let body = json!({"code": "InsufficientVCPUQuota", "message": message});
            assert_eq!(shortage(&body), Some(Shortage::Quota(quota)), "{message}");
        }
    }

    #[test]
    fn a_code_that_says_nothing_is_read_by_its_words_and_a_limit_by_its_code() {
        let message = "Insufficient regional vcpu quota left for location westeurope. left regional vcpu quota 1, requested quota 4.";
        let location = Some("westeurope".to_owned());
        let quota = Quota { location, required: Some(4), ..Quota::default() };
        let body = json!({"code": "BadRequest", "message": message});
        assert_eq!(shortage(&body), Some(Shortage::Quota(quota)));
        for code in ["StandardLoadBalancerCountLimitReached", "NetworkInterfaceLimitExceeded"] {
            let quota = Quota { name: Some(code.to_owned()), ..Quota::default() };
            assert_eq!(shortage(&json!({"code": code, "message": "Later."})), Some(Shortage::Quota(quota)), "{code}");
        }
        for (code, message) in [
            ("BadRequest", "The quota of the field is no number."),
            ("RateLimitExceeded", "Later."),
            ("TimeLimitReached", "Later."),
            ("RequestSizeLimitExceeded", "Less."),
        ] {
            assert_eq!(shortage(&json!({"code": code, "message": message})), None, "{code}");
        }
    }

    #[test]
    fn what_is_required_additionally_is_a_quota_and_a_name_of_a_page_is_none() {
        let message = "It exceeds what is approved. Additional Required: 4.";
        let quota = Quota { required: Some(4), ..Quota::default() };
        let body = json!({"code": "OperationNotAllowed", "message": message});
        assert_eq!(shortage(&body), Some(Shortage::Quota(quota.clone())));
        let message = format!("exceeding approved {} quota. Additional Required: 4.", "x".repeat(81));
        assert_eq!(shortage(&json!({"code": "OperationNotAllowed", "message": message})), Some(Shortage::Quota(quota)));
    }

    #[test]
    fn the_quota_of_clusters_is_read_under_either_code() {
        let message = "Too many managed clusters. Maximum allowed: 20, Current usage: 20, Additional requested: 1.";
        let quota =
            Quota { name: Some(CLUSTERS.into()), location: None, limit: Some(20), used: Some(20), required: Some(1) };
        for code in ["ManagedClusterCountExceedsQuotaLimit", "QuotaExceeded"] {
            let body = json!({"code": code, "message": format!("Over quota: {message}")});
            assert_eq!(shortage(&body), Some(Shortage::Quota(quota.clone())), "{code}");
        }
    }

    #[test]
    fn a_full_region_is_read_from_codes_and_from_sentences_and_an_operation_in_progress_is_no_shortage() {
        for (code, message) in [
            ("AKSCapacityHeavyUsage", "Later."),
            ("CreateVMSSAgentPoolFailed", "It ended: Code='ZonalAllocationFailed', Message='no room'"),
            ("OverconstrainedAllocation", "Later."),
            ("X", "It ended with AKSCapacityError."),
        ] {
            let body = json!({"code": code, "message": message});
            assert_eq!(shortage(&body), Some(Shortage::Region), "{body}");
        }
        let told = "We do not have sufficient capacity for the requested VM size in this region.";
        assert_eq!(shortage(&json!({"code": "VMSSCreateFailed", "message": told})), Some(Shortage::Region));
        for code in ["InsufficientCapacity", "RegionCapacityUnavailable"] {
            assert_eq!(shortage(&json!({"code": code, "message": "Later."})), Some(Shortage::Region), "{code}");
        }
        let busy = json!({"code": "OperationNotAllowed", "message": "An update is in progress."});
        assert_eq!(shortage(&busy), None);
    }
}
