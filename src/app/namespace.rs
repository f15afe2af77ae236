//! Where the application lives: where the lab's identity trusts it.

use crate::lab::spec::LabSpec;

/// The service account that the lab's identity trusts: its namespace, where the application lives, and its name.
pub(crate) fn service_account(lab: &LabSpec) -> (&str, &str) {
    let subject = lab.federated_credentials.first().map(|one| one.subject.as_str()).unwrap_or_default();
    let mut parts = subject.strip_prefix("system:serviceaccount:").unwrap_or_default().split(':');
    match (parts.next().filter(|part| !part.is_empty()), parts.next()) {
        (Some(namespace), Some(name)) => (namespace, name),
        _ => ("default", "ai-service-account"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::spec::FederatedCredentialSpec;

    #[test]
    fn the_application_lives_where_the_lab_s_identity_trusts_it() {
        let mut lab = LabSpec::workshop("default", "s");
        assert_eq!(service_account(&lab), ("default", "ai-service-account"));
        lab.federated_credentials = vec![FederatedCredentialSpec {
            name: "f".into(),
            subject: "system:serviceaccount:pets:reader".into(),
            audience: "a".into(),
        }];
        assert_eq!(service_account(&lab), ("pets", "reader"));
    }
}
