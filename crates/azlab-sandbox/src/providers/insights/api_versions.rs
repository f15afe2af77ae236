//! The `api-version`s of Microsoft.Insights (Azure/bicep-types-az, `generated/`, August 2026; the operations that no
//! template has: azure-rest-api-specs).
//! Those of metrics: azure-rest-api-specs (`monitor/…/metrics_API.json`, `metricDefinitions_API.json`) and azure-mgmt-monitor 6.0.2.
//! Of the activity log the specification has 2015-04-01 alone.

use crate::arm::api_versions::ApiVersions;

pub(super) static API_VERSIONS: ApiVersions = ApiVersions {
    all: "\
        2014-04-01 2015-04-01 2015-05-01 2015-07-01 2016-03-01 2016-09-01 2017-03-01-preview 2017-04-01 \
        2017-05-01-preview 2017-10-01 2018-01-01 2018-03-01 2018-04-16 2018-05-01-preview 2018-06-01-preview \
        2018-06-17-preview 2018-09-01 2018-11-27-preview 2019-03-01 2019-06-01 2019-07-01 2019-10-17-preview \
        2019-11-01-preview 2020-01-01-preview 2020-02-02 2020-02-02-preview 2020-03-01-preview 2020-05-01-preview \
        2020-10-01 2020-10-05-preview 2020-10-20 2020-11-20 2021-02-01-preview 2021-03-08 2021-04-01 2021-05-01 \
        2021-05-01-preview 2021-07-01-preview 2021-08-01 2021-09-01 2021-09-01-preview 2021-10-01 2022-04-01 \
        2022-06-01 2022-06-15 2022-08-01-preview 2022-10-01 2023-01-01 2023-01-01-preview 2023-03-11 \
        2023-03-15-preview 2023-06-01 2023-06-01-preview 2023-09-01-preview 2023-10-01 2023-12-01 2024-02-01 \
        2024-03-01-preview 2024-03-11 2024-10-01-preview 2025-01-01 2025-01-01-preview 2026-01-01 2026-03-01",
    of_types: &[
        (
            "diagnosticSettings",
            "\
             2015-07-01 2016-09-01 2017-05-01-preview 2020-01-01-preview 2021-05-01-preview",
        ),
        (
            "eventtypes",
            "\
             2015-04-01",
        ),
        (
            "metricDefinitions",
            "\
             2015-07-01 2016-03-01 2017-05-01-preview 2018-01-01 2019-07-01 2021-05-01 2023-10-01 2024-02-01",
        ),
        (
            "metrics",
            "\
             2016-09-01 2017-05-01-preview 2018-01-01 2019-07-01 2021-05-01 2023-10-01 2024-02-01",
        ),
    ],
    of_arm: false,
};
