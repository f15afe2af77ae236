//! Of which day the catalogue is, and the rule that keeps a sandbox usable in any year.
//!
//! `catalogue.json` has the days of the real Azure, as they were known on [`KNOWN_ON`]. A state that is made later sells what was
//! sold on that day: what had closed by then keeps its days, and what was open stays open for as long as it was then; its days
//! move by the days from [`KNOWN_ON`] to the day on which the state is made. A state that is served for months keeps the days
//! that it was made with, so its models close in time. A state that is made earlier (tests have such clocks) sells what Azure
//! sold on the day on which it is made. A scenario's `catalogue_day` takes the place of [`KNOWN_ON`].

use time::macros::{date, format_description};
use time::{Date, Duration};

use super::catalogue::{CATALOGUE, Catalogue};

/// The day of the catalogue's data (azure-facts.md sections 4 and 10).
pub(crate) const KNOWN_ON: Date = date!(2026 - 11 - 25);

/// Reads a day such as `2026-05-01`.
pub(crate) fn parse(day: &str) -> Option<Date> {
    Date::parse(day, format_description!("[year]-[month]-[day]")).ok()
}

/// The catalogue of a state that is made on `made`: of `wanted`, a scenario's day, or as it was last known.
pub(crate) fn catalogue(wanted: Option<Date>, made: Date) -> Catalogue {
    let day = wanted.unwrap_or(KNOWN_ON).min(made);
    let later = made - day;
    let mut catalogue = CATALOGUE.clone();
    // Both are days as text, which compare as days do.
    let today = day.to_string();
    catalogue.models.retain(|model| model.created <= today);
    for model in &mut catalogue.models {
        move_on(&mut model.inference, day, later);
        model.skus.iter_mut().for_each(|sku| move_on(&mut sku.until, day, later));
    }
    let names: Vec<String> = catalogue.models.iter().map(|model| model.name.clone()).collect();
    for name in names {
        let mut versions: Vec<_> = catalogue.models.iter_mut().filter(|model| model.name == name).collect();
        if versions.iter().all(|model| !model.default)
            && let Some(newest) = versions.iter_mut().max_by(|one, other| one.created.cmp(&other.created))
        {
            newest.default = true;
        }
    }
    catalogue
}

/// Moves a day by `later`, if it comes after `day`.
fn move_on(moved: &mut String, day: Date, later: Duration) {
    if let Some(then) = parse(moved).filter(|then| *then > day) {
        *moved = then.saturating_add(later).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(catalogue: &Catalogue, name: &str, sku: &str) -> String {
        let of_name = |model: &&super::super::catalogue::Model| model.name == name && model.default;
        let model = catalogue.models.iter().find(of_name).expect(name);
        model.sku(sku).expect(sku).until.clone()
    }

    #[test]
    fn what_had_closed_keeps_its_day_and_what_was_open_stays_open_as_long_in_any_year() {
        for (made, closes) in [
            (KNOWN_ON, date!(2027 - 02 - 06)),
            (date!(2026 - 11 - 29), date!(2027 - 02 - 10)),
            (date!(2044 - 02 - 29), date!(2044 - 02 - 29).saturating_add(date!(2027 - 02 - 06) - KNOWN_ON)),
        ] {
            let all = catalogue(None, made);
            assert_eq!(until(&all, "gpt-35-turbo", "Standard"), "2025-11-14", "{made}");
            assert_eq!(until(&all, "gpt-4.1-mini", "Standard"), "2026-10-14", "{made}");
            assert_eq!(until(&all, "gpt-5-mini", "GlobalStandard"), closes.to_string(), "{made}");
        }
    }

    #[test]
    fn an_earlier_day_sells_what_was_sold_then() {
        let spring = catalogue(None, date!(2026 - 03 - 01));
        assert!(!spring.models.iter().any(|model| model.name == "gpt-5.4-mini"), "it came out on 2026-03-17");
        assert_eq!(until(&spring, "gpt-4o-mini", "Standard"), "2026-03-31");
        let workshop = catalogue(parse("2023-11-01"), date!(2026 - 11 - 29));
        let names: Vec<&str> = workshop.models.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["gpt-35-turbo"]);
        let open_for = parse(&until(&workshop, "gpt-35-turbo", "Standard")).expect("a day") - date!(2026 - 11 - 29);
        assert_eq!(open_for, date!(2025 - 02 - 13) - date!(2023 - 11 - 01));
    }
}
