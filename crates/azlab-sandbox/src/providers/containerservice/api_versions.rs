//! The `api-version`s of Microsoft.ContainerService (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).
//! Those after May 2026: folders of azure-rest-api-specs (`containerservice/…/aks`).
//! AKS ends a preview a year or so after it appears (azure-facts.md, section 9): those before June 2024 are left out.

use crate::arm::api_versions::ApiVersions;

/// What clusters have had since their planned maintenance.
macro_rules! since_2020_12 {
    () => {
        "\
         2020-12-01 2021-02-01 2021-03-01 2021-05-01 2021-07-01 2021-08-01 2021-09-01 2021-10-01 2022-01-01 2022-02-01 \
         2022-03-01 2022-04-01 2022-06-01 2022-07-01 2022-09-01 2022-11-01 2023-01-01 2023-02-01 2023-03-01 2023-04-01 \
         2023-05-01 2023-06-01 2023-07-01 2023-08-01 2023-09-01 2023-10-01 2023-11-01 2024-01-01 2024-02-01 2024-05-01 \
         2024-06-02-preview 2024-07-01 2024-07-02-preview 2024-08-01 2024-09-01 2024-09-02-preview 2024-10-01 \
         2024-10-02-preview 2025-01-01 2025-01-02-preview 2025-02-01 2025-02-02-preview 2025-03-01 2025-03-02-preview \
         2025-04-01 2025-04-02-preview 2025-05-01 2025-05-02-preview 2025-06-02-preview 2025-07-01 2025-07-02-preview \
         2025-08-01 2025-08-02-preview 2025-09-01 2025-09-02-preview 2025-10-01 2025-10-02-preview 2026-01-01 \
         2026-01-02-preview 2026-02-01 2026-02-02-preview 2026-03-01 2026-03-02-preview 2026-04-01 2026-04-02-preview \
         2026-05-01 2026-05-02-preview 2026-06-01 2026-06-02-preview 2026-07-01 2026-07-02-preview 2026-08-01"
    };
}

/// What clusters have had since their pools are resources.
macro_rules! since_2019_02 {
    () => {
        concat!(
            "\
             2019-02-01 2019-04-01 2019-06-01 2019-08-01 2019-10-01 2019-11-01 2020-01-01 2020-02-01 2020-03-01 2020-04-01 \
             2020-06-01 2020-07-01 2020-09-01 2020-11-01",
            " ",
            since_2020_12!()
        )
    };
}

/// What clusters have had from the beginning.
macro_rules! since_2017_08 {
    () => {
        concat!("2017-08-31 2018-03-31 ", since_2019_02!())
    };
}

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2016-03-30 2016-09-30 2017-01-31 2017-07-01 2017-08-31 2017-09-30 2018-03-31 2019-02-01 2019-04-01 2019-04-30 \
        2019-06-01 2019-08-01 2019-10-01 2019-11-01 2020-01-01 2020-02-01 2020-03-01 2020-04-01 2020-06-01 2020-07-01 \
        2020-09-01 2020-11-01 2020-12-01 2021-02-01 2021-03-01 2021-05-01 2021-07-01 2021-08-01 2021-09-01 2021-10-01 \
        2022-01-01 2022-02-01 2022-03-01 2022-04-01 2022-06-01 2022-07-01 2022-09-01 2022-11-01 2023-01-01 2023-02-01 \
        2023-03-01 2023-04-01 2023-05-01 2023-06-01 2023-07-01 2023-08-01 2023-09-01 2023-10-01 2023-10-15 2023-11-01 \
        2024-01-01 2024-02-01 2024-04-01 2024-05-01 2024-06-02-preview 2024-07-01 2024-07-02-preview 2024-08-01 \
        2024-09-01 2024-09-02-preview 2024-10-01 2024-10-02-preview 2025-01-01 2025-01-02-preview 2025-02-01 \
        2025-02-02-preview 2025-03-01 2025-03-02-preview 2025-04-01 2025-04-01-preview 2025-04-02-preview 2025-05-01 \
        2025-05-02-preview 2025-06-02-preview 2025-07-01 2025-07-02-preview 2025-08-01 2025-08-01-preview \
        2025-08-02-preview 2025-09-01 2025-09-02-preview 2025-10-01 2025-10-02-preview 2026-01-01 2026-01-02-preview \
        2026-02-01 2026-02-01-preview 2026-02-02-preview 2026-03-01 2026-03-02-preview 2026-04-01 2026-04-02-preview \
        2026-05-01 2026-05-02-preview 2026-06-01 2026-06-02-preview 2026-07-01 2026-07-02-preview \
        2026-08-01 2026-08-02-preview",
    of_types: &[
        ("managedClusters", since_2017_08!()),
        ("managedClusters/agentPools", since_2019_02!()),
        ("managedClusters/maintenanceConfigurations", since_2020_12!()),
        ("locations", since_2017_08!()),
        (
            "locations/orchestrators",
            "\
             2017-09-30 2019-04-01 2019-06-01",
        ),
    ],
    of_arm: false,
};
