//! The api-versions of the data plane.
//!
//! Source: the folders of `cognitiveservices/data-plane/AzureOpenAI/inference` in azure-rest-api-specs, and "Azure OpenAI API
//! version lifecycle" for `/openai/v1`.

use http::StatusCode;

use super::refusal::Refusal;

/// Every version that has been, the oldest first.
const DATED: [&str; 25] = [
    "2022-12-01",
    "2023-03-15-preview",
    "2023-05-15",
    "2023-06-01-preview",
    "2023-07-01-preview",
    "2023-08-01-preview",
    "2023-09-01-preview",
    "2023-10-01-preview",
    "2023-12-01-preview",
    "2024-02-01",
    "2024-02-15-preview",
    "2024-03-01-preview",
    "2024-04-01-preview",
    "2024-05-01-preview",
    "2024-06-01",
    "2024-07-01-preview",
    "2024-08-01-preview",
    "2024-09-01-preview",
    "2024-10-01-preview",
    "2024-10-21",
    "2024-12-01-preview",
    "2025-01-01-preview",
    "2025-02-01-preview",
    "2025-03-01-preview",
    "2025-04-01-preview",
];

/// What `/openai/v1` takes beside none at all.
const UNDATED: [&str; 3] = ["v1", "preview", "latest"];

/// The version from which the Responses API is there, on the paths that have a version.
const RESPONSES: &str = "2025-03-01-preview";
/// The version from which answers follow a schema.
const JSON_SCHEMA: &str = "2024-08-01-preview";
/// The last version that lists deployments.
const DEPLOYMENTS: &str = "2023-03-15-preview";

/// The version that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Dated(String),
    V1,
}

impl Version {
    /// `api-version` of a path that needs one; the service answers one that it does not know as it answers unknown paths.
    pub fn dated(query: &str) -> Result<Self, Refusal> {
        let version = parameter(query).ok_or_else(Refusal::no_resource)?;
        if !DATED.contains(&version.as_str()) {
            return Err(Refusal::no_resource());
        }
        Ok(Self::Dated(version))
    }

    /// That of `/openai/v1`, which needs none.
    pub fn v1(query: &str) -> Result<Self, Refusal> {
        match parameter(query) {
            Some(version) if !UNDATED.contains(&version.as_str()) => {
                Err(Refusal::coded(StatusCode::BAD_REQUEST, "BadRequest", "API version not supported"))
            }
            _ => Ok(Self::V1),
        }
    }

    /// As refusals name it.
    pub fn text(&self) -> &str {
        match self {
            Self::Dated(version) => version,
            Self::V1 => "v1",
        }
    }

    fn is_since(&self, first: &str) -> bool {
        match self {
            Self::V1 => true,
            // Both begin with a day, which compare as text.
            Self::Dated(version) => version.as_str() >= first,
        }
    }

    /// Refuses the Responses API to versions that do not have it.
    pub fn check_responses(&self) -> Result<(), Refusal> {
        if self.is_since(RESPONSES) {
            return Ok(());
        }
        let message = format!("Azure OpenAI Responses API is enabled only for api-version {RESPONSES} and later");
        Err(Refusal::coded(StatusCode::BAD_REQUEST, "BadRequest", message))
    }

    /// Refuses `json_schema` to versions that do not have it.
    pub fn check_json_schema(&self) -> Result<(), Refusal> {
        if self.is_since(JSON_SCHEMA) {
            return Ok(());
        }
        let message =
            format!("response_format value as json_schema is enabled only for api versions {JSON_SCHEMA} and later");
        Err(Refusal::coded(StatusCode::BAD_REQUEST, "BadRequest", message))
    }

    /// Whether deployments are listed: the versions after 2023-03-15-preview do not.
    pub fn lists_deployments(&self) -> bool {
        matches!(self, Self::Dated(version) if version.as_str() <= DEPLOYMENTS)
    }
}

fn parameter(query: &str) -> Option<String> {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    parameters.find(|(name, _)| name.eq_ignore_ascii_case("api-version")).map(|(_, version)| version.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_have_been_and_stand_in_their_order() {
        assert!(DATED.is_sorted());
        for (query, taken) in [
            ("api-version=2024-10-21", true),
            ("API-Version=2024-10-21", true),
            ("api-version=2024-10-22", false),
            ("api-version=2024-02-01-preview", false),
            ("api-version=v1", false),
            ("api-version=", false),
            ("", false),
        ] {
            assert_eq!(Version::dated(query).is_ok(), taken, "{query}");
        }
        for (query, taken) in [("", true), ("api-version=preview", true), ("api-version=2024-10-21", false)] {
            assert_eq!(Version::v1(query).is_ok(), taken, "{query}");
        }
        assert!(Version::V1.check_responses().is_ok());
        assert!(Version::Dated("2025-03-01-preview".into()).check_responses().is_ok());
        assert!(Version::Dated("2025-02-01-preview".into()).check_responses().is_err());
    }
}
