//! A cluster's kubeconfig before anybody knows where its API server is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Whose credentials were asked for, and how their kubeconfig calls things.
#[derive(Clone, Debug)]
pub(crate) struct ClusterCredentials {
    /// The cluster's ARM id.
    pub cluster: String,
    /// The cluster's name, and that of its context.
    pub name: String,
    /// The user's name.
    pub user: String,
    /// The name of the kubeconfig in the answer: `clusterUser`.
    pub role: &'static str,
    /// How the answer holds it.
    pub form: Form,
}

/// The body that a kubeconfig comes in.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// A list of one ("Managed Clusters - List Cluster User Credentials").
    List,
    /// That of older clients ("Managed Clusters - Get Access Profile").
    AccessProfile {
        /// Of the cluster.
        location: String,
    },
}

/// Where an API server is, and what it takes of its administrator: base64 of PEM, as in a kubeconfig.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// `https://127.0.0.1:6443`
    pub server: String,
    pub authority: String,
    pub client: String,
    pub client_key: String,
}

impl Access {
    /// The body of the answer with the way to this API server.
    pub fn body(&self, asked: &ClusterCredentials) -> Value {
        let Self { server, authority, client, client_key } = self;
        let user = format!("    client-certificate-data: {client}\n    client-key-data: {client_key}\n");
        asked.body(server, Some(authority), &user)
    }
}

impl ClusterCredentials {
    /// The body of the answer, with a kubeconfig as AKS writes them: the context has the cluster's name, the administrator's too
    /// (az adds `-admin`). `of_user` are the lines of the user, in YAML.
    pub fn body(&self, server: &str, authority: Option<&str>, of_user: &str) -> Value {
        let Self { cluster, name, user, role, form } = self;
        let authority = authority.map(|data| format!("    certificate-authority-data: {data}\n")).unwrap_or_default();
        let kubeconfig = format!(
            "apiVersion: v1\nclusters:\n- cluster:\n{authority}    server: {server}\n  name: {name}\ncontexts:\n- context:\n    \
             cluster: {name}\n    user: {user}\n  name: {name}\ncurrent-context: {name}\nkind: Config\npreferences: {{}}\nusers:\n- \
             name: {user}\n  user:\n{of_user}"
        );
        let value = STANDARD.encode(kubeconfig);
        match form {
            Form::List => json!({"kubeconfigs": [{"name": role, "value": value}]}),
            Form::AccessProfile { location } => json!({
                "id": format!("{cluster}/accessProfiles/{role}"),
                "name": role,
                "type": "Microsoft.ContainerService/ManagedClusters/AccessProfiles",
                "location": location,
                "properties": {"kubeConfig": value},
            }),
        }
    }
}
