//! Amounts of money, exact: whole billionths of a currency's unit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use serde::{Serialize, Serializer};

/// Billionths in a unit.
const UNIT: i128 = 1_000_000_000;
/// Digits behind the point that are kept.
const DIGITS: usize = 9;

/// An amount of some currency. Sums and products are exact; only [`Money::share`] rounds, to billionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

impl Money {
    /// Reads a number as JSON and TOML have it; `None` for what is negative, is not finite or is absurdly large. The shortest
    /// text that reads back as the number is what was written, so 0.1152 is 1152 ten-thousandths.
    pub(crate) fn from_number(number: f64) -> Option<Self> {
        if !(0.0..=1e12).contains(&number) {
            return None;
        }
        let text = format!("{number}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(DIGITS).collect();
        Some(Self(whole.parse::<i128>().ok()? * UNIT + kept.parse::<i128>().ok()?))
    }

    /// So many times the amount.
    pub(crate) fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }

    /// The amount times `numerator` by `denominator`, rounded half up.
    pub(crate) fn share(self, numerator: u64, denominator: u64) -> Self {
        let denominator = i128::from(denominator.max(1));
        Self((self.0.saturating_mul(i128::from(numerator)) + denominator / 2) / denominator)
    }

    /// How many times `other` is in it, if `other` is anything.
    pub(crate) fn in_whole(self, other: Self) -> Option<u64> {
        (other.0 > 0).then(|| u64::try_from(self.0 / other.0).unwrap_or(0))
    }

    /// The amount with so many digits behind the point, rounded half up.
    pub(crate) fn rounded(self, digits: usize) -> String {
        let cut = 10_i128.pow(u32::try_from(DIGITS.saturating_sub(digits)).unwrap_or(0));
        let whole = (self.0 + cut / 2) / cut;
        let unit = UNIT / cut;
        if digits == 0 { whole.to_string() } else { format!("{}.{:0digits$}", whole / unit, whole % unit) }
    }
}

/// With two digits, as amounts are written.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rounded(2))
    }
}

/// A number with at most six digits behind the point.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The nearest number is written as the same digits.
        serializer.serialize_f64(self.rounded(6).parse().unwrap_or_default())
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What is left, at least nothing.
impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(number: f64) -> Money {
        Money::from_number(number).unwrap_or_else(|| panic!("{number}"))
    }

    #[test]
    fn a_number_is_the_digits_that_were_written() {
        for (number, six) in
            [(0.1152, "0.115200"), (0.1, "0.100000"), (250.0, "250.000000"), (1e-7, "0.000000"), (19.71, "19.710000")]
        {
            assert_eq!(money(number).rounded(6), six, "{number}");
        }
        assert_eq!(money(0.1) + money(0.2), money(0.3), "no noise");
        assert_eq!(serde_json::to_string(&(money(0.1) + money(0.2))).unwrap(), "0.3");
        for bad in [-0.1, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(Money::from_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_share_is_rounded_once_and_a_text_half_up() {
        assert_eq!(money(21.681).share(1, 730).rounded(9), "0.029700000");
        assert_eq!(money(1.0).share(2, 3).rounded(9), "0.666666667");
        assert_eq!(money(0.005).to_string(), "0.01");
        assert_eq!(money(1.005).rounded(0), "1");
        assert_eq!(money(250.0).in_whole(money(60.1)), Some(4));
        assert_eq!(money(250.0).in_whole(Money::default()), None);
        assert_eq!(money(1.0) - money(2.0), Money::default());
    }
}
