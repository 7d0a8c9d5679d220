//! What a kind of remote store is configured to be, read and not yet used.

use super::Fact;
use super::choice::Choice;
use crate::environment::Inherited;
use crate::error::Error;
use crate::notice::Notice;
use crate::source::Store;

/// The settings of one kind of remote store. Nothing is sent yet.
pub trait Configured {
    /// All settings, without the values of credentials.
    fn facts(&self) -> Vec<Fact>;

    /// What a person should know about them.
    fn notices(&self) -> &[Notice];

    /// Why no such store is asked for anything, if that is so: half a sentence.
    fn obstacle(&self) -> Option<String>;

    /// Why this store is asked rather than those that come after it: half a sentence.
    fn reason(&self) -> Option<String> {
        None
    }

    /// How to give pfx a credential, if there is none.
    fn login(&self) -> Option<String> {
        None
    }

    /// The store. There must be no [`Configured::obstacle`].
    ///
    /// # Errors
    /// [`Error::Remote`] if the settings make no sense together; [`Error::Config`], [`Error::File`] and
    /// [`Error::Trust`] for files that they name.
    fn open(
        self: Box<Self>,
        choice: &Choice,
        inherited: Inherited<'_>,
    ) -> Result<Box<dyn Store>, Error>;
}
