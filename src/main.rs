//! shtop
fn main() {}
