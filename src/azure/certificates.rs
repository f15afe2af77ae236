//! The certificates that are trusted besides the platform's: those of one file that a variable names.
//!
//! The first of these that is set is read: `AZLAB_CA_FILE` (`--ca-file`), `SSL_CERT_FILE` (OpenSSL's and curl's), and
//! `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE`, one of which people behind a company's proxy have set for az. On Linux the platform's
//! own store is besides that what `SSL_CERT_FILE` and `SSL_CERT_DIR` say, as for OpenSSL.

use std::path::{Path, PathBuf};

use super::causes::causes;
use super::client_error::ClientError;
use crate::values::{Environment, shell_path};

/// The variable of azlab's own.
pub(crate) const OWN: &str = "AZLAB_CA_FILE";
const OTHERS: [&str; 3] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/// How a certificate in DER begins, a sequence of more than 255 bytes, which is what a browser or Windows exports.
const DER: [u8; 2] = [0x30, 0x82];

/// A file of PEM certificates, or, as `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` allow, a folder of such files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaFile {
    path: PathBuf,
    variable: &'static str,
}

impl CaFile {
    /// The file to read: `named` (`AZLAB_CA_FILE`, `--ca-file`), else the one of the first other variable that is set.
    pub(crate) fn find(named: Option<&Path>, environment: &Environment) -> Option<Self> {
        let own = named.map(|path| Self { path: path.to_owned(), variable: OWN });
        let of = |variable: &'static str| Some(Self { path: environment.path(variable)?, variable });
        own.or_else(|| OTHERS.into_iter().find_map(of))
    }

    /// Its certificates.
    ///
    /// # Errors
    /// [`ClientError::CaFile`], also for a file without any.
    pub(super) fn read(&self) -> Result<Vec<reqwest::Certificate>, ClientError> {
        let certificates = if self.variable != "SSL_CERT_FILE" && self.variable != OWN && self.path.is_dir() {
            self.read_folder()?
        } else {
            self.read_file(&self.path)?
        };
        if certificates.is_empty() {
            Err(self.unusable("holds no PEM certificate".to_owned()))
        } else {
            Ok(certificates)
        }
    }

    fn read_file(&self, path: &Path) -> Result<Vec<reqwest::Certificate>, ClientError> {
        let pem = std::fs::read(path).map_err(|error| self.unusable(format!("cannot be read: {error}")))?;
        if pem.starts_with(&DER) {
            let path = shell_path(path);
            return Err(self.unusable(format!(
                "is in DER, not in PEM; to convert it: openssl x509 -inform der -in {path} -out company-ca.pem"
            )));
        }
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| self.unusable(causes(&error)))
    }

    /// What is no certificate among the files is passed over, as OpenSSL does it.
    fn read_folder(&self) -> Result<Vec<reqwest::Certificate>, ClientError> {
        let entries =
            std::fs::read_dir(&self.path).map_err(|error| self.unusable(format!("cannot be read: {error}")))?;
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
        Ok(files.filter_map(|path| self.read_file(&path).ok()).flatten().collect())
    }

    fn unusable(&self, reason: String) -> ClientError {
        ClientError::CaFile { path: self.path.clone(), variable: self.variable, reason }
    }
}
