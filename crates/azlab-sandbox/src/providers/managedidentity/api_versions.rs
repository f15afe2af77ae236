//! The `api-version`s of Microsoft.ManagedIdentity (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2015-08-31-preview 2018-11-30 2021-09-30-preview 2022-01-31-preview 2023-01-31 2023-07-31-preview 2024-11-30 \
        2025-01-31-preview 2025-05-31-preview",
    of_types: &[(
        "userAssignedIdentities/federatedIdentityCredentials",
        "\
             2022-01-31-preview 2023-01-31 2023-07-31-preview 2024-11-30 2025-01-31-preview 2025-05-31-preview",
    )],
    of_arm: false,
};
