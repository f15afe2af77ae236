//! The rules for tags, whatever they are on.

use serde_json::Value;

use super::failure::Failure;

/// At most 50 tags, names of up to 512 characters without `<>%&\?/`, values of up to 256.
pub(crate) fn check_tags(tags: Option<&Value>) -> Result<(), Failure> {
    let Some(tags) = tags.filter(|tags| !tags.is_null()) else { return Ok(()) };
    let Some(tags) = tags.as_object() else {
        return Err(Failure::content("'tags' must be an object of strings"));
    };
    if tags.len() > 50 {
        return Err(Failure::bad_request(
            "InvalidTags",
            format!("The tag count '{}' exceeds the maximum of 50 tags.", tags.len()),
        ));
    }
    for (name, value) in tags {
        let Some(value) = value.as_str() else {
            return Err(Failure::content(format!("the value of tag '{name}' must be a string")));
        };
        if name.is_empty() || name.chars().count() > 512 || name.contains(['<', '>', '%', '&', '\\', '?', '/']) {
            return Err(Failure::bad_request(
                "InvalidTagNameCharacters",
                format!("The tag name '{name}' is empty, longer than 512 characters, or has one of <,>,%,&,\\,?,/."),
            ));
        }
        if value.chars().count() > 256 {
            return Err(Failure::bad_request(
                "TagValueTooLong",
                format!("The value of tag '{name}' has more than 256 characters."),
            ));
        }
    }
    Ok(())
}
