//! Bodies of clusters and pools beside the tables of their types, and how AKS words what is wrong.

use std::sync::LazyLock;

use serde_json::Value;

use super::validation::refuse;
use crate::arm::call::Call;
use crate::arm::facts::finding::{Finding, Wrong};
use crate::arm::facts::judge::Sent;
use crate::arm::facts::parse::Tables;
use crate::arm::failure::Failure;

/// The tables.
pub(super) static FACTS: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("facts.txt")));

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Cluster,
    /// A cluster's tags: its PATCH.
    Tags,
    Pool,
    /// A time for upgrades.
    Maintenance,
    /// A command beside a cluster.
    Command,
}

impl Of {
    fn table(self) -> &'static str {
        match self {
            Self::Cluster => "managedClusters",
            Self::Tags => "tags",
            Self::Pool => "agentPools",
            Self::Maintenance => "maintenanceConfigurations",
            Self::Command => "runCommand",
        }
    }
}

/// The body of a request, judged, and spelled as the table has it.
pub(super) fn judge(call: &Call<'_>, of: Of) -> Result<Value, Failure> {
    let how = if of == Of::Tags { Sent::Part } else { Sent::Whole };
    FACTS.judged_by(call, of.table(), how, |finding| worded(finding, of))
}

/// Refuses to change what stays: `sent` beside `found`.
pub(super) fn refuse_changes(of: Of, sent: &Value, found: &Value) -> Result<(), Failure> {
    FACTS.of(of.table()).stays(sent, found).map_err(|finding| worded(&finding, of))
}

/// What is wrong with a parameter (InvalidParameter); the sentence around the reason is AKS's, the reason inferred.
pub(super) fn invalid(parameter: &str, reason: &str) -> Failure {
    let message = format!(
        "The value of parameter {parameter} is invalid. Error details: {reason}. Please see https://aka.ms/aks-naming-rules \
         for more details."
    );
    refuse("InvalidParameter", message).target(parameter)
}

/// What is missing.
pub(super) fn missing(parameter: &str) -> Failure {
    refuse("InvalidParameter", format!("Required parameter {parameter} is missing (null).")).target(parameter)
}

/// Of an unknown field, of `osDiskSizeGB`, of `count`, of a range of addresses and of a change: as reported (AVM issue 152,
/// pulumi-azure-native 663, cluster-api-provider-azure 5947, Azure/AKS 506, azure-cli 24764). The codes of an address and of Docker's
/// bridge are in AKS's list (Azure/aks-deployer, `pkg/apierror/const.go`). The others are inferred.
fn worded(finding: &Finding, of: Of) -> Failure {
    let parameter = parameter(finding, of);
    let shown = finding.shown();
    match &finding.wrong {
        Wrong::Unknown => unmarshal(&format!(
            "json: unknown field \"{}\" Check that the field is in the right location, is spelled correctly, and is supported \
             in the API version. Visit aka.ms/aks/apiversions for more API version information.",
            finding.name()
        )),
        Wrong::Kind(wanted) => unmarshal(&format!(
            "json: cannot unmarshal {} into Go struct field {} of type {}",
            json_kind(&finding.sent),
            finding.place(),
            go_type(wanted)
        )),
        Wrong::OutOfRange(least, most) => match finding.name() {
            "osDiskSizeGB" => refuse(
                "InvalidParameter",
                format!(
                    "The OSDiskSize for Agent {} cannot be less than {least}GB or larger than {most}GB.",
                    finding.entry.as_deref().unwrap_or("pool")
                ),
            )
            .target(&parameter),
            "count" if parameter == "agentPoolProfile.count" => count(&shown, *least, *most),
            _ => invalid(&parameter, &format!("{shown} is not between {least} and {most}")),
        },
        Wrong::NotOneOf(values) => {
            invalid(&parameter, &format!("'{shown}' is none of the values '{}'", values.join("', '")))
        }
        Wrong::TooLong(most) => invalid(&parameter, &format!("it has more than {most} characters")),
        Wrong::Malformed(what) => match finding.name() {
            "dnsServiceIP" => {
                refuse("DnsServiceIpParseError", format!("The DNS service IP '{shown}' is invalid.")).target(&parameter)
            }
            "serviceCidr" | "podCidr" | "serviceCidrs" | "podCidrs" => {
                refuse("CidrStringParseError", "Cidr is invalid").target(&parameter)
            }
            "dockerBridgeCidr" => {
                let message = format!("The docker bridge CIDR '{shown}' is invalid.");
                refuse("DockerBridgeCidrInvalid", message).target(&parameter)
            }
            _ => invalid(&parameter, &format!("'{shown}' is not {what}")),
        },
        Wrong::Missing => missing(&parameter),
        Wrong::Changed => {
            let property = if of == Of::Pool { finding.place() } else { parameter };
            refuse("PropertyChangeNotAllowed", format!("Changing property '{property}' is not allowed."))
                .target(&property)
        }
    }
}

/// The refusal of a pool's count.
pub(super) fn count(asked: &str, least: i64, most: i64) -> Failure {
    refuse(
        "InvalidParameter",
        format!(
            "agentPoolProfile.count was {asked}. It must be greater or equal to minCount:{least} and less than or equal to \
             maxCount:{most}."
        ),
    )
    .target("agentPoolProfile.count")
}

fn unmarshal(what: &str) -> Failure {
    refuse("UnmarshalError", format!("UnmarshalEntity encountered error: {what}."))
}

/// The name by which AKS calls a property: `agentPoolProfile.osType`, `networkProfile.serviceCidr`.
fn parameter(finding: &Finding, of: Of) -> String {
    let place = finding.place();
    let inner = place.strip_prefix("properties.").unwrap_or(&place);
    let of_pool = match of {
        Of::Pool => Some(inner),
        _ => inner.strip_prefix("agentPoolProfiles[").and_then(|rest| rest.split_once("].")).map(|(_, rest)| rest),
    };
    match of_pool {
        Some(rest) => format!("agentPoolProfile.{rest}"),
        None => inner.to_owned(),
    }
}

/// What Go calls a value of JSON.
fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The type that Go would have had.
fn go_type(wanted: &str) -> &'static str {
    match wanted {
        "switch" => "bool",
        "whole number" => "int32",
        "number" => "float32",
        "text" => "string",
        "list" => "[]interface {}",
        _ => "struct",
    }
}
