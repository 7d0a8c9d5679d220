//! Raw JSON, and how many values it would become if it were built: one byte of JSON can take a hundred bytes of
//! memory. Pure.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The most values of one response that are built, of any kind and at any depth.
pub const MOST_VALUES: usize = 100_000;

/// The members of a JSON object as raw JSON. If a name occurs twice, the last one counts.
pub type Members<'b> = BTreeMap<String, &'b RawValue>;

/// An upper bound for the number of values in a JSON text, of any kind and at any depth.
pub fn count_values(json: &str) -> usize {
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
