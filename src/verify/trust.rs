//! `identity`, and for each federated credential `federated_credential`, `federated_credential_issuer`,
//! `federated_credential_subject`, `federated_credential_audience`.

use super::facts::{Facts, Look};
use super::fixes::Fixes;
use super::report::{fail, forbidden, pass, skip, unread};
use crate::azure::identities::{FederatedIdentityCredential, FederatedIdentityCredentialProperties as Properties};
use crate::lab::ids::same;
use crate::lab::spec::FederatedCredentialSpec;
use crate::outcome::CheckReport;
use crate::recipe::cluster::issuer;
use crate::recipe::identity::{client_id, principal_id};
use crate::values::ResourceKind;

const IDENTITY: &str = "identity";
const CREDENTIAL: &str = "federated_credential";
const ISSUER: &str = "federated_credential_issuer";
const SUBJECT: &str = "federated_credential_subject";
const AUDIENCE: &str = "federated_credential_audience";
const FIELDS: [&str; 3] = [ISSUER, SUBJECT, AUDIENCE];

/// The checks of the identity and of what trusts it.
pub(super) fn check(facts: &Facts, fixes: &Fixes<'_>) -> Vec<CheckReport> {
    let mut checks = vec![identity(facts, fixes)];
    for spec in &fixes.lab.federated_credentials {
        checks.extend(credential(facts, fixes, spec));
    }
    checks
}

fn identity(facts: &Facts, fixes: &Fixes<'_>) -> CheckReport {
    let name = &fixes.lab.identity;
    let hint = || fixes.repair(|| format!("az identity create -n {name} {}", fixes.group()));
    match &facts.identity {
        Look::Forbidden(why) => forbidden(IDENTITY, why),
        Look::Absent => {
            fail(IDENTITY, format!("there is no identity {name} in the resource group {}", fixes.lab.group), hint())
        }
        Look::There(found) => match (principal_id(found), client_id(found)) {
            (Some(_), Some(client)) => pass(IDENTITY, format!("the identity {name}, client id {client}")),
            _ => fail(IDENTITY, format!("the identity {name} has no principal yet"), hint()),
        },
    }
}

fn credential(facts: &Facts, fixes: &Fixes<'_>, spec: &FederatedCredentialSpec) -> Vec<CheckReport> {
    let all = [CREDENTIAL, ISSUER, SUBJECT, AUDIENCE];
    if facts.identity.there().is_none() {
        return all.into_iter().filter_map(|id| unread(id, &facts.identity, ResourceKind::Identity)).collect();
    }
    let found = match &facts.credentials {
        Ok(found) => found,
        Err(why) => return all.into_iter().map(|id| forbidden(id, why)).collect(),
    };
    let url = facts.cluster.there().and_then(issuer);
    let Some((name, have)) = choose(found, spec, url) else {
        let message = format!("the identity {} has no federated credential {}", fixes.lab.identity, spec.name);
        let first = fail(CREDENTIAL, message, fixes.repair(|| write(fixes, spec, &spec.name, "create")));
        let rest = FIELDS.map(|id| skip(id, "there is no federated credential"));
        return std::iter::once(first).chain(rest).collect();
    };
    let hint = || fixes.repair(|| write(fixes, spec, name, "update"));
    let field = |id, good: String, problem: Option<String>| match problem {
        None => pass(id, good),
        Some(problem) => fail(id, format!("{name}: {problem}"), hint()),
    };
    let issuer = match url {
        None => skip(ISSUER, "the cluster has no OIDC issuer to compare with"),
        Some(url) => field(ISSUER, format!("{name}: its issuer is the cluster's"), issuer_problem(&have.issuer, url)),
    };
    let audience = have.audiences.join(", ");
    let wrong = (have.audiences != [spec.audience.as_str()])
        .then(|| format!("its audience is {}, and must be {}", shown(&audience), spec.audience));
    vec![
        pass(CREDENTIAL, format!("the identity {} has the federated credential {name}", fixes.lab.identity)),
        issuer,
        field(SUBJECT, format!("{name}: {}", have.subject), subject_problem(&have.subject, &spec.subject)),
        field(AUDIENCE, format!("{name}: {audience}"), wrong),
    ]
}

/// The credential that is meant: one that does what `spec` says under any name, the one of its name, or the only one.
fn choose<'a>(
    all: &'a [FederatedIdentityCredential],
    spec: &FederatedCredentialSpec,
    issuer: Option<&str>,
) -> Option<(&'a str, &'a Properties)> {
    let read = |one: &'a FederatedIdentityCredential| {
        Some((one.proxy_resource.resource.name.as_deref()?, one.properties.as_ref()?))
    };
    let known = || all.iter().filter_map(read);
    let by_meaning = |(_, have): &(&str, &Properties)| {
        have.subject == spec.subject && issuer.is_some_and(|issuer| have.issuer == issuer)
    };
    let only = || known().next().filter(|_| all.len() == 1);
    known().find(by_meaning).or_else(|| known().find(|(name, _)| same(name, &spec.name))).or_else(only)
}

/// What is wrong with a credential's issuer, where the cluster's is `want`. Entra compares to the letter.
fn issuer_problem(have: &str, want: &str) -> Option<String> {
    if have == want {
        return None;
    }
    Some(if have.trim_end_matches('/') == want.trim_end_matches('/') {
        let slash = if want.ends_with('/') { "lacks the slash" } else { "has an extra slash" };
        format!("its issuer {have} {slash} at the end: the cluster's is {want}")
    } else {
        format!(
            "its issuer is {}, and the cluster's is {want}; a cluster that is created again has a new issuer",
            shown(have)
        )
    })
}

/// What is wrong with a credential's subject.
fn subject_problem(have: &str, want: &str) -> Option<String> {
    if have == want {
        return None;
    }
    let parts = |subject: &str| match subject.split(':').collect::<Vec<_>>()[..] {
        ["system", "serviceaccount", namespace, account] => Some((namespace.to_owned(), account.to_owned())),
        _ => None,
    };
    let which = match (parts(have), parts(want)) {
        (Some(have), Some(want)) if have.1 == want.1 => format!("another namespace, {} for {}", have.0, want.0),
        (Some(have), Some(want)) if have.0 == want.0 => format!("another service account, {} for {}", have.1, want.1),
        _ => "another subject".to_owned(),
    };
    Some(format!("its subject is {} ({which}), and must be {want}", shown(have)))
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "(none)" } else { text }
}

/// What az does about a credential.
fn write(fixes: &Fixes<'_>, spec: &FederatedCredentialSpec, name: &str, verb: &str) -> String {
    let (identity, group, cluster) = (&fixes.lab.identity, fixes.group(), &fixes.lab.cluster.name);
    format!(
        "az identity federated-credential {verb} -n {name} --identity-name {identity} {group} --issuer $(az aks show -n {cluster} \
         {group} --query oidcIssuerProfile.issuerUrl -o tsv) --subject {} --audiences {}",
        spec.subject, spec.audience
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_is_told_as_what_it_is() {
        assert_eq!(issuer_problem("https://i/", "https://i/"), None);
        assert!(issuer_problem("https://i", "https://i/").is_some_and(|text| text.contains("lacks the slash")));
        assert!(issuer_problem("https://i/", "https://i").is_some_and(|text| text.contains("an extra slash")));
        assert!(issuer_problem("https://j/", "https://i/").is_some_and(|text| text.contains("created again")));
    }

    #[test]
    fn the_part_of_a_subject_that_differs_is_named() {
        let want = "system:serviceaccount:default:ai-service-account";
        let problem = |have: &str| subject_problem(have, want).unwrap_or_default();
        assert_eq!(problem(want), "");
        assert!(problem("system:serviceaccount:prod:ai-service-account").contains("namespace, prod for default"));
        assert!(problem("system:serviceaccount:default:other").contains("service account, other for"));
        assert!(problem("system:serviceaccount:Default:ai-service-account").contains("Default for default"));
        assert!(problem("").contains("(none) (another subject)"));
    }
}
