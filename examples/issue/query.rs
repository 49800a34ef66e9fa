//! `--query`: a part of the response, as JMESPath picks it.

use jmespath::{Expression, JmespathError, Variable};
use serde_json::Value;

use crate::failure::Failure;

/// How many bytes an expression may have: the reader goes as deep as it is long.
const MAX_LENGTH: usize = 1024;

/// A compiled expression.
pub(crate) struct Query(Expression<'static>);

impl Query {
    /// Reads an expression before anything is issued, so that a misspelt one costs no certificate.
    pub(crate) fn compile(text: &str) -> Result<Query, Failure> {
        if text.len() > MAX_LENGTH {
            let problem = format!("Bad value for --query: {} bytes; at most {MAX_LENGTH} are supported", text.len());
            return Err(Failure::Refused(problem));
        }
        let refused = |error: JmespathError| {
            let problem = error.to_string();
            Failure::Refused(format!("Bad value for --query {text}: {}", problem.trim_end()))
        };
        jmespath::compile(text).map(Query).map_err(refused)
    }

    /// What the expression picks.
    pub(crate) fn search(&self, value: &Value) -> Result<Value, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::Output(format!("Bad value for --query: {}", error.to_string().trim_end()))
        };
        let variable = Variable::try_from(value).map_err(|error| failed(&error))?;
        let found = self.0.search(variable).map_err(|error| failed(&error))?;
        serde_json::to_value(&*found).map_err(|error| failed(&error))
    }
}
