//! Frames that are explained as they come, before anybody knows how many there will be.
//!
//! It knows the views and the analysis. Where frames come from it does not know.

use std::io::{self, Write};

use super::{Header, Options, View};
use crate::analysis::Analysis;
use crate::dissect::{Detail, dissect};
use crate::frame::{CapturedFrame, HostNames, LinkType};
use crate::output::Output;
use crate::savefile::Format;

/// An account that grows with its frames.
pub(crate) struct Live<'a> {
    view: Box<dyn View + 'a>,
    analysis: Analysis,
    detail: Detail,
}

impl<'a> Live<'a> {
    /// Begins with a header: what is being captured, and what is to be known about it.
    pub fn begin<W: Write>(
        title: &str,
        remark: &str,
        options: &Options,
        output: &'a Output,
        out: &'a mut W,
    ) -> io::Result<Self> {
        let header = Header {
            title: title.to_owned(),
            format: Format::Pcapng,
            link_types: vec![LinkType::ETHERNET],
            names: HostNames::new(),
            remarks: vec![remark.to_owned()],
            counts: None,
            lang: output.lang,
        };
        let has_fields = output.json || options.bytes;
        let detail = if has_fields { Detail::Fields } else { Detail::Values };
        let mut view = super::view(options, output, out);
        view.header(&header)?;
        Ok(Self { view, analysis: Analysis::new(HostNames::new(), output.lang), detail })
    }

    /// The next frame. Returns what is said of it.
    pub fn frame(&mut self, frame: &CapturedFrame) -> io::Result<String> {
        let dissection = dissect(frame, self.detail);
        let told = self.analysis.frame(frame, &dissection);
        self.view.frame(frame, &dissection, &told)?;
        Ok(told.say)
    }

    /// There are no more: the conversations, and the summary.
    pub fn end(mut self) -> io::Result<()> {
        for leftover in self.analysis.finish() {
            self.view.leftover(&leftover)?;
        }
        self.view.report(&self.analysis.report())
    }
}
