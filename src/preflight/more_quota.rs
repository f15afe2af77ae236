//! How to ask for more of a quota: its name, its region, and how much.

/// Where Microsoft says how to.
const HOW: &str = "https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal";

/// What to ask for so that `needs` more fit into a quota with `free` left of `limit`.
pub(super) fn ask_for(name: &str, location: &str, (free, limit): (i64, i64), needs: i64) -> String {
    let amount = limit.saturating_sub(free).saturating_add(needs);
    format!("ask for a quota {name} of {amount} in {location}: {HOW}")
}

/// Steps that help only together: what each is for is needed beside what the others are for.
pub(super) fn all_of(steps: &[String]) -> String {
    match steps {
        [one] => one.clone(),
        _ => {
            let all = if steps.len() == 2 { "both".to_owned() } else { format!("all {}", steps.len()) };
            let lines: Vec<String> = steps.iter().map(|step| format!("  {step}")).collect();
            format!("do {all} of these, for each is needed:\n{}", lines.join("\n"))
        }
    }
}
