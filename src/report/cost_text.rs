//! What labs cost, in words.

use super::describe::ending;
use super::style::{Palette, Tone};
use super::table::table;
use crate::outcome::LabOutcome;
use crate::outcome::cost::Cost;
use crate::values::duration::age;
use crate::values::{Money, counted};

/// An amount an hour, which is small.
fn rate(amount: Money) -> String {
    amount.rounded(4)
}

/// Several labs, a line each.
pub(super) fn many(labs: &[LabOutcome], palette: Palette) -> String {
    let head = ["lab", "state", "location", "an hour", "until expiry", "a pause saves"];
    let mut rows = vec![head.iter().map(|word| palette.paint(Tone::Bold, *word)).collect::<Vec<_>>()];
    for lab in labs {
        let (tone, word) = ending(lab.state);
        let of = |tell: &dyn Fn(&Cost) -> String| lab.details.cost.as_ref().map(tell).unwrap_or_default();
        rows.push(vec![
            lab.name.clone(),
            palette.paint(tone, word),
            lab.location.clone(),
            of(&|cost| format!("{}{}", least(cost), rate(cost.per_hour))),
            of(&|cost| cost.until_expiry.map_or_else(|| "no expiry".to_owned(), |sum| sum.to_string())),
            of(&|cost| rate(cost.pause_saves_per_hour)),
        ]);
    }
    table(&rows)
}

fn least(cost: &Cost) -> &'static str {
    if cost.at_least { "at least " } else { "" }
}

/// The sum of so many labs, and what it is made of.
pub(super) fn total(cost: &Cost, labs: usize, palette: Palette) -> String {
    let (currency, least) = (&cost.currency, least(cost));
    let labs = counted(labs, "lab");
    let mut text =
        format!("cost of {labs}: {least}{} {currency} an hour", palette.paint(Tone::Bold, rate(cost.per_hour)));
    match (cost.until_expiry, cost.hours_left) {
        (Some(sum), Some(hours)) => {
            let left = age((hours * 3600.0).round() as u64);
            text.push_str(&format!(", {least}{sum} {currency} until the expiry in {left}"));
        }
        _ => text.push_str("; there is no expiry"),
    }
    text.push_str(&format!("; a pause saves {} {currency} an hour\n", rate(cost.pause_saves_per_hour)));
    let rows: Vec<Vec<String>> = cost
        .parts
        .iter()
        .map(|part| {
            let each = format!("at {}", rate(part.each_per_hour));
            let sum = if part.paused { "paused".to_owned() } else { rate(part.per_hour) };
            vec![part.count.to_string(), part.what.clone(), part.location.clone(), each, sum]
        })
        .collect();
    text.push_str(&table(&rows));
    if !cost.no_price_for.is_empty() {
        text.push_str(&format!("\nno price for {}", cost.no_price_for.join(", ")));
    }
    text.push_str(&palette.paint(Tone::Dim, format!("\nnot counted: {}", cost.not_counted)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::cost::CostPart;

    #[test]
    fn a_sum_says_what_it_is_made_of_what_has_no_price_and_what_is_not_counted() {
        let money = |number: f64| Money::from_number(number).expect("an amount");
        let part = CostPart {
            what: "node Standard_D2s_v5".into(),
            location: "westeurope".into(),
            count: 80,
            each_per_hour: money(0.1152),
            per_hour: money(9.216),
            paused: false,
        };
        let cost = Cost {
            currency: "EUR".into(),
            per_hour: money(9.216),
            pause_saves_per_hour: money(9.216),
            until_expiry: Some(money(73.728)),
            hours_left: Some(8.0),
            at_least: true,
            parts: vec![part.clone(), CostPart { paused: true, ..part }],
            no_price_for: vec!["node X in y".into()],
            not_counted: "tokens",
        };
        assert_eq!(
            total(&cost, 40, Palette::new(false)),
            "cost of 40 labs: at least 9.2160 EUR an hour, at least 73.73 EUR until the expiry in 8h 0m; a pause saves 9.2160 \
             EUR an hour\n  80  node Standard_D2s_v5  westeurope  at 0.1152  9.2160\n  80  node Standard_D2s_v5  westeurope  \
             at 0.1152  paused\n\nno price for node X in y\nnot counted: tokens"
        );
        let endless = Cost { until_expiry: None, hours_left: None, ..cost };
        assert!(total(&endless, 1, Palette::new(false)).contains("; there is no expiry; a pause saves"));
    }
}
