//! What a person is told when a command fails.

use roster_client::Error;

/// The sentence, with what it is about before it. With `debug` also every cause below it, and for
/// a refusal what the operator of the server looks it up by.
pub(crate) fn describe(error: &anyhow::Error, debug: bool) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause.to_string());
        let client = cause.downcast_ref::<Error>();
        // Its own text has the innermost cause already.
        if client.is_some() && !debug {
            break;
        }
        if let Some(problem) = client.and_then(Error::problem) {
            text.push_str(&format!(" (code {}, request {})", problem.code, problem.request_id));
        }
    }
    text
}

/// Whoever reads our output (`head`, `less`) has seen enough.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().filter_map(|cause| cause.downcast_ref()).any(kind)
}
