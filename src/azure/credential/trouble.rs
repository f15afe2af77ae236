//! az and azd that fail for reasons of their own: known by what they print, since they have no codes.

use super::{CredentialKind, SignInFailure};

/// A program that keeps a person's sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Az,
    Azd,
}

/// What ails it.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) failure: SignInFailure,
    pub(super) hint: String,
    pub(super) may_pass: bool,
}

impl Kind {
    pub(super) fn of(kind: CredentialKind) -> Option<Self> {
        match kind {
            CredentialKind::Cli => Some(Self::Az),
            CredentialKind::Azd => Some(Self::Azd),
            _ => None,
        }
    }

    /// The command that signs in to `tenant`.
    pub(super) fn login(self, tenant: Option<&str>) -> String {
        match (self, tenant) {
            (Self::Az, Some(tenant)) => format!("az login --tenant {tenant}"),
            (Self::Az, None) => "az login".to_owned(),
            (Self::Azd, Some(tenant)) => format!("azd auth login --tenant-id {tenant}"),
            (Self::Azd, None) => "azd auth login".to_owned(),
        }
    }

    /// What to do where it gives something else than a token.
    pub(super) fn no_token(self, tenant: Option<&str>) -> String {
        let (login, name) = (self.login(tenant), self.name());
        format!(
            "Sign in again: `{login}`; if that does not help, look whether `{name}` is a script or an alias of your own."
        )
    }

    /// The program's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Az => "az",
            Self::Azd => "azd",
        }
    }
}

/// Words of Python's (az) and of Go's (azd) TLS.
const UNTRUSTED: [&str; 6] = [
    "certificate_verify_failed",
    "certificate verify failed",
    "unable to get local issuer certificate",
    "self-signed certificate",
    "x509: ",
    "sslcertverificationerror",
];
/// The last two: a proxy that speaks plain HTTP and is written `https://`, and one that looks into TLS in an old way.
const PROXY: [&str; 6] = [
    "proxyerror",
    "proxy authentication required",
    "407 proxy",
    "cannot connect to proxy",
    "wrong_version_number",
    "unsafe_legacy_renegotiation",
];
const UNREACHABLE: [&str; 13] = [
    "failed to establish a new connection",
    "max retries exceeded",
    "name or service not known",
    "temporary failure in name resolution",
    "getaddrinfo failed",
    "connection refused",
    "connection aborted",
    "no such host",
    "dial tcp",
    "network is unreachable",
    "connection reset",
    "read timed out",
    "connect timeout",
];
/// Words of a program that is too old to know what it is asked.
const OLD: [&str; 3] = ["misspelled or not recognized", "unrecognized arguments", "expires_on field not found"];
/// Another one writes its files.
const LOCKED: [&str; 5] = [
    "portalocker",
    "could not acquire lock",
    "acquiring lock",
    "acquiring the lock",
    "resource temporarily unavailable",
];
const UNREADABLE_STORE: [&str; 11] = [
    "codec can't decode",
    "token from msal cache",
    "decryption failed",
    "can't decrypt",
    "unable to decrypt",
    "persistencedecryptionerror",
    "cryptunprotectdata",
    "persistenceencryptionerror",
    "dbus-launch",
    "jsondecodeerror",
    "expecting value: line",
];
const BROKEN: [&str; 8] = [
    "could not start",
    "modulenotfounderror",
    "no module named",
    "importerror",
    "bad interpreter",
    "exec format error",
    "cannot execute",
    "traceback (most recent call last)",
];
const NOT_WRITABLE: [&str; 5] =
    ["permissionerror", "permission denied", "read-only file system", "no space left", "access is denied"];

/// What the program's own words say; `None` where they say nothing that is known here.
pub(super) fn trouble(program: Kind, text: &str) -> Option<Trouble> {
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let lasting = |failure, hint: String| Some(Trouble { failure, hint, may_pass: false });
    let name = program.name();
    if let Some(cloud) = other_cloud(text) {
        let hint = format!(
            "az works with the cloud {cloud}, and has no such subscription there: correct --subscription, or sign in where it is: \
             `az login --tenant TENANT`; if you mean another cloud, name it with --cloud, and sign in to it: `az cloud list -o table`, \
             `az cloud set --name NAME`, `az login`."
        );
        return lasting(SignInFailure::WrongCloud, hint);
    }
    if says(&UNTRUSTED) {
        let variable = if program == Kind::Az { "REQUESTS_CA_BUNDLE" } else { "SSL_CERT_FILE" };
        let hint = format!(
            "{name} does not trust the certificate that it is shown: set {variable} to a PEM file that has your company's \
             CA certificate besides the public ones; azlab reads it too."
        );
        return lasting(SignInFailure::Network, hint);
    }
    if let Some(status) = tunnel_status(&lower) {
        let hint = match status {
            Some(500..) => {
                "The proxy in HTTPS_PROXY answers, and does not come through to Azure: run the same command again in a few \
                            minutes; else ask who runs it, name another, or let Azure past it with NO_PROXY."
            }
            _ => {
                "The proxy in HTTPS_PROXY refuses to connect to Azure: ask who runs it to allow that, name another, or let Azure past it \
                  with NO_PROXY."
            }
        };
        let may_pass = matches!(status, Some(500..));
        return Some(Trouble { failure: SignInFailure::Network, hint: hint.to_owned(), may_pass });
    }
    if says(&PROXY) {
        let hint =
            format!("{name} does not get through the proxy: look at HTTPS_PROXY (user and password) and NO_PROXY.");
        return lasting(SignInFailure::Network, hint);
    }
    if says(&OLD) {
        let (update, least) =
            if program == Kind::Az { ("az upgrade", " (2.54 or newer)") } else { ("azd version", "") };
        let hint = format!("{name} is too old{least}: see `{update}`, or install the newest.");
        return lasting(SignInFailure::Other, hint);
    }
    if says(&LOCKED) {
        let hint = format!("Another {name} writes its tokens at the moment: run the same command again.");
        return Some(Trouble { failure: SignInFailure::Other, hint, may_pass: true });
    }
    if lower.contains("was ended by signal") {
        let hint = format!(
            "Something ended {name} before it answered, such as a lack of memory: run the same command again, or see what \
             `{name} version` says."
        );
        return Some(Trouble { failure: SignInFailure::Other, hint, may_pass: true });
    }
    let is_of_identity = ["failed to connect to msi", "169.254.169.254", "identity not found"];
    if program == Kind::Az && says(&is_of_identity) {
        let hint = "az is signed in as a managed identity that this machine does not have: `az login`, or in the Cloud Shell start \
                    a new session.";
        return lasting(SignInFailure::NotSignedIn, hint.to_owned());
    }
    // The broker of Windows, in the words of MSAL.
    if program == Kind::Az && says(&["response_status.", "broker_error", "(pii). status"]) {
        let hint = "Windows' account broker refuses: sign in with a browser instead: `az config set \
                    core.enable_broker_on_windows=false`, `az account clear`, `az login`.";
        return Some(Trouble { failure: SignInFailure::NotSignedIn, hint: hint.to_owned(), may_pass: false });
    }
    if program == Kind::Az && lower.contains("no subscription found") {
        let hint = "Choose a subscription: `az account list -o table`, `az account set --subscription ID`; or sign in again: `az login`.";
        return lasting(SignInFailure::NotSignedIn, hint.to_owned());
    }
    if says(&UNREADABLE_STORE) {
        let hint = match program {
            Kind::Az => "az cannot read the tokens that it keeps: run `az account clear`, then `az login`.",
            Kind::Azd => "azd cannot read the tokens that it keeps: run `azd auth logout`, then `azd auth login`.",
        };
        return lasting(SignInFailure::NotSignedIn, hint.to_owned());
    }
    if program == Kind::Az && lower.contains("configparser") {
        let hint = "az cannot read its settings: correct ~/.azure/config (AZURE_CONFIG_DIR/config), or move it away.";
        return lasting(SignInFailure::Other, hint.to_owned());
    }
    let is_about_files = [".azure", ".azd", "errno 28", "errno 30"].iter().any(|word| lower.contains(word));
    if is_about_files && says(&NOT_WRITABLE) {
        let (folder, variable) = match program {
            Kind::Az => ("~/.azure", "AZURE_CONFIG_DIR"),
            Kind::Azd => ("~/.azd", "AZD_CONFIG_DIR"),
        };
        let hint = format!(
            "{name} cannot write in its folder: make {folder} yours again (sudo chown -R \"$USER\" {folder}) and see that \
             the disk has space, or point {variable} at a folder that you can write in."
        );
        return lasting(SignInFailure::Other, hint);
    }
    if says(&BROKEN) || (says(&NOT_WRITABLE) && lower.contains(&format!("{name}: permission denied"))) {
        let hint = format!("{name} itself does not run: see what `{name} version` says, and install it again.");
        return lasting(SignInFailure::Other, hint);
    }
    if lower.contains("gave no usable token") {
        return lasting(SignInFailure::Other, program.no_token(None));
    }
    if lower.contains("printed nothing") || lower.contains("something else than a token") {
        let command = match program {
            Kind::Az => "az account get-access-token --output none",
            Kind::Azd => "azd auth login --check-status",
        };
        let hint =
            format!("Look at what `{command}` prints, and whether `{name}` is a script or an alias of your own.");
        return lasting(SignInFailure::Other, hint);
    }
    if says(&UNREACHABLE) {
        let hint = "Check the network, VPN and proxy (HTTPS_PROXY, NO_PROXY), then try again.".to_owned();
        return Some(Trouble { failure: SignInFailure::Network, hint, may_pass: true });
    }
    None
}

/// The status with which a proxy refuses a tunnel, in the words of Python (`Tunnel connection failed: 502 Bad Gateway`); 407 is
/// told otherwise.
fn tunnel_status(lower: &str) -> Option<Option<u16>> {
    let (_, rest) = lower.split_once("tunnel connection failed: ")?;
    let status = rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
    (status != Some(407)).then_some(status)
}

/// The cloud that az works with, where a subscription `doesn't exist in cloud 'X'`.
fn other_cloud(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("exist in cloud")?;
    let name: String =
        rest.trim_start_matches([' ', '\'', '"']).chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    (!name.is_empty() && name.len() <= 40).then_some(name)
}
