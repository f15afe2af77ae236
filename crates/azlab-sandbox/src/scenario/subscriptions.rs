//! `[[settings.subscriptions]]`: what a scenario says of the subscriptions beside the first one is checked.

use super::{Scenario, ScenarioError};
use crate::arm::regions;
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::PROVIDERS;
use crate::providers::authorization::definitions;
use crate::state::offer;
use crate::state::subscriptions::OtherSubscription;

/// The subscriptions, in the form in which they are looked up.
pub(super) fn check(scenario: &Scenario) -> Result<Vec<OtherSubscription>, ScenarioError> {
    let given = &scenario.settings.subscriptions;
    let mut checked: Vec<OtherSubscription> = Vec::new();
    for (index, other) in given.iter().enumerate() {
        let index = index.to_string();
        let at = ["settings", "subscriptions", index.as_str()];
        let wrong = |key: &[&str], why: String| Err(scenario.invalid_key(&[&at[..], key].concat(), why));
        let Ok(id) = uuid::Uuid::try_parse(&other.id) else {
            return wrong(&["id"], format!("`id` is a guid, and not '{}'", other.id));
        };
        let id = id.to_string();
        if id == SUBSCRIPTION_ID || checked.iter().any(|known| known.id == id) {
            return wrong(&["id"], format!("the sandbox has the subscription {id} already"));
        }
        if let Some(tenant) = other.tenant.as_deref().filter(|tenant| uuid::Uuid::try_parse(tenant).is_err()) {
            return wrong(&["tenant"], format!("`tenant` is a guid, and not '{tenant}'"));
        }
        if let Some(name) = other.offer.as_deref().filter(|name| offer::known(name).is_none()) {
            let known = offer::names().join(", ");
            return wrong(
                &["offer"],
                format!("the sandbox has no offer '{name}'; a quotaId begins with one of: {known}"),
            );
        }
        if let Some(full) = other.full_regions.iter().find(|full| !regions::known(full)) {
            return wrong(&["full_regions"], format!("there is no region '{full}'; there are: {}", regions::listed()));
        }
        if let Some(namespace) = other.unregister.iter().find(|name| PROVIDERS.named(name).is_none()) {
            let known = PROVIDERS.iter().map(|provider| provider.namespace()).collect::<Vec<_>>().join(", ");
            return wrong(&["unregister"], format!("there is no resource provider '{namespace}'; there are: {known}"));
        }
        if let Some(granted) =
            other.roles.iter().find(|granted| definitions::named(&PROVIDERS, &granted.role).is_none())
        {
            let known = definitions::names(&PROVIDERS).join(", ");
            return wrong(&["roles"], format!("the sandbox has no role '{}'; it has: {known}", granted.role));
        }
        let quota = scenario.check_quota(&at, &other.quota)?;
        let tenant = other.tenant.as_ref().map(|tenant| tenant.to_lowercase());
        checked.push(OtherSubscription { id, tenant, quota, ..other.clone() });
    }
    Ok(checked)
}
