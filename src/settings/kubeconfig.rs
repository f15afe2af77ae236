//! The options of `kubeconfig`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{LabSource, SettingsError};
use crate::cli::kubeconfig::KubeconfigArgs;

/// What `kubeconfig` needs to know.
#[derive(Clone, Debug)]
pub struct KubeconfigSettings {
    labs: LabSource,
    candidates: Option<Vec<PathBuf>>,
    admin: bool,
    context: Option<String>,
    overwrite: bool,
    switch: bool,
}

impl KubeconfigSettings {
    /// Resolves the options of `kubeconfig`. `variable` is `KUBECONFIG`, `home` the user's home directory.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(
        args: &KubeconfigArgs,
        labs: &LabSource,
        variable: Option<&OsStr>,
        home: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let labs = labs.with(&args.lab.overrides())?;
        if let Some(context) = &args.context {
            labs.only_one(&format!("--context {context} names one"))?;
        }
        Ok(Self {
            labs,
            candidates: candidates(args, variable, home)?,
            admin: args.admin,
            context: args.context.clone(),
            overwrite: args.overwrite,
            switch: !args.no_switch,
        })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The files of which one is meant (see [`crate::kubeconfig::file::choose`]); `None` is stdout.
    pub(crate) fn candidates(&self) -> Option<&[PathBuf]> {
        self.candidates.as_deref()
    }

    /// Whether the administrator's credentials are wanted.
    pub(crate) fn admin(&self) -> bool {
        self.admin
    }

    /// The name of context and cluster, if it is not to be the cluster's.
    pub(crate) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Whether other entries of the same names are replaced.
    pub(crate) fn overwrite(&self) -> bool {
        self.overwrite
    }

    /// Whether the first lab's context becomes the current one.
    pub(crate) fn switch(&self) -> bool {
        self.switch
    }
}

/// Whether the kubeconfig goes to stdout.
pub(super) fn is_stdout(args: &KubeconfigArgs) -> bool {
    args.file.as_deref() == Some(Path::new("-"))
}

/// Where kubectl would look: what was named, the parts of `KUBECONFIG`, the home directory.
fn candidates(
    args: &KubeconfigArgs,
    variable: Option<&OsStr>,
    home: Option<&Path>,
) -> Result<Option<Vec<PathBuf>>, SettingsError> {
    match &args.file {
        Some(_) if is_stdout(args) => return Ok(None),
        // A name with a placeholder would be that of one file for all.
        Some(file) if file.to_string_lossy().contains("{lab}") => {
            let message = "--file names one file, into which each lab is merged as a context: leave out {lab}, or name one lab and its file: -l NAME --file FILE";
            return Err(SettingsError::Combination(message.to_owned()));
        }
        Some(file) => return Ok(Some(vec![file.clone()])),
        None => {}
    }
    let named: Vec<PathBuf> = variable
        .map(|list| std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if !named.is_empty() {
        return Ok(Some(named));
    }
    let home = home.filter(|home| !home.as_os_str().is_empty());
    match home {
        Some(home) => Ok(Some(vec![home.join(".kube").join("config")])),
        None => {
            let message = "there is no home directory to keep a kubeconfig in: name a file with --file";
            Err(SettingsError::Combination(message.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::lab::LabClusterArgs;

    fn found(file: Option<&str>, variable: Option<&str>, home: Option<&str>) -> Option<Vec<PathBuf>> {
        let args = KubeconfigArgs {
            file: file.map(PathBuf::from),
            admin: false,
            context: None,
            overwrite: false,
            no_switch: false,
            lab: LabClusterArgs::default(),
        };
        candidates(&args, variable.map(OsStr::new), home.map(Path::new)).unwrap_or_else(|_| Some(Vec::new()))
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_looked_for_where_kubectl_looks() {
        let paths = |names: &[&str]| Some(names.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(found(Some("f"), Some("/a"), Some("/h")), paths(&["f"]));
        assert_eq!(found(Some("-"), Some("/a"), Some("/h")), None);
        assert_eq!(found(Some("kc-{lab}"), None, Some("/h")), paths(&[]), "an error");
        assert_eq!(found(None, Some(":/a::b"), Some("/h")), paths(&["/a", "b"]));
        assert_eq!(found(None, Some(""), Some("/h")), paths(&["/h/.kube/config"]));
        assert_eq!(found(None, None, Some("/h")), paths(&["/h/.kube/config"]));
        for homeless in [found(None, None, None), found(None, Some(":"), Some(""))] {
            assert_eq!(homeless, paths(&[]), "an error");
        }
    }
}
