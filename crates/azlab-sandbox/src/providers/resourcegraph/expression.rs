//! Conditions and values of a query.

use serde_json::{Map, Value};

use super::QueryError;
use super::tokens::{Token, unexpected};

/// How deep parentheses may lie in one another.
const DEEPEST: usize = 40;

/// A row of a table.
pub(super) type Row = Map<String, Value>;

/// A value that follows from a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Constant(Value),
    /// `properties.model.name`, `tags['a b']`: the column, then members and places.
    Path(Vec<Value>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Compare(Box<Self>, &'static str, Vec<Self>),
    Call(&'static str, Vec<Self>),
}

/// Comparisons; those of letters end with what they do without regard to case.
const COMPARISONS: [&str; 20] = [
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    ">",
    "<=",
    ">=",
    "contains",
    "!contains",
    "startswith",
    "!startswith",
    "endswith",
    "!endswith",
    "has",
    "!has",
    "in",
    "!in",
    "in~",
    "!in~",
];
const FUNCTIONS: [&str; 11] = [
    "tolower",
    "toupper",
    "tostring",
    "toint",
    "strcat",
    "isempty",
    "isnotempty",
    "isnull",
    "isnotnull",
    "array_length",
    "coalesce",
];

/// A query's tokens, read from the front.
pub(super) struct Reader {
    tokens: std::vec::IntoIter<Token>,
    depth: usize,
}

impl Reader {
    pub fn new(tokens: Vec<Token>) -> Self {
        Self { tokens: tokens.into_iter(), depth: 0 }
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.as_slice().first()
    }

    pub fn next(&mut self) -> Option<Token> {
        self.tokens.next()
    }

    /// Takes the sign, if it is next.
    pub fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        if is {
            self.next();
        }
        is
    }

    /// Takes the keyword, if it is next.
    pub fn takes_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        if is {
            self.next();
        }
        is
    }

    pub fn expect(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.takes(sign) { Ok(()) } else { Err(QueryError::Invalid(format!("'{sign}' is missing."))) }
    }

    /// A name.
    pub fn word(&mut self) -> Result<String, QueryError> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(other) => Err(unexpected(&format!("{other:?}"))),
            None => Err(QueryError::Invalid("The query ends too early.".to_owned())),
        }
    }

    /// An expression: `or` binds less than `and`.
    pub fn expression(&mut self) -> Result<Expression, QueryError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(QueryError::Invalid("The query is nested too deeply.".to_owned()));
        }
        let mut left = self.conjunction()?;
        while self.takes_word("or") {
            left = Expression::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.comparison()?;
        while self.takes_word("and") {
            left = Expression::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expression, QueryError> {
        let left = self.value()?;
        let is_next = |operator: &&&str| match self.peek() {
            Some(Token::Sign(sign)) => *sign == **operator,
            Some(Token::Word(word)) => word.eq_ignore_ascii_case(operator),
            _ => false,
        };
        let Some(operator) = COMPARISONS.iter().find(is_next) else { return Ok(left) };
        self.next();
        let right = match operator.trim_start_matches('!').trim_end_matches('~') {
            "in" => {
                self.expect("(")?;
                self.arguments()?
            }
            _ => vec![self.value()?],
        };
        Ok(Expression::Compare(Box::new(left), operator, right))
    }

    /// What follows an opening parenthesis, up to the closing one.
    fn arguments(&mut self) -> Result<Vec<Expression>, QueryError> {
        let mut all = Vec::new();
        if self.takes(")") {
            return Ok(all);
        }
        loop {
            all.push(self.expression()?);
            if self.takes(")") {
                return Ok(all);
            }
            self.expect(",")?;
        }
    }

    fn value(&mut self) -> Result<Expression, QueryError> {
        if self.takes("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.takes("-") {
            return match self.next() {
                Some(Token::Number(number)) => Ok(Expression::Constant((-number).into())),
                _ => Err(unexpected("-")),
            };
        }
        match self.next() {
            Some(Token::Text(text)) => Ok(Expression::Constant(text.into())),
            Some(Token::Number(number)) => Ok(Expression::Constant(whole(number))),
            Some(Token::Word(word)) => self.named(word),
            Some(Token::Sign(sign)) => Err(unexpected(sign)),
            None => Err(QueryError::Invalid("The query ends too early.".to_owned())),
        }
    }

    /// A constant, a call or a column.
    fn named(&mut self, word: String) -> Result<Expression, QueryError> {
        match word.to_lowercase().as_str() {
            "true" => return Ok(Expression::Constant(true.into())),
            "false" => return Ok(Expression::Constant(false.into())),
            "not" if self.takes("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(Expression::Not(Box::new(inner)));
            }
            _ => {}
        }
        if self.takes("(") {
            let Some(function) = FUNCTIONS.iter().find(|known| known.eq_ignore_ascii_case(&word)) else {
                return Err(QueryError::NotServed(format!("the function '{word}' of the query language")));
            };
            return Ok(Expression::Call(function, self.arguments()?));
        }
        let mut path = vec![Value::from(word)];
        loop {
            if self.takes(".") {
                path.push(self.word()?.into());
            } else if self.takes("[") {
                path.push(match self.next() {
                    Some(Token::Text(text)) => text.into(),
                    Some(Token::Number(number)) => whole(number),
                    _ => return Err(unexpected("[")),
                });
                self.expect("]")?;
            } else {
                return Ok(Expression::Path(path));
            }
        }
    }
}

/// A number as JSON has it: whole where it is.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::from(number as i64) } else { Value::from(number) }
}

impl Expression {
    /// Its value in a row.
    pub fn of(&self, row: &Row) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Path(path) => member(row, path),
            Self::Not(inner) => (!is_true(&inner.of(row))).into(),
            Self::And(left, right) => (is_true(&left.of(row)) && is_true(&right.of(row))).into(),
            Self::Or(left, right) => (is_true(&left.of(row)) || is_true(&right.of(row))).into(),
            Self::Compare(left, operator, right) => {
                let right: Vec<Value> = right.iter().map(|one| one.of(row)).collect();
                compare(&left.of(row), operator, &right).into()
            }
            Self::Call(function, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(|one| one.of(row)).collect();
                call(function, &arguments)
            }
        }
    }

    /// The name that its column has where none is given.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Path(path) => Some(path.iter().map(text).collect::<Vec<_>>().join("_")),
            Self::Call(_, arguments) => arguments.first().and_then(Self::name),
            _ => None,
        }
    }
}

/// Members are found without regard to case, as columns are.
fn member(row: &Row, path: &[Value]) -> Value {
    let found = |of: &Row, name: &str| {
        of.get(name)
            .or_else(|| of.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
            .cloned()
    };
    let Some((Value::String(column), rest)) = path.split_first() else { return Value::Null };
    let mut value = found(row, column).unwrap_or_default();
    for step in rest {
        value = match (&value, step) {
            (Value::Object(of), Value::String(name)) => found(of, name).unwrap_or_default(),
            (Value::Array(all), step) => {
                step.as_u64().and_then(|at| all.get(usize::try_from(at).ok()?).cloned()).unwrap_or_default()
            }
            _ => Value::Null,
        };
    }
    value
}

pub(super) fn is_true(value: &Value) -> bool {
    *value == Value::Bool(true)
}

/// A value as text: of what is no text its JSON, and nothing of what is not there.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(left: &Value, operator: &str, right: &[Value]) -> bool {
    let (operator, wanted) = match operator {
        "!=" => ("==", false),
        "!~" => ("=~", false),
        other => match other.strip_prefix('!') {
            Some(plain) => (plain, false),
            None => (other, true),
        },
    };
    let lower = |value: &Value| text(value).to_lowercase();
    let first = right.first().unwrap_or(&Value::Null);
    let holds = match operator {
        "==" => same(left, first),
        "=~" => lower(left) == lower(first),
        "in" => right.iter().any(|one| same(left, one)),
        "in~" => right.iter().any(|one| lower(left) == lower(one)),
        "contains" => lower(left).contains(&lower(first)),
        "startswith" => lower(left).starts_with(&lower(first)),
        "endswith" => lower(left).ends_with(&lower(first)),
        "has" => {
            let wanted = lower(first);
            lower(left).split(|c: char| !c.is_alphanumeric()).any(|word| word == wanted)
                || (wanted.contains(|c: char| !c.is_alphanumeric()) && lower(left).contains(&wanted))
        }
        "<" => ordered(left, first).is_lt(),
        ">" => ordered(left, first).is_gt(),
        "<=" => ordered(left, first).is_le(),
        ">=" => ordered(left, first).is_ge(),
        _ => false,
    };
    holds == wanted
}

/// Equal, a number and its text too.
fn same(left: &Value, right: &Value) -> bool {
    left == right || (!left.is_null() && text(left) == text(right))
}

/// Numbers by size, all else by its text.
pub(super) fn ordered(left: &Value, right: &Value) -> std::cmp::Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => text(left).cmp(&text(right)),
    }
}

fn call(function: &str, arguments: &[Value]) -> Value {
    let first = arguments.first().unwrap_or(&Value::Null);
    match function {
        "tolower" => text(first).to_lowercase().into(),
        "toupper" => text(first).to_uppercase().into(),
        "tostring" => text(first).into(),
        "toint" => text(first).parse::<i64>().map_or(Value::Null, Value::from),
        "strcat" => arguments.iter().map(text).collect::<String>().into(),
        "isempty" => text(first).is_empty().into(),
        "isnotempty" => (!text(first).is_empty()).into(),
        "isnull" => first.is_null().into(),
        "isnotnull" => (!first.is_null()).into(),
        "array_length" => first.as_array().map_or(Value::Null, |all| all.len().into()),
        "coalesce" => arguments.iter().find(|one| !one.is_null()).cloned().unwrap_or_default(),
        _ => Value::Null,
    }
}
