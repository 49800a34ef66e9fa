//! The answers for programs.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::analyse::{Answer, Never};
use super::difference::{Diff, Difference, Example, Relation};
use super::proposal::{Witness, parts};

impl Serialize for Witness {
    /// The parts of the request by name, each as text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        parts(&self.proposal).into_iter().collect::<BTreeMap<_, _>>().serialize(serializer)
    }
}

#[derive(serde::Serialize)]
struct NeverView<'a> {
    because: &'a [String],
    refusal: &'a str,
}

impl Serialize for Answer {
    /// `{"never": {"because": […], "refusal": …}}` or `{"witness": {…}}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Answer::Never(never) => map.serialize_entry("never", &view(never))?,
            Answer::Witness(witness) => map.serialize_entry("witness", witness)?,
        }
        map.end()
    }
}

fn view(never: &Never) -> NeverView<'_> {
    NeverView { because: never.because(), refusal: never.refusal() }
}

#[derive(serde::Serialize)]
struct ExampleView<'a> {
    request: &'a Witness,
    first: &'a str,
    second: &'a str,
}

#[derive(serde::Serialize)]
struct DifferenceView<'a> {
    dimension: &'a str,
    relation: Relation,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_first: Option<ExampleView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_second: Option<ExampleView<'a>>,
}

impl<'a> ExampleView<'a> {
    fn of(example: &'a Example) -> ExampleView<'a> {
        let Example { request, first, second } = example;
        ExampleView { request, first, second }
    }
}

impl<'a> DifferenceView<'a> {
    fn of(difference: &'a Difference) -> DifferenceView<'a> {
        DifferenceView {
            dimension: difference.dimension(),
            relation: difference.relation(),
            only_first: difference.only_first().map(ExampleView::of),
            only_second: difference.only_second().map(ExampleView::of),
        }
    }
}

#[derive(serde::Serialize)]
struct DiffView<'a> {
    first: &'a str,
    second: &'a str,
    differences: Vec<DifferenceView<'a>>,
    equal: &'a [String],
}

impl Serialize for Diff {
    /// The templates, the differences with their requests, and the dimensions that are equal.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [first, second] = &self.names;
        let differences = self.differences.iter().map(DifferenceView::of).collect();
        DiffView { first, second, differences, equal: &self.equal }.serialize(serializer)
    }
}
