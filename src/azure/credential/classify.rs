//! Turns what azure_identity says into a kind, one line and a next step.
//!
//! Entra's codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use std::error::Error as _;

use azure_core::error::ErrorKind;

use super::trouble as program;
use super::{CredentialKind, SignInError, SignInFailure};
use crate::azure::obstacle::Obstacle;

/// The longest message shown; az can print pages.
const MAX_MESSAGE: usize = 400;

/// The sign-in was good once: sessions, refresh tokens and passwords that ran out.
const EXPIRED: [u32; 17] = [
    16_000, 50_055, 50_058, 50_085, 50_089, 50_132, 50_133, 50_142, 50_144, 50_173, 70_000, 70_008, 70_043, 70_044,
    700_081, 700_082, 700_084,
];
/// A person has to prove more: a second factor that is due, has to be set up, or is asked for by another service.
const CHALLENGED: [u32; 8] = [50_072, 50_074, 50_076, 50_078, 50_079, 50_158, 53_004, 50_203];
/// Conditional Access, or another rule of the tenant, refuses this device, place, program or person; besides what
/// [`is_barred`] knows by its number.
const BARRED: [u32; 7] = [50_005, 50_097, 50_105, 50_131, 50_187, 135_011, 700_003];
/// Entra itself is in trouble, or wants to be asked less often.
const PASSING: [u32; 6] = [50_196, 90_006, 90_012, 90_024, 90_033, 90_036];
/// What was shown is too old or too young.
const UNTIMELY: [u32; 2] = [500_133, 700_024];
/// The account cannot sign in, whatever it shows.
const SHUT: [u32; 2] = [50_053, 50_057];
/// Nobody has allowed the program.
const NOT_ALLOWED: [u32; 3] = [65_001, 65_004, 90_094];
/// No such tenant, or the account is not in it.
const WRONG_TENANT: [u32; 8] = [50_020, 50_034, 50_059, 50_177, 90_002, 90_072, 500_011, 900_023];

/// What failed when `kind` was asked for a token of `tenant`.
pub(super) fn classify(kind: CredentialKind, tenant: Option<&str>, error: &azure_core::Error) -> SignInError {
    let error = innermost(error);
    let full = error.to_string();
    let message = one_line(&full);
    if let Some(obstacle) = obstacle_below(error) {
        let found = SignInError::new(SignInFailure::Network, kind, message, obstacle.way_out.clone());
        return SignInError { may_pass: obstacle.may_pass, ..found };
    }
    let codes = entra_codes(&full, error.kind());
    if let Some((failure, hint)) = of_codes(&codes, kind, tenant) {
        let may_pass = codes.iter().any(|code| PASSING.contains(code));
        return SignInError { may_pass, ..SignInError::new(failure, kind, message, hint) };
    }
    if codes.is_empty()
        && let Some(program) = program::Kind::of(kind)
        && let Some(found) = program::trouble(program, &full)
    {
        let error = SignInError::new(found.failure, kind, message, found.hint);
        return SignInError { may_pass: found.may_pass, ..error };
    }
    let failure = failure_of(kind, error.kind(), &codes, &full);
    let hint = hint(failure, kind);
    // Which tenant it is may be known.
    let hint = tenant.map(|tenant| hint.replace(" TENANT`", &format!(" {tenant}`"))).unwrap_or(hint);
    SignInError::new(failure, kind, message, hint)
}

/// An app's secret or certificate that is wrong, or has expired (Entra docs, *Authentication and authorization error codes*).
const SECRETS: [u32; 3] = [700_027, 7_000_215, 7_000_222];

/// What Entra's codes say to whoever signs in.
fn of_codes(codes: &[u32], kind: CredentialKind, tenant: Option<&str>) -> Option<(SignInFailure, String)> {
    let has = |list: &[u32]| codes.iter().find(|code| list.contains(code));
    if has(&PASSING).is_some() {
        let hint = "Entra has a temporary failure: wait some minutes, then run the same command again.";
        return Some((SignInFailure::Other, hint.to_owned()));
    }
    if has(&UNTIMELY).is_some() {
        let hint = "What proves who you are is too old or too young: set this machine's clock, and renew the token or \
                    certificate that you sign in with.";
        return Some((SignInFailure::Refused, hint.to_owned()));
    }
    // What a program signs in with says more about the rest.
    let program = program::Kind::of(kind)?;
    let login = program.login(tenant);
    if let Some(code) = codes.iter().find(|code| is_barred(**code)) {
        let hint = format!(
            "A rule of your organization (Conditional Access) refuses this sign-in: run `{login}` in a browser, on a \
             device and network that it allows, or ask your administrator about AADSTS{code}."
        );
        return Some((SignInFailure::Refused, hint));
    }
    if has(&CHALLENGED).is_some() {
        return Some((SignInFailure::Expired, format!("Run `{login}` and do what it asks for, then try again.")));
    }
    if has(&EXPIRED).is_some() {
        return Some((SignInFailure::Expired, format!("Run `{login}`, then try again.")));
    }
    if has(&WRONG_TENANT).is_some() {
        return None;
    }
    if let Some(code) = has(&SHUT) {
        let hint = format!(
            "The account is locked or disabled: ask your administrator about AADSTS{code}, or use another: `{login}`."
        );
        return Some((SignInFailure::Refused, hint));
    }
    if let Some(code) = has(&NOT_ALLOWED) {
        let hint = format!(
            "Your organization has not allowed the program: ask your administrator about AADSTS{code}, then run `{login}`."
        );
        return Some((SignInFailure::Refused, hint));
    }
    let code = codes.first()?;
    if has(&SECRETS).is_some() && program == program::Kind::Az {
        let tenant = tenant.unwrap_or("TENANT");
        let hint = format!(
            "az is signed in as an app whose secret or certificate is wrong or has expired: make a new one (`az ad app credential reset --id \
             APP_ID`), then `az login --service-principal -u APP_ID -p SECRET --tenant {tenant}`; what the code means: \
             https://login.microsoftonline.com/error?code={code}"
        );
        return Some((SignInFailure::Refused, hint));
    }
    let hint = format!(
        "Run `{login}`, then try again; what the code means: https://login.microsoftonline.com/error?code={code}"
    );
    Some((SignInFailure::Refused, hint))
}

/// Whether a rule of the organization refuses: Conditional Access has the numbers that begin so.
fn is_barred(code: u32) -> bool {
    let is_conditional = matches!(code, 53_000..=53_099 | 530_000..=530_999) && !CHALLENGED.contains(&code);
    is_conditional || BARRED.contains(&code)
}

fn obstacle_below(error: &azure_core::Error) -> Option<&Obstacle> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

fn failure_of(kind: CredentialKind, cause: &ErrorKind, codes: &[u32], text: &str) -> SignInFailure {
    let has = |list: &[u32]| codes.iter().any(|code| list.contains(code));
    if has(&EXPIRED) || has(&CHALLENGED) {
        return SignInFailure::Expired;
    }
    if has(&WRONG_TENANT) {
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

fn hint(failure: SignInFailure, kind: CredentialKind) -> String {
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
    // Behind warnings, too. What is about the program's start has no such word.
    let line = line.split_once("ERROR: ").map_or(line.as_str(), |(_, error)| error);
    let frames = ["other error error: ", "other error: "];
    let line = frames.iter().find_map(|frame| line.strip_prefix(frame)).unwrap_or(line);
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
            let error = classify(CredentialKind::Cli, None, &credential(message));
            assert_eq!(error.failure, expected, "{message}");
            assert!(!error.hint.is_empty(), "{message}");
        }
    }

    #[test]
    fn messages_are_one_line_without_tokens() {
        let error = classify(
            CredentialKind::Cli,
            None,
            &credential(
                "AzureCliCredential authentication failed. ERROR: AADSTS1: first\nsecond eyJhbGciOi.x.y\nTrace ID: 1\n\
                 To troubleshoot, visit https://aka.ms/x",
            ),
        );
        assert_eq!(error.message, "AADSTS1: first second (removed)");
        let long: &'static str = Box::leak("word ".repeat(1000).into_boxed_str());
        assert!(classify(CredentialKind::Cli, None, &credential(long)).message.chars().count() <= MAX_MESSAGE + 1);
    }
}
