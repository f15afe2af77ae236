//! What is known of a field of a lab, and the macro that makes a part of the overrides out of a list of fields.

use std::collections::BTreeMap;

use crate::lab::names::NameError;

/// A field of a lab.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its key in the file: `cluster.node_count`; in a list `deployments[].model`.
    pub(crate) key: &'static str,
    /// Its options without the hyphens, which are clap's ids too; the last ones are short for a value of it.
    pub(crate) flags: &'static [&'static str],
    /// What holds when nobody says; nothing if that needs no words.
    pub(super) default: fn() -> Option<String>,
    /// What it is, in the words of `--help`; empty without a flag.
    pub(super) help: &'static str,
    /// A value, for messages; empty where most texts are one.
    pub(crate) example: &'static str,
    /// Whether the file has to say it where it says anything of the part.
    pub(super) is_required: bool,
    /// Whether `{lab}` in it stands for the lab's name.
    pub(crate) is_pattern: bool,
    /// Whether a text is a value of it.
    pub(super) check: fn(&str) -> Result<(), NameError>,
}

impl Field {
    /// Its key without the table's: `node_count`.
    pub(crate) fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }

    /// What holds when nobody says; `None` if that needs no words.
    pub(crate) fn default(&self) -> Option<String> {
        (self.default)()
    }

    /// What `--help` says of it.
    pub(crate) fn help(&self) -> String {
        match self.default() {
            Some(default) => format!("{} [default: {default}]", self.help),
            None => self.help.to_owned(),
        }
    }

    /// Whether `text` is a value of it, as far as its text tells.
    ///
    /// # Errors
    /// [`NameError`]
    pub(crate) fn check(&self, text: &str) -> Result<(), NameError> {
        (self.check)(text)
    }
}

/// Who says that a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line: `--location`.
    Flag(String),
    /// The environment: `AZLAB_OWNER`.
    Environment(String),
    /// The file, at this path: `labs[0].cluster.name`.
    File(String),
}

/// Where a layer of overrides comes from, by the field's options and by its path: `deployments[0].model`.
pub(crate) type OriginOf<'a> = &'a dyn Fn(&[&str], &str) -> Origin;

/// Who says what holds, by the fields' paths; what nobody says has its default.
pub(crate) type Origins = BTreeMap<String, Origin>;

/// What the schema says of the field `name`: `about`, and what holds without it unless it has to be there.
pub(super) fn description(fields: &[Field], name: &str, about: &str) -> String {
    let field = fields.iter().find(|field| field.name() == name).filter(|field| !field.is_required);
    match field.and_then(Field::default) {
        Some(default) if about.ends_with('…') => format!("{about} Without it {default}."),
        Some(default) => format!("{about}. Without it {default}."),
        None => format!("{about}."),
    }
}

/// What `--help` says of an option, by its name.
pub(super) fn help_of(fields: &[Field], flag: &str) -> String {
    fields.iter().find(|field| field.flags.contains(&flag)).map(Field::help).unwrap_or_default()
}

/// A whole number in a range, for clap.
pub(crate) fn whole(min: u32, max: u32) -> impl Fn(&str) -> Result<u32, String> + Clone + Send + Sync + 'static {
    move |text| match text.trim().parse::<u32>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!("it must be a whole number from {min} to {max}, such as {}", min.max(max.min(3)))),
    }
}

/// A part of the overrides, from the list of its fields: the struct that clap and serde read, with its help, its schema, its
/// checks, its merger, and its way into the desired state and back. A field says, in this order:
///
/// - its name, which is its key in the file, and its type;
/// - `flag "…" as "…", "…";` its option, the option's placeholder, what `--help` says (without a flag: `#[arg(skip)]`);
/// - `file "…";` what the schema says; `in_file required;` if the file has to say it where it says anything of the part;
/// - `default …;` what holds without it: a constant, or words with one;
/// - `range … to …;` the least and the greatest number;
/// - `check …;` the function that tells whether a text is a value of it;
/// - `example "…";` a value, for messages, where the check refuses most texts;
/// - `pattern lab;` if `{lab}` in it stands for the lab's name;
/// - `place a.b;` where it goes in the desired state, or `via setter, getter;`, or neither if the part reads it itself.
///
/// Behind `.. also` stands what else the struct holds: lists, and other parts.
macro_rules! fields {
    (@default) => { None };
    (@default $default:expr) => { Some($default.to_string()) };
    (
        $(#[$attr:meta])*
        pub(crate) struct $name:ident($prefix:literal, $heading:expr) for $spec:ty;
        $(
            $(#[$more:meta])*
            $field:ident: $type:ty {
                $(flag $flag:literal $(or $short:literal)? as $value:literal, $help:literal;)?
                file $about:literal;
                $(in_file $required:ident;)?
                $(default $default:expr;)?
                $(range $min:literal to $max:literal;)?
                $(check $check:expr;)?
                $(example $example:literal;)?
                $(pattern $lab:ident;)?
                $(place $($place:ident).+;)?
                $(via $set:path, $get:path;)?
            }
        )*
        $(.. also { $($also:tt)* })?
    ) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        #[derive(clap::Args, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
        $(#[$attr])*
        pub(crate) struct $name {
            $(
                #[doc = $about]
                $(
                    #[arg(id = $flag, long = $flag, value_name = $value, help_heading = $heading)]
                    #[arg(help = crate::lab::overrides::field::help_of($name::FIELDS, $flag))]
                )?
                $(
                    #[arg(value_parser = crate::lab::overrides::field::whole($min, $max), allow_negative_numbers = true)]
                    #[schemars(range(min = $min, max = $max))]
                )?
                #[schemars(description = crate::lab::overrides::field::description($name::FIELDS, stringify!($field), $about))]
                $(#[schemars($required)])?
                $(#[$more])*
                pub $field: Option<$type>,
            )*
            $($($also)*)?
        }

        impl $name {
            /// Its fields, in the order in which they are shown.
            pub(crate) const FIELDS: &'static [crate::lab::overrides::Field] = &[$(crate::lab::overrides::Field {
                key: concat!($prefix, stringify!($field)),
                flags: &[$($flag, $($short,)?)?],
                help: concat!($($help)?),
                default: || fields!(@default $($default)?),
                example: concat!($($example)?),
                is_required: !concat!($(stringify!($required))?).is_empty(),
                is_pattern: !concat!($(stringify!($lab))?).is_empty(),
                check: |_text| {
                    $($check(_text).map(drop)?;)?
                    Ok(())
                },
            }),*];

            /// Takes over what `own` says, each field by itself; `told` hears of each, with its name.
            pub(super) fn put_fields(&mut self, own: &Self, told: &mut dyn FnMut(&'static crate::lab::overrides::Field, &str)) {
                let mut fields = Self::FIELDS.iter();
                $(
                    if let Some(field) = fields.next() && own.$field.is_some() {
                        self.$field.clone_from(&own.$field);
                        told(field, stringify!($field));
                    }
                )*
            }

            /// What it says, as texts.
            pub(super) fn texts(&self) -> Vec<(&'static crate::lab::overrides::Field, &'static str, String)> {
                let values = [$((stringify!($field), self.$field.as_ref().map(ToString::to_string))),*];
                let told = Self::FIELDS.iter().zip(values);
                told.filter_map(|(field, (name, text))| Some((field, name, text?))).collect()
            }

            /// Puts it into the desired state.
            pub(super) fn apply_fields(&self, spec: &mut $spec) {
                $(
                    $(if let Some(value) = &self.$field { spec.$($place).+ = value.clone().into(); })?
                    $(if let Some(value) = &self.$field { $set(spec, value); })?
                )*
            }

            /// The same fields of a desired state, by their names.
            pub(super) fn rows_of(spec: &$spec) -> Vec<(&'static str, serde_json::Value)> {
                vec![$(
                    $((stringify!($field), serde_json::json!(spec.$($place).+)),)?
                    $((stringify!($field), serde_json::json!($get(spec))),)?
                )*]
            }

            /// Writes the lab's name where `{lab}` stands for it.
            pub(super) fn fill(&mut self, _name: &str) {
                $($(
                    let $lab = _name;
                    if let Some(pattern) = &mut self.$field {
                        *pattern = pattern.replace(crate::lab::overrides::LAB, $lab);
                    }
                )?)*
            }
        }
    };
}
pub(super) use fields;
