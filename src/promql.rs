//! placeholder until the evaluator lands
/// Parsed query.
#[derive(Debug, Clone)]
pub struct Query;
