//! What a value may look like. A value that mosquitto would read as something else than what
//! stands there (`abc` as the number 0) is refused.
//!
//! Plain functions over text; which key it belongs to is not known.

use std::time::Duration;

/// The value as one word; a comment may follow it.
pub fn word(value: &str) -> Result<&str, String> {
    let (word, rest) = value.split_once(' ').unwrap_or((value, ""));
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(word)
    } else {
        Err(format!("`{}` is too much: the value is one word", rest.escape_debug()))
    }
}

/// `true` or `false`; also, as mosquitto has it, 1 or 0.
pub fn boolean(value: &str) -> Result<bool, String> {
    match word(value)? {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("it is true or false, in small letters".to_owned()),
    }
}

/// A whole number between two.
pub fn whole(value: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = word(value)?.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("it is a whole number from {least} to {most}"))
}

/// A limit on a number of things; 0 is for no limit.
pub fn limit(value: &str) -> Result<usize, String> {
    whole(value, 0, 4_294_967_295).map(|number| number as usize)
}

/// `2m`: a number and hours, days, weeks, months of 30 days, or years of 365.
pub fn duration(value: &str) -> Result<Duration, String> {
    let wrong = || "it is a number from 1 and one of h, d, w, m, y, such as 14d".to_owned();
    let word = word(value)?;
    let unit = word.chars().next_back().ok_or_else(wrong)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        'm' => 30 * 24,
        'y' => 365 * 24,
        _ => return Err(wrong()),
    };
    let number: u32 = word[..word.len() - 1].parse().map_err(|_| wrong())?;
    if number == 0 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(u64::from(number) * hours * 3600))
}

/// A text that may be given once, spaces and all.
pub fn once<T: From<String>>(slot: &mut Option<T>, value: &str) -> Result<(), String> {
    if slot.is_some() {
        return Err("it was given before; keep one of them".to_owned());
    }
    *slot = Some(value.to_owned().into());
    Ok(())
}
