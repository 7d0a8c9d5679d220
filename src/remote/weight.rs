//! JSON in pieces that are not built, and how much a piece would take if it were: a byte of it can become a hundred
//! of memory. Pure.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// How many values are built of what one answer holds, of any kind and at any depth.
pub const MOST_VALUES: usize = 100_000;

/// The members of a JSON object, as they are written; of two of one name, the last.
pub type Members<'b> = BTreeMap<String, &'b RawValue>;

/// An upper bound of the values in a JSON text, of any kind and at any depth.
pub fn values(json: &str) -> usize {
    let (mut count, mut in_string, mut is_escaped) = (1, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}
