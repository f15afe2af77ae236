//! Which account a request is for, and the path on it.
//!
//! Azure tells accounts apart by their hosts alone. Where the sandbox is served these names do not resolve, so an account has two
//! more addresses there: `https://localhost:PORT/_accounts/NAME/`, which every client can reach, and
//! `https://NAME.openai.azure.com.localhost:PORT/` for clients on machines that resolve what is below `localhost` (RFC 6761).

use http::header::HOST;

/// The hosts below which accounts have theirs.
const SUFFIXES: [&str; 2] = [".openai.azure.com", ".cognitiveservices.azure.com"];
/// The same on this machine.
pub(crate) const LOCAL_SUFFIXES: [&str; 2] = [".openai.azure.com.localhost", ".cognitiveservices.azure.com.localhost"];
/// What paths of an account begin with at the served address: its subdomain follows.
pub const ACCOUNTS_PATH: &str = "/_accounts/";

/// What a request to the data plane is for.
pub(crate) struct Target {
    /// The account's subdomain, in lower case; of an account that cannot exist, what was sent.
    pub subdomain: String,
    /// The path on the account, with its leading slash.
    pub path: String,
}

/// The account that a request is for, if it is one to the data plane.
pub(crate) fn target(parts: &http::request::Parts) -> Option<Target> {
    let path = parts.uri.path();
    if let Some(subdomain) = by_host(parts) {
        return Some(Target { subdomain, path: path.to_owned() });
    }
    let below = path.strip_prefix(ACCOUNTS_PATH)?;
    let (name, rest) = below.split_once('/').unwrap_or((below, ""));
    Some(Target { subdomain: name.to_ascii_lowercase(), path: format!("/{rest}") })
}

fn by_host(parts: &http::request::Parts) -> Option<String> {
    let sent = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(|authority| authority.as_str()).or_else(sent)?.to_ascii_lowercase();
    let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
    let name = SUFFIXES.iter().chain(&LOCAL_SUFFIXES).find_map(|suffix| host.strip_suffix(suffix))?;
    (!name.is_empty() && !name.contains('.')).then(|| name.to_owned())
}
