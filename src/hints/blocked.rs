//! A group's deletion that was stopped by what is in it: each resource with its own cause.

use super::table::for_code;
use crate::azure::code::Code;
use crate::azure::envelope::Envelope;

/// What stops the deletion, a line each, as far as the service tells it.
pub(super) fn lines(envelope: &Envelope) -> String {
    envelope.details.iter().map(|one| format!("\n  {}", line(one))).collect()
}

/// `/subscriptions/…/virtualNetworks/net: InUseSubnetCannotBeDeleted: the subnet is in use`
fn line(resource: &Envelope) -> String {
    let cause = resource.root_cause();
    let named = [resource.target.as_ref().or(cause.target.as_ref()), cause.code.as_ref()];
    let mut parts: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
    let message = if cause.message.is_empty() { &resource.message } else { &cause.message };
    parts.push(message);
    parts.join(": ")
}

/// What to do: what the causes' own codes say, once each; else to remove what the message names.
pub(super) fn hint(envelope: &Envelope, group: &str) -> String {
    let mut hints: Vec<String> = Vec::new();
    for resource in &envelope.details {
        let cause = resource.root_cause();
        let id = resource.target.as_deref().unwrap_or(group);
        let known = cause.code.as_deref().and_then(|code| for_code(&Code::from(code), id, &cause.message));
        hints.extend(known.map(|(hint, _)| hint).filter(|hint| !hints.contains(hint)));
    }
    if hints.is_empty() {
        return "Azure cannot delete what the message names: first remove what keeps each of them, in the portal or with az resource delete \
                --ids ID; then run the command again"
            .to_owned();
    }
    hints.join("\n")
}
