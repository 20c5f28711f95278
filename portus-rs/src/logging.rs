//! Where log lines go and how they look: people's lines, or JSON with `PORTUS_LOG_FORMAT=json`.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::Directive, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{LogFormat, LogLevel, Severity, Warning};

/// Which stream log lines are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// For servers, whose output is their log.
    Stdout,
    /// For tasks, whose output is their answer.
    Stderr,
}

/// Starts logging. Later calls change nothing.
pub fn start(level: LogLevel, format: LogFormat, stream: Stream) {
    let ours = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    // Libraries speak up only about trouble: their debug lines show statements and headers.
    let theirs = ours.min(LevelFilter::WARN);
    let mut filter = EnvFilter::default().add_directive(Directive::from(theirs));
    if let Ok(directive) = format!("portus_rs={ours}").parse() {
        filter = filter.add_directive(directive);
    }
    let writer = move || -> Box<dyn std::io::Write> {
        match stream {
            Stream::Stdout => Box::new(std::io::stdout()),
            Stream::Stderr => Box::new(std::io::stderr()),
        }
    };
    let layer = match format {
        LogFormat::Human => fmt::layer()
            .with_target(false)
            .with_ansi(false)
            .with_writer(writer)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(writer)
            .boxed(),
    };
    // In tests several services share a process.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init();
}

/// Says what loading the configuration found worth saying.
pub fn warn_of(warnings: &[Warning]) {
    for warning in warnings {
        match warning.severity {
            Severity::Info => tracing::info!("{warning}"),
            Severity::Warn => tracing::warn!("{warning}"),
            Severity::Error => tracing::error!("{warning}"),
        }
    }
}
