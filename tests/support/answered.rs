//! What a model wants to watch is answered at once.

use shtop::app::{Command, Message, Model, update};
use shtop::source::Replay;

/// Tells the model something and answers whatever it then wants to watch; what else it wants done.
pub(crate) fn act(model: &mut Model, message: Message, source: &Replay) -> Vec<Command> {
    let mut waiting: Vec<Command> = update(model, message).into_iter().collect();
    let mut done = Vec::new();
    while let Some(command) = waiting.pop() {
        match command {
            Command::Several(more) => waiting.extend(more.into_iter().rev()),
            Command::Watch(plan) => {
                for event in source.answers(&plan, model.now) {
                    waiting.extend(update(model, Message::Source(event)));
                }
            }
            other => done.push(other),
        }
    }
    done
}
