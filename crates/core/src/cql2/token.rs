//! The words, texts, numbers and signs that a filter is made of.

use super::Cql2Error;
use super::literal::Number;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword or the name of a field.
    Word(String),
    /// The name of a field in double quotes.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// A number.
    Number(Number),
    /// A sign.
    Symbol(&'static str),
    /// Nothing more.
    End,
}

/// Signs, longer ones first.
const SYMBOLS: &[&str] = &["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// The pieces of a filter, taken from left to right.
pub(super) struct Tokens {
    all: Vec<(usize, Token)>,
    next: usize,
}

impl Tokens {
    /// Cuts a text into pieces.
    pub(super) fn read(text: &str) -> Result<Self, Cql2Error> {
        let mut cutter = Cutter { chars: text.chars().collect(), at: 0 };
        let mut all = Vec::new();
        loop {
            while cutter.peek(0).is_some_and(char::is_whitespace) {
                cutter.at += 1;
            }
            let position = cutter.at + 1;
            let token = cutter.token()?;
            let is_end = token == Token::End;
            all.push((position, token));
            if is_end {
                return Ok(Self { all, next: 0 });
            }
        }
    }

    /// Passes over the next piece.
    pub(super) fn pass(&mut self) {
        self.next += 1;
    }

    /// The next piece; at the end, the end again and again.
    pub(super) fn peek(&self) -> &Token {
        self.all.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    /// Takes a keyword if it is next.
    pub(super) fn take_word(&mut self, keyword: &str) -> bool {
        let is_next =
            matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes a sign if it is next.
    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Symbol(next) if *next == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    /// Whether this sign is next.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(next) if *next == symbol)
    }

    /// Where the next piece begins.
    pub(super) fn position(&self) -> usize {
        let last = self.all.len().saturating_sub(1);
        self.all.get(self.next.min(last)).map_or(1, |(position, _)| *position)
    }

    /// An error at the piece that was taken last.
    pub(super) fn before(&self, message: impl Into<String>) -> Cql2Error {
        let position =
            self.all.get(self.next.saturating_sub(1)).map_or(1, |(position, _)| *position);
        Cql2Error { position, message: message.into() }
    }

    /// An error at the next piece.
    pub(super) fn here(&self, message: impl Into<String>) -> Cql2Error {
        Cql2Error { position: self.position(), message: message.into() }
    }

    /// An error at the next piece, which is not what is due.
    pub(super) fn expected(&self, what: &str) -> Cql2Error {
        let found = match self.peek() {
            Token::Word(word) => format!("{word:?}"),
            Token::Quoted(name) => format!("the field {name:?}"),
            Token::Text(_) => "a text".to_owned(),
            Token::Number(_) => "a number".to_owned(),
            Token::Symbol(symbol) => format!("{symbol:?}"),
            Token::End => "the end".to_owned(),
        };
        self.here(format!("expected {what}, found {found}"))
    }
}

struct Cutter {
    chars: Vec<char>,
    at: usize,
}

impl Cutter {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn error(&self, message: impl Into<String>) -> Cql2Error {
        Cql2Error { position: self.at + 1, message: message.into() }
    }

    fn token(&mut self) -> Result<Token, Cql2Error> {
        let Some(c) = self.peek(0) else { return Ok(Token::End) };
        if c == '\'' || c == '"' {
            let text = self.quoted(c)?;
            return Ok(if c == '"' { Token::Quoted(text) } else { Token::Text(text) });
        }
        let is_signed = matches!(c, '+' | '-') && self.peek(1).is_some_and(|c| c.is_ascii_digit());
        if c.is_ascii_digit() || is_signed {
            return self.number();
        }
        if c.is_alphabetic() || c == '_' {
            let from = self.at;
            while self.peek(0).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'))
            {
                self.at += 1;
            }
            return Ok(Token::Word(self.chars[from..self.at].iter().collect()));
        }
        for symbol in SYMBOLS {
            if symbol.chars().enumerate().all(|(ahead, wanted)| self.peek(ahead) == Some(wanted)) {
                self.at += symbol.len();
                return Ok(Token::Symbol(symbol));
            }
        }
        Err(self.error(match c {
            '‘' | '’' | '‚' | '‛' | '“' | '”' | '„' | '‟' | '′' | '″' | '`' | '´' | '«' | '»' =>
            {
                format!("{c} is a typographic quote; texts stand in straight single quotes: 'text'")
            }
            '-' | '/' if self.peek(1) == Some(if c == '-' { '-' } else { '*' }) => {
                "comments are not part of the filter language".to_owned()
            }
            ';' => "a filter is one condition; nothing can follow it".to_owned(),
            c if c.is_control() => "there is a control character".to_owned(),
            c => format!("{c:?} is not part of the filter language"),
        }))
    }

    /// A text between quotes; a quote inside is doubled.
    fn quoted(&mut self, quote: char) -> Result<String, Cql2Error> {
        let unclosed = self.error(format!("the quote {quote} is not closed"));
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek(0).ok_or_else(|| unclosed.clone())? {
                '\0' => return Err(self.error("there is a control character")),
                c if c == quote && self.peek(1) == Some(quote) => {
                    text.push(quote);
                    self.at += 2;
                }
                c if c == quote => {
                    self.at += 1;
                    return Ok(text);
                }
                c => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn number(&mut self) -> Result<Token, Cql2Error> {
        let is_negative = self.peek(0) == Some('-');
        if matches!(self.peek(0), Some('+' | '-')) {
            self.at += 1;
        }
        let whole = self.digits();
        let mut fraction = String::new();
        if self.peek(0) == Some('.') {
            self.at += 1;
            fraction = self.digits();
            if fraction.is_empty() {
                return Err(self.error("a digit must follow the decimal point"));
            }
        }
        if self.peek(0).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            return Err(self.error("this is neither a number nor a word"));
        }
        Ok(Token::Number(Number::new(is_negative, &whole, &fraction)))
    }

    fn digits(&mut self) -> String {
        let from = self.at;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect()
    }
}
