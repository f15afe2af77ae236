//! Errors of a cluster's API server -> what to do.

use crate::azure::transport::TransportError;
use crate::kubernetes::{Error, Refusal};
use crate::outcome::Exit;
use crate::values::{ErrorReport, shell_word};

/// The exit code of an error of a cluster.
pub(super) fn exit(error: &Error) -> Exit {
    match error {
        Error::SignIn(_) => Exit::NotSignedIn,
        Error::Interrupted => Exit::Interrupted,
        Error::Refused(refusal) if refusal.status == 401 => Exit::NotSignedIn,
        Error::Refused(refusal) if refusal.place.is_some() && is_mistake(refusal) => Exit::Usage,
        _ => Exit::LabFailed,
    }
}

/// An error of the cluster with this ARM id, whose whole text is `message`.
pub(super) fn report(error: &Error, message: String, id: &str) -> ErrorReport {
    let plain = |code: &str, hint: String, retryable: bool| ErrorReport {
        resource: Some(id.to_owned()),
        retryable,
        ..ErrorReport::new(code, message.clone()).hint(hint)
    };
    match error {
        // Told as every sign-in is, by whoever asks here.
        Error::SignIn(_) => plain("NotSignedIn", String::new(), false),
        Error::Interrupted => plain("Interrupted", "run the same command again to continue".to_owned(), true),
        Error::Transport { source: TransportError::Barred(obstacle), .. } => {
            plain("CannotConnect", obstacle.way_out.clone(), obstacle.may_pass)
        }
        Error::Transport { .. } => plain(
            "ClusterUnreachable",
            format!(
                "look whether it runs, and whether its API server takes few addresses only, or is private and answers in its own \
                 network alone: az aks show --ids {} --query '{{power:powerState.code,api:apiServerAccessProfile}}'; then run the \
                 same command again, from there if need be: it continues",
                shell_word(id)
            ),
            true,
        ),
        Error::Answer { .. } => plain(
            "UnreadableAnswer",
            "run it with --log-file azlab.log; if the error stays, report it with that file".to_owned(),
            true,
        ),
        Error::Refused(refusal) => {
            let (code, hint, retryable) = of_refusal(refusal, id);
            plain(&code, hint, retryable)
        }
    }
}

/// Whether what was sent is wrong in itself.
fn is_mistake(refusal: &Refusal) -> bool {
    // A policy refuses with the status of a mistake, unless it names another.
    let is_refused_by_another = refusal.webhook().is_some() || refusal.policy().is_some();
    (matches!(refusal.status, 400 | 422) || refusal.is_about_shape()) && !is_refused_by_another
}

/// Code, what to do, and whether the same command may do better.
fn of_refusal(refusal: &Refusal, id: &str) -> (String, String, bool) {
    let says = |text: &str| refusal.message.contains(text);
    let of = |code: &str, hint: String, retryable: bool| (code.to_owned(), hint, retryable);
    if let Some(policy) = refusal.policy() {
        return of(
            "AdmissionDenied",
            format!(
                "the admission policy {policy} refuses this: do what it allows, or ask its owner: kubectl get \
                 validatingadmissionpolicies {} -o yaml",
                shell_word(policy)
            ),
            false,
        );
    }
    if let Some(webhook) = refusal.webhook() {
        let look = "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations";
        let refuses = says("denied the request");
        return match refuses {
            true => of(
                "AdmissionDenied",
                format!("the admission webhook {webhook} refuses this: do what it allows, or ask its owner: {look}"),
                false,
            ),
            false => of(
                "AdmissionWebhook",
                format!(
                    "the admission webhook {webhook} does not answer: look at it ({look}), then run the same command again"
                ),
                true,
            ),
        };
    }
    match (refusal.status, refusal.reason.as_str()) {
        (401, _) => of(
            "Unauthorized",
            format!(
                "the cluster does not know who is signed in: it may trust another tenant: az aks show --ids {} --query \
                 aadProfile.tenantID; then name that one with --tenant ID",
                shell_word(id)
            ),
            false,
        ),
        (403, _) if says("exceeded quota") => of(
            "QuotaExceeded",
            "a quota of the namespace is used up: kubectl describe resourcequota --all-namespaces".to_owned(),
            false,
        ),
        (403, _) if says("is being terminated") => {
            of("NamespaceTerminating", "wait until the namespace is gone, and create it again".to_owned(), true)
        }
        (403, _) => of(
            "Forbidden",
            format!(
                "you have no right to do that on the cluster: az role assignment create --role \"Azure Kubernetes Service RBAC Admin\" \
                 --scope {} --assignee $(az ad signed-in-user show --query id -o tsv)",
                shell_word(id)
            ),
            false,
        ),
        (404, _) if says("namespaces ") => of(
            "NamespaceNotFound",
            format!("create it: kubectl create namespace {}", shell_word(refusal.message.split('"').nth(1).unwrap_or("NAME"))),
            false,
        ),
        (409, _) => of("Conflict", "somebody else writes it at the same time: run the same command again".to_owned(), true),
        _ if is_mistake(refusal) => of(
            "InvalidManifest",
            match &refusal.place {
                Some(place) => format!("correct {place}, and run the same command again"),
                None => "the cluster does not take azlab's own manifest: name manifests that it takes in azlab.toml: [app] manifests = \"DIRECTORY\"".to_owned(),
            },
            false,
        ),
        // A node's kubelet, from which the API server has logs and the like.
        (_, _) if says(":10250/") => of(
            "NodeUnreachable",
            "the Pod's node does not answer the API server; look at it: kubectl get nodes; a sandbox with a real API server has \
             no nodes that answer (docs/sandbox.md)"
                .to_owned(),
            true,
        ),
        (501, _) => of(
            "NotImplemented",
            "the sandbox's clusters do not do that (docs/sandbox.md)".to_owned(),
            false,
        ),
        (status, reason) => {
            let code = if reason.is_empty() { format!("HttpStatus{status}") } else { reason.to_owned() };
            (code, "the API server has trouble: run the same command again".to_owned(), status >= 429)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, reason: &str, message: &str, place: Option<&str>) -> Error {
        Error::Refused(Box::new(Refusal {
            what: "Deployment a".into(),
            status,
            reason: reason.into(),
            message: message.into(),
            causes: Vec::new(),
            conflicts: Vec::new(),
            place: place.map(str::to_owned),
        }))
    }

    #[test]
    fn each_refusal_has_its_code_its_exit_code_and_what_to_do() {
        for (error, code, exit_code, says) in [
            (refused(401, "Unauthorized", "Unauthorized", None), "Unauthorized", Exit::NotSignedIn, "--tenant"),
            (
                refused(403, "Forbidden", "User \"x\" cannot patch", None),
                "Forbidden",
                Exit::LabFailed,
                "az role assignment",
            ),
            (
                refused(403, "Forbidden", "exceeded quota: pods", None),
                "QuotaExceeded",
                Exit::LabFailed,
                "resourcequota",
            ),
            (
                refused(404, "NotFound", "namespaces \"pets\" not found", None),
                "NamespaceNotFound",
                Exit::LabFailed,
                "namespace pets",
            ),
            (refused(422, "Invalid", "is invalid", Some("m/a.yaml:3")), "InvalidManifest", Exit::Usage, "m/a.yaml:3"),
            (
                refused(
                    500,
                    "",
                    "failed to create typed patch object (/a; v1, Kind=Service): .spec.x: field not declared in schema",
                    Some("m/a.yaml:4"),
                ),
                "InvalidManifest",
                Exit::Usage,
                "m/a.yaml:4",
            ),
            (
                refused(500, "", "Get \"https://aks-1:10250/containerLogs/default/a/b\": dial tcp: no such host", None),
                "NodeUnreachable",
                Exit::LabFailed,
                "kubectl get nodes",
            ),
            (
                refused(500, "InternalError", "failed calling webhook \"w.io\": no endpoints", None),
                "AdmissionWebhook",
                Exit::LabFailed,
                "w.io",
            ),
            (
                refused(403, "Forbidden", "admission webhook \"w.io\" denied the request: no", Some("m/a.yaml:3")),
                "AdmissionDenied",
                Exit::LabFailed,
                "w.io",
            ),
            (
                refused(
                    422,
                    "Invalid",
                    "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'no-a' with binding 'all' denied request: no",
                    Some("m/a.yaml:3"),
                ),
                "AdmissionDenied",
                Exit::LabFailed,
                "validatingadmissionpolicies no-a",
            ),
        ] {
            let told = report(&error, error.to_string(), "/subscriptions/s/c");
            assert_eq!((told.code.as_str(), exit(&error)), (code, exit_code));
            assert!(told.hint.as_deref().is_some_and(|hint| hint.contains(says)), "{told:?}");
        }
    }
}
