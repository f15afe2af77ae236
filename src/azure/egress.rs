//! Nodes that cannot reach what they need, since the network blocks their outbound connections. AKS tells it by a code
//! (`OutboundConnFailVMExtensionError`), by a word in the message (`VMExtensionError_K8SAPIServerConnFail`), in a sentence, or by the exit
//! code alone of the script that sets a node up (Microsoft's pages *Troubleshoot the … error*; the exit codes: AgentBaker,
//! `cse_helpers.sh`).

use super::error::ServiceError;
use super::named_codes::{named_codes, texts};

/// What nodes cannot reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreached {
    /// Anything outside of their network.
    Outside,
    /// The cluster's API server.
    ApiServer,
    /// The name of the cluster's API server: DNS does not resolve it.
    ApiServerName,
    /// What they download in time.
    Downloads,
}

/// Parts of codes and of sentences, in lower case. The name of the API server goes before the API server.
const WORDS: [(&str, Unreached); 13] = [
    ("outboundconnfail", Unreached::Outside),
    ("unable to establish outbound connection", Unreached::Outside),
    ("k8sapiserverdnslookupfail", Unreached::ApiServerName),
    ("k8sapiserverazurednslookupfail", Unreached::ApiServerName),
    ("unable to resolve kubernetes api server name", Unreached::ApiServerName),
    ("unable to resolve k8s api server name", Unreached::ApiServerName),
    ("k8sapiserverconnfail", Unreached::ApiServer),
    ("unable to establish connection to kubernetes api server", Unreached::ApiServer),
    ("unable to establish connection to k8s api server", Unreached::ApiServer),
    ("downloadtimeout", Unreached::Downloads),
    ("oraspullnetworktimeout", Unreached::Downloads),
    ("vhdfilenotfound", Unreached::Downloads),
    ("aptupdatetimeout", Unreached::Downloads),
];

/// How an exit code is written, in lower case.
const EXITS: [&str; 6] =
    ["exit status=", "exit status ", "exit code ", "exit code: ", "\"exitcode\": \"", "exitcode: "];

/// What nodes could not reach where an operation of a cluster ended with `error`; `None` if it is about something else.
pub(crate) fn of(error: &ServiceError) -> Option<Unreached> {
    let mut all: Vec<String> = named_codes(error).iter().map(|code| code.as_str().to_ascii_lowercase()).collect();
    all.extend(texts(&error.envelope).into_iter().map(str::to_ascii_lowercase));
    let by_word = WORDS.iter().find(|(word, _)| all.iter().any(|text| text.contains(word)));
    by_word.map(|(_, found)| *found).or_else(|| all.iter().find_map(|text| by_exit(text)))
}

/// By the exit code of a node's script.
fn by_exit(text: &str) -> Option<Unreached> {
    let is_of_node = ["vmsscse", "cse ", "processing extension", "vmextension"].iter().any(|word| text.contains(word));
    let code = EXITS.iter().find_map(|label| {
        let digits = text.split_once(label)?.1;
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u8>().ok()
    });
    match code.filter(|_| is_of_node)? {
        50 => Some(Unreached::Outside),
        51 => Some(Unreached::ApiServer),
        52 | 53 => Some(Unreached::ApiServerName),
        // Of what Kubernetes, its network and containers are made of, of packages, and of a time limit, which hides the same.
        9 | 31 | 32 | 41 | 42 | 65 | 70 | 71 | 98 | 99 | 124 | 211 => Some(Unreached::Downloads),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    fn unreached(body: &Value) -> Option<Unreached> {
        let body = body.to_string();
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        of(&ServiceError::from_answer(&Method::PUT, "/r", "", status, &headers, body.as_bytes(), None))
    }

    #[test]
    fn what_nodes_cannot_reach_is_read_from_codes_words_sentences_and_exit_codes() {
        use Unreached as U;
        let of_script = |code: u8| {
            format!(
                "VM has reported a failure when processing extension 'vmssCSE'. Error message: \"Enable failed: failed to execute \
                 command: command terminated with exit status={code}\n[stdout]\n{{ \"ExitCode\": \"{code}\" }}\""
            )
        };
        for (code, message, found) in [
            ("OutboundConnFailVMExtensionError", "Later.".to_owned(), U::Outside),
            ("K8SAPIServerConnFailVMExtensionError", "Later.".to_owned(), U::ApiServer),
            ("K8SAPIServerDNSLookupFailVMExtensionError", "Later.".to_owned(), U::ApiServerName),
            ("CniDownloadTimeoutVMExtensionError", "Later.".to_owned(), U::Downloads),
            (
                "VMExtensionProvisioningError",
                "CSE failed with 'VMExtensionError_K8SAPIServerConnFail'.".to_owned(),
                U::ApiServer,
            ),
            (
                "CreateVMSSAgentPoolFailed",
                "Unable to establish outbound connection from agents.".to_owned(),
                U::Outside,
            ),
            ("VMExtensionProvisioningError", of_script(50), U::Outside),
            ("VMExtensionProvisioningError", of_script(51), U::ApiServer),
            ("VMExtensionProvisioningError", of_script(53), U::ApiServerName),
            ("VMExtensionProvisioningError", of_script(124), U::Downloads),
        ] {
            let inner = json!({"code": code, "message": message});
            assert_eq!(unreached(&inner), Some(found), "{inner}");
            let outer = json!({"error": {"code": "Conflict", "message": json!({"error": inner}).to_string()}});
            assert_eq!(unreached(&outer), Some(found), "{outer}");
        }
        for (code, message) in [
            ("VMExtensionProvisioningError", of_script(5)),
            ("VMExtensionProvisioningError", of_script(150)),
            ("BadRequest", "The job ended with exit code 50.".to_owned()),
            ("QuotaExceeded", "50 more are needed.".to_owned()),
        ] {
            assert_eq!(unreached(&json!({"code": code, "message": message})), None, "{code} {message}");
        }
    }
}
