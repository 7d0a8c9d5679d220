//! An API that sends recorded responses.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::support::{Dialogue, reply};

/// The responses of a recorded API.
pub struct Rules(Mutex<Vec<(Value, u64)>>);

impl Rules {
    pub fn new(recorded: &Value) -> Self {
        let rules = recorded.as_array().cloned().unwrap_or_default();
        let times = |rule: &Value| rule["times"].as_u64().unwrap_or(1);
        Self(Mutex::new(rules.into_iter().map(|rule| (rule.clone(), times(&rule))).collect()))
    }

    /// The first matching response that is not used up; otherwise the last matching one.
    fn pick(&self, body: &str) -> Value {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |rule: &Value| rule["match"].as_str().is_none_or(|part| body.contains(part));
        let next = rules.iter().position(|(rule, left)| matches(rule) && *left > 0);
        let Some(index) = next.or_else(|| rules.iter().rposition(|(rule, _)| matches(rule))) else {
            return json!({ "status": 599, "body_text": "no rule" });
        };
        rules[index].1 = rules[index].1.saturating_sub(1);
        rules[index].0.clone()
    }

    pub fn answer(&self, dialogue: &mut Dialogue) {
        while let Some(request) = dialogue.request() {
            let rule = self.pick(&request.body);
            if rule["drop"] == true {
                return;
            }
            let mut body = match (&rule["body_json"], rule["body_text"].as_str()) {
                (Value::Null, text) => text.unwrap_or_default().as_bytes().to_vec(),
                (json, _) => json.to_string().into_bytes(),
            };
            let headers = rule["headers"].as_object().into_iter().flatten();
            let mut headers: Vec<(&str, String)> = headers
                .map(|(name, value)| {
                    let port = request.header("host").and_then(|host| host.split_once(':'));
                    let port = port.map_or("", |(_, port)| port);
                    let value = value.as_str().unwrap_or_default();
                    let stub = format!("http://127.0.0.1:{port}");
                    (name.as_str(), value.replace("{{STUB}}", &stub).replace("{{PORT}}", port))
                })
                .collect();
            if rule["gzip"] == true {
                body = stored_gzip(&body);
                headers.push(("Content-Encoding", "gzip".to_owned()));
            }
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            let status = u16::try_from(rule["status"].as_u64().unwrap_or(200)).expect("a status");
            if dialogue.send(reply(status, &headers, body)).is_err() {
                return;
            }
        }
    }
}

/// A gzip member whose one block is stored as it is (RFC 1951, 3.2.4; RFC 1952).
fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a short body");
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    let tail = [(!crc).to_le_bytes(), u32::from(length).to_le_bytes()].concat();
    [&head, &lengths[..], bytes, &tail].concat()
}
