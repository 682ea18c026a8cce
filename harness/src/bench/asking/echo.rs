//! Octets that are to come back.
//!
//! ```text
//!   0             8
//!   | number, BE  | the same octet again and again, up to the size |
//! ```
//! It knows octets. It does not know connections, nor the time.

use bytes::{Buf, BufMut, BytesMut};

use super::dialect::{Heard, Talk};

/// The smallest request: its number.
pub const SIZE_MIN: usize = 8;

/// Requests of so many octets.
#[derive(Debug)]
pub struct Echo {
    pub size: usize,
}

/// What stands behind the number: another octet in each request.
fn filler(number: u64) -> u8 {
    b'a' + (number % 26) as u8
}

impl Talk for Echo {
    fn greet(&mut self, _: &mut BytesMut) -> bool {
        true
    }

    fn ask(&mut self, number: u64, out: &mut BytesMut) {
        out.put_u64(number);
        out.put_bytes(filler(number), self.size - SIZE_MIN);
    }

    fn hear(&mut self, input: &mut BytesMut) -> Result<Option<Heard>, String> {
        if input.len() < self.size {
            return Ok(None);
        }
        let mut answer = input.split_to(self.size);
        let number = answer.get_u64();
        let is_whole = answer.iter().all(|octet| *octet == filler(number));
        Ok(Some(Heard::Answer { to: is_whole.then_some(number), content: self.size }))
    }
}
