//! The prices, and the records that are made of them; data, see `prices.json`.
//!
//! A VM size has the records that the API has beside the one that a node is paid by: Windows, Spot, Low Priority and a
//! reservation. So whoever takes the wrong one here takes it on Azure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    as_of: String,
    sizes: BTreeMap<String, u64>,
    disks: BTreeMap<String, u64>,
    per_cent: BTreeMap<String, u64>,
    currencies: BTreeMap<String, u64>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    let text = include_str!("prices.json");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("prices.json: {error}"))
});

/// Millionths of a unit of `currency` for a US dollar; `None` for a currency that has no prices.
pub(super) fn rate(currency: &str) -> Option<u64> {
    DATA.currencies.get(currency).copied()
}

/// A record.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// `westeurope`, or `Global`.
    region: String,
    service: &'static str,
    family: &'static str,
    product: String,
    sku: String,
    arm_sku: String,
    meter: String,
    unit: &'static str,
    kind: &'static str,
    term: Option<&'static str>,
    /// US dollars in millionths.
    micros: u64,
}

impl Row {
    /// A field that can be filtered by, its name in lower case.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        Some(match name {
            "armregionname" => self.region.clone(),
            "location" => self.location(),
            "servicename" => self.service.to_owned(),
            "servicefamily" => self.family.to_owned(),
            "productname" => self.product.clone(),
            "skuname" => self.sku.clone(),
            "armskuname" => self.arm_sku.clone(),
            "metername" => self.meter.clone(),
            "pricetype" => self.kind.to_owned(),
            "meterid" => self.id("meter"),
            "productid" => self.id("product"),
            "skuid" => self.id("sku"),
            "reservationterm" => self.term?.to_owned(),
            _ => return None,
        })
    }

    fn location(&self) -> String {
        crate::arm::regions::display(&self.region).to_owned()
    }

    fn id(&self, what: &str) -> String {
        let name = format!("{what}/{}/{}/{}/{}", self.region, self.product, self.sku, self.meter);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }

    /// The record as it is answered, in a currency of which `rate` millionths are a US dollar.
    pub(super) fn shown(&self, currency: &str, rate: u64) -> Value {
        let price = (self.micros * rate / 1_000_000) as f64 / 1e6;
        let mut record = json!({
            "currencyCode": currency,
            "tierMinimumUnits": 0.0,
            "retailPrice": price,
            "unitPrice": price,
            "armRegionName": self.region,
            "location": self.location(),
            "effectiveStartDate": DATA.as_of,
            "meterId": self.id("meter"),
            "meterName": self.meter,
            "productId": self.id("product"),
            "skuId": self.id("sku"),
            "productName": self.product,
            "skuName": self.sku,
            "serviceName": self.service,
            "serviceId": "",
            "serviceFamily": self.family,
            "unitOfMeasure": self.unit,
            "type": self.kind,
            "isPrimaryMeterRegion": true,
            "armSkuName": self.arm_sku,
        });
        if let Some(term) = self.term {
            record["reservationTerm"] = term.into();
        }
        record
    }
}

/// Every record, in an order that stays.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    let everywhere = Row {
        region: "Global".into(),
        family: "Networking",
        ..hourly("Load Balancer", "Load Balancer", "Standard", "Standard Included LB Rules and Outbound Rules", 25_000)
    };
    DATA.per_cent.iter().flat_map(|(region, per_cent)| of_region(region, *per_cent)).chain([everywhere])
}

fn hourly(service: &'static str, product: &str, sku: &str, meter: &str, micros: u64) -> Row {
    Row {
        region: String::new(),
        service,
        family: "Compute",
        product: product.to_owned(),
        sku: sku.to_owned(),
        arm_sku: String::new(),
        meter: meter.to_owned(),
        unit: "1 Hour",
        kind: "Consumption",
        term: None,
        micros,
    }
}

fn of_region(region: &str, per_cent: u64) -> Vec<Row> {
    let there = |micros: u64| micros * per_cent / 100;
    let mut rows: Vec<Row> = DATA.sizes.iter().flat_map(|(size, micros)| of_size(size, there(*micros))).collect();
    // Disks differ less than VMs do: one price in the United States, a tenth more elsewhere.
    let disks = if region.ends_with("us") || region.ends_with("us2") || region.ends_with("us3") { 100 } else { 110 };
    for (tier, micros) in &DATA.disks {
        let sku = format!("{tier} LRS");
        for (meter, part) in [("Disk", 1), ("Disk Mount", 20)] {
            let meter = format!("{sku} {meter}");
            let row = hourly("Storage", "Premium SSD Managed Disks", &sku, &meter, micros * disks / 100 / part);
            rows.push(Row {
                unit: "1/Month",
                family: "Storage",
                arm_sku: format!("Premium_SSD_Managed_Disk_{tier}"),
                ..row
            });
        }
    }
    let address = hourly("Virtual Network", "IP Addresses", "Standard", "Standard IPv4 Static Public IP", 5_000);
    rows.push(Row { family: "Networking", ..address });
    for (sku, meter, micros) in
        [("Standard", "Standard Uptime SLA", 100_000), ("Standard", "Standard Long Term Support", 600_000)]
    {
        rows.push(hourly("Azure Kubernetes Service", "Azure Kubernetes Service", sku, meter, micros));
    }
    for (kind, micros) in [("Global", 1_000_000), ("Data Zone", 1_100_000), ("Regional", 2_000_000)] {
        let (sku, meter) = (format!("Provisioned Managed {kind}"), format!("Provisioned Managed {kind} Unit"));
        let row = hourly("Foundry Models", "Azure OpenAI", &sku, &meter, micros);
        rows.push(Row { family: "AI + Machine Learning", ..row });
    }
    rows.into_iter().map(|row| Row { region: region.to_owned(), ..row }).collect()
}

/// `Standard_D2s_v5`: its own record, and those that are not a node's.
fn of_size(size: &str, micros: u64) -> Vec<Row> {
    let name = size.trim_start_matches("Standard_").replace('_', " ");
    // D2s v5 is of the series Dsv5.
    let (first, rest) = name.split_once(' ').unwrap_or((&name, ""));
    let letters: String = first.chars().filter(|c| !c.is_ascii_digit()).collect();
    let product = format!("Virtual Machines {letters}{rest} Series");
    let row = |product: &str, suffix: &str, micros: u64| {
        let sku = format!("{name}{suffix}");
        Row { arm_sku: size.to_owned(), ..hourly("Virtual Machines", product, &sku, &sku, micros) }
    };
    vec![
        row(&format!("{product} Windows"), "", micros * 196 / 100),
        row(&product, " Low Priority", micros / 5),
        row(&product, " Spot", micros / 8),
        // A reservation's price is that of its whole term.
        Row { kind: "Reservation", term: Some("1 Year"), ..row(&product, "", micros * 5_200) },
        row(&product, "", micros),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::regions::REGIONS;

    #[test]
    fn every_region_has_prices_and_every_currency_can_be_multiplied_by() {
        let regions: Vec<&str> = REGIONS.iter().map(|(name, _)| *name).collect();
        assert!(regions.iter().all(|region| DATA.per_cent.contains_key(*region)));
        assert!(DATA.per_cent.keys().all(|region| regions.contains(&region.as_str())));
        let dearest = rows().map(|row| row.micros).max().unwrap_or_default();
        assert!(DATA.currencies.values().all(|rate| dearest.checked_mul(*rate).is_some()));
    }

    #[test]
    fn the_default_node_of_the_default_region_has_one_price_that_a_node_is_paid_by() {
        let of_node =
            |row: &Row| row.region == "westeurope" && row.arm_sku == "Standard_D2s_v5" && row.kind == "Consumption";
        let prices: Vec<(String, f64)> = rows()
            .filter(of_node)
            .map(|row| {
                (format!("{} {}", row.product, row.sku), row.shown("USD", 1_000_000)["retailPrice"].as_f64().unwrap())
            })
            .collect();
        assert_eq!(prices.len(), 4, "{prices:?}");
        assert_eq!(prices[3], ("Virtual Machines Dsv5 Series D2s v5".to_owned(), 0.1152));
    }
}
