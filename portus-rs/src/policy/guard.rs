//! Loading a thing in order to change it is asking for leave: a [`Permit`] can only be made here, and nothing is
//! written without one.

use std::marker::PhantomData;

use super::{Rule, Rules, Standing, Verdict, catalogue::Catalogued};
use crate::error::{Error, Result};

/// Something people do to a thing, and the rule about it.
pub trait Guard: Catalogued {
    type On;

    fn verdict(standing: Standing, on: &Self::On, rules: &Rules) -> Verdict;

    /// Whether the one who asks may know that the thing exists.
    fn visible(standing: Standing, on: &Self::On) -> bool;
}

/// The answer of a guard, also for whoever asks through a credential with limits.
pub fn verdict<G: Guard>(standing: Standing, on: &G::On, rules: &Rules) -> Verdict {
    match standing.who.reach().no_change() {
        Some(rule) => Verdict::no(rule),
        None => G::verdict(standing, on, rules),
    }
}

/// Leave to do `G` to one thing.
#[derive(Debug)]
pub struct Permit<G: Guard> {
    on: G::On,
    guard: PhantomData<G>,
}

impl<G: Guard> Permit<G> {
    /// Asks the rule. What the caller may not even see is [`Error::NotFound`].
    pub fn ask(standing: Standing, on: G::On, rules: &Rules) -> Result<Self> {
        let verdict = verdict::<G>(standing, &on, rules);
        if verdict.granted {
            Ok(Self {
                on,
                guard: PhantomData,
            })
        } else if G::visible(standing, &on) {
            Err(verdict.refusal())
        } else {
            Err(Error::NotFound)
        }
    }

    pub fn on(&self) -> &G::On {
        &self.on
    }

    pub fn into_inner(self) -> G::On {
        self.on
    }
}

/// Any permit. What it is for shows where it was asked for.
pub trait Authority: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

impl<G: Guard> sealed::Sealed for Permit<G> {}
impl<G: Guard> Authority for Permit<G> {}

/// Declares guards: the thing they are about, the rule, and who may know that the thing exists. Each noun's stand in
/// its own file.
macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident on $on:ty: |$standing:ident, $it:ident, $rules:ident| $verdict:expr, visible: $visible:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Guard for $name {
                type On = $on;

                fn verdict($standing: Standing, $it: &Self::On, $rules: &Rules) -> Verdict {
                    let _ = ($it, $rules);
                    $verdict
                }

                fn visible($standing: Standing, $it: &Self::On) -> bool {
                    let _ = ($it, $standing);
                    $visible
                }
            }
        )+
    };
}

pub(super) use guards;

guards! {
    /// The service's own bookkeeping: events, synchronisation, what a shell on the machine asks for.
    KeepBooks on (): |standing, it, rules| match standing.who {
        super::Who::Service | super::Who::Operator => Verdict::yes(standing.admin_rule()),
        _ => Verdict::no(Rule::OnlyAdmins),
    }, visible: true;
}
