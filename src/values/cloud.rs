//! The sovereign clouds and their addresses, and the check of an address given by hand.
//!
//! Addresses are those of the Azure SDKs' cloud configurations and of
//! <https://learn.microsoft.com/azure/ai-services/openai/azure-government> for the data plane.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// A cloud: its Resource Manager, its sign-in service and its names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Azure, as the world uses it.
    #[default]
    Public,
    /// Azure Government (United States).
    UsGov,
    /// Azure operated by 21Vianet (China).
    China,
}

/// A cloud or an address that cannot be used as given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// No cloud has this name.
    #[error("there is no cloud '{0}': use public, usgov or china")]
    UnknownCloud(String),
    /// An address that is refused before anything is sent there.
    #[error("the {what} `{input}` cannot be used: {reason}")]
    Endpoint {
        /// What the address is for.
        what: &'static str,
        /// The address as given, without a password it may hold.
        input: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl Cloud {
    /// Every cloud, in the order to list them.
    pub const ALL: [Self; 3] = [Self::Public, Self::UsGov, Self::China];

    /// The name on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGov => "usgov",
            Self::China => "china",
        }
    }

    /// Its portal.
    pub(crate) fn portal(self) -> &'static str {
        match self {
            Self::Public => "https://portal.azure.com",
            Self::UsGov => "https://portal.azure.us",
            Self::China => "https://portal.azure.cn",
        }
    }

    /// Its name in az (`az cloud list`).
    pub(crate) fn name_in_az(self) -> &'static str {
        match self {
            Self::Public => "AzureCloud",
            Self::UsGov => "AzureUSGovernment",
            Self::China => "AzureChinaCloud",
        }
    }

    /// Where Resource Manager answers, without a trailing slash.
    pub fn arm_endpoint(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGov => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }

    /// The audience of a token for Resource Manager, without a trailing slash.
    pub(crate) fn arm_audience(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGov => "https://management.core.usgovcloudapi.net",
            Self::China => "https://management.core.chinacloudapi.cn",
        }
    }

    /// The scope to ask for when signing in to Resource Manager.
    pub(crate) fn arm_scope(self) -> String {
        format!("{}/.default", self.arm_audience())
    }

    /// The audience of a token for the data plane of Azure AI services, without a trailing slash.
    pub(crate) fn data_plane_audience(self) -> &'static str {
        match self {
            Self::Public => "https://cognitiveservices.azure.com",
            Self::UsGov => "https://cognitiveservices.azure.us",
            Self::China => "https://cognitiveservices.azure.cn",
        }
    }

    /// The scope to ask for when signing in to the data plane.
    pub(crate) fn data_plane_scope(self) -> String {
        format!("{}/.default", self.data_plane_audience())
    }

    /// What the hosts of accounts with a subdomain end with.
    pub(crate) fn data_plane_suffixes(self) -> [&'static str; 2] {
        match self {
            Self::Public => [".openai.azure.com", ".cognitiveservices.azure.com"],
            Self::UsGov => [".openai.azure.us", ".cognitiveservices.azure.us"],
            Self::China => [".openai.azure.cn", ".cognitiveservices.azure.cn"],
        }
    }

    /// Where Microsoft Graph answers, which is also the audience of a token for it, without a trailing slash (Microsoft Learn,
    /// "National cloud deployments").
    pub(crate) fn graph_endpoint(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The scope to ask for when signing in to Microsoft Graph.
    pub(crate) fn graph_scope(self) -> String {
        format!("{}/.default", self.graph_endpoint())
    }

    /// Where Microsoft Entra signs in, without a trailing slash.
    pub(crate) fn authority_host(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGov => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    fn from_str(text: &str) -> Result<Self, CloudError> {
        Self::ALL
            .into_iter()
            .find(|cloud| cloud.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| CloudError::UnknownCloud(text.to_owned()))
    }
}

/// Reads a Resource Manager endpoint: https, or http on this machine only, and nothing behind the host and port.
///
/// # Errors
/// [`CloudError::Endpoint`] names the input and the form it must have.
pub(crate) fn parse_arm_endpoint(input: &str) -> Result<Url, CloudError> {
    parse_endpoint("ARM endpoint", input, true)
}

/// Reads the address of a sign-in service (`AZURE_AUTHORITY_HOST`): always https, since secrets go there.
///
/// # Errors
/// [`CloudError::Endpoint`] names the input and the form it must have.
pub(crate) fn parse_authority_host(input: &str) -> Result<Url, CloudError> {
    parse_endpoint("authority host", input, false)
}

fn parse_endpoint(what: &'static str, input: &str, http_on_loopback: bool) -> Result<Url, CloudError> {
    let refuse = |input: &str, reason: &str| {
        Err(CloudError::Endpoint { what, input: input.to_owned(), reason: reason.to_owned() })
    };
    let url = match Url::parse(input) {
        Ok(url) => url,
        // What cannot be read may still hold a password in front of an @.
        Err(error) => {
            let shown = input.rsplit_once('@').map_or(input, |(_, host)| host);
            return refuse(shown, &format!("{error}; give it as https://HOST[:PORT]"));
        }
    };
    let mut shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // Both setters fail only on addresses without a host, which have no user either.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        return refuse(shown.as_str(), "a user or password does not belong in it; tokens come from signing in");
    }
    if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        shown.set_query(None);
        shown.set_fragment(None);
        return refuse(shown.as_str(), "nothing may follow the host and port; give it as https://HOST[:PORT]");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if http_on_loopback && is_loopback(&url) => Ok(url),
        "http" if http_on_loopback => refuse(
            input,
            "plain http would show the token to others; use https (http is for 127.0.0.1, ::1, localhost)",
        ),
        _ => refuse(input, "the scheme must be https"),
    }
}

/// Whether the host of `url` is this machine: 127.0.0.0/8, ::1 or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_named_as_on_the_command_line() {
        for cloud in Cloud::ALL {
            assert_eq!(cloud.to_string().parse(), Ok(cloud));
        }
        let error = "germany".parse::<Cloud>().unwrap_err().to_string();
        assert!(error.contains("germany") && error.contains("usgov"), "{error}");
    }

    #[test]
    fn every_address_of_a_cloud_passes_its_own_check() {
        for cloud in Cloud::ALL {
            assert!(parse_arm_endpoint(cloud.arm_endpoint()).is_ok());
            assert!(parse_authority_host(cloud.authority_host()).is_ok());
        }
    }

    #[test]
    fn http_is_for_this_machine_only() {
        for good in
            ["http://127.0.0.1:8080", "http://127.9.9.9/", "http://[::1]:1", "http://localhost:3", "https://a.b"]
        {
            assert!(parse_arm_endpoint(good).is_ok(), "{good}");
        }
        let bad = [
            "http://example.org",
            "http://localhost.example.org",
            "http://128.0.0.1",
            "http://[::2]",
            "ftp://localhost",
            "file:///x",
            "localhost:8443",
            "",
            "https://",
        ];
        for bad in bad {
            assert!(parse_arm_endpoint(bad).is_err(), "{bad}");
        }
        assert!(parse_authority_host("http://localhost:8443").is_err(), "secrets go to the authority");
    }

    #[test]
    fn the_endpoint_is_a_host_and_no_more() {
        for bad in ["https://h/path", "https://h/?x=1", "https://h/#f", "https://u@h/", "https://u:hunter2@h/"] {
            let error = parse_arm_endpoint(bad).unwrap_err().to_string();
            assert!(error.contains("https://h/"), "names the input: {error}");
            assert!(!error.contains("hunter2"), "keeps the password to itself: {error}");
        }
        let error = parse_arm_endpoint("https://u:hunter2@h:99999/").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
