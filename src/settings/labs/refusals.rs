//! What the command line may not say of labs: a name that the file does not have, one name for several things.

use crate::config::{Config, nearest};
use crate::lab::attendee::{Attendee, is_address};
use crate::lab::overrides::LabOverrides;
use crate::settings::SettingsError;
use crate::values::a_few;

/// Refuses options that name one thing where the file says (`said`) that the lab of that name has several. `one_deployment` if the
/// command is about one of its deployments.
pub(super) fn one_of_many(
    name: &str,
    said: &LabOverrides,
    options: &LabOverrides,
    one_deployment: bool,
) -> Result<(), SettingsError> {
    let refuse = |option: &str, what: &str, names: Vec<String>, hint: &str| {
        Err(SettingsError::Labs {
            message: format!(
                "{option} applies to one {what}, and the lab '{name}' has {}: {}",
                names.len(),
                names.join(", ")
            ),
            hint: hint.into(),
        })
    };
    let credentials = said.identity.federated_credentials.as_deref().unwrap_or_default();
    if credentials.len() > 1 && options.names_a_credential() {
        let names = credentials.iter().map(|one| one.spec().name).collect();
        return refuse("--federated-credential or --subject", "federated credential", names, "change them in the file");
    }
    let deployments = said.deployments.as_deref().unwrap_or_default();
    let is_chosen = one_deployment && options.deployment.name.is_some();
    if deployments.len() > 1 && options.names_a_deployment() && !is_chosen {
        let names = deployments.iter().map(|one| one.spec().name).collect();
        let hint = if one_deployment { "name one with --name" } else { "change them in the file" };
        return refuse("a model's option", "deployment", names, hint);
    }
    Ok(())
}

/// Refuses `value` of `option`, which names one thing, for several labs.
pub(super) fn single(option: &str, value: Option<&str>, labs: usize) -> Result<(), SettingsError> {
    match value {
        Some(value) if labs > 1 => Err(SettingsError::Combination(format!(
            "{option} {value} names one resource for {labs} labs: leave it out, and each lab gets its own"
        ))),
        _ => Ok(()),
    }
}

/// The error for a lab that the file does not list.
pub(super) fn not_listed(file: &Config, name: &str) -> SettingsError {
    let listed: Vec<String> = file.lab_names().map(str::to_owned).collect();
    let addresses = file.attendees().flat_map(Attendee::keys).filter(|_| is_address(name));
    let near = nearest(name, listed.iter().map(String::as_str).chain(addresses));
    let message = match file.roster_name() {
        Some(roster) => format!("{} and {roster} have no lab '{name}'", file.name()),
        None => format!("{} has no lab '{name}'", file.name()),
    };
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it has {}; add '{name}' there, or name another file with --config", a_few(&listed)),
    };
    SettingsError::Labs { message, hint: hint.into() }
}
