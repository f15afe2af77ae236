//! The body of an answer, read into a type.

use serde::de::DeserializeOwned;

use super::error::Error;

/// Reads the body of an answer.
///
/// # Errors
/// [`Error::Answer`] with the path at which the body does not fit the model.
pub fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.path().to_string().as_str() {
        "." => Error::answer(what, error.inner()),
        path => Error::answer(what, format!("at {path}: {}", error.inner())),
    })
}
