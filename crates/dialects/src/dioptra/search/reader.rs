//! The terms of a search: what stands in which field.

use roster_model::PatternPiece;

/// One condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// The name before the colon.
    pub(super) field: Option<String>,
    /// Words, quoted text and wildcards, in their order; at least one.
    pub(super) pieces: Vec<PatternPiece>,
}

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(super) struct Fault {
    /// Counted in characters from 1.
    pub(super) position: usize,
    /// For people.
    pub(super) message: &'static str,
}

/// Reads a text from left to right.
pub(super) struct Reader {
    chars: Vec<char>,
    at: usize,
}

/// Pieces as they come, and the text that has not ended yet.
#[derive(Default)]
struct Pieces {
    all: Vec<PatternPiece>,
    text: String,
}

impl Pieces {
    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.all.push(PatternPiece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn wildcard(&mut self, wildcard: PatternPiece) {
        self.end_text();
        self.all.push(wildcard);
    }
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    /// The whole text: terms with commas between.
    pub(super) fn query(&mut self) -> Result<Vec<Term>, Fault> {
        let mut terms = vec![self.term()?];
        while self.peek().is_some() {
            // A term ends at the end or at a comma, nowhere else.
            self.at += 1;
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    fn term(&mut self) -> Result<Term, Fault> {
        self.skip_blanks();
        let field = self.field();
        let pieces = match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            _ => self.unquoted(field.is_some())?,
        };
        Ok(Term { field, pieces })
    }

    /// The name of a field and the colon behind it, if they are next.
    fn field(&mut self) -> Option<String> {
        let begin = self.at;
        self.skip_while(|c| c.is_ascii_alphabetic() || c == '_');
        let name = begin..self.at;
        self.skip_blanks();
        if name.is_empty() || self.peek() != Some(':') {
            self.at = begin;
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        Some(self.chars[name].iter().collect())
    }

    /// Words and wildcards up to the comma or the end. In the value of a field, no blanks part words.
    fn unquoted(&mut self, is_value: bool) -> Result<Vec<PatternPiece>, Fault> {
        let mut pieces = Pieces::default();
        loop {
            match self.peek() {
                None | Some(',') => break,
                Some(' ') => {
                    pieces.end_text();
                    let blank = self.at;
                    self.skip_blanks();
                    if is_value && !matches!(self.peek(), None | Some(',')) {
                        self.at = blank;
                        return Err(self.fault("a value with blanks must stand in quotes"));
                    }
                }
                Some(':') => {
                    let message = "before a colon stands the name of a field, of letters and underscores, once a \
                                   term; any other colon needs a backslash before it, or quotes around the text";
                    return Err(self.fault(message));
                }
                Some('\'' | '"') => {
                    let message = "quotes stand around a whole text; inside or beside a word they need a backslash \
                                   before them";
                    return Err(self.fault(message));
                }
                Some(c) => self.character(c, &mut pieces)?,
            }
        }
        pieces.end_text();
        if pieces.all.is_empty() {
            return Err(self.fault("there is nothing to search for"));
        }
        Ok(pieces.all)
    }

    /// A text in quotes, and the blanks behind it.
    fn quoted(&mut self, quote: char) -> Result<Vec<PatternPiece>, Fault> {
        let open = self.at;
        let mut pieces = Pieces::default();
        self.at += 1;
        // Blanks at the beginning and behind a wildcard are passed over, as the original does.
        self.skip_blanks();
        loop {
            match self.peek() {
                None => {
                    self.at = open;
                    return Err(self.fault("the quote is not closed"));
                }
                Some(c) if c == quote => break,
                Some(wildcard @ ('*' | '?')) => {
                    self.character(wildcard, &mut pieces)?;
                    self.skip_blanks();
                }
                Some(c) => self.character(c, &mut pieces)?,
            }
        }
        pieces.end_text();
        if pieces.all.is_empty() {
            return Err(self.fault("nothing stands between the quotes"));
        }
        self.at += 1;
        self.skip_blanks();
        match self.peek() {
            None | Some(',') => Ok(pieces.all),
            _ => Err(self.fault("after a text in quotes comes a comma or the end")),
        }
    }

    /// One character: a wildcard, an escape or itself.
    fn character(&mut self, c: char, pieces: &mut Pieces) -> Result<(), Fault> {
        match c {
            '*' => pieces.wildcard(PatternPiece::Run),
            '?' => pieces.wildcard(PatternPiece::One),
            '\\' => {
                let escaped = match self.chars.get(self.at + 1) {
                    Some('n') => '\n',
                    Some(c @ ('\\' | '?' | '*' | '"' | '\'' | ':' | ',')) => *c,
                    _ => {
                        let message = "a backslash stands before one of \\ ? * \" ' n : and ,";
                        return Err(self.fault(message));
                    }
                };
                pieces.text.push(escaped);
                self.at += 1;
            }
            c if c.is_control() => return Err(self.fault("there is a control character")),
            c => pieces.text.push(c),
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        self.skip_while(|c| c == ' ');
    }

    fn skip_while(&mut self, is_passed: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&is_passed) {
            self.at += 1;
        }
    }

    fn fault(&self, message: &'static str) -> Fault {
        Fault { position: self.at + 1, message }
    }
}
