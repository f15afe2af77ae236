//! `${…}` in the texts of `[[resources]]`.

use serde_json::Value;

use crate::ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID, TENANT_ID};

/// What was made so far: name, resource group (empty above groups), body.
#[derive(Default)]
pub(super) struct Made(Vec<(String, String, Value)>);

impl Made {
    /// Adds a resource.
    pub fn add(&mut self, name: &str, group: &str, body: Value) {
        self.0.push((name.to_owned(), group.to_owned(), body));
    }

    /// `text` with the copy's number and all references put in.
    ///
    /// # Errors
    /// What a reference does not lead to, and what there is.
    pub fn resolve(&self, text: &str, n: u32) -> Result<String, String> {
        let mut rest = text.replace("{n}", &n.to_string());
        let mut out = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((reference, behind)) = after.split_once('}') else {
                return Err(format!("'{text}' has a `${{` without its `}}`"));
            };
            out.push_str(before);
            out.push_str(&self.value(reference)?);
            rest = behind.to_owned();
        }
        Ok(out + &rest)
    }

    /// The same for every text in a JSON value.
    ///
    /// # Errors
    /// As [`Made::resolve`].
    pub fn resolve_all(&self, value: &mut Value, n: u32) -> Result<(), String> {
        match value {
            Value::String(text) => *text = self.resolve(text, n)?,
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.resolve_all(item, n))?,
            Value::Object(members) => members.values_mut().try_for_each(|member| self.resolve_all(member, n))?,
            _ => {}
        }
        Ok(())
    }

    fn value(&self, reference: &str) -> Result<String, String> {
        match reference {
            "me" => return Ok(SIGNED_IN_OBJECT_ID.to_owned()),
            "tenant" => return Ok(TENANT_ID.to_owned()),
            "subscription" => return Ok(SUBSCRIPTION_ID.to_owned()),
            _ => {}
        }
        // Names may have dots in them: the longest name that fits is meant, and of several the last.
        let fits = |(name, group, body): &(String, String, Value)| {
            let full = format!("{group}/{name}");
            let member = [full.as_str(), name].into_iter().find_map(|name| member_of(reference, name))?;
            Some((reference.len() - member.len(), body.pointer(&format!("/{}", member.replace('.', "/"))).cloned()))
        };
        let found = self.0.iter().rev().filter_map(fits).max_by_key(|(cut, _)| *cut);
        match found {
            Some((_, Some(Value::String(text)))) => Ok(text),
            Some((_, Some(value))) if !value.is_object() && !value.is_array() && !value.is_null() => {
                Ok(value.to_string())
            }
            Some(_) => Err(format!("'${{{reference}}}' names nothing that the resource has")),
            None => {
                let known: Vec<&str> = self.0.iter().map(|(name, ..)| name.as_str()).collect();
                Err(format!(
                    "'${{{reference}}}' names no resource that stands before; there are: me, tenant, subscription, {}",
                    known.join(", ")
                ))
            }
        }
    }
}

/// What follows `name.` in the reference. Without regard to case, so the two may differ in length: `İ` is longer in lower
/// case than it is in upper case.
fn member_of<'a>(reference: &'a str, name: &str) -> Option<&'a str> {
    let name = name.to_lowercase();
    let dots = reference.match_indices('.').map(|(at, _)| reference.split_at(at));
    dots.filter(|(before, _)| before.to_lowercase() == name).find_map(|(_, after)| after.strip_prefix('.'))
}
