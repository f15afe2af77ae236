//! Turns what azure_identity says into a kind, one line and a next step.
//!
//! Entra's codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use std::error::Error as _;

use azure_core::error::ErrorKind;

use super::{CredentialKind, SignInError, SignInFailure};

/// The longest message shown; az can print pages.
const MAX_MESSAGE: usize = 400;

/// The sign-in was good once: sessions and refresh tokens that ran out, or a second factor that is due again.
const EXPIRED: [u32; 12] =
    [50_058, 50_076, 50_078, 50_079, 50_132, 50_133, 50_173, 70_008, 70_043, 700_082, 700_084, 700_081];
/// No such tenant, or the account is not in it.
const WRONG_TENANT: [u32; 8] = [50_020, 50_034, 50_059, 50_177, 90_002, 90_072, 500_011, 900_023];

/// What failed when `kind` was asked for a token.
pub(super) fn classify(kind: CredentialKind, error: &azure_core::Error) -> SignInError {
    let error = innermost(error);
    let full = error.to_string();
    let message = one_line(&full);
    let failure = failure_of(kind, error.kind(), &full);
    SignInError::new(failure, kind, message, hint(failure, kind, &full))
}

fn failure_of(kind: CredentialKind, cause: &ErrorKind, text: &str) -> SignInFailure {
    let codes = entra_codes(text, cause);
    if codes.iter().any(|code| EXPIRED.contains(code)) {
        return SignInFailure::Expired;
    }
    if codes.iter().any(|code| WRONG_TENANT.contains(code)) {
        return SignInFailure::WrongTenant;
    }
    if !codes.is_empty() {
        return SignInFailure::Refused;
    }
    let lower = text.to_ascii_lowercase();
    if matches!(kind, CredentialKind::Cli | CredentialKind::Azd) {
        if lower.contains("not found on path") {
            return SignInFailure::ProgramNotFound;
        }
        if lower.contains("az login") || lower.contains("auth login") || lower.contains("not logged in") {
            return SignInFailure::NotSignedIn;
        }
        if lower.contains("subscription") && lower.contains("not found") {
            return SignInFailure::WrongTenant;
        }
    }
    match cause {
        ErrorKind::HttpResponse { .. } => SignInFailure::Refused,
        ErrorKind::Io | ErrorKind::Connection => SignInFailure::Network,
        _ if lower.contains("is not trusted") => SignInFailure::Network,
        _ => SignInFailure::Other,
    }
}

/// azure_identity and its pipeline wrap each error in frames of their own; what tells is at the bottom.
fn innermost(error: &azure_core::Error) -> &azure_core::Error {
    let mut innermost = error;
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(inner) = cause.downcast_ref::<azure_core::Error>() {
            innermost = inner;
        }
        next = cause.source();
    }
    innermost
}

fn entra_codes(text: &str, kind: &ErrorKind) -> Vec<u32> {
    let listed = match kind {
        ErrorKind::HttpResponse { error_code: Some(codes), .. } => codes.as_str(),
        _ => "",
    };
    let named = text.split("AADSTS").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        &rest[..end]
    });
    named.chain(listed.split(',')).filter_map(|digits| digits.trim().parse().ok()).collect()
}

fn hint(failure: SignInFailure, kind: CredentialKind, text: &str) -> String {
    let login = match kind {
        CredentialKind::Azd => "azd auth login",
        _ => "az login",
    };
    match (failure, kind) {
        (SignInFailure::ProgramNotFound, CredentialKind::Azd) => {
            "Install azd (https://aka.ms/azd) or choose another sign-in with --auth.".to_owned()
        }
        (SignInFailure::ProgramNotFound, _) => {
            "Install the az CLI (https://aka.ms/azcli) or choose another sign-in with --auth.".to_owned()
        }
        (SignInFailure::NotSignedIn | SignInFailure::Expired, CredentialKind::Cli | CredentialKind::Azd) => {
            format!("Run `{login}`, then try again.")
        }
        (SignInFailure::WrongTenant, CredentialKind::Cli) => {
            "Run `az login --tenant TENANT` with the subscription's tenant, or correct --tenant and --subscription."
                .to_owned()
        }
        (SignInFailure::WrongTenant, CredentialKind::Azd) => {
            "Run `azd auth login --tenant-id TENANT` with the subscription's tenant, or correct --tenant.".to_owned()
        }
        (SignInFailure::WrongTenant, _) => "Correct --tenant (AZURE_TENANT_ID) and --cloud.".to_owned(),
        (SignInFailure::Network, _) if text.contains("is not trusted") => {
            "If that server is yours, give its CA certificate in AZLAB_CA_FILE.".to_owned()
        }
        (SignInFailure::Network, _) => "Check the network and the proxy settings, then try again.".to_owned(),
        (_, CredentialKind::Secret) => {
            "Check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET; secrets expire.".to_owned()
        }
        (_, CredentialKind::Certificate) => {
            "Check AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_CERTIFICATE_PATH; certificates expire.".to_owned()
        }
        (_, CredentialKind::WorkloadIdentity) => {
            "Check that the federated credential has this issuer, subject and audience.".to_owned()
        }
        (_, CredentialKind::ManagedIdentity) => {
            "Check that this machine has a managed identity; AZURE_CLIENT_ID selects a user-assigned one.".to_owned()
        }
        (_, CredentialKind::Pipelines) => {
            "Check the service connection, and that the job maps SYSTEM_ACCESSTOKEN into its environment.".to_owned()
        }
        (_, CredentialKind::Cli) => {
            "See what `az account get-access-token --output none` says; az must be 2.54 or newer.".to_owned()
        }
        (_, CredentialKind::Azd) => "See what `azd auth login --check-status` says.".to_owned(),
        (_, CredentialKind::Auto | CredentialKind::Sandbox) => String::new(),
    }
}

/// The first thing said, without the SDK's frame, ids of one request, or anything that looks like a token.
fn one_line(text: &str) -> String {
    let text = text.split_once("authentication failed.").map_or(text, |(_, rest)| rest);
    let text = text.split("To troubleshoot, visit").next().unwrap_or(text);
    let text = text.split("Trace ID:").next().unwrap_or(text);
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| if word.contains("eyJ") || word.len() > 200 { "(removed)" } else { word })
        .collect();
    let line = words.join(" ");
    let line = line.strip_prefix("ERROR: ").unwrap_or(&line);
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None if line.is_empty() => "it gave no reason".to_owned(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(message: &'static str) -> azure_core::Error {
        azure_core::Error::with_message(ErrorKind::Credential, message)
    }

    #[test]
    fn entra_codes_decide() {
        use SignInFailure as F;
        let cases = [
            ("ERROR: AADSTS70043: The refresh token has expired", F::Expired),
            ("ERROR: AADSTS700082: The refresh token has expired due to inactivity.", F::Expired),
            ("AADSTS90002: Tenant 'x' not found.", F::WrongTenant),
            ("AADSTS50020: User account from identity provider does not exist in tenant", F::WrongTenant),
            ("AADSTS7000215: Invalid client secret provided.", F::Refused),
            ("ERROR: Please run 'az login' to setup account.", F::NotSignedIn),
            ("az not found on PATH", F::ProgramNotFound),
            ("ERROR: Subscription 'x' not found. Check the spelling and casing and try again.", F::WrongTenant),
            ("something else", F::Other),
        ];
        for (message, expected) in cases {
            let error = classify(CredentialKind::Cli, &credential(message));
            assert_eq!(error.failure, expected, "{message}");
            assert!(!error.hint.is_empty(), "{message}");
        }
    }

    #[test]
    fn messages_are_one_line_without_tokens() {
        let error = classify(
            CredentialKind::Cli,
            &credential(
                "AzureCliCredential authentication failed. ERROR: AADSTS1: first\nsecond eyJhbGciOi.x.y\nTrace ID: 1\n\
                 To troubleshoot, visit https://aka.ms/x",
            ),
        );
        assert_eq!(error.message, "AADSTS1: first second (removed)");
        let long: &'static str = Box::leak("word ".repeat(1000).into_boxed_str());
        assert!(classify(CredentialKind::Cli, &credential(long)).message.chars().count() <= MAX_MESSAGE + 1);
    }
}
