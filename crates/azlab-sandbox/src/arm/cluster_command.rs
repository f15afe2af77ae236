//! A command that is to run beside a cluster ("Managed Clusters - Run Command"), as far as the sandbox knows commands:
//! `kubectl get`. Who keeps its result is not who runs it, so an [`Answer`](super::response::Answer) carries it from one to the
//! other.

/// A command, and where its result goes.
#[derive(Clone, Debug)]
pub(crate) struct ClusterCommand {
    /// The name of the cluster's API server.
    pub fqdn: String,
    /// What it is asked with.
    pub token: String,
    /// The ARM id of what keeps the result.
    pub result: String,
    pub get: Get,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub exit_code: u8,
    /// What it printed, to both outputs.
    pub logs: String,
}

/// `kubectl get`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Get {
    /// `pods`, `deploy`, `all`, as they are written.
    pub kinds: Vec<String>,
    /// Objects by name; none: all.
    pub names: Vec<String>,
    pub namespace: Option<String>,
    pub all_namespaces: bool,
    pub selector: String,
    pub output: Output,
    pub no_headers: bool,
}

/// How objects are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    #[default]
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

impl Output {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "wide" => Self::Wide,
            "json" => Self::Json,
            "yaml" => Self::Yaml,
            "name" => Self::Name,
            _ => return None,
        })
    }
}

impl Get {
    /// Reads a command; `None` where it is another, or has what the sandbox does not know.
    pub fn read(command: &str) -> Option<Self> {
        // A shell would do something with these.
        if command.contains(['|', ';', '&', '<', '>', '$', '`', '\'', '"', '\\', '(', ')', '*', '\n']) {
            return None;
        }
        let mut words = command.split_whitespace();
        if words.next() != Some("kubectl") || words.next() != Some("get") {
            return None;
        }
        let (mut get, mut given) = (Self::default(), Vec::new());
        while let Some(word) = words.next() {
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word, None),
            };
            let mut value = || joined.or_else(|| words.next()).filter(|value| !value.is_empty());
            match name {
                "-n" | "--namespace" => get.namespace = Some(value()?.to_owned()),
                "-l" | "--selector" => value()?.clone_into(&mut get.selector),
                "-o" | "--output" => get.output = Output::read(value()?)?,
                "-A" | "--all-namespaces" if joined.is_none() => get.all_namespaces = true,
                "--no-headers" if joined.is_none() => get.no_headers = true,
                _ => match word.strip_prefix("-o").or_else(|| word.strip_prefix("-n")) {
                    Some(rest) if word.starts_with("-o") => get.output = Output::read(rest)?,
                    Some(rest) => get.namespace = Some(rest.to_owned()),
                    None if word.starts_with('-') => return None,
                    None => given.push(word),
                },
            }
        }
        let (first, names) = given.split_first()?;
        match first.split_once('/') {
            Some((kind, name)) if names.is_empty() && !kind.contains(',') => {
                get.kinds = vec![kind.to_owned()];
                get.names = vec![name.to_owned()];
            }
            Some(_) => return None,
            None => {
                get.kinds = first.split(',').map(str::to_owned).collect();
                get.names = names.iter().map(|name| (*name).to_owned()).collect();
            }
        }
        (get.kinds.iter().chain(&get.names).all(|text| is_plain(text))
            && (get.names.is_empty() || get.kinds.len() == 1))
            .then_some(get)
    }
}

/// Whether a text is fit for a path.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_get_is_read_with_its_options_wherever_they_stand() {
        let get =
            |kinds: &[&str]| Get { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..Get::default() };
        assert_eq!(Get::read("kubectl get pods"), Some(get(&["pods"])));
        assert_eq!(
            Get::read("kubectl get -n kube-system po,svc -owide --no-headers"),
            Some(Get {
                namespace: Some("kube-system".into()),
                output: Output::Wide,
                no_headers: true,
                ..get(&["po", "svc"])
            })
        );
        assert_eq!(
            Get::read(" kubectl get deploy/web --namespace=shop -o json "),
            Some(Get {
                names: vec!["web".into()],
                namespace: Some("shop".into()),
                output: Output::Json,
                ..get(&["deploy"])
            })
        );
        assert_eq!(
            Get::read("kubectl get nodes -l app=web -A"),
            Some(Get { selector: "app=web".into(), all_namespaces: true, ..get(&["nodes"]) })
        );
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for command in [
            "",
            "kubectl",
            "kubectl get",
            "kubectl delete pod a",
            "helm ls",
            "kubectl get pods | wc -l",
            "kubectl get pods -o jsonpath={.items}",
            "kubectl get pods -n",
            "kubectl get pods --watch",
            "kubectl get pod/a pod/b",
            "kubectl get ../../api",
            "kubectl get pods,svc a",
        ] {
            assert_eq!(Get::read(command), None, "{command}");
        }
    }
}
