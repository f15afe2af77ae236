//! Texts and numbers that fit a JSON schema.

use serde_json::{Map, Value};

use super::pattern_text;

/// Longest text and longest list that a schema may ask for.
pub(super) const LONGEST: u64 = 4_096;

/// A text within the bounds, of the format or the pattern; else the name of its property.
pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let bound = |name: &str| fields.get(name).and_then(Value::as_u64);
    let (least, most) = (bound("minLength").unwrap_or_default(), bound("maxLength").unwrap_or(LONGEST));
    if least > most || least > LONGEST {
        return None;
    }
    let in_bounds = |text: &String| (least..=most).contains(&(text.chars().count() as u64));
    if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
        return pattern_text::of(pattern).filter(in_bounds);
    }
    let known = match fields.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("duration") => "P1D",
        Some("email") => "someone@example.com",
        Some("hostname") => "example.com",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("uri") => "https://example.com/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => {
            let mut text: String = name.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
            let missing = least.saturating_sub(text.chars().count() as u64);
            text.extend((0..missing).map(|_| 'x'));
            return Some(text);
        }
    };
    Some(known.to_owned()).filter(in_bounds)
}

/// The number within the bounds that is nearest to zero.
pub(super) fn number(fields: &Map<String, Value>, is_integer: bool) -> Option<Value> {
    let bound = |name: &str| fields.get(name).and_then(Value::as_f64);
    let step = bound("multipleOf").filter(|step| *step > 0.0).or(is_integer.then_some(1.0));
    let (above, below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
    let fits = |number: f64| {
        bound("minimum").is_none_or(|least| number >= least)
            && bound("maximum").is_none_or(|most| number <= most)
            && above.is_none_or(|least| number > least)
            && below.is_none_or(|most| number < most)
            && number.abs() < 9e15
    };
    let pause = step.unwrap_or(1.0);
    let mut candidates = vec![0.0];
    for edge in [bound("minimum"), above, bound("maximum"), below].into_iter().flatten() {
        for near in [edge, (edge / pause).ceil() * pause, (edge / pause).floor() * pause] {
            candidates.extend([near, near + pause, near - pause]);
        }
    }
    if let (Some(low), Some(high)) = (bound("minimum").or(above), bound("maximum").or(below)) {
        candidates.push(f64::midpoint(low, high));
    }
    let on_step = |number: f64| step.is_none_or(|step| ((number / step).round() * step - number).abs() < 1e-9);
    let found = candidates.into_iter().find(|number| fits(*number) && on_step(*number))?;
    if is_integer { Some((found as i64).into()) } else { serde_json::Number::from_f64(found).map(Value::Number) }
}
