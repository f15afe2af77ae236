//! The `api-version`s of Microsoft.CognitiveServices (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2017-04-18 2021-04-30 2021-10-01 2022-03-01 2022-10-01 2022-12-01 2023-05-01 2023-10-01-preview \
        2024-04-01-preview 2024-06-01-preview 2024-10-01 2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 \
        2025-10-01-preview 2025-12-01 2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 2026-05-15-preview \
        2026-07-01 2026-07-15-preview 2026-09-01",
    of_types: &[
        (
            "accounts/commitmentPlans",
            "\
             2021-10-01 2022-03-01 2022-10-01 2022-12-01 2023-05-01 2023-10-01-preview 2024-04-01-preview \
             2024-06-01-preview 2024-10-01 2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 \
             2025-10-01-preview 2025-12-01 2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 \
             2026-05-15-preview 2026-07-01 2026-07-15-preview 2026-09-01",
        ),
        (
            "accounts/deployments",
            "\
             2021-10-01 2022-03-01 2022-10-01 2022-12-01 2023-05-01 2023-10-01-preview 2024-04-01-preview \
             2024-06-01-preview 2024-10-01 2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 \
             2025-10-01-preview 2025-12-01 2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 \
             2026-05-15-preview 2026-07-01 2026-07-15-preview 2026-09-01",
        ),
        (
            "accounts/projects",
            "\
             2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 2025-10-01-preview 2025-12-01 \
             2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 2026-05-15-preview 2026-07-01 \
             2026-07-15-preview 2026-09-01",
        ),
        (
            "accounts/raiPolicies",
            "\
             2023-10-01-preview 2024-04-01-preview 2024-06-01-preview 2024-10-01 2025-04-01-preview 2025-06-01 \
             2025-07-01-preview 2025-09-01 2025-10-01-preview 2025-12-01 2026-01-15-preview 2026-03-01 \
             2026-03-15-preview 2026-05-01 2026-05-15-preview 2026-07-01 2026-07-15-preview 2026-09-01",
        ),
        (
            "commitmentPlans",
            "\
             2022-12-01 2023-05-01 2023-10-01-preview 2024-04-01-preview 2024-06-01-preview 2024-10-01 \
             2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 2025-10-01-preview 2025-12-01 \
             2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 2026-05-15-preview 2026-07-01 \
             2026-07-15-preview 2026-09-01",
        ),
        (
            "locations/resourceGroups/deletedAccounts",
            "\
             2021-04-30 2021-10-01 2022-03-01 2022-10-01 2022-12-01 2023-05-01 2023-10-01-preview 2024-04-01-preview \
             2024-06-01-preview 2024-10-01 2025-04-01-preview 2025-06-01 2025-07-01-preview 2025-09-01 \
             2025-10-01-preview 2025-12-01 2026-01-15-preview 2026-03-01 2026-03-15-preview 2026-05-01 \
             2026-05-15-preview 2026-07-01 2026-07-15-preview 2026-09-01",
        ),
    ],
    of_arm: false,
};
