//! The `api-version`s of Microsoft.Authorization (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2015-01-01 2015-05-01-preview 2015-06-01 2015-07-01 2015-10-01-preview 2015-11-01 2016-04-01 2016-09-01 \
        2016-12-01 2017-04-01 2017-05-01 2017-06-01-preview 2017-10-01-preview 2018-01-01-preview 2018-03-01 \
        2018-05-01 2018-05-01-preview 2018-07-01 2018-07-01-preview 2018-09-01-preview 2019-01-01 2019-06-01 \
        2019-09-01 2020-03-01 2020-03-01-preview 2020-04-01-preview 2020-05-01 2020-07-01-preview 2020-08-01-preview \
        2020-09-01 2020-10-01 2020-10-01-preview 2021-01-01-preview 2021-03-01-preview 2021-06-01 2021-07-01-preview \
        2021-11-16-preview 2021-12-01-preview 2022-04-01 2022-04-01-preview 2022-05-01-preview 2022-06-01 \
        2022-07-01-preview 2022-08-01-preview 2023-04-01 2024-02-01-preview 2024-04-01 2024-05-01 2024-07-01-preview \
        2024-09-01-preview 2024-12-01-preview 2025-01-01 2025-03-01 2025-11-01 2025-12-01-preview 2026-01-01-preview \
        2026-06-01 2026-07-01",
    of_types: &[
        (
            "denyAssignments",
            "\
             2018-07-01-preview 2022-04-01 2024-07-01-preview",
        ),
        (
            "locks",
            "\
             2015-01-01 2016-09-01 2017-04-01 2020-05-01",
        ),
        (
            "permissions",
            "\
             2015-07-01 2018-01-01-preview 2022-04-01",
        ),
        (
            "policyAssignments",
            "\
             2015-10-01-preview 2015-11-01 2016-04-01 2016-12-01 2017-06-01-preview 2018-03-01 2018-05-01 2019-01-01 \
             2019-06-01 2019-09-01 2020-03-01 2020-09-01 2021-06-01 2022-06-01 2023-04-01 2024-04-01 2024-05-01 \
             2025-01-01 2025-03-01 2025-11-01 2025-12-01-preview 2026-01-01-preview 2026-06-01 2026-07-01",
        ),
        (
            "policyDefinitions",
            "\
             2015-10-01-preview 2015-11-01 2016-04-01 2016-12-01 2018-03-01 2018-05-01 2019-01-01 2019-06-01 \
             2019-09-01 2020-03-01 2020-09-01 2021-06-01 2023-04-01 2024-05-01 2025-01-01 2025-03-01 2025-11-01 \
             2025-12-01-preview 2026-01-01-preview 2026-06-01 2026-07-01",
        ),
        (
            "providerOperations",
            "\
             2015-07-01 2018-01-01-preview 2022-04-01",
        ),
        (
            "roleAssignments",
            "\
             2015-07-01 2017-10-01-preview 2018-01-01-preview 2018-09-01-preview 2020-03-01-preview \
             2020-04-01-preview 2020-08-01-preview 2020-10-01-preview 2022-04-01",
        ),
        (
            "roleDefinitions",
            "\
             2015-07-01 2018-01-01-preview 2022-04-01 2022-05-01-preview",
        ),
    ],
    of_arm: false,
};
