//! What a roster says, and what is said about one that cannot be.

use std::path::Path;

use super::super::error::Problem;
use super::*;

fn parse(text: &str) -> Result<Vec<Row>, RosterError> {
    Roster::parse(Path::new("roster.csv"), text.to_owned(), Key::Needed).map(|roster| roster.rows)
}

fn good(text: &str) -> Vec<Row> {
    parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Everything that is wrong with a roster, as `line: message / help`.
#[track_caller]
fn wrong(text: &str) -> Vec<String> {
    let Err(RosterError::Invalid { problems, .. }) = parse(text) else { panic!("{text:?} is read") };
    let told = |one: &Problem| format!("{}: {} / {}", one.line, one.message, one.help.as_deref().unwrap_or("-"));
    problems.iter().map(told).collect()
}

/// Line, lab and address of each row.
fn labs(rows: &[Row]) -> Vec<(usize, &str, &str)> {
    rows.iter().map(|row| (row.line, row.lab.as_str(), row.attendee.label())).collect()
}

#[test]
fn a_row_is_a_lab_that_is_named_after_its_attendee() {
    let rows = good(
        "name,email,lab,location,Table,T-shirt\n\
         Ada Lovelace,ada@contoso.com,,,3,\n\
         Zoë Müller,zoe@contoso.com,seat-07,Sweden Central,4,M\n",
    );
    assert_eq!(labs(&rows), [(2, "ada-lovelace", "ada@contoso.com"), (3, "seat-07", "zoe@contoso.com")]);
    assert_eq!((rows[0].location.as_deref(), rows[1].location.as_deref()), (None, Some("Sweden Central")));
    assert_eq!(rows[1].attendee.place, "roster.csv:3");
    let more: Vec<_> = rows[1].attendee.more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(more, [("T-shirt", "M"), ("Table", "4")]);
}

#[test]
fn a_cell_that_was_kept_from_being_a_formula_is_read_as_it_was() {
    let rows =
        good("name,email,'@chat,phone\n'=Ada,ada@contoso.com,'@ada,'+46 70\n't Hooft,gerard@contoso.com,-,''=1\n");
    let of = |row: usize, column: &str| rows[row].attendee.more.get(column).map(String::as_str);
    assert_eq!((rows[0].attendee.name.as_deref(), rows[0].lab.as_str()), (Some("=Ada"), "ada"));
    assert_eq!((of(0, "@chat"), of(0, "phone")), (Some("@ada"), Some("+46 70")));
    assert_eq!(
        (rows[1].attendee.name.as_deref(), of(1, "@chat"), of(1, "phone")),
        (Some("'t Hooft"), Some("-"), Some("'=1"))
    );
}

#[test]
fn the_name_of_a_lab_does_not_depend_on_where_its_row_stands() {
    let rows = ["Ada Lovelace,ada@x.y", "Grace Hopper,grace@x.y", "Alan Turing,alan@x.y"];
    let named = |order: [usize; 3]| {
        let text = order.map(|index| rows[index]).join("\n");
        let mut labs: Vec<String> = good(&format!("name,email\n{text}")).into_iter().map(|row| row.lab).collect();
        labs.sort();
        labs
    };
    assert_eq!(named([0, 1, 2]), named([2, 0, 1]));
    assert_eq!(named([0, 1, 2]), ["ada-lovelace", "alan-turing", "grace-hopper"]);
}

#[test]
fn columns_are_known_by_the_names_that_people_and_spreadsheets_give_them() {
    for header in [
        "Name,E-Mail",
        "FULL NAME,Email Address",
        "Display name,userPrincipalName",
        "\"Participant\",\"UPN\"",
        "Attendee,Mail",
    ] {
        let rows = good(&format!("{header}\nAda,ada@contoso.com"));
        assert_eq!(labs(&rows), [(2, "ada", "ada@contoso.com")], "{header}");
    }
    let rows = good("First name;Surname;Phone;E-Mail\nAda;Lovelace;1;ada@x.y");
    assert_eq!(labs(&rows), [(2, "ada-lovelace", "ada@x.y")]);
    let id = "11111111-2222-3333-4444-555555555555";
    assert_eq!(good(&format!("name,Object ID\nAda,{id}"))[0].attendee.object_id.as_deref(), Some(id));
}

#[test]
fn what_spreadsheets_of_other_countries_write_is_the_same() {
    let plain = good("name,email,room\nAda,ada@x.y,\"1, left\"\nGrace,grace@x.y,2");
    for text in [
        "name;email;room\r\nAda;ada@x.y;1, left\r\nGrace;grace@x.y;2\r\n",
        "name\temail\troom\r\nAda\tada@x.y\t1, left\r\nGrace\tgrace@x.y\t2\r\n",
        "name , email , room\n Ada , ada@x.y ,\"1, left\"\nGrace,grace@x.y, 2 ",
    ] {
        assert_eq!(good(text), plain, "{text:?}");
    }
    assert_eq!(labs(&good("sep=;\r\nname;email\r\nAda;ada@x.y")), [(3, "ada", "ada@x.y")]);
}

#[test]
fn empty_lines_are_passed_over_and_lines_keep_their_numbers() {
    let text = "\n\nname,email,note\n\n,,\nAda,ada@x.y,\"two\nlines\"\n  \nGrace,grace@x.y\n;;\n";
    let rows = good(text.trim_end_matches(";;\n"));
    assert_eq!(labs(&rows), [(6, "ada", "ada@x.y"), (9, "grace", "grace@x.y")]);
    assert_eq!(rows[0].attendee.more["note"], "two\nlines");
}

/// A mail brings them along: the directory would know nobody of that address, and one attendee would be two.
#[test]
fn characters_that_nobody_sees_are_no_part_of_a_cell() {
    let rows = good(
        "\u{200b}name,e-mail\u{200e}\nAda\u{a0},\u{202a}ada@x.y\u{202c}\n\u{200b},\u{feff}\nZoë\u{ad} M,zoe@x.y\u{200b}\n",
    );
    assert_eq!(labs(&rows), [(2, "ada", "ada@x.y"), (4, "zoe-m", "zoe@x.y")]);
    let all = wrong("name,email\nAda,ada@x.y\nA L,ada@x.y\u{200b}");
    assert!(all[0].contains("ada@x.y is on line 2 too"), "{all:#?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_would_be_right() {
    for (text, line, says) in [
        ("", 1, "the roster is empty / write as the first line: name,email"),
        ("\n \n", 1, "the roster is empty"),
        ("name,email\n", 1, "the roster has no rows"),
        ("Ada,ada@x.y\nGrace,grace@x.y", 1, "does not name the columns: 'Ada', 'ada@x.y' / write as the first line"),
        ("nmae,email\nAda,ada@x.y", 1, "no column says the attendees' names / rename the column 'nmae': name"),
        ("email\nada@x.y", 1, "no column says the attendees' names / add a column: name"),
        ("name,team\nAda,red", 1, "no column says who the attendees are in Entra / add a column: email"),
        ("name,email,E-Mail\nAda,a@x.y,b@x.y", 1, "the columns 'email' and 'E-Mail' both say the email"),
        (
            "name,email\nAda,ada@x.y\nAda,ada2@x.y",
            3,
            "the lab of Ada would be 'ada', as that on line 2 / add a column lab",
        ),
        ("name,email\nZoë M,a@x.y\nZoe  M.,b@x.y", 3, "would be 'zoe-m', as that on line 2"),
        ("name,email,lab\nA,a@x.y,s1\nB,b@x.y,S1", 3, "a second lab 'S1'; the first is on line 2"),
        ("name,email\nAda,ada@x.y\nA L,ADA@X.Y", 3, "ADA@X.Y is on line 2 too / an attendee has one lab"),
        ("name,email\n,ada@x.y", 2, "this row has no name"),
        ("name,email\nAda,", 2, "does not say who its attendee is in Entra / write one of email,"),
        ("name,email\nAda,Ada <ada@x.y>", 2, "'Ada <ada@x.y>' is not an address, and the column is email"),
        ("name,upn\nAda,ada", 2, "the column is user_principal_name"),
        ("name,object_id\nAda,1234", 2, "'1234' is not an object id"),
        (
            "name,email\nLovelace, Ada,ada@x.y",
            2,
            "this row has 3 fields, and the first line names 2 / put text that holds",
        ),
        (
            "name,email,lab\nAda,ada@x.y,seat 7",
            2,
            "lab name 'seat 7' is not valid: only letters, digits, '-' are allowed",
        ),
        ("name,email\n!!!,ada@x.y", 2, "no lab can be named after '!!!' / add a column lab"),
        ("name,email,location\nAda,ada@x.y,west-europe", 2, "location 'west-europe' is not valid"),
        ("name,email\n\"Ada,ada@x.y\nGrace,grace@x.y\n", 2, "a quote that begins on this line does not end"),
    ] {
        let all = wrong(text);
        let said = format!("{line}: ");
        assert_eq!(all.len(), 1, "{text:?}: {all:#?}");
        assert!(all[0].starts_with(&said) && all[0].contains(says), "{text:?}: {all:#?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let all = wrong("name,email,location\n,a@x.y,\nBen,b,west-europe\nCleo,a@x.y,");
    let lines: Vec<&str> = all.iter().filter_map(|one| one.split(':').next()).collect();
    assert_eq!(lines, ["2", "3", "3", "4"], "{all:#?}");
}

#[test]
fn nobody_needs_an_address_where_nobody_gets_access() {
    let text = "name,team\nAda,red".to_owned();
    let rows = Roster::parse(Path::new("roster.csv"), text, Key::Unused).expect("read").rows;
    assert_eq!(labs(&rows), [(2, "ada", "Ada")]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_line_of_it(text in "(name|email|[;,\t\"\r\n@a-c é]){0,60}") {
        let lines = text.matches('\n').count() + 1;
        match parse(&text) {
            Ok(rows) => proptest::prop_assert!(rows.iter().all(|row| row.line <= lines)),
            Err(RosterError::Invalid { problems, .. }) => {
                proptest::prop_assert!(!problems.is_empty() && problems.iter().all(|one| one.line <= lines));
            }
            Err(RosterError::Unreadable { message, .. }) => proptest::prop_assert!(false, "{message}"),
        }
    }
}
