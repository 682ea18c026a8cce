//! A password's hash, as mosquitto's password files hold it.
//!
//! ```text
//!   $7$101$ZLrM2z6JdpMOXdOP$JZ26uefn…5OLw==    PBKDF2, HMAC-SHA512: iterations, salt, hash
//!   $6$ZLrM2z6JdpMOXdOP$JZ26uefn…5OLw==        SHA512 of password and salt, once
//! ```
//! It knows bytes. It does not know users or files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pbkdf2::pbkdf2_hmac_array;
use sha2::{Digest, Sha512};
use std::fmt;
use std::hint::black_box;

/// The iterations of PBKDF2 unless others are asked for: mosquitto's.
pub const ITERATIONS: u32 = 101;

/// The most iterations that are believed: checking a password takes the broker's whole attention,
/// and these are some seconds of it.
pub const ITERATIONS_MAX: u32 = 10_000_000;

/// Bytes of salt in a new hash: mosquitto 2.0 reads no other number.
const SALT: usize = 12;

/// Bytes of the hash itself.
const LEN: usize = 64;

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `$7$`
    Pbkdf2 {
        /// How many times over.
        iterations: u32,
    },
    /// `$6$`, of mosquitto 1.6 and before: fast to guess.
    Sha512,
}

/// A hash and what is needed to come to it again.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash {
    algorithm: Algorithm,
    salt: Vec<u8>,
    sum: [u8; LEN],
}

impl Hash {
    /// Hashes a password with a new salt.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(algorithm: Algorithm, password: &[u8]) -> Result<Self, String> {
        let mut salt = vec![0; SALT];
        getrandom::fill(&mut salt)
            .map_err(|error| format!("the system has no random bytes: {error}"))?;
        let sum = digest(algorithm, &salt, password);
        Ok(Self { algorithm, salt, sum })
    }

    /// Reads what stands behind the colon.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.strip_prefix('$').ok_or("the password is not hashed")?.split('$');
        let algorithm = match parts.next() {
            Some("7") => {
                let iterations = parts.next().and_then(|text| text.parse().ok());
                match iterations {
                    Some(iterations @ 1..=ITERATIONS_MAX) => Algorithm::Pbkdf2 { iterations },
                    _ => return Err("the number of iterations is not one from 1 to 10000000"),
                }
            }
            Some("6") => Algorithm::Sha512,
            _ => return Err("its hash is neither $7$ nor $6$"),
        };
        let (Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err("its hash is not salt$hash");
        };
        let salt = STANDARD.decode(salt).map_err(|_| "its salt is not base64")?;
        if salt.is_empty() {
            return Err("it has no salt");
        }
        let hash = STANDARD.decode(hash).map_err(|_| "its hash is not base64")?;
        let sum = hash.try_into().map_err(|_| "its hash has not 64 bytes")?;
        Ok(Self { algorithm, salt, sum })
    }

    /// Is this the password? Takes the same time whether it is or not.
    pub fn verify(&self, password: &[u8]) -> bool {
        same(&self.sum, &digest(self.algorithm, &self.salt, password))
    }
}

fn digest(algorithm: Algorithm, salt: &[u8], password: &[u8]) -> [u8; LEN] {
    match algorithm {
        Algorithm::Pbkdf2 { iterations } => {
            pbkdf2_hmac_array::<Sha512, LEN>(password, salt, iterations)
        }
        Algorithm::Sha512 => {
            let mut sha512 = Sha512::new();
            sha512.update(password);
            sha512.update(salt);
            sha512.finalize().into()
        }
    }
}

/// Compares without stopping at the first difference: the time does not tell where it is.
fn same(a: &[u8; LEN], b: &[u8; LEN]) -> bool {
    let difference = a.iter().zip(b).fold(0, |found, (a, b)| black_box(found | (a ^ b)));
    black_box(difference) == 0
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            Algorithm::Pbkdf2 { iterations } => write!(f, "$7${iterations}")?,
            Algorithm::Sha512 => write!(f, "$6")?,
        }
        write!(f, "${}${}", STANDARD.encode(&self.salt), STANDARD.encode(self.sum))
    }
}

impl fmt::Debug for Hash {
    /// A hash has no business in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Hash, same};

    /// Written by mosquitto_passwd 2.0.11 for the password `secret`.
    const THEIRS: &str = "$7$101$ZLrM2z6JdpMOXdOP$JZ26uefnzevuNM36AbJ7wSrAcvfUx9s5s0oGk2V9g0Vw\
                          gXaEvHa4FtugYdPfKiS7S1B1VNJjXalXdFhKtlI88Q==";

    #[test]
    fn mosquittos_hash_is_read_and_written_as_it_was() {
        let hash = Hash::parse(THEIRS).unwrap();
        assert_eq!(hash.to_string(), THEIRS);
        assert!(hash.verify(b"secret"));
        for wrong in [&b"Secret"[..], b"secret ", b"", b"\0secret"] {
            assert!(!hash.verify(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_new_hash_is_verified_and_salted() {
        for algorithm in [Algorithm::Pbkdf2 { iterations: 3 }, Algorithm::Sha512] {
            let (a, b) =
                (Hash::new(algorithm, b"pw").unwrap(), Hash::new(algorithm, b"pw").unwrap());
            assert_ne!(a, b);
            let read = Hash::parse(&a.to_string()).unwrap();
            assert_eq!(read, a);
            assert!(read.verify(b"pw") && b.verify(b"pw") && !b.verify(b"pW"));
        }
    }

    #[test]
    fn every_difference_is_seen() {
        let a = [7; 64];
        assert!(same(&a, &a));
        for at in 0..64 {
            for bit in 0..8 {
                let mut b = a;
                b[at] ^= 1 << bit;
                assert!(!same(&a, &b), "{at} {bit}");
            }
        }
    }

    #[test]
    fn what_is_no_hash_says_why() {
        let rest = &THEIRS[7..];
        let table: [(&str, &str); 12] = [
            ("", "not hashed"),
            ("plain", "not hashed"),
            ("$", "neither"),
            (&format!("$8$101${rest}"), "neither"),
            (&format!("$7$0${rest}"), "iterations"),
            (&format!("$7$-1${rest}"), "iterations"),
            (&format!("$7$10000001${rest}"), "iterations"),
            (&format!("$7$99999999999${rest}"), "iterations"),
            ("$7$101$abcd", "salt$hash"),
            (&format!("$7$101${rest}$x"), "salt$hash"),
            ("$7$101$!$abcd", "salt is not base64"),
            ("$7$101$abcd$abcd", "64 bytes"),
        ];
        for (text, why) in table {
            let error = Hash::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
