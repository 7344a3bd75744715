//! Tests of the rules as a whole.
#[test]
fn the_built_in_rules_parse() {
    assert_eq!(super::builtin().groups.len(), 7);
}
