//! The result of one lookup: the part of the value that is wanted, or why there is none.

use std::rc::Rc;

use crate::error::{Error, Missing, ValueFault};
use crate::json;
use crate::reference::Reference;
use crate::secret::SecretValue;
use crate::source::{Author, FoundValue, Source, Support};
use crate::wanted::Lookup;

/// A lookup and its outcome.
pub struct LookedUp {
    pub lookup: Lookup,
    pub outcome: LookupOutcome,
}

/// The outcome of a lookup.
pub enum LookupOutcome {
    /// Nothing was found. The lookup may have a default.
    Missing(Box<Missing>),
    /// This part of the value was selected.
    Part(Rc<FoundValue>, Box<SecretValue>),
    Whole(Rc<FoundValue>),
}

impl LookedUp {
    /// The whole value and its place; `None` if it is missing.
    pub fn found(&self) -> Option<&FoundValue> {
        match &self.outcome {
            LookupOutcome::Whole(found) | LookupOutcome::Part(found, _) => Some(found),
            LookupOutcome::Missing(_) => None,
        }
    }

    /// The places that were searched without success; `None` if it was found.
    pub fn missing(&self) -> Option<&Missing> {
        match &self.outcome {
            LookupOutcome::Missing(missing) => Some(missing),
            LookupOutcome::Part(..) | LookupOutcome::Whole(_) => None,
        }
    }

    /// The same, but `None` if the lookup is optional or has a default.
    pub fn missing_required(&self) -> Option<&Missing> {
        self.missing().filter(|_| !self.lookup.optional && self.lookup.default.is_none())
    }

    /// The value that was found, or the default.
    pub fn value(&self) -> Option<&SecretValue> {
        match &self.outcome {
            LookupOutcome::Missing(_) => self.lookup.default.as_deref(),
            LookupOutcome::Part(_, value) => Some(value),
            LookupOutcome::Whole(found) => Some(&found.value),
        }
    }
}

/// The items that were found, for lookups.
pub(super) struct Finder<'a, S> {
    /// Sorted by reference.
    pub found: &'a [(Reference, Rc<FoundValue>)],
    pub sources: &'a [S],
}

impl<S: Source> Finder<'_, S> {
    /// # Errors
    /// [`Error::Value`] if the part cannot be selected, or if the whole value is wanted and must not be passed whole;
    /// as [`Source::secrets`].
    pub fn look_up(&self, lookup: Lookup) -> Result<LookedUp, Error> {
        let at = self.found.binary_search_by(|(other, _)| other.cmp(&lookup.reference));
        let outcome = match at {
            Ok(index) => self.part(&lookup, &self.found[index].1)?,
            Err(_) => {
                let reference = &lookup.reference;
                let is_asked = |source: &&S| source.supports(reference) == Support::Yes;
                let asked: Vec<&S> = self.sources.iter().filter(is_asked).collect();
                let places = asked.iter().flat_map(|source| source.place().shown).collect();
                let similar = similar(reference, &asked)?;
                self.missing(reference, places, similar, None)
            }
        };
        Ok(LookedUp { lookup, outcome })
    }

    /// The part of the value that `lookup` wants.
    fn part(&self, lookup: &Lookup, found: &Rc<FoundValue>) -> Result<LookupOutcome, Error> {
        // Neither a pointer nor a file helps with such a value.
        if let Some(fault @ (ValueFault::Nul | ValueFault::Null)) = found.value.caution() {
            return Err(Error::Value { name: lookup.reference.name(), fault: fault.clone() });
        }
        let Some(pointer) = lookup.pointer.as_ref().filter(|pointer| !pointer.is_whole()) else {
            if let (None, Some(caution)) = (&lookup.pointer, found.value.caution()) {
                return Err(Error::Value { name: lookup.reference.name(), fault: caution.clone() });
            }
            refuse_mask(lookup, found.value.expose())?;
            return Ok(LookupOutcome::Whole(Rc::clone(found)));
        };
        let name = lookup.reference.name();
        let fault = |fault| Error::Value { name: name.clone(), fault };
        let part =
            json::select(found.value.expose(), pointer).map_err(|_| fault(ValueFault::NotJson))?;
        let Some(part) = part else {
            // The user most likely wants the secret itself, which is stored elsewhere.
            if let Some(caution @ ValueFault::Composite { is_reference: true, .. }) =
                found.value.caution()
                && !lookup.optional
                && lookup.default.is_none()
            {
                return Err(fault(caution.clone()));
            }
            let places = vec![found.place.clone()];
            return Ok(self.missing(&lookup.reference, places, None, Some(pointer.to_string())));
        };
        let name = format!("{name}#{pointer}");
        if json::is_null(part.get()) {
            return Err(Error::Value { name, fault: ValueFault::Null });
        }
        refuse_mask(lookup, part.get().as_bytes())?;
        let part = SecretValue::of_raw_json(&name, part)?;
        Ok(LookupOutcome::Part(Rc::clone(found), Box::new(part)))
    }

    fn missing(
        &self,
        reference: &Reference,
        looked_in: Vec<String>,
        similar: Option<String>,
        pointer: Option<String>,
    ) -> LookupOutcome {
        let (mut reasons, mut is_other_remote_used) = (Vec::new(), false);
        for source in self.sources {
            match source.supports(reference) {
                Support::NotUsed(why) => reasons.push(why),
                Support::Yes => is_other_remote_used |= source.place().author == Author::Remote,
                Support::No => {}
            }
        }
        let remote_not_used = (!reasons.is_empty()).then(|| reasons.join("; "));
        let (kind, name) = (reference.kind().noun(), reference.name());
        LookupOutcome::Missing(Box::new(Missing {
            kind,
            name,
            looked_in,
            remote_not_used,
            is_other_remote_used,
            similar,
            pointer,
            can_be_stored: true,
        }))
    }
}

/// Refuses a field of a block that Prefect hides. Fields that are not secret are shown to everyone who may see the
/// block.
fn refuse_mask(lookup: &Lookup, json: &[u8]) -> Result<(), Error> {
    let is_block = matches!(lookup.reference, Reference::Block { .. });
    if is_block && json::is_masked(str::from_utf8(json).unwrap_or_default()) {
        return Err(Error::Value { name: lookup.reference.name(), fault: ValueFault::Masked });
    }
    Ok(())
}

/// The secret that was probably meant: its name differs only in case, or in `-`, `.` and `_`.
fn similar(reference: &Reference, sources: &[&impl Source]) -> Result<Option<String>, Error> {
    let Reference::Secret(wanted) = reference else { return Ok(None) };
    let fold = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    for source in sources.iter().filter(|source| source.place().author == Author::User) {
        if let Some(name) = source.secrets()?.into_iter().find(|name| fold(name) == fold(wanted)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
