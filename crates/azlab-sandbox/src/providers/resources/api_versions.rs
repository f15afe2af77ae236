//! The `api-version`s of Microsoft.Resources (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2014-04-01 2014-04-01-preview 2015-01-01 2015-11-01 2016-02-01 2016-06-01 2016-07-01 2016-09-01 2017-05-10 \
        2017-08-01 2018-01-01 2018-02-01 2018-05-01 2018-06-01 2018-08-01 2019-03-01 2019-05-01 2019-05-10 \
        2019-06-01 2019-06-01-preview 2019-07-01 2019-08-01 2019-10-01 2019-10-01-preview 2019-11-01 2020-01-01 \
        2020-06-01 2020-08-01 2020-09-01 2020-10-01 2021-01-01 2021-03-01-preview 2021-04-01 2021-05-01 2022-01-01 \
        2022-02-01 2022-03-01-preview 2022-05-01 2022-08-01-preview 2022-09-01 2022-11-01-preview 2022-12-01 \
        2023-03-01-preview 2023-07-01 2023-07-01-preview 2023-08-01 2024-03-01 2024-06-01-preview 2024-07-01 \
        2024-08-01 2024-11-01 2025-03-01 2025-04-01 2025-07-01",
    of_types: &[],
    of_arm: true,
};
