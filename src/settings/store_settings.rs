//! The settings of a remote store, before it is used.

use super::Fact;
use super::choice::StoreChoice;
use crate::environment::Inherited;
use crate::error::Error;
use crate::notice::Notice;
use crate::source::Store;

/// The settings of one kind of remote store.
pub trait StoreSettings {
    /// All settings, without the values of credentials.
    fn facts(&self) -> Vec<Fact>;

    /// Notices about the settings.
    fn notices(&self) -> &[Notice];

    /// Why this store cannot be used, if it cannot: a clause.
    fn why_unusable(&self) -> Option<String>;

    /// Why this store is used rather than those after it: a clause.
    fn reason(&self) -> Option<String> {
        None
    }

    /// How to configure a credential, if there is none.
    fn login(&self) -> Option<String> {
        None
    }

    /// Opens the store. There must be no [`StoreSettings::why_unusable`].
    ///
    /// # Errors
    /// [`Error::Remote`] if the settings do not fit together; [`Error::Config`], [`Error::File`] and [`Error::Trust`]
    /// for files that they name.
    fn open(
        self: Box<Self>,
        choice: &StoreChoice,
        inherited: Inherited<'_>,
    ) -> Result<Box<dyn Store>, Error>;
}
