//! Hands a conversation's bytes, as they come in order, to the application that reads them; and
//! finds out which one that is.
//!
//! It knows chunks and gaps. It does not know any protocol.

use super::application::{Application, Moment, Remark, detect, in_the_middle};
use super::texts;
use crate::conversation::{Chunk, Delivery, Side};

/// Who reads a conversation.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) application: Option<Box<dyn Application>>,
    /// The first bytes, of one side, while they are too few to say what they are.
    undecided: Vec<Chunk>,
    undecided_side: Option<Side>,
}

impl Reader {
    /// What is in order now.
    pub(super) fn read(
        &mut self,
        deliveries: &[(Side, Delivery)],
        moment: &mut Moment<'_>,
    ) -> Vec<Remark> {
        let mut remarks: Vec<Remark> = Vec::new();
        for (side, delivery) in deliveries {
            match delivery {
                Delivery::Chunk(chunk) => {
                    let remark = self.chunk(*side, chunk, moment);
                    if remarks.last() != Some(&remark) {
                        remarks.push(remark);
                    }
                }
                Delivery::Gap(_, len) => {
                    self.decide(true, moment, &mut remarks);
                    let remark = self
                        .application
                        .as_mut()
                        .and_then(|application| application.on_gap(*side, *len, moment));
                    remarks.push(Remark::new(texts::exchanges::gap(moment.lang, *len), Vec::new()));
                    remarks.extend(remark);
                }
            }
        }
        remarks
    }

    fn chunk(&mut self, side: Side, chunk: &Chunk, moment: &mut Moment<'_>) -> Remark {
        let from_start = from_start(chunk, moment);
        if self.application.as_ref().is_some_and(|application| application.gives_way())
            && let Some(other) = in_the_middle(moment.lang, side, &chunk.bytes, from_start)
        {
            self.application = Some(other);
        }
        if let Some(application) = &mut self.application {
            return application.on_chunk(side, chunk, moment);
        }
        if self.undecided_side.is_some_and(|before| before != side) {
            // The other side speaks: that was all.
            self.decide(true, moment, &mut Vec::new());
            return self.chunk(side, chunk, moment);
        }
        self.undecided_side = Some(side);
        self.undecided.push(chunk.clone());
        let mut remarks = Vec::new();
        self.decide(false, moment, &mut remarks);
        let mut remarks = remarks.into_iter();
        let Some(mut last) = remarks.next_back() else {
            return Remark::new(texts::exchanges::data(moment.lang, chunk.len), Vec::new());
        };
        // What the application says of the earlier frames is said with this one.
        for earlier in remarks.rev() {
            last.say = format!("{}; {}", earlier.say, last.say);
            last.layers.splice(0..0, earlier.layers);
            last.refs.extend(earlier.refs);
        }
        last
    }

    /// Chooses the application for what has come so far, if it can be said, or must be.
    fn decide(&mut self, must: bool, moment: &mut Moment<'_>, remarks: &mut Vec<Remark>) {
        let (Some(side), Some(first)) = (self.undecided_side, self.undecided.first()) else {
            return;
        };
        let from_start = from_start(first, moment);
        let opener_known = moment.conversation.opener_known;
        let mut bytes = Vec::new();
        for chunk in &self.undecided {
            bytes.extend_from_slice(&chunk.bytes);
        }
        let application = detect(moment.lang, side, &bytes, opener_known, from_start, must);
        let Some(mut application) = application else { return };
        for chunk in std::mem::take(&mut self.undecided) {
            remarks.push(application.on_chunk(side, &chunk, moment));
        }
        self.undecided_side = None;
        self.application = Some(application);
    }

    /// No more will come.
    pub(super) fn finish(&mut self, moment: &mut Moment<'_>) {
        self.decide(true, moment, &mut Vec::new());
    }
}

/// Are these the first bytes of the connection?
fn from_start(chunk: &Chunk, moment: &Moment<'_>) -> bool {
    chunk.offset == 0 && moment.conversation.opener_known
}
