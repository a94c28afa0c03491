//! The log: one line per event on standard error, for people or for machines.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, LogSettings};

/// Starts logging, and has panics logged. Once per process.
///
/// # Errors
/// A level that cannot be read, or a log that was started before.
pub fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    let is_coloured = settings.format == LogFormat::Pretty && io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(OneLine { is_coloured })
        .with_ansi(is_coloured);
    let registry = tracing_subscriber::registry().with(filter);
    match settings.format {
        LogFormat::Pretty => registry.with(lines).try_init()?,
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("?");
        tracing::error!(place, panic = what, "a panic");
    }));
    Ok(())
}

/// Writes each event as one line, whatever is in it: nobody forges another line, or sends a terminal commands, with
/// what it puts into a name (threat T39).
struct OneLine {
    is_coloured: bool,
}

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { is_coloured: self.is_coloured }
    }
}

struct Line {
    is_coloured: bool,
}

impl Write for Line {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&one_line(event, self.is_coloured))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// `event` without control characters, but for the line break at its end and the escape codes of our own colours.
fn one_line(event: &[u8], is_coloured: bool) -> Vec<u8> {
    let (body, end): (&[u8], &[u8]) = match event.split_last() {
        Some((b'\n', body)) => (body, b"\n"),
        _ => (event, b""),
    };
    let shown = body.iter().map(|byte| match byte {
        0x1b if is_coloured => *byte,
        0..=0x1f | 0x7f => b' ',
        _ => *byte,
    });
    shown.chain(end.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn t39_an_event_stays_on_its_line() {
        let event = b"INFO name=ann\r\nERROR forged\x1b[2J\x00\n";
        assert_eq!(one_line(event, false), b"INFO name=ann  ERROR forged [2J \n");
        assert_eq!(one_line(b"\x1b[32mINFO\x1b[0m x\ny\n", true), b"\x1b[32mINFO\x1b[0m x y\n");
        assert_eq!(one_line(b"", true), b"");
    }
}
