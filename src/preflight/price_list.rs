//! What meters cost an hour: asked of the Retail Prices API once each, and the one record chosen that a lab is paid by.

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::azure::error::Error as AzureError;
use crate::azure::retail_prices::{RetailPrice, RetailPrices, quoted};
use crate::lab::cost::Meter;
use crate::lab::ids::same;
use crate::values::Money;

/// Questions at once.
const SIDE_BY_SIDE: usize = 4;
/// A month of the price list (Azure docs, "Pricing calculator": 730 hours).
const HOURS_OF_A_MONTH: u64 = 730;
/// Where meters that are the same everywhere are listed.
const EVERYWHERE: &str = "Global";

/// A meter in a region.
pub(crate) type Place = (Meter, String);

/// What meters cost.
#[derive(Clone, Debug)]
pub(crate) struct PriceList {
    /// `USD`
    pub(crate) currency: String,
    prices: HashMap<Place, Option<Money>>,
}

impl PriceList {
    /// Asks what `meters` cost.
    ///
    /// # Errors
    /// As [`RetailPrices::matching`].
    pub(crate) async fn read(
        api: &RetailPrices,
        currency: &str,
        meters: impl IntoIterator<Item = Place>,
    ) -> Result<Self, AzureError> {
        let none = Self { currency: currency.to_owned(), prices: HashMap::new() };
        none.with(api, meters).await
    }

    /// Asks what `meters` cost, but for those that have been asked for.
    ///
    /// # Errors
    /// As [`RetailPrices::matching`].
    pub(crate) async fn with(
        mut self,
        api: &RetailPrices,
        meters: impl IntoIterator<Item = Place>,
    ) -> Result<Self, AzureError> {
        let mut meters: Vec<Place> = meters.into_iter().filter(|place| !self.prices.contains_key(place)).collect();
        meters.sort();
        meters.dedup();
        let asked = meters.into_iter().map(async |place| {
            let (meter, location) = &place;
            let found = api.matching(&filter(meter, location), &self.currency).await?;
            let price = price(meter, location, &found, api.now());
            Ok::<_, AzureError>((place, price))
        });
        let found: Vec<_> = futures::stream::iter(asked).buffered(SIDE_BY_SIDE).try_collect().await?;
        self.prices.extend(found);
        Ok(self)
    }

    /// What one costs an hour; `None` if it has no price.
    pub(crate) fn per_hour(&self, meter: &Meter, location: &str) -> Option<Money> {
        self.prices.get(&(meter.clone(), location.to_owned())).copied().flatten()
    }
}

/// The filter that lets pass the records of a meter.
fn filter(meter: &Meter, location: &str) -> String {
    let equal = |field: &str, value: &str| format!("{field} eq {}", quoted(value));
    let there = equal("armRegionName", location);
    let of = |parts: &[String]| [parts, &[equal("priceType", "Consumption")]].concat().join(" and ");
    match meter {
        Meter::Node(size) => of(&[equal("serviceName", "Virtual Machines"), there, equal("armSkuName", size)]),
        Meter::Disk(tier) => of(&[
            equal("serviceName", "Storage"),
            there,
            equal("productName", "Premium SSD Managed Disks"),
            equal("meterName", &format!("{tier} LRS Disk")),
        ]),
        // Most regions have no record of their own.
        Meter::LoadBalancer => of(&[
            equal("serviceName", "Load Balancer"),
            format!("({there} or {})", equal("armRegionName", EVERYWHERE)),
            equal("meterName", "Standard Included LB Rules and Outbound Rules"),
        ]),
        Meter::Address => {
            of(&[equal("serviceName", "Virtual Network"), there, equal("meterName", "Standard IPv4 Static Public IP")])
        }
        Meter::Tier(tier) => {
            let meter = if same(tier, "Premium") { "Standard Long Term Support" } else { "Standard Uptime SLA" };
            of(&[equal("serviceName", "Azure Kubernetes Service"), there, equal("meterName", meter)])
        }
        Meter::Throughput(sku) => {
            let sku = sku.to_ascii_lowercase();
            let kind = match () {
                () if sku.starts_with("global") => "Global",
                () if sku.starts_with("datazone") => "Data Zone",
                () => "Regional",
            };
            let meter = format!("Provisioned Managed {kind} Unit");
            of(&[equal("productName", "Azure OpenAI"), there, equal("meterName", &meter)])
        }
    }
}

/// The price an hour among the records of a meter: the one that is in force, of the first tier, for Linux, and not what may
/// be taken away (Spot, Low Priority). Of several the dearest.
fn price(meter: &Meter, location: &str, found: &[RetailPrice], now: OffsetDateTime) -> Option<Money> {
    let fits = |one: &&RetailPrice| {
        let says = |word: &str| [&one.sku_name, &one.meter_name].iter().any(|text| text.contains(word));
        let is_node = matches!(meter, Meter::Node(_));
        let is_other = is_node
            && (says("Spot")
                || says("Low Priority")
                || one.product_name.contains("Windows")
                || one.product_name.replace(' ', "").contains("CloudServices"));
        one.kind == "Consumption" && one.tier_minimum_units <= 0.0 && !is_other && hours(one).is_some()
    };
    let started = |one: &RetailPrice| OffsetDateTime::parse(&one.effective_start_date, &Rfc3339).ok();
    let all: Vec<&RetailPrice> = found.iter().filter(fits).collect();
    let here: Vec<&RetailPrice> = all.iter().filter(|one| same(&one.arm_region_name, location)).copied().collect();
    let all = if here.is_empty() { all } else { here };
    let in_force = all.iter().filter_map(|one| started(one)).filter(|since| *since <= now).max();
    let latest = all.iter().filter(|one| in_force.is_none() || started(one) == in_force);
    latest.filter_map(|one| Some(Money::from_number(one.retail_price)?.share(1, hours(one)?))).max()
}

/// The hours of a price's unit.
fn hours(one: &RetailPrice) -> Option<u64> {
    match one.unit_of_measure.replace(' ', "").to_ascii_lowercase().as_str() {
        "1hour" | "1/hour" => Some(1),
        "1month" | "1/month" => Some(HOURS_OF_A_MONTH),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn one(product: &str, sku: &str, price: f64, since: &str) -> RetailPrice {
        RetailPrice {
            retail_price: price,
            unit_of_measure: "1 Hour".into(),
            arm_region_name: "westeurope".into(),
            product_name: product.into(),
            sku_name: sku.into(),
            meter_name: sku.into(),
            kind: "Consumption".into(),
            effective_start_date: since.into(),
            ..RetailPrice::default()
        }
    }

    fn chosen(found: &[RetailPrice]) -> Option<String> {
        let node = Meter::Node("Standard_D2s_v5".into());
        price(&node, "westeurope", found, datetime!(2026-04-20 08:00 UTC)).map(|price| price.rounded(4))
    }

    const LINUX: &str = "Virtual Machines Dsv5 Series";

    #[test]
    fn a_node_is_paid_by_the_linux_record_that_is_in_force() {
        let found = [
            one("Virtual Machines Dsv5 Series Windows", "D2s v5", 0.2, "2024-01-01T00:00:00Z"),
            one(LINUX, "D2s v5 Spot", 0.01, "2024-01-01T00:00:00Z"),
            one(LINUX, "D2s v5 Low Priority", 0.02, "2024-01-01T00:00:00Z"),
            one("Dsv5 Series Cloud Services", "D2s v5", 0.3, "2024-01-01T00:00:00Z"),
            RetailPrice { kind: "Reservation".into(), ..one(LINUX, "D2s v5", 600.0, "2024-01-01T00:00:00Z") },
            one(LINUX, "D2s v5", 0.5, "2023-01-01T00:00:00Z"),
            one(LINUX, "D2s v5", 0.115, "2024-01-01T00:00:00Z"),
            one(LINUX, "D2s v5", 0.9, "2030-01-01T00:00:00Z"),
        ];
        assert_eq!(chosen(&found).as_deref(), Some("0.1150"));
        assert_eq!(chosen(&found[..5]), None, "nothing else is taken for it");
    }

    #[test]
    fn a_month_is_730_hours_and_other_units_have_no_price_an_hour() {
        let disk = |unit: &str| RetailPrice { unit_of_measure: unit.into(), ..one("Disks", "P10 LRS", 21.9, "") };
        let of = |unit: &str| price(&Meter::Disk("P10"), "westeurope", &[disk(unit)], datetime!(2026-04-20 08:00 UTC));
        assert_eq!(of("1/Month").map(|price| price.rounded(4)).as_deref(), Some("0.0300"));
        assert_eq!(of("1 Month"), of("1/Month"));
        assert_eq!(of("1 GB"), None);
    }

    #[test]
    fn a_region_s_own_record_goes_before_the_one_for_everywhere() {
        let at = |region: &str, price: f64| RetailPrice {
            arm_region_name: region.into(),
            ..one("Load Balancer", "Standard", price, "2020-01-01T00:00:00Z")
        };
        let of = |found: &[RetailPrice]| {
            price(&Meter::LoadBalancer, "westeurope", found, datetime!(2026-04-20 08:00 UTC)).map(|one| one.rounded(3))
        };
        assert_eq!(of(&[at("Global", 0.025)]).as_deref(), Some("0.025"));
        assert_eq!(of(&[at("Global", 0.025), at("westeurope", 0.02)]).as_deref(), Some("0.020"));
    }

    #[test]
    fn a_quote_in_a_name_does_not_end_the_filter() {
        let filter = filter(&Meter::Node("x' or 'a' eq 'a".into()), "westeurope");
        assert!(filter.contains("armSkuName eq 'x'' or ''a'' eq ''a'"), "{filter}");
    }
}
