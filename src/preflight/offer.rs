//! Check `offer`: the subscription's offer has quota for models.
//!
//! "Azure OpenAI quotas and limits": Free Trial and Azure Pass have no tokens for any model, Azure for Students 1,000 a minute.

use super::account_name::ACCOUNT_COUNT;
use super::finding::Finding;
use crate::azure::accounts::Usage;
use crate::lab::ids::same;

/// The check's id.
pub(crate) const ID: &str = "offer";

/// What the `quotaId`s of offers without quota for models begin with.
const WITHOUT_MODELS: [&str; 2] = ["FreeTrial_", "AzurePass_"];
/// And those of offers with next to none.
const FOR_STUDENTS: [&str; 2] = ["AzureForStudents", "DreamSpark_"];

/// Whether the offer `quota_id` has quota for models, according to its name; the region's own numbers (`usages`) go before
/// it, for somebody may have asked for more.
pub(crate) fn check(quota_id: &str, usages: Option<&[Usage]>) -> Finding {
    if quota_id.is_empty() {
        return Finding::skip(ID, "the subscription does not tell its offer");
    }
    let is = |names: &[&str]| names.iter().any(|name| has_prefix(quota_id, name));
    if is(&FOR_STUDENTS) {
        let message = format!(
            "the subscription's offer {quota_id} has 1,000 tokens a minute for each model: one lab with a capacity of 1"
        );
        return Finding::warn(ID, message);
    }
    if !is(&WITHOUT_MODELS) {
        return Finding::pass(ID, format!("the subscription's offer {quota_id} is not known to exclude models"));
    }
    let message = format!("the subscription's offer {quota_id} has no quota for any model of Azure OpenAI");
    match usages {
        Some(usages) if usages.iter().any(has_quota) => {
            Finding::warn(ID, format!("{message} to begin with; this subscription has some"))
        }
        _ => Finding::fail(
            ID,
            "InsufficientQuota",
            message,
            "upgrade the subscription to pay-as-you-go (https://portal.azure.com, Subscriptions), or name another with --subscription ID; list them: az account list -o table",
        ),
    }
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
}

/// Whether it is a quota of a model with something in it.
fn has_quota(usage: &Usage) -> bool {
    let name = usage.name.as_ref().and_then(|name| name.value.as_deref()).unwrap_or_default();
    usage.limit.is_some_and(|limit| limit > 0.0) && has_prefix(name, "OpenAI.") && !same(name, ACCOUNT_COUNT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::body::parse;
    use crate::events::CheckStatus;

    #[test]
    fn only_free_offers_without_quota_of_their_own_fail() {
        use CheckStatus::{Fail, Pass, Skip, Warn};
        let usage = |name: &str, limit: i64| -> Usage {
            let body = json!({"name": {"value": name}, "limit": limit, "currentValue": 0});
            parse("a usage", body.to_string().as_bytes()).expect("a usage")
        };
        let none = [usage("OpenAI.S0.AccountCount", 30), usage("OpenAI.Standard.gpt-4o", 0)];
        let some = [usage("OpenAI.Standard.gpt-4o", 5)];
        for (offer, usages, status) in [
            ("FreeTrial_2014-09-01", &none[..], Fail),
            ("freetrial_2014-09-01", &[], Fail),
            ("AzurePass_2014-09-01", &none, Fail),
            ("AzurePass_2014-09-01", &some, Warn),
            ("AzureForStudents_2018-01-01", &none, Warn),
            ("PayAsYouGo_2014-09-01", &none, Pass),
            ("", &none, Skip),
        ] {
            assert_eq!(check(offer, Some(usages)).status, status, "{offer}");
        }
        assert_eq!(check("FreeTrial_2014-09-01", None).status, Fail);
    }
}
