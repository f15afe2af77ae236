//! What a subscription's offer grants of quota to begin with.
//!
//! An offer is known by the `quotaId` of the subscription's policies ("Subscriptions - Get"). Sources: AKS, "Quotas, VM size
//! restrictions, and region availability" (100 clusters a region on enterprise agreements, 10 on pay-as-you-go, 3 on free
//! ones); "Azure subscription limits, Networking" (1,000 and 10 public IP addresses; 3 on free ones is a field report);
//! "Azure OpenAI quotas and limits" (no tokens on Free Trial and Azure Pass, 1,000 a minute on Azure for Students).

/// What a subscription begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// AKS clusters in a region.
    pub clusters: i64,
    /// Public IP addresses of the sku Standard in a region.
    pub public_addresses: i64,
    /// Units of capacity of each model (thousands of tokens a minute); `None` is what the catalogue says.
    pub model_units: Option<i64>,
}

const ENTERPRISE: Grant = Grant { clusters: 100, public_addresses: 1000, model_units: None };
const PAID: Grant = Grant { clusters: 10, public_addresses: 10, model_units: None };
const FREE: Grant = Grant { clusters: 3, public_addresses: 3, model_units: Some(0) };
const STUDENT: Grant = Grant { model_units: Some(1), ..FREE };

/// The offers by what their `quotaId` begins with: what follows is the date of the offer's version.
const OFFERS: [(&str, Grant); 9] = [
    ("EnterpriseAgreement", ENTERPRISE),
    ("PayAsYouGo", PAID),
    ("CSP", PAID),
    ("MSDN", PAID),
    ("Sponsored", PAID),
    ("AzureForStudents", STUDENT),
    ("DreamSpark", STUDENT),
    ("FreeTrial", FREE),
    ("AzurePass", FREE),
];

/// What the offer of this `quotaId` grants, if the sandbox knows it.
pub(crate) fn known(quota_id: &str) -> Option<Grant> {
    let (name, _) = quota_id.split_once('_').unwrap_or((quota_id, ""));
    OFFERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, grant)| *grant)
}

/// The names of the offers that the sandbox knows.
pub(crate) fn names() -> Vec<&'static str> {
    OFFERS.iter().map(|(name, _)| *name).collect()
}

/// What the offer grants; of one that the sandbox does not know, what most have.
pub(crate) fn grant(quota_id: &str) -> Grant {
    known(quota_id).unwrap_or(PAID)
}

#[test]
fn an_offer_is_known_whatever_its_version() {
    assert_eq!(known("FreeTrial_2014-09-01"), Some(FREE));
    assert_eq!(known("AzureForStudents_2018-01-01").and_then(|grant| grant.model_units), Some(1));
    assert_eq!(known("Imaginary_2020-01-01"), None);
    assert_eq!(grant("Imaginary_2020-01-01"), PAID);
}
