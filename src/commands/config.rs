//! `azlab config`: writes a first file. What holds, and the schema, are read elsewhere ([`crate::settings::Shown`],
//! [`config::schema`]).

use std::path::Path;

use crate::config::{self, FILE_NAME, InitError};
use crate::follow_up::{Advice, FollowUp, Place, Verb};
use crate::outcome::ErrorReport;
use crate::outcome::config::WrittenFile;
use crate::values::keeping_bytes;

/// Writes a first file.
///
/// # Errors
/// What to tell: one exists, or the system refuses.
pub(crate) fn init(file: Option<&Path>, force: bool, place: &Place) -> Result<WrittenFile, ErrorReport> {
    let path = file.unwrap_or(Path::new(FILE_NAME));
    let mut show = FollowUp::new(Verb::ConfigShow);
    if path != Path::new(FILE_NAME) && !place.names("--config") {
        show = show.with(["--config".to_owned(), keeping_bytes(path.as_os_str())]);
    }
    config::init(path, force).map_err(|error| {
        let (code, hint) = match &error {
            InitError::Exists { .. } => {
                ("FileExists", Advice::from("--force replaces it; to see its values: ").run(show.clone()))
            }
            InitError::Refused { .. } => {
                let init = FollowUp::new(Verb::ConfigInit).with(["example.toml"]);
                ("CannotWriteFile", Advice::from("name another file: ").run(init))
            }
        };
        ErrorReport::new(code, error.to_string()).hint(hint.at(place))
    })?;
    Ok(WrittenFile { file: path.to_owned(), show: place.line(&show) })
}
