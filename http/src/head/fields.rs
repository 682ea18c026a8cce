//! Field lines, kept as ranges into the octets that they came in.
//!
//! They know their names and values as octets. What a field means is for others to say.

use bytes::Bytes;

use crate::grammar;

/// Where one field line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub name: u32,
    pub name_len: u32,
    pub value: u32,
    pub value_len: u32,
}

impl Line {
    fn name<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        &octets[self.name as usize..][..self.name_len as usize]
    }

    fn value<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        &octets[self.value as usize..][..self.value_len as usize]
    }
}

/// The fields of a header or trailer section, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub(super) octets: Bytes,
    pub(super) lines: Vec<Line>,
}

impl Fields {
    /// How many field lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// All of them: name and value, without the whitespace around it [9110-5.5-01].
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let octets = &self.octets[..];
        self.lines.iter().map(move |line| (line.name(octets), line.value(octets)))
    }

    /// The values of all lines of this name.
    ///
    /// [9110-5.1-01] Names are the same whatever their case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let octets = &self.octets[..];
        let len = name.len() as u32;
        let named = self.lines.iter().filter(move |line| {
            line.name_len == len && line.name(octets).eq_ignore_ascii_case(name.as_bytes())
        });
        named.map(move |line| line.value(octets))
    }

    /// The value of the first line of this name.
    pub fn get<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The same as text, if it is ASCII or UTF-8.
    pub fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// The elements of a list field.
    ///
    /// [9110-5.2-01] Several lines are one list, in their order.
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name).flat_map(grammar::list)
    }

    /// Is this element in the list field, whatever its case?
    pub fn has_element(&self, name: &str, element: &str) -> bool {
        self.elements(name).any(|found| found.eq_ignore_ascii_case(element.as_bytes()))
    }

    pub(crate) fn clear(&mut self) {
        self.octets = Bytes::new();
        self.lines.clear();
    }

    /// Is it empty, and holds no octets?
    pub(crate) fn octets(&self) -> &Bytes {
        &self.octets
    }

    pub(crate) fn set_octets(&mut self, octets: Bytes) {
        self.octets = octets;
    }

    pub(crate) fn lines_mut(&mut self) -> &mut Vec<Line> {
        &mut self.lines
    }
}
