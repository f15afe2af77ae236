//! What an unquoted word of YAML means to kubectl: YAML 1.1 as its parser, go-yaml 2, takes it, where `no` is false, `0777` is
//! 511 and `1_000` is a thousand. Held to the real kubectl by a test.

use yaml_serde::Value;

const TRUE: [&str; 11] = ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE: [&str; 11] = ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];
const NULL: [&str; 5] = ["", "~", "null", "Null", "NULL"];
const NAN: [&str; 3] = [".nan", ".NaN", ".NAN"];
const INFINITE: [&str; 3] = [".inf", ".Inf", ".INF"];

/// The value of the unquoted scalar `text`.
pub(super) fn plain(text: &str) -> Value {
    if TRUE.contains(&text) {
        return Value::Bool(true);
    }
    if FALSE.contains(&text) {
        return Value::Bool(false);
    }
    if NULL.contains(&text) {
        return Value::Null;
    }
    number(text).unwrap_or_else(|| Value::from(text))
}

fn number(text: &str) -> Option<Value> {
    if NAN.contains(&text) {
        return Some(Value::from(f64::NAN));
    }
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if INFINITE.contains(&magnitude) {
        return Some(Value::from(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    let digits = magnitude.replace('_', "");
    if let Some(whole) = integer(&digits, negative, text.starts_with('+')) {
        return Some(whole);
    }
    if !is_decimal(&digits) {
        return None;
    }
    // Too large for a float is a text.
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite())?;
    Some(Value::from(if negative { -value } else { value }))
}

/// A whole number, in the base that its beginning says; `0` alone stands before octal digits.
fn integer(digits: &str, negative: bool, plus: bool) -> Option<Value> {
    let lower = digits.to_ascii_lowercase();
    let (base, rest) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if rest.is_empty() || !rest.bytes().all(|byte| char::from(byte).is_digit(base)) {
        return None;
    }
    let magnitude = u64::from_str_radix(rest, base).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Value::from);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Value::from(value)),
        Err(_) if plus => None,
        Err(_) => Some(Value::from(magnitude)),
    }
}

/// `.5`, `5.`, `1e3`: digits with one point at most and an exponent at most.
fn is_decimal(text: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    is_digits(whole)
        && is_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && is_digits(digits))
}
