//! Comments that say in another language what is said of their frame anyway: the lab writes its
//! account of a capture into the capture, in the language of that day.
//!
//! It knows the analysis in the other languages. A capture whose first frame has no comment is not
//! the lab's, and costs nothing.

use crate::analysis::Analysis;
use crate::dissect::Dissection;
use crate::frame::{CapturedFrame, HostNames};
use crate::lang::Lang;

/// The account in the other languages.
pub(super) struct Echoes {
    lang: Lang,
    others: Option<Vec<Analysis>>,
}

impl Echoes {
    /// Begins; `lang` is the language of what is shown.
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, others: None }
    }

    /// More was learnt of what the hosts are called.
    pub(super) fn rename(&mut self, names: &HostNames) {
        for other in self.others.iter_mut().flatten() {
            other.rename(names.clone());
        }
    }

    /// Takes the comment off the next frame, if it is such a one.
    pub(super) fn strip(
        &mut self,
        frame: &mut CapturedFrame,
        dissection: &Dissection,
        names: &HostNames,
    ) {
        let others = self.others.get_or_insert_with(|| {
            let languages = Lang::ALL.into_iter().filter(|lang| *lang != self.lang);
            let analyses = languages.map(|lang| Analysis::new(names.clone(), lang));
            if frame.comment.is_some() { analyses.collect() } else { Vec::new() }
        });
        for other in others {
            let say = other.frame(frame, dissection).say;
            frame.comment.take_if(|comment| *comment == say);
        }
    }
}
