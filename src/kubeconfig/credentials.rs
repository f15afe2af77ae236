//! One cluster's way in: a cluster, a user and a context, as a kubeconfig of one cluster has them.

use yaml_serde::{Mapping, Value};

use super::document::{Document, Kind, name_of};
use super::malformed::Malformed;

/// A text of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The API server's URL.
    Server,
    /// The certificates that it may have, in base64.
    Authority,
    /// The user's certificate, in base64.
    Certificate,
    /// Its key, in base64.
    Key,
    /// The user's token.
    Token,
}

/// The credentials of one cluster.
#[derive(Clone, PartialEq)]
pub struct Credentials {
    cluster: Mapping,
    user: Mapping,
    context: Mapping,
    is_renamed: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("context", &self.context()).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the kubeconfig of one cluster: its first context, and what that leads to. The context of AKS's
    /// administrator gets `-admin` at the end, as az does it, so that it does not take the place of the user's.
    ///
    /// # Errors
    /// [`Malformed`], without anything of the text.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed("it is not the kubeconfig of a cluster".to_owned());
        let document = Document::parse(text).map_err(|_| malformed())?;
        let context = document.entries(Kind::Contexts).next().cloned().ok_or_else(malformed)?;
        let lead = |what: &str| context.get("context")?.get(what)?.as_str().map(str::to_owned);
        let find = |kind, name: Option<String>| {
            let name = name?;
            document.entries(kind).find(|entry| name_of(entry) == Some(&name)).cloned()
        };
        let cluster = find(Kind::Clusters, lead("cluster")).ok_or_else(malformed)?;
        let user = find(Kind::Users, lead("user")).ok_or_else(malformed)?;
        let mut credentials = Self { cluster, user, context, is_renamed: false };
        let context = name_of(&credentials.context).ok_or_else(malformed)?.to_owned();
        if credentials.is_admin() && !context.ends_with("-admin") {
            credentials.context.insert("name".into(), format!("{context}-admin").into());
        }
        Ok(credentials)
    }

    /// With another name for context and cluster; the administrator's context has `-admin` behind it.
    #[must_use]
    pub(crate) fn renamed(mut self, name: &str) -> Self {
        let context = if self.is_admin() { format!("{name}-admin") } else { name.to_owned() };
        self.context.insert("name".into(), context.into());
        if let Some(inner) = self.context.get_mut("context").and_then(Value::as_mapping_mut) {
            inner.insert("cluster".into(), name.into());
        }
        self.cluster.insert("name".into(), name.into());
        self.is_renamed = true;
        self
    }

    /// As they stand beside the entries of `others`: credentials that somebody gave a name are to take nobody's place, so where
    /// another user has the name of theirs, theirs gets the context's behind it.
    #[must_use]
    pub(crate) fn beside<'a>(self, others: impl IntoIterator<Item = &'a Document>) -> Self {
        let is_other =
            |document: &Document| document.entry(Kind::Users, self.user()).is_some_and(|other| *other != self.user);
        if self.is_renamed && others.into_iter().any(is_other) { self.with_own_user() } else { self }
    }

    fn with_own_user(mut self) -> Self {
        let name = format!("{}-{}", self.user(), self.context());
        if let Some(inner) = self.context.get_mut("context").and_then(Value::as_mapping_mut) {
            inner.insert("user".into(), name.clone().into());
        }
        self.user.insert("name".into(), name.into());
        self
    }

    /// The context's name.
    pub(crate) fn context(&self) -> &str {
        name_of(&self.context).unwrap_or_default()
    }

    /// The cluster's name.
    pub(crate) fn cluster(&self) -> &str {
        name_of(&self.cluster).unwrap_or_default()
    }

    /// The user's name.
    pub(crate) fn user(&self) -> &str {
        name_of(&self.user).unwrap_or_default()
    }

    /// Whether the API server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let server = self.cluster.get("cluster").and_then(|cluster| cluster.get("server")?.as_str());
        let host = server.and_then(|server| url::Url::parse(server).ok()?.host().map(|host| host.to_owned()));
        match host {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The program that signs the user in, if one does: `kubelogin` for clusters with Entra ID.
    pub(crate) fn program(&self) -> Option<&str> {
        self.user.get("user")?.get("exec")?.get("command")?.as_str()
    }

    /// What follows `option` in the words of that program.
    pub(crate) fn argument(&self, option: &str) -> Option<&str> {
        let words = self.user.get("user")?.get("exec")?.get("args")?.as_sequence()?;
        let mut words = words.iter().filter_map(Value::as_str);
        words.find(|word| *word == option)?;
        words.next()
    }

    /// One of its texts, if it has it.
    pub(crate) fn text(&self, lookup: Lookup) -> Option<String> {
        let (entry, part, key) = match lookup {
            Lookup::Server => (&self.cluster, "cluster", "server"),
            Lookup::Authority => (&self.cluster, "cluster", "certificate-authority-data"),
            Lookup::Certificate => (&self.user, "user", "client-certificate-data"),
            Lookup::Key => (&self.user, "user", "client-key-data"),
            Lookup::Token => (&self.user, "user", "token"),
        };
        entry.get(part)?.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Its entries, in the order in which they are merged.
    pub(super) fn entries(&self) -> [(Kind, &Mapping); 3] {
        [(Kind::Clusters, &self.cluster), (Kind::Users, &self.user), (Kind::Contexts, &self.context)]
    }

    fn is_admin(&self) -> bool {
        self.user().starts_with("clusterAdmin")
    }
}
