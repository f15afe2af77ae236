//! Where a control plane's API server is, and what its administrator shows it.

use std::fs;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::certificates::Pair;
use super::error::ControlPlaneError;
use super::folder::{Folder, file};
use crate::arm::credentials::Access;

/// An API server that answers, or did when its file was written. Another process of the sandbox reads the file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub port: u16,
    /// The process that started it.
    pub process: u32,
    /// PEM.
    pub authority: String,
    /// PEM, of a user in the group `system:masters`.
    pub client: String,
    /// PEM.
    pub client_key: String,
}

impl Endpoint {
    pub fn new(port: u16, authority: &Pair, client: Pair) -> Self {
        let Pair { certificate, key } = client;
        Self {
            port,
            process: std::process::id(),
            authority: authority.certificate.clone(),
            client: certificate,
            client_key: key.to_string(),
        }
    }

    /// What clients begin with.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The one that was written last.
    pub fn read(folder: &Folder) -> Result<Option<Self>, ControlPlaneError> {
        let path = folder.file(file::ENDPOINT);
        match fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ControlPlaneError::unread(path, &error)),
        }
    }

    /// Writes it.
    pub fn write(&self, folder: &Folder) -> Result<(), ControlPlaneError> {
        folder.write(file::ENDPOINT, &serde_json::to_string(self).unwrap_or_default())
    }

    /// From now on there is none.
    pub fn forget(folder: &Folder) {
        drop(fs::remove_file(folder.file(file::ENDPOINT)));
    }

    pub fn authority_data(&self) -> String {
        STANDARD.encode(&self.authority)
    }

    /// What a kubeconfig says of it.
    pub fn access(&self) -> Access {
        Access {
            server: self.url(),
            authority: self.authority_data(),
            client: STANDARD.encode(&self.client),
            client_key: STANDARD.encode(&self.client_key),
        }
    }
}
