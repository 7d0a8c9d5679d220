//! Fills a plan from sources, each asked once for all that is still wanted. Knows the trait, and no source.

mod fill;

pub use fill::Filled;

use crate::error::{Error, Missing, ValueFault};
use crate::exit::Exit;
use crate::json;
use crate::plan::{Action, Every, Listed, Look, Origin, Plan};
use crate::reference::Reference;
use crate::secret::SecretValue;
use crate::source::{Found, Held, Source};

/// What was found for a plan. Values stay in here until the environment is made of them.
pub struct Resolution {
    /// Sorted by what was looked for.
    found: Vec<(Reference, Held)>,
    /// One for each look-up of the plan, in its order.
    outcomes: Vec<Outcome>,
    /// One for each ingredient of the plan; `None` if it is not needed.
    ingredients: Vec<Option<Outcome>>,
    /// One for each template of the plan.
    filled: Vec<Filled>,
}

/// What became of one look-up.
pub enum Outcome {
    /// Found: [`Resolution::held`] has it.
    Whole(Index),
    /// Found, and this part picked from it.
    Part(Index, SecretValue),
    /// Missing, and the look-up's default stands in for it.
    Default(Missing),
    Missing(Missing),
}

/// Where in a [`Resolution`] something is.
#[derive(Clone, Copy)]
pub struct Index(usize);

/// Looks up all that `plan` wants. The sources are asked in order; absence passes a name on to the next.
/// If every secret is wanted, they are listed first and the plan grows by what they have.
///
/// # Errors
/// The first that a source gives, or that a value's part cannot be picked. What is missing is no error
/// here: see [`Resolution::require`].
pub fn resolve(plan: &mut Plan, sources: &[&dyn Source]) -> Result<Resolution, Error> {
    if plan.every != Every::Named {
        let mut names = Vec::new();
        for source in sources {
            let origin = if source.is_remote() { Origin::Others } else { Origin::Own };
            if plan.every == Every::Listed || origin == Origin::Own {
                names.extend(source.secrets()?.into_iter().map(|name| Listed { name, origin }));
            }
        }
        // Of two sources that list a name the first one's value is taken, and so that one named it: the
        // sort keeps their order.
        names.sort_by(|one, other| one.name.cmp(&other.name));
        names.dedup_by(|later, first| later.name == first.name);
        plan.add_every(names)?;
    }
    let needed = plan.ingredients.iter().filter(|ingredient| ingredient.is_needed);
    let looks = plan.looks().chain(needed.map(|ingredient| &ingredient.look));
    let mut wanted: Vec<&Reference> = looks.map(|look| &look.reference).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Found::new();
    for source in sources {
        let asked: Vec<&Reference> =
            wanted.iter().copied().filter(|reference| source.keeps(reference)).collect();
        if !asked.is_empty() {
            let mut more = source.look_up(&asked)?;
            // Both are sorted.
            let mut here = more.keys().peekable();
            wanted.retain(|reference| {
                while here.next_if(|other| other < reference).is_some() {}
                here.peek() != Some(reference)
            });
            found.append(&mut more);
        }
    }
    let found: Vec<(Reference, Held)> = found.into_iter().collect();
    let outcomes =
        plan.looks().map(|look| outcome(look, &found, sources)).collect::<Result<_, _>>()?;
    let ingredients = plan.ingredients.iter().map(|ingredient| {
        ingredient.is_needed.then(|| outcome(&ingredient.look, &found, sources)).transpose()
    });
    let ingredients = ingredients.collect::<Result<_, _>>()?;
    let mut resolution = Resolution { found, outcomes, ingredients, filled: Vec::new() };
    resolution.filled = fill::fill(plan, &resolution)?;
    Ok(resolution)
}

fn outcome(
    look: &Look,
    found: &[(Reference, Held)],
    sources: &[&dyn Source],
) -> Result<Outcome, Error> {
    let missing = |looked_in, near, pointer| {
        let kind = look.reference.kind();
        let not_asked = sources.iter().find_map(|source| source.not_asked(&look.reference));
        let name = look.reference.name();
        let missing = Missing { kind, name, looked_in, not_asked, near, pointer };
        match look.default {
            Some(_) => Outcome::Default(missing),
            None => Outcome::Missing(missing),
        }
    };
    let Ok(index) = found.binary_search_by(|(other, _)| other.cmp(&look.reference)) else {
        let asked: Vec<_> = sources.iter().filter(|source| source.keeps(&look.reference)).collect();
        let places = asked.iter().flat_map(|source| source.places()).collect();
        let near = near(&look.reference, &asked)?;
        return Ok(missing(places, near, None));
    };
    let held = &found[index].1;
    let index = Index(index);
    let Some(pointer) = look.pointer.as_ref().filter(|pointer| !pointer.is_whole()) else {
        if let (None, Some(caution)) = (&look.pointer, held.value.caution()) {
            return Err(Error::Value { name: look.reference.name(), fault: caution.clone() });
        }
        refuse_mask(look, held.value.expose())?;
        return Ok(Outcome::Whole(index));
    };
    let name = look.reference.name();
    let fault = |fault| Error::Value { name: name.clone(), fault };
    let part = json::pick(held.value.expose(), pointer).map_err(|_| fault(ValueFault::NotJson))?;
    let Some(part) = part else {
        // Most likely the secret itself was meant, which is elsewhere.
        if let Some(caution @ ValueFault::Composite { is_reference: true, .. }) =
            held.value.caution()
            && !look.optional
            && look.default.is_none()
        {
            return Err(fault(caution.clone()));
        }
        return Ok(missing(vec![held.place.clone()], None, Some(pointer.to_string())));
    };
    let name = format!("{name}#{pointer}");
    if json::is_null(part.get()) {
        return Err(Error::Value { name, fault: ValueFault::Null });
    }
    refuse_mask(look, part.get().as_bytes())?;
    Ok(Outcome::Part(index, SecretValue::of_raw_json(&name, part)?))
}

/// Refuses a field of a block that Prefect hides. Those that are no secrets are shown to all who may see the
/// block.
fn refuse_mask(look: &Look, json: &[u8]) -> Result<(), Error> {
    let is_block = matches!(look.reference, Reference::Block { .. });
    if is_block && json::is_masked(str::from_utf8(json).unwrap_or_default()) {
        return Err(Error::Value { name: look.reference.name(), fault: ValueFault::Masked });
    }
    Ok(())
}

/// The secret that was probably meant: one whose name differs only in case, or in `-`, `.` and `_`.
fn near(reference: &Reference, sources: &[&&dyn Source]) -> Result<Option<String>, Error> {
    let Reference::Secret(wanted) = reference else { return Ok(None) };
    let fold = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    for source in sources.iter().filter(|source| !source.is_remote()) {
        if let Some(name) = source.secrets()?.into_iter().find(|name| fold(name) == fold(wanted)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

impl Resolution {
    /// Each look-up of the plan it was made for, with its outcome.
    pub fn of<'r>(&'r self, plan: &'r Plan) -> impl Iterator<Item = (&'r Look, &'r Outcome)> {
        plan.looks().zip(&self.outcomes)
    }

    /// What was found, whole, whichever part of it was wanted; each thing once.
    pub fn found(&self) -> impl Iterator<Item = (&Reference, &Held)> {
        self.found.iter().map(|(reference, held)| (reference, held))
    }

    /// What was found for a look-up, and where; `None` if it is missing.
    #[must_use]
    pub fn held(&self, outcome: &Outcome) -> Option<&Held> {
        match outcome {
            Outcome::Whole(Index(index)) | Outcome::Part(Index(index), _) => {
                self.found.get(*index).map(|(_, held)| held)
            }
            Outcome::Default(_) | Outcome::Missing(_) => None,
        }
    }

    /// The value for a look-up; `None` if it is missing.
    #[must_use]
    pub fn value<'r>(&'r self, look: &'r Look, outcome: &'r Outcome) -> Option<&'r SecretValue> {
        match outcome {
            Outcome::Whole(_) => self.held(outcome).map(|held| &held.value),
            Outcome::Part(_, value) => Some(value),
            Outcome::Default(_) => look.default.as_ref(),
            Outcome::Missing(_) => None,
        }
    }

    /// What was found for an ingredient of the plan; `None` if it is not needed.
    #[must_use]
    pub fn ingredient(&self, index: usize) -> Option<&Outcome> {
        self.ingredients.get(index)?.as_ref()
    }

    /// The text of a template, by its place in the plan; `None` if a part of it is missing.
    #[must_use]
    pub fn filled(&self, index: usize) -> Option<&SecretValue> {
        match self.filled.get(index) {
            Some(Filled::Value(value)) => Some(value),
            Some(Filled::Blank { .. } | Filled::Unneeded) | None => None,
        }
    }

    /// Demands that all is there that is not optional.
    ///
    /// # Errors
    /// [`Error::Missing`] with everything that is not; [`Error::Config`] for a text that needs what is optional
    /// and not there.
    pub fn require(&self, plan: &Plan) -> Result<(), Error> {
        let looks = self.of(plan).filter_map(|(look, outcome)| match outcome {
            Outcome::Missing(missing) if !look.optional => Some(missing.clone()),
            _ => None,
        });
        let mut missing: Vec<Missing> = looks.collect();
        let mut blank = None;
        for binding in &plan.bindings {
            let Action::Fill(_, index) = binding.action else { continue };
            match &self.filled[index] {
                Filled::Blank { missing: Some(one), .. } if !missing.contains(one) => {
                    missing.push(one.clone());
                }
                Filled::Blank { at, missing: None } if blank.is_none() => {
                    blank = Some(fill::blank(&plan.templates[index], *at));
                }
                Filled::Blank { .. } | Filled::Unneeded | Filled::Value(_) => {}
            }
        }
        match blank {
            _ if !missing.is_empty() => Err(Error::Missing { missing, exit: Exit::Failed }),
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Bindings;

    /// Has the named secrets, each with the value that is given.
    struct Has(&'static str, &'static [(&'static str, &'static str)]);

    impl Source for Has {
        fn places(&self) -> Vec<String> {
            vec![self.0.to_owned()]
        }

        fn keeps(&self, reference: &Reference) -> bool {
            matches!(reference, Reference::Secret(_))
        }

        fn look_up(&self, wanted: &[&Reference]) -> Result<Found, Error> {
            assert!(!wanted.is_empty(), "a source is asked only for something");
            let held = self.1.iter().filter_map(|(name, value)| {
                let reference = Reference::Secret((*name).to_owned());
                let value = SecretValue::perhaps_json(name, *value).unwrap();
                let held = Held { value, place: self.0.to_owned() };
                wanted.contains(&&reference).then_some((reference, held))
            });
            Ok(held.collect())
        }

        fn secrets(&self) -> Result<Vec<String>, Error> {
            Ok(self.1.iter().map(|(name, _)| (*name).to_owned()).collect())
        }
    }

    /// Must not be asked.
    struct Panics;

    impl Source for Panics {
        fn places(&self) -> Vec<String> {
            Vec::new()
        }

        fn keeps(&self, _: &Reference) -> bool {
            true
        }

        fn look_up(&self, _: &[&Reference]) -> Result<Found, Error> {
            panic!("asked for what was found already")
        }

        fn secrets(&self) -> Result<Vec<String>, Error> {
            panic!("asked for its names")
        }
    }

    /// Cannot answer.
    struct Fails;

    impl Source for Fails {
        fn places(&self) -> Vec<String> {
            Vec::new()
        }

        fn keeps(&self, _: &Reference) -> bool {
            true
        }

        fn look_up(&self, _: &[&Reference]) -> Result<Found, Error> {
            Err(Error::Value { name: "failed".to_owned(), fault: ValueFault::Nul })
        }

        fn secrets(&self) -> Result<Vec<String>, Error> {
            Ok(Vec::new())
        }
    }

    fn resolved(secrets: &[&str], sources: &[&dyn Source]) -> Result<Vec<String>, Error> {
        let secrets = secrets.iter().map(Into::into).collect();
        let mut plan = Plan::new(&Bindings { secrets, ..Bindings::default() })?;
        let resolution = resolve(&mut plan, sources)?;
        resolution.require(&plan)?;
        Ok(resolution
            .of(&plan)
            .filter_map(|(look, outcome)| {
                let value = resolution.value(look, outcome)?.expose();
                Some(format!("{}={}", look.variable, String::from_utf8_lossy(value)))
            })
            .collect())
    }

    #[test]
    fn the_first_source_that_has_a_name_wins_and_later_ones_are_not_asked() {
        let first = Has("first", &[("A", "1")]);
        let second = Has("second", &[("A", "2"), ("B", "2")]);
        assert_eq!(resolved(&["A", "B"], &[&first, &second, &Panics]).unwrap(), ["A=1", "B=2"]);
    }

    #[test]
    fn a_source_that_fails_stops_the_run_though_the_next_one_has_it() {
        let error = resolved(&["A"], &[&Fails, &Has("second", &[("A", "2")])]).unwrap_err();
        assert!(error.to_string().contains("failed"));
    }

    #[test]
    fn all_that_is_missing_is_told_at_once_with_every_place() {
        let sources: [&dyn Source; 2] = [&Has("first", &[("a-b", "1")]), &Has("second", &[])];
        let error = resolved(&["X", "Y?", "A_B"], &sources).unwrap_err();
        let told = error.to_string();
        assert_eq!(told, "cannot find the secrets `X`, `A_B`: looked in first, then second");
        assert_eq!(error.hint().unwrap(), "there is a `a-b`: did you mean it by `A_B`?");
    }

    #[test]
    fn a_pointer_picks_a_part_and_one_that_leads_nowhere_is_missing() {
        let source = Has("first", &[("db", r#"{"password": "p", "port": 5432, "n": [1.50]}"#)]);
        let picked = resolved(&["P=db#/password", "N=db#/n", "O=db#/port"], &[&source]).unwrap();
        assert_eq!(picked, ["P=p", "N=[1.50]", "O=5432"]);
        let told = resolved(&["X=db#/nope"], &[&source]).unwrap_err().to_string();
        assert_eq!(told, "cannot find the secret `db` (it has no `/nope`): looked in first");
        assert!(resolved(&["X=db?#/nope"], &[&source]).unwrap().is_empty());
    }

    #[test]
    fn a_pointer_into_what_is_no_json_is_an_error() {
        let told =
            resolved(&["X=A#/a"], &[&Has("first", &[("A", "CANARY")])]).unwrap_err().to_string();
        assert!(told.contains("`A`") && !told.contains("CANARY"), "{told}");
    }

    #[test]
    fn without_a_binding_every_secret_of_every_local_source_is_bound() {
        let sources: [&dyn Source; 2] =
            [&Has("first", &[("A", "1")]), &Has("second", &[("A", "2"), ("b-c", "2")])];
        assert_eq!(resolved(&[], &sources).unwrap(), ["A=1", "B_C=2"]);
    }
}
