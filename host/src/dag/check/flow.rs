//! The little language of `flow`: `a >> [b, c] << d`.

use std::ops::Range;

/// Which way an arrow points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrow {
    /// `>>`: what stands left comes first.
    Right,
    /// `<<`: what stands right comes first.
    Left,
}

/// Tasks, and how they follow on each other: one arrow fewer than groups.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Each group's tasks by their places in the text.
    pub(super) groups: Vec<Vec<Range<usize>>>,
    pub(super) arrows: Vec<Arrow>,
}

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadFlow {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Name,
    Arrow(Arrow),
    Open,
    Close,
    Comma,
    End,
}

pub(super) fn parse(text: &str) -> Result<Chain, BadFlow> {
    let mut tokens = tokens(text)?.into_iter();
    let mut next = || tokens.next().unwrap_or((Token::End, text.len()..text.len()));
    let mut chain = Chain { groups: Vec::new(), arrows: Vec::new() };
    loop {
        let group = match next() {
            (Token::Name, span) => vec![span],
            (Token::Open, _) => list(&mut next, text)?,
            (_, span) => return Err(unexpected(text, span, "a task or a list of tasks")),
        };
        chain.groups.push(group);
        match next() {
            (Token::Arrow(arrow), _) => chain.arrows.push(arrow),
            (Token::End, _) if !chain.arrows.is_empty() => return Ok(chain),
            (_, span) => return Err(unexpected(text, span, "`>>` or `<<`")),
        }
    }
}

/// The rest of `[a, b]`.
fn list(next: &mut impl FnMut() -> (Token, Range<usize>), text: &str) -> Result<Vec<Range<usize>>, BadFlow> {
    let mut names = Vec::new();
    loop {
        match next() {
            (Token::Name, span) => names.push(span),
            (Token::Close, _) if !names.is_empty() => return Ok(names),
            (_, span) => return Err(unexpected(text, span, "a task")),
        }
        match next() {
            (Token::Comma, _) => {}
            (Token::Close, _) => return Ok(names),
            (_, span) => return Err(unexpected(text, span, "`,` or `]`")),
        }
    }
}

fn unexpected(text: &str, span: Range<usize>, wanted: &str) -> BadFlow {
    let found = match text.get(span.clone()) {
        Some("") | None => "the end".to_owned(),
        Some(found) => format!("`{found}`"),
    };
    BadFlow { span, message: format!("expected {wanted}, found {found}") }
}

fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, BadFlow> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match c {
            c if c.is_whitespace() => (None, c.len_utf8()),
            '[' => (Some(Token::Open), 1),
            ']' => (Some(Token::Close), 1),
            ',' => (Some(Token::Comma), 1),
            '>' if rest.starts_with(">>") => (Some(Token::Arrow(Arrow::Right)), 2),
            '<' if rest.starts_with("<<") => (Some(Token::Arrow(Arrow::Left)), 2),
            c if is_name(c) => (Some(Token::Name), rest.find(|c| !is_name(c)).unwrap_or(rest.len())),
            c => {
                let message =
                    format!("`{c}` does not belong here: a flow is made of tasks, `>>`, `<<`, `[`, `,` and `]`");
                return Err(BadFlow { span: at..at + c.len_utf8(), message });
            }
        };
        tokens.extend(token.map(|token| (token, at..at + length)));
        at += length;
    }
    Ok(tokens)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
