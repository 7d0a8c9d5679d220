//! The credential, from a setting or from a file that a setting names. As in Prefect 3.8.8, an auth string takes
//! precedence over an API key (`client/base.py`).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::layers::SettingPlace;
use super::{PrefectSetting, PrefectSettings, fault};
use crate::error::Error;
use crate::files::file;
use crate::remote::http::Credential;

impl PrefectSettings {
    /// The `Authorization` header, and the place where the credential is set.
    ///
    /// # Errors
    /// [`Error::Config`] if a file that is named does not exist or is empty, or if both settings of a pair are set;
    /// [`Error::File`] and [`Error::Trust`] as [`file::read`].
    pub(super) fn credential(&self) -> Result<Option<(Credential, SettingPlace)>, Error> {
        if let Some(setting) =
            setting_or_file(self.auth_string.as_ref(), self.auth_string_file.as_ref())?
        {
            // RFC 7617.
            let mut header = Zeroizing::new("Basic ".to_owned());
            STANDARD.encode_string(setting.text.as_bytes(), &mut header);
            return Ok(Some(credential_of(header, setting)));
        }
        if let Some(setting) = setting_or_file(self.key.as_ref(), self.key_file.as_ref())? {
            let header = Zeroizing::new(format!("Bearer {}", *setting.text));
            return Ok(Some(credential_of(header, setting)));
        }
        Ok(None)
    }
}

fn credential_of(header: Zeroizing<String>, setting: PrefectSetting) -> (Credential, SettingPlace) {
    (Credential { header, key: setting.text, origin: setting.origin }, setting.place)
}

/// The setting itself, or the text of the file that the other setting names, whichever place takes precedence. An empty
/// setting counts as no credential, and hides the settings of places with lower precedence.
fn setting_or_file(
    text: Option<&PrefectSetting>,
    file: Option<&PrefectSetting>,
) -> Result<Option<PrefectSetting>, Error> {
    let best_rank = [text, file].into_iter().flatten().map(|setting| setting.rank).min();
    let present = |setting: Option<&PrefectSetting>| {
        setting.filter(|one| Some(one.rank) == best_rank && !one.text.is_empty()).cloned()
    };
    match (present(text), present(file)) {
        (text, None) => Ok(text),
        (None, Some(file)) => read(&file).map(Some),
        (Some(text), Some(file)) => {
            let problem = format!("{} also sets a credential; remove one of the two", text.origin);
            Err(fault(&file, &problem))
        }
    }
}

/// The text of the file that a setting names, without one trailing newline.
fn read(setting: &PrefectSetting) -> Result<PrefectSetting, Error> {
    let path = Path::new(setting.text.as_str());
    // Docker and Kubernetes mount secrets so that everyone in the container can read them.
    let Some(contents) = file::read(path, file::FileRequirements::NAMED)? else {
        return Err(fault(setting, "the file that it names does not exist"));
    };
    let text = file::text(&contents.bytes, path)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(fault(setting, "the file that it names is empty"));
    }
    Ok(PrefectSetting {
        text: Zeroizing::new(text.to_owned()),
        place: setting.place,
        rank: setting.rank,
        origin: format!("{} (named by {})", path.display(), setting.origin),
    })
}
