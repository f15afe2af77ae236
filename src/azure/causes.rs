//! Why reqwest failed, in one line.

use std::error::Error as _;

/// The whole chain in one line: reqwest's own text says only that sending failed. URLs stay out of it.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut line = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
        next = cause.source();
    }
    if line.is_empty() { "the request could not be made".to_owned() } else { line }
}
