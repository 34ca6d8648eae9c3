//! A forward-only cursor over the elements of an XML document, with the line of each.
//!
//! Stricter than the parser below it, because a statement that two readers could understand differently is worth nothing:
//! one root, one namespace, no document type, no entities but the five predefined ones, no text where only elements may stand.
//! Memory is bounded by limits on a single item and on the depth, not by the file.

use std::io::{self, BufRead, Read};

use quick_xml::NsReader;
use quick_xml::errors::{Error as XmlError, SyntaxError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::error::{CamtError, Place, clip};

/// The largest tag, comment or run of text that is read, bytes.
pub(crate) const MAX_ITEM: usize = 1 << 20;
/// The longest text of one element that is kept, bytes. The schema's longest field has 2,000 characters.
pub(crate) const MAX_TEXT: usize = 1 << 16;
/// The deepest nesting of elements. The schema needs about 20 levels.
const MAX_DEPTH: u32 = 64;

/// The byte source: counts lines and refuses what no XML document may hold.
struct Lines<R> {
    inner: R,
    /// Line of the next byte, from 1.
    line: u64,
    /// A control character that XML forbids went by.
    control: bool,
    /// Bytes that the item being read may still take.
    budget: usize,
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Lines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.budget == 0 {
            return Err(io::Error::other("item too long"));
        }
        let bytes = self.inner.fill_buf()?;
        Ok(bytes.get(..self.budget).unwrap_or(bytes))
    }

    fn consume(&mut self, count: usize) {
        // The buffer is not empty here, so this does no input.
        if let Some(bytes) = self.inner.fill_buf().ok().and_then(|bytes| bytes.get(..count)) {
            let mut newlines = 0_u64;
            let mut control = false;
            for &byte in bytes {
                newlines = newlines.wrapping_add(u64::from(byte == b'\n'));
                control |= byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
            }
            self.line = self.line.saturating_add(newlines);
            self.control |= control;
        }
        self.budget = self.budget.saturating_sub(count);
        self.inner.consume(count);
    }
}

/// What the caller expects next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Child elements; white space between them.
    Elements,
    /// Text, which is collected; no child elements.
    Text,
    /// Text, which is collected, or child elements.
    Either,
    /// Anything well-formed, which is dropped.
    Skip,
}

enum Step {
    Start,
    End,
    Eof,
}

pub(crate) struct Cursor<R> {
    reader: NsReader<Lines<R>>,
    buffer: Vec<u8>,
    /// The root's namespace; every element that is not skipped must have it.
    namespace: String,
    /// Local name of the last element that was opened.
    name: String,
    /// Its attribute `Ccy`.
    currency: Option<String>,
    text: String,
    /// Elements open.
    depth: u32,
    /// Line on which the last item began.
    line: u64,
    /// Something has been read.
    started: bool,
}

impl<R: BufRead> Cursor<R> {
    pub(crate) fn new(input: R) -> Self {
        let lines = Lines {
            inner: input,
            line: 1,
            control: false,
            budget: MAX_ITEM,
        };
        let mut reader = NsReader::from_reader(lines);
        let config = reader.config_mut();
        config.enable_all_checks(true);
        config.expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::with_capacity(4096),
            namespace: String::new(),
            name: String::new(),
            currency: None,
            text: String::new(),
            depth: 0,
            line: 1,
            started: false,
        }
    }

    /// Line on which the last item began.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn place(&self) -> Place {
        Place::line(self.line)
    }

    /// Local name of the element that [`Self::child`] opened last.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Namespace of the root.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Attribute `Ccy` of the element that [`Self::child`] opened last.
    pub(crate) fn take_currency(&mut self) -> Option<String> {
        self.currency.take()
    }

    /// Opens the root element.
    pub(crate) fn root(&mut self) -> Result<(), CamtError> {
        let head = self
            .reader
            .get_mut()
            .fill_buf()
            .map_err(|source| CamtError::Read {
                at: Place::line(1),
                source: source.into(),
            })?;
        match head {
            [] => return Err(CamtError::Empty { at: Place::line(1) }),
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..] => {
                return Err(CamtError::Encoding {
                    at: Place::line(1),
                    found: "UTF-16".to_owned(),
                });
            }
            _ => {}
        }
        match self.advance(Mode::Elements)? {
            Step::Start => Ok(()),
            Step::End | Step::Eof => Err(CamtError::Empty { at: self.place() }),
        }
    }

    /// Opens the next child of the current element; false when there is none left, which closes the current element.
    pub(crate) fn child(&mut self) -> Result<bool, CamtError> {
        Ok(matches!(self.advance(Mode::Elements)?, Step::Start))
    }

    /// Reads the current element to its end and gives its text, without the white space around it.
    pub(crate) fn text(&mut self) -> Result<&str, CamtError> {
        let line = self.line;
        self.text.clear();
        while let Step::Start = self.advance(Mode::Text)? {}
        // A fault found in the text belongs to the line on which the element begins.
        self.line = line;
        Ok(self.trimmed())
    }

    /// The current element is either a text, which is read to its end and given, or has children, of which the first is opened.
    pub(crate) fn text_or_child(&mut self) -> Result<Option<&str>, CamtError> {
        let line = self.line;
        self.text.clear();
        match self.advance(Mode::Either)? {
            Step::Start if !self.trimmed().is_empty() => Err(misplaced_text(&self.text, self.place())),
            Step::Start => Ok(None),
            Step::End | Step::Eof => {
                self.line = line;
                Ok(Some(self.trimmed()))
            }
        }
    }

    fn trimmed(&self) -> &str {
        self.text.trim_matches([' ', '\t', '\r', '\n'])
    }

    /// Reads the current element to its end and drops it.
    pub(crate) fn skip(&mut self) -> Result<(), CamtError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.advance(Mode::Skip)?;
        }
        Ok(())
    }

    /// After the root: nothing but comments may follow.
    pub(crate) fn finish(&mut self) -> Result<(), CamtError> {
        match self.advance(Mode::Elements)? {
            Step::Eof => Ok(()),
            Step::Start | Step::End => Err(CamtError::NotWellFormed {
                at: self.place(),
                reason: format!("a second root element <{}> follows the first", clip(&self.name)),
            }),
        }
    }

    fn advance(&mut self, mode: Mode) -> Result<Step, CamtError> {
        loop {
            self.buffer.clear();
            let lines = self.reader.get_mut();
            lines.budget = MAX_ITEM;
            self.line = lines.line;
            let at = Place::line(self.line);
            let started = std::mem::replace(&mut self.started, true);

            let event = self.reader.read_event_into(&mut self.buffer);
            let lines = self.reader.get_mut();
            if lines.budget == 0 {
                return Err(CamtError::TooLong { at, limit: MAX_ITEM });
            }
            if lines.control {
                let reason = "it holds a control character that XML forbids".to_owned();
                return Err(CamtError::NotWellFormed { at, reason });
            }
            let event = match event {
                Ok(event) => event,
                Err(error) => return Err(xml_error(error, at, &self.name)),
            };
            match event {
                Event::Start(start) => {
                    self.depth = self.depth.saturating_add(1);
                    if self.depth > MAX_DEPTH {
                        return Err(CamtError::TooDeep { at, limit: MAX_DEPTH });
                    }
                    check_name(&start, &at)?;
                    self.currency = None;
                    if !start.attributes_raw().is_empty() {
                        self.currency = read_attributes(&start, &at)?;
                    }
                    if mode == Mode::Skip {
                        return Ok(Step::Start);
                    }
                    let (resolved, local) = self.reader.resolver().resolve_element(start.name());
                    self.name.clear();
                    self.name.push_str(local.as_ref());
                    let namespace = match &resolved {
                        ResolveResult::Bound(namespace) => namespace.as_ref(),
                        ResolveResult::Unbound => "",
                        ResolveResult::Unknown(prefix) => {
                            let reason = format!("the namespace prefix «{}» is not declared", clip(prefix));
                            return Err(CamtError::NotWellFormed { at, reason });
                        }
                    };
                    if self.depth == 1 {
                        self.namespace.push_str(namespace);
                    } else if namespace != self.namespace {
                        let (element, found) = (clip(&self.name), clip(namespace));
                        return Err(CamtError::ForeignElement { at, element, found });
                    }
                    if mode == Mode::Text {
                        let found = format!("an element <{}>", clip(&self.name));
                        return Err(CamtError::Misplaced {
                            at,
                            found,
                            expected: "text",
                        });
                    }
                    return Ok(Step::Start);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::End);
                }
                Event::Text(text) => match mode {
                    Mode::Elements => {
                        if !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
                            return Err(misplaced_text(&text, at));
                        }
                    }
                    Mode::Text | Mode::Either => append(&mut self.text, &text.xml10_content(), &at)?,
                    Mode::Skip => {}
                },
                Event::CData(text) => match mode {
                    Mode::Elements => return Err(misplaced_text(&text, at)),
                    Mode::Text | Mode::Either => append(&mut self.text, &text.xml10_content(), &at)?,
                    Mode::Skip => {}
                },
                Event::GeneralRef(reference) => {
                    let character = resolve(&reference, &at)?;
                    match mode {
                        Mode::Elements => return Err(misplaced_text(&format!("&{};", &*reference), at)),
                        Mode::Text | Mode::Either => {
                            append(&mut self.text, character.encode_utf8(&mut [0; 4]), &at)?
                        }
                        Mode::Skip => {}
                    }
                }
                Event::Decl(declaration) => {
                    if started {
                        let reason = "an XML declaration may stand only at the very beginning".to_owned();
                        return Err(CamtError::NotWellFormed { at, reason });
                    }
                    check_declaration(&declaration, &at)?;
                }
                Event::DocType(_) => return Err(CamtError::DocumentType { at }),
                Event::Eof if self.depth > 0 => {
                    return Err(CamtError::Truncated {
                        at,
                        element: shown(&self.name),
                    });
                }
                Event::Eof => return Ok(Step::Eof),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Empty(_) => {
                    let reason = "an empty element was not expanded".to_owned();
                    return Err(CamtError::NotWellFormed { at, reason });
                }
            }
        }
    }
}

fn append(text: &mut String, more: &str, at: &Place) -> Result<(), CamtError> {
    if text.len().saturating_add(more.len()) > MAX_TEXT {
        return Err(CamtError::TooLong {
            at: at.clone(),
            limit: MAX_TEXT,
        });
    }
    text.push_str(more);
    Ok(())
}

fn misplaced_text(text: &str, at: Place) -> CamtError {
    CamtError::Misplaced {
        at,
        found: format!("text «{}»", clip(text.trim())),
        expected: "elements",
    }
}

/// The parser takes any name; the schema's are ASCII letters, and XML's begin with no digit and no punctuation.
fn check_name(start: &BytesStart<'_>, at: &Place) -> Result<(), CamtError> {
    let name = start.name();
    let name = name.as_ref();
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':') || !c.is_ascii();
    if begins && name.chars().all(goes_on) {
        return Ok(());
    }
    let reason = format!("«{}» cannot be the name of an element", clip(name));
    Err(CamtError::NotWellFormed {
        at: at.clone(),
        reason,
    })
}

/// Checks the attributes' form and gives `Ccy`.
fn read_attributes(start: &BytesStart<'_>, at: &Place) -> Result<Option<String>, CamtError> {
    let mut currency = None;
    for attribute in start.attributes() {
        let wrong = |reason: String| CamtError::NotWellFormed {
            at: at.clone(),
            reason,
        };
        let attribute = attribute.map_err(|error| wrong(error.to_string()))?;
        if attribute.value.contains('<') {
            return Err(wrong("an attribute's value holds «<»".to_owned()));
        }
        // Also refuses entities that are not predefined.
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| wrong(error.to_string()))?;
        if attribute.key.as_ref() == "Ccy" {
            currency = Some(value.into_owned());
        }
    }
    Ok(currency)
}

fn check_declaration(declaration: &BytesDecl<'_>, at: &Place) -> Result<(), CamtError> {
    let wrong = |reason: String| CamtError::NotWellFormed {
        at: at.clone(),
        reason,
    };
    let version = declaration.version().map_err(|error| wrong(error.to_string()))?;
    if version != "1.0" {
        return Err(wrong(format!("XML version «{}» instead of 1.0", clip(&version))));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Err(error)) => Err(wrong(error.to_string())),
        Some(Ok(name)) if name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("US-ASCII") => {
            Ok(())
        }
        Some(Ok(name)) => Err(CamtError::Encoding {
            at: at.clone(),
            found: clip(&name),
        }),
    }
}

fn resolve(reference: &BytesRef<'_>, at: &Place) -> Result<char, CamtError> {
    let unknown = || CamtError::Entity {
        at: at.clone(),
        name: clip(reference),
    };
    if reference.is_char_ref() {
        let character = reference.resolve_char_ref().ok().flatten().ok_or_else(unknown)?;
        let allowed = character >= ' ' || matches!(character, '\t' | '\n' | '\r');
        return if allowed && !matches!(character, '\u{FFFE}' | '\u{FFFF}') {
            Ok(character)
        } else {
            Err(unknown())
        };
    }
    resolve_predefined_entity(reference)
        .and_then(|text| text.chars().next())
        .ok_or_else(unknown)
}

fn shown(element: &str) -> String {
    if element.is_empty() {
        "none".to_owned()
    } else {
        format!("<{}>", clip(element))
    }
}

fn xml_error(error: XmlError, at: Place, element: &str) -> CamtError {
    match error {
        XmlError::Io(source) => CamtError::Read { at, source },
        XmlError::Encoding(_) => CamtError::Encoding {
            at,
            found: "bytes that are not UTF-8".to_owned(),
        },
        XmlError::Syntax(SyntaxError::InvalidBangMarkup) => CamtError::NotWellFormed {
            at,
            reason: "«<!» begins nothing that XML knows".to_owned(),
        },
        // Every other syntax error is an item that the end of the file cuts off.
        XmlError::Syntax(_) => CamtError::Truncated {
            at,
            element: shown(element),
        },
        other => CamtError::NotWellFormed {
            at,
            reason: other.to_string(),
        },
    }
}
