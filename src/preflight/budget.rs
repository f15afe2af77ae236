//! Check `budget`: what the labs of the file cost until they expire is within its `[budget]`.

use super::bill::Bill;
use super::finding::Finding;
use super::price_list::PriceList;
use crate::azure::error::Error as AzureError;
use crate::azure::retail_prices::RetailPrices;
use crate::follow_up::{Advice, FollowUp, Labs, Verb};
use crate::outcome::cost::Cost;
use crate::settings::{Budget, Spending};
use crate::values::{Money, agreeing, counted};

/// The check's id.
pub(crate) const ID: &str = "budget";
/// It costs more.
const EXCEEDED: &str = "BudgetExceeded";
/// It costs more and more.
const NO_EXPIRY: &str = "BudgetWithoutExpiry";
/// Nobody knows what it costs.
const UNKNOWN: &str = "PricesUnknown";

/// How a run goes on without the check.
const GO_ON: &str = "to go on without the check: --no-budget";

/// Whether the labs with these bills are within the budget; `None` if there is none.
pub(crate) async fn check(api: &RetailPrices, spending: &Spending, bills: &[Bill]) -> Option<Finding> {
    let budget = spending.budget.as_ref()?;
    let currency = &spending.currency;
    if let Some(cloud) = api.unknown_cloud() {
        let message = format!("the prices of the cloud {cloud} are unknown, and {} sets a budget", budget.place);
        return Some(Finding::fail(ID, UNKNOWN, message, GO_ON));
    }
    let endless = bills.iter().filter(|bill| bill.expires().is_none()).count();
    if endless > 0 {
        return Some(without_end(budget, currency, endless));
    }
    let prices = match PriceList::read(api, currency, bills.iter().flat_map(Bill::meters)).await {
        Ok(prices) => prices,
        Err(error) => return Some(unreadable(&error, spending, budget)),
    };
    let costs: Vec<Cost> = bills.iter().map(|bill| bill.cost(&prices, api.now())).collect();
    let Some(total) = Cost::total(&costs) else {
        return Some(Finding::pass(ID, "no lab costs anything"));
    };
    Some(judge(budget, &costs, &total))
}

/// The class cannot be found, so nobody knows what it costs.
pub(crate) fn unknown_class(why: &str) -> Finding {
    Finding::fail(ID, UNKNOWN, format!("the labs of the file cannot be found: {why}"), GO_ON)
}

fn without_end(budget: &Budget, currency: &str, endless: usize) -> Finding {
    let message = format!(
        "{} never {}, so what the class costs has no end, and {} allows {} {currency}",
        counted(endless, "lab"),
        agreeing(endless, "expires", "expire"),
        budget.place,
        budget.most
    );
    let hint =
        Advice::from("say when labs expire: ttl = \"8h\" in the file or --ttl 8h for new labs; for labs that exist: ")
            .run(FollowUp::new(Verb::Extend).on(Labs::all()).with(["--ttl", "8h"]))
            .say(format!("; {GO_ON}"));
    Finding::fail(ID, NO_EXPIRY, message, hint)
}

/// What an error of the prices means.
pub(crate) fn why_unreadable(error: &AzureError, currency: &str) -> String {
    match error.service() {
        Some(refused) if refused.status == http::StatusCode::BAD_REQUEST => {
            format!("the Retail Prices API refuses the currency {currency}, or the question: {}", refused.message())
        }
        _ => format!("the prices cannot be read: {error}"),
    }
}

fn unreadable(error: &AzureError, spending: &Spending, budget: &Budget) -> Finding {
    let message = format!("{}; {} sets a budget", why_unreadable(error, &spending.currency), budget.place);
    let hint = format!("prices.azure.com has to be reached, and know the currency {}; {GO_ON}", spending.currency);
    Finding::fail(ID, UNKNOWN, message, hint)
}

fn judge(budget: &Budget, costs: &[Cost], total: &Cost) -> Finding {
    let (currency, most) = (&total.currency, budget.most);
    if total.at_least {
        let message = format!("no price for {}, and {} sets a budget", total.no_price_for.join(", "), budget.place);
        return Finding::fail(ID, UNKNOWN, message, format!("choose another VM size or region; {GO_ON}"));
    }
    let sum = total.until_expiry.unwrap_or_default();
    let hours = total.hours_left.unwrap_or_default();
    let labs = counted(costs.len(), "lab");
    let told = format!("{sum} {currency} until it expires ({labs}, {hours} h, {} {currency} an hour)", total.per_hour);
    if sum <= most {
        return Finding::pass(ID, format!("the class costs {told}; {} allows {most}", budget.place));
    }
    let message = format!("the class would cost {told}, and {} allows {most} {currency}", budget.place);
    let mut left = most;
    let fits = costs.iter().take_while(|cost| {
        let one = cost.until_expiry.unwrap_or_default();
        let does = one <= left;
        left = left - one;
        does
    });
    let fitting = fits.count();
    let hint = format!(
        "{most} {currency} is enough for {} until then, or for {labs} for {} h: shorten ttl, name fewer labs with -l, or raise \
         most; {GO_ON}",
        counted(fitting, "lab"),
        affordable(most, total.per_hour)
    );
    Finding::fail(ID, EXCEEDED, message, hint)
}

/// The hours that `most` is enough for, in tenths, rounded down.
fn affordable(most: Money, per_hour: Money) -> String {
    let tenths = most.times(10).in_whole(per_hour).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::CheckReport;
    use crate::values::CheckStatus;

    fn money(number: f64) -> Money {
        Money::from_number(number).expect("an amount")
    }

    fn cost(per_hour: f64, hours: f64) -> Cost {
        Cost {
            currency: "USD".into(),
            per_hour: money(per_hour),
            pause_saves_per_hour: Money::default(),
            until_expiry: Some(money(per_hour * hours)),
            hours_left: Some(hours),
            at_least: false,
            parts: Vec::new(),
            no_price_for: Vec::new(),
            not_counted: "",
        }
    }

    fn judged(most: f64, costs: &[Cost]) -> CheckReport {
        let budget = Budget { most: money(most), place: "azlab.toml:3".into() };
        judge(&budget, costs, &Cost::total(costs).expect("labs"))
            .check_report(None, &crate::follow_up::Place::default())
    }

    #[test]
    fn a_class_that_costs_exactly_the_budget_fits_and_a_cent_more_does_not() {
        let class = vec![cost(0.25, 8.0); 4];
        assert_eq!(judged(8.0, &class).status, CheckStatus::Pass);
        let told = judged(7.99, &class);
        assert_eq!((told.status, told.code.as_deref()), (CheckStatus::Fail, Some(EXCEEDED)));
        assert_eq!(
            told.message,
            "the class would cost 8.00 USD until it expires (4 labs, 8 h, 1.00 USD an hour), and azlab.toml:3 allows 7.99 USD"
        );
        let hint = told.hint.unwrap_or_default();
        assert!(hint.starts_with("7.99 USD is enough for 3 labs until then, or for 4 labs for 7.9 h"), "{hint}");
    }

    #[test]
    fn what_has_no_price_is_never_within_a_budget() {
        let odd = Cost { at_least: true, no_price_for: vec!["node X in y".into()], ..cost(0.1, 1.0) };
        let told = judged(1e6, &[odd]);
        assert_eq!((told.status, told.code.as_deref()), (CheckStatus::Fail, Some(UNKNOWN)));
        assert!(told.message.contains("node X in y"));
    }
}
