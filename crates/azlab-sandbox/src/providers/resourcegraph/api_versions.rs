//! The `api-version`s of Microsoft.ResourceGraph (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2018-09-01-preview 2019-04-01 2020-04-01-preview 2021-03-01 2021-06-01-preview 2022-10-01 2024-04-01",
    of_types: &[],
    of_arm: false,
};
