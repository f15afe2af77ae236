//! A region's model catalogue and quota, as what can be deployed there.

use std::collections::HashMap;

use crate::azure::accounts::{Model, Usage, account_model};
use crate::lab::model::Offer;

/// One offer for each OpenAI model version and sku of the catalogue.
pub(crate) fn offers(models: &[Model], usages: &[Usage]) -> Vec<Offer> {
    let free: HashMap<String, u32> = usages
        .iter()
        .filter_map(|usage| {
            let name = usage.name.as_ref()?.value.clone()?.to_ascii_lowercase();
            let left = (usage.limit? - usage.current_value.unwrap_or_default()).max(0.0);
            // Quota is in whole units; a fraction left is none.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to u32's range")]
            let left = left.min(f64::from(u32::MAX)) as u32;
            Some((name, left))
        })
        .collect();
    let mut all: Vec<Offer> = Vec::new();
    for entry in
        models.iter().filter(|entry| entry.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("OpenAI")))
    {
        let Some(model) = &entry.model else { continue };
        let about = &model.deployment_model;
        let (Some(name), Some(version)) = (&about.name, &about.version) else { continue };
        if !about.format.as_deref().is_none_or(|format| format.eq_ignore_ascii_case("OpenAI")) {
            continue;
        }
        let is_chat = model.capabilities.as_ref().is_some_and(|capabilities| {
            capabilities.get("chatCompletion").is_some_and(|value| value == "true" || value == true)
        });
        for sku in &model.skus {
            let Some(sku_name) = &sku.name else { continue };
            let capacity = sku.capacity.as_ref();
            let least = capacity.and_then(|capacity| capacity.minimum).unwrap_or(1);
            let step = capacity.and_then(|capacity| capacity.step).unwrap_or(1);
            all.push(Offer {
                model: name.clone(),
                version: version.clone(),
                is_default: model.is_default_version.unwrap_or_default(),
                is_stable: matches!(
                    model.lifecycle_status,
                    Some(account_model::LifecycleStatus::GenerallyAvailable | account_model::LifecycleStatus::Stable)
                ),
                is_chat,
                sku: sku_name.clone(),
                deployable_until: sku.deprecation_date,
                least_capacity: u32::try_from(least).unwrap_or(1).max(1),
                capacity_step: u32::try_from(step).unwrap_or(1).max(1),
                usage: sku.usage_name.clone(),
                free: sku.usage_name.as_ref().and_then(|usage| free.get(&usage.to_ascii_lowercase()).copied()),
            });
        }
    }
    all
}
