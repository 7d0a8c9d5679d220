//! The credential, from its setting or from a file that a setting names. An auth string beats an API key, as
//! in Prefect 3.8.8 (`client/base.py`).

use std::path::Path;

use zeroize::Zeroizing;

use super::layers::Place;
use super::{Setting, Settings, fault};
use crate::error::Error;
use crate::files::file;
use crate::remote::http::Credential;

impl Settings {
    /// What goes into the `Authorization` header, and whose place it is from.
    ///
    /// # Errors
    /// [`Error::Config`] if a file that is named is not there or is empty, or two settings contradict each
    /// other; [`Error::File`] and [`Error::Trust`] as [`file::read`].
    pub(super) fn credential(&self) -> Result<Option<(Credential, Place)>, Error> {
        if let Some(setting) = of_two(self.auth_string.as_ref(), self.auth_string_file.as_ref())? {
            let header = Zeroizing::new(format!("Basic {}", *base64(setting.text.as_bytes())));
            return Ok(Some(made(header, setting)));
        }
        if let Some(setting) = of_two(self.key.as_ref(), self.key_file.as_ref())? {
            let header = Zeroizing::new(format!("Bearer {}", *setting.text));
            return Ok(Some(made(header, setting)));
        }
        Ok(None)
    }
}

fn made(header: Zeroizing<String>, setting: Setting) -> (Credential, Place) {
    (Credential { header, key: setting.text, origin: setting.origin }, setting.place)
}

/// The setting itself, or the text of the file that the other setting names: whichever is from the stronger
/// place. An empty one is none, and hides what weaker places have.
fn of_two(text: Option<&Setting>, file: Option<&Setting>) -> Result<Option<Setting>, Error> {
    let strongest = [text, file].into_iter().flatten().map(|setting| setting.rank).min();
    let present = |setting: Option<&Setting>| {
        setting.filter(|one| Some(one.rank) == strongest && !one.text.is_empty()).cloned()
    };
    match (present(text), present(file)) {
        (text, None) => Ok(text),
        (None, Some(file)) => read(&file).map(Some),
        (Some(text), Some(file)) => {
            let problem = format!("{} gives a credential too; one of the two must go", text.origin);
            Err(fault(&file, &problem))
        }
    }
}

/// The text of the file that a setting names, less one line feed at its end.
fn read(setting: &Setting) -> Result<Setting, Error> {
    let path = Path::new(setting.text.as_str());
    // Docker and Kubernetes mount secrets readable by all inside the container.
    let Some(contents) = file::read(path, file::Standard::NAMED)? else {
        return Err(fault(setting, "the file that it names is not there"));
    };
    let text = file::text(&contents.bytes, path)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(fault(setting, "the file that it names is empty"));
    }
    Ok(Setting {
        text: Zeroizing::new(text.to_owned()),
        place: setting.place,
        rank: setting.rank,
        origin: format!("{} (named by {})", path.display(), setting.origin),
    })
}

/// Base 64 with padding (RFC 4648, 4), for the Basic scheme (RFC 7617).
fn base64(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4));
    for group in bytes.chunks(3) {
        let [first, second, third] = [0, 1, 2].map(|at| group.get(at).copied().unwrap_or(0));
        let bits = u32::from_be_bytes([0, first, second, third]);
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 0x3f;
            text.push(if place > group.len() { '=' } else { char::from(ALPHABET[six as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_the_rfc_has_it() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("admin:pässword", "YWRtaW46cMOkc3N3b3Jk"),
        ] {
            assert_eq!(*base64(bytes.as_bytes()), text);
        }
    }
}
