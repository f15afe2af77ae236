//! Regions of the embedded Azure, and how their names are written.

/// Name and display name of the regions, as ARM lists them.
pub(crate) const REGIONS: [(&str, &str); 36] = [
    ("centralus", "Central US"),
    ("eastasia", "East Asia"),
    ("southeastasia", "Southeast Asia"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("westus", "West US"),
    ("westus2", "West US 2"),
    ("northcentralus", "North Central US"),
    ("southcentralus", "South Central US"),
    ("westcentralus", "West Central US"),
    ("northeurope", "North Europe"),
    ("westeurope", "West Europe"),
    ("japaneast", "Japan East"),
    ("japanwest", "Japan West"),
    ("brazilsouth", "Brazil South"),
    ("australiasoutheast", "Australia Southeast"),
    ("australiaeast", "Australia East"),
    ("southindia", "South India"),
    ("centralindia", "Central India"),
    ("canadacentral", "Canada Central"),
    ("canadaeast", "Canada East"),
    ("uksouth", "UK South"),
    ("ukwest", "UK West"),
    ("koreacentral", "Korea Central"),
    ("koreasouth", "Korea South"),
    ("francecentral", "France Central"),
    ("southafricanorth", "South Africa North"),
    ("uaenorth", "UAE North"),
    ("switzerlandnorth", "Switzerland North"),
    ("germanywestcentral", "Germany West Central"),
    ("norwayeast", "Norway East"),
    ("swedencentral", "Sweden Central"),
    ("polandcentral", "Poland Central"),
    ("italynorth", "Italy North"),
    ("spaincentral", "Spain Central"),
    ("westus3", "West US 3"),
];

/// A word of the display name, the geography that such a region is in, and the group in which people find it ("Azure
/// geographies", and what `az account list-locations` prints).
const GEOGRAPHIES: [(&str, &str, &str); 20] = [
    ("US", "United States", "US"),
    ("Asia", "Asia Pacific", "Asia Pacific"),
    ("Europe", "Europe", "Europe"),
    ("Japan", "Japan", "Asia Pacific"),
    ("Brazil", "Brazil", "South America"),
    ("Australia", "Australia", "Asia Pacific"),
    ("India", "India", "Asia Pacific"),
    ("Canada", "Canada", "Canada"),
    ("UK", "United Kingdom", "Europe"),
    ("Korea", "Korea", "Asia Pacific"),
    ("France", "France", "Europe"),
    ("Africa", "South Africa", "Africa"),
    ("UAE", "UAE", "Middle East"),
    ("Switzerland", "Switzerland", "Europe"),
    ("Germany", "Germany", "Europe"),
    ("Norway", "Norway", "Europe"),
    ("Sweden", "Sweden", "Europe"),
    ("Poland", "Poland", "Europe"),
    ("Italy", "Italy", "Europe"),
    ("Spain", "Spain", "Europe"),
];

/// The geography of a region and its group, by its display name.
pub(crate) fn geography(display: &str) -> Option<(&'static str, &'static str)> {
    let found = GEOGRAPHIES.iter().find(|(word, ..)| display.split_whitespace().any(|one| one == *word));
    found.map(|(_, geography, group)| (*geography, *group))
}

/// `West Europe` and `WESTEUROPE` are `westeurope`.
pub(crate) fn normal(location: &str) -> String {
    without_spaces(location).to_lowercase()
}

/// `West Europe` is `WestEurope`: fit for a path, in the writer's casing.
pub(crate) fn without_spaces(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The data zone that a region lies in, as the model catalogue calls it (`area`); there are two.
pub(crate) fn data_zone(location: &str) -> Option<&'static str> {
    const EUROPE: [&str; 10] = [
        "northeurope",
        "westeurope",
        "francecentral",
        "germanywestcentral",
        "swedencentral",
        "polandcentral",
        "italynorth",
        "spaincentral",
        "norwayeast",
        "switzerlandnorth",
    ];
    let normal = normal(location);
    match display(&normal).split_whitespace().find(|word| *word == "US") {
        Some(_) => Some("US"),
        None if EUROPE.contains(&normal.as_str()) => Some("EUR"),
        None => None,
    }
}

/// Whether the region exists; takes any writing of it.
pub(crate) fn known(location: &str) -> bool {
    let normal = normal(location);
    REGIONS.iter().any(|(name, _)| *name == normal)
}

/// The display name of a region.
pub(crate) fn display(location: &str) -> &str {
    let normal = normal(location);
    REGIONS.iter().find(|(name, _)| *name == normal).map_or(location, |(_, display)| *display)
}

/// The names, as refusals list them.
pub(crate) fn listed() -> String {
    REGIONS.map(|(name, _)| name).join(",")
}

#[test]
fn every_region_is_in_a_geography() {
    for (name, display) in REGIONS {
        assert!(geography(display).is_some(), "{name}");
    }
    assert_eq!(geography("West US 3"), Some(("United States", "US")));
    assert_eq!(geography("Southeast Asia"), Some(("Asia Pacific", "Asia Pacific")));
}
