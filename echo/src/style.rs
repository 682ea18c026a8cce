//! What an echo server answers. Plain functions over bytes; nothing else is known here.

use bytes::BytesMut;

use crate::limits::MESSAGE_MAX;

/// What the lab's server puts before what it heard.
pub const PREFIX: &[u8] = b"Echo: ";

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `Echo: ` and the message; a message is what has arrived, at most [`MESSAGE_MAX`] bytes.
    ///
    /// TCP keeps no message borders: two requests that arrive together get one prefix, and one
    /// that arrives in two pieces gets two. That is the lab's server as it is, and worth seeing.
    Lab,
    /// What was received goes back, byte for byte [echo-tcp-02].
    Raw,
}

impl Style {
    /// Appends the lab's answers to all of `heard`.
    ///
    /// ```
    /// use wirelab_echo::Style;
    ///
    /// let mut answer = bytes::BytesMut::new();
    /// Style::Lab.answer(b"halo", &mut answer);
    /// assert_eq!(&answer[..], b"Echo: halo");
    /// ```
    pub fn answer(self, heard: &[u8], out: &mut BytesMut) {
        match self {
            // [echo-tcp-02] Every octet goes back unchanged, in order.
            Self::Raw => out.extend_from_slice(heard),
            Self::Lab => {
                for message in heard.chunks(MESSAGE_MAX) {
                    out.extend_from_slice(PREFIX);
                    out.extend_from_slice(message);
                }
            }
        }
    }

    /// The length of the answer to a request of `len` bytes that arrives in one piece.
    pub fn answer_len(self, len: usize) -> usize {
        match self {
            Self::Raw => len,
            Self::Lab => len + len.div_ceil(MESSAGE_MAX) * PREFIX.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Style;
    use bytes::BytesMut;

    /// [echo-tcp-02] Raw is the bytes themselves; the lab's style prefixes each message.
    #[test]
    fn the_answer_is_as_long_as_announced() {
        for len in [0, 1, 1023, 1024, 1025, 5000] {
            for style in [Style::Lab, Style::Raw] {
                let (heard, mut answer) = (vec![b'x'; len], BytesMut::new());
                style.answer(&heard, &mut answer);
                assert_eq!(answer.len(), style.answer_len(len), "{style:?} {len}");
            }
        }
    }
}
