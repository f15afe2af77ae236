//! Which of two versions of a model came out first.

/// Whether `one` came out before `other`. Versions are dates (`2024-08-06`, `turbo-2024-04-09`), or a month and a day of the time
/// from March 2023 to February 2024 (`0613`, `1106`, `0125-Preview`), or small numbers. What is none of these has no order.
pub(crate) fn is_older(one: &str, other: &str) -> bool {
    matches!((age(one), age(other)), (Some(one), Some(other)) if one < other)
}

/// A number that grows with the date of a version.
fn age(version: &str) -> Option<u32> {
    let numbers: Vec<u32> = version
        .split('-')
        .filter(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|part| part.parse().ok())
        .collect();
    match numbers[..] {
        [year, month, day] => Some(year * 10_000 + month * 100 + day),
        [day] if day >= 300 => Some(20_230_000 + day),
        [day] if day >= 100 => Some(20_240_000 + day),
        [number] => Some(number),
        _ => None,
    }
}
