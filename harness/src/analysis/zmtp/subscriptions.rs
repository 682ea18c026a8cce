//! What one subscriber has asked for on one connection, and what it got.
//!
//! It knows prefixes, which are counted, and that a message is compared with them by the start
//! of its first frame. It does not know the publisher's other subscribers.

use crate::analysis::records::{At, Lines, Told};
use crate::analysis::texts::{Listed, zmtp as words, zmtp_flow as texts};
use crate::lang::Lang;

use super::message::{Flow, Message};

/// Subscriptions of a connection that are followed.
pub const SUBSCRIPTIONS_MAX: usize = 256;
/// Bytes of a prefix that are kept; what is longer is not followed.
pub const PREFIX_MAX: usize = 1024;

/// How a subscription is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum Form {
    /// A message, as ZMTP 3.0 has it. [ZMTP-3.0-pubsub-02], [ZMTP-3.0-pubsub-03]
    Message,
    /// A command, as ZMTP 3.1 has it. [ZMTP-3.1-sub-02], [ZMTP-3.1-sub-03]
    Command,
}

/// One prefix.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Subscription {
    pub(in crate::analysis) prefix: Vec<u8>,
    /// How often it is subscribed to now.
    times: u64,
    /// Where it was cancelled last.
    cancelled: Option<u64>,
    /// What came for it.
    pub(in crate::analysis) flow: Flow,
}

/// All of a connection.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Subscriptions {
    pub(in crate::analysis) all: Vec<Subscription>,
    /// Was there one that is not followed?
    partial: bool,
    pub(super) lines: Lines,
    /// Messages that no subscription asks for.
    pub(in crate::analysis) unmatched: Listed,
}

impl Subscriptions {
    /// [ZMTP-3.0-pubsub-07], [ZMTP-3.1-sub-05] The same prefix again is counted.
    pub(super) fn subscribe(
        &mut self,
        lang: Lang,
        who: &str,
        prefix: &[u8],
        form: Form,
        at: At,
    ) -> Told {
        let known = self.find(prefix);
        let times = match known {
            Some(place) => {
                let subscription = &mut self.all[place];
                subscription.times += 1;
                subscription.times
            }
            None if self.all.len() < SUBSCRIPTIONS_MAX && prefix.len() <= PREFIX_MAX => {
                let prefix = prefix.to_vec();
                self.all.push(Subscription { prefix, times: 1, ..Subscription::default() });
                1
            }
            None => {
                self.partial = true;
                1
            }
        };
        let say = texts::subscribes(lang, who, prefix, form, times);
        self.lines.push(texts::in_frame(&say, at.frame), vec![at.frame]);
        Told::new(say)
    }

    pub(super) fn cancel(
        &mut self,
        lang: Lang,
        who: &str,
        prefix: &[u8],
        form: Form,
        at: At,
    ) -> Told {
        let left = self.find(prefix).map(|place| {
            let subscription = &mut self.all[place];
            let before = subscription.times;
            subscription.times = before.saturating_sub(1);
            if before == 1 {
                subscription.cancelled = Some(at.frame);
            }
            (before > 0).then_some(subscription.times)
        });
        let say = texts::cancels(lang, who, prefix, form, left.flatten());
        self.lines.push(texts::in_frame(&say, at.frame), vec![at.frame]);
        Told::new(say)
    }

    fn find(&self, prefix: &[u8]) -> Option<usize> {
        self.all.iter().position(|subscription| subscription.prefix == prefix)
    }

    /// A message came. [PUB-out-04] Of the prefixes that fit the longest is named; `complete`: all
    /// that the subscriber has sent is in the capture.
    pub(super) fn delivered(
        &mut self,
        lang: Lang,
        number: u64,
        message: &Message,
        at: At,
        complete: bool,
    ) -> (Told, Option<&[u8]>) {
        let text = words::message(lang, message, false);
        let head = message.head();
        let fits = |s: &&mut Subscription| head.starts_with(&s.prefix);
        let rank = |s: &&mut Subscription| (s.times > 0, s.prefix.len());
        let Some(found) = self.all.iter_mut().filter(fits).max_by_key(rank) else {
            let unasked = complete && !self.partial;
            if unasked {
                self.unmatched.push(at.frame);
            }
            return (Told::new(texts::delivered_unasked(lang, number, &text, unasked)), None);
        };
        found.flow.add(message, at);
        let cancelled = found.cancelled.filter(|_| found.times == 0);
        let say = texts::delivered(lang, number, &found.prefix, &text, cancelled);
        (Told { say, refs: cancelled.into_iter().collect() }, Some(&found.prefix))
    }
}
