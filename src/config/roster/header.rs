//! A roster's first line: which column says what, as people and spreadsheets call them.

use std::collections::BTreeMap;

use super::super::nearest::nearest;

/// What a column says of an attendee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// What people call them.
    Name,
    /// The first of two parts of it.
    GivenName,
    /// The last.
    FamilyName,
    /// Their e-mail address.
    Email,
    /// Their user principal name.
    UserPrincipalName,
    /// Their object id.
    ObjectId,
    /// The name of their lab.
    Lab,
    /// Where it is to be.
    Location,
}

/// How each column is called, the first as the documentation has it. Case, spaces, hyphens and underscores make no
/// difference.
const CALLED: [(Column, &[&str]); 8] = [
    (
        Column::Name,
        &[
            "name",
            "full name",
            "display name",
            "attendee",
            "attendee name",
            "participant",
            "participant name",
            "student",
        ],
    ),
    (Column::GivenName, &["first name", "given name", "forename", "vorname", "prénom"]),
    (Column::FamilyName, &["last name", "family name", "surname", "nachname"]),
    (
        Column::Email,
        &["email", "e-mail address", "mail", "e-mail-adresse", "work email", "attendee email", "user email"],
    ),
    (Column::UserPrincipalName, &["user_principal_name", "upn", "principal name"]),
    (Column::ObjectId, &["object_id", "oid", "entra object id", "entra id", "aad object id", "azure ad object id"]),
    (Column::Lab, &["lab", "lab name"]),
    (Column::Location, &["location", "region", "azure region"]),
];

/// The columns that say who somebody is in Entra.
pub(super) const KEYS: [Column; 3] = [Column::Email, Column::UserPrincipalName, Column::ObjectId];

impl Column {
    /// Its name in the documentation.
    pub(super) fn name(self) -> &'static str {
        CALLED
            .iter()
            .find(|(column, _)| *column == self)
            .and_then(|(_, names)| names.first())
            .copied()
            .unwrap_or_default()
    }
}

/// A name without what makes no difference.
fn plain(name: &str) -> String {
    let letters = deunicode::deunicode_with_tofu(name, "");
    letters.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// What the column of that name says; `None` for one that is kept as it is.
pub(super) fn column(name: &str) -> Option<Column> {
    let name = plain(name);
    let is_so_called = |names: &&[&str]| names.iter().any(|known| plain(known) == name);
    CALLED.iter().find(|(_, names)| is_so_called(names)).map(|(column, _)| *column)
}

/// Which column says what, and the names of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    known: BTreeMap<Column, usize>,
    others: Vec<(usize, String)>,
    /// How many columns there are.
    pub(super) width: usize,
}

impl Header {
    /// Reads the fields of the first line. `needs_key`: the attendees are to be found in Entra.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub(super) fn read(fields: &[&str], needs_key: bool) -> Result<Self, (String, String)> {
        let mut header = Self { width: fields.len(), ..Self::default() };
        let mut names: BTreeMap<Column, &str> = BTreeMap::new();
        for (index, field) in fields.iter().enumerate() {
            match column(field) {
                Some(column) => {
                    if let Some(other) = names.insert(column, field) {
                        let help = format!("leave one of them, or rename it: any other name than {}", column.name());
                        return Err((
                            format!("the columns '{other}' and '{field}' both say the {}", column.name()),
                            help,
                        ));
                    }
                    header.known.insert(column, index);
                }
                None if field.is_empty() => {}
                None => header.others.push((index, (*field).to_owned())),
            }
        }
        let has = |column: Column| header.known.contains_key(&column);
        let has_name = has(Column::Name) || has(Column::GivenName) || has(Column::FamilyName);
        let has_key = KEYS.into_iter().any(has);
        if !has_name && !has_key {
            let help = "write as the first line: name,email (or user_principal_name, or object_id); lab and location may follow";
            let shown: Vec<String> = fields.iter().take(3).map(|field| format!("'{field}'")).collect();
            return Err((format!("the first line does not name the columns: {}", shown.join(", ")), help.into()));
        }
        let missing = if !has_name { Some("name") } else { (!has_key && needs_key).then_some("email") };
        if let Some(missing) = missing {
            let others = header.others.iter().map(|(_, name)| name.as_str());
            let help = match (nearest(missing, others), missing) {
                (Some(near), _) => format!("rename the column '{near}': {missing}"),
                (None, "name") => "add a column: name".to_owned(),
                (None, _) => {
                    "add a column: email, user_principal_name or object_id; or give nobody access: [access] roles = [] in \
                     azlab.toml"
                        .to_owned()
                }
            };
            let what = if missing == "name" { "the attendees' names" } else { "who the attendees are in Entra" };
            return Err((format!("no column says {what}"), help));
        }
        Ok(header)
    }

    /// What a row says in a column; `None` where it says nothing.
    pub(super) fn field<'a>(&self, row: &'a csv::StringRecord, column: Column) -> Option<&'a str> {
        self.known.get(&column).and_then(|index| row.get(*index)).filter(|text| !text.is_empty())
    }

    /// What a row says in the other columns.
    pub(super) fn others(&self, row: &csv::StringRecord) -> BTreeMap<String, String> {
        let said = self.others.iter().filter_map(|(index, name)| Some((name.clone(), row.get(*index)?.to_owned())));
        said.filter(|(_, value)| !value.is_empty()).collect()
    }
}
