//! Listening: on an address with or without TLS, or on a Unix socket; and stopping without dropping a request.

use std::{io, time::Duration};

use actix_web::{
    App as WebApp, HttpServer,
    dev::{Server, ServerHandle},
    middleware::NormalizePath,
    web::{self, Data},
};
use anyhow::Context as _;
use std::sync::Arc;

use super::tls::Certificate;
use crate::app::App;

/// How long requests under way may take once the service is told to stop, in seconds.
const DRAIN: u64 = 30;
/// Connections waiting to be accepted.
const BACKLOG: u32 = 2048;

/// A server that answers.
pub struct Running {
    /// Ends when the server has stopped.
    pub server: Server,
    pub handle: ServerHandle,
    /// With TLS, what can be read again.
    pub certificate: Option<Certificate>,
}

/// Binds the configured listener. Requests are answered once the returned server is polled.
pub fn start(app: &Arc<App>) -> anyhow::Result<Running> {
    let listener = &app.config.listener;
    let data = Data::from(Arc::clone(app));
    let root = listener.url_root.clone();
    let blocking = listener.blocking_threads.max(4);
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(data.clone())
            .wrap(NormalizePath::new(
                actix_web::middleware::TrailingSlash::MergeOnly,
            ))
            .configure(|service| {
                // What people type; within the prefix each path begins with a slash.
                if !root.is_empty() {
                    service.service(web::redirect(root.clone(), format!("{root}/")));
                    // Search engines ask at the root of a host only.
                    let robots = super::pages::robots::text(&root);
                    let answer = move || {
                        let robots = robots.clone();
                        async move { super::pages::robots::respond(robots) }
                    };
                    service.route("/robots.txt", web::get().to(answer));
                }
            })
            .service(web::scope(&root).configure(super::routes))
    })
    .workers(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))
    .worker_max_blocking_threads(blocking)
    .backlog(BACKLOG)
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(30))
    .shutdown_timeout(DRAIN)
    .disable_signals();

    let mut certificate = None;
    let server = if let Some(socket) = &listener.unix_socket {
        prepare_socket(socket)
            .with_context(|| format!("PORTUS_SOCKET_PATH: cannot use {}", socket.display()))?;
        server
            .bind_uds(socket)
            .with_context(|| format!("PORTUS_SOCKET_PATH: cannot listen on {}", socket.display()))?
    } else {
        let address = (listener.address.host.as_str(), listener.address.port);
        let busy = |error: io::Error| {
            let advice = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "another program uses it: stop that one, or choose another with PORTUS_PUMA_HOST"
                }
                io::ErrorKind::PermissionDenied => {
                    "this user may not use it: choose a port above 1023 with PORTUS_PUMA_HOST"
                }
                _ => "check PORTUS_PUMA_HOST",
            };
            anyhow::anyhow!(
                "cannot listen on {}:{}: {error}; {advice}",
                address.0,
                address.1
            )
        };
        match &listener.tls {
            Some(files) => {
                let loaded = Certificate::load(files.clone())?;
                let acceptor = loaded.acceptor()?;
                certificate = Some(loaded);
                server.bind_openssl(address, acceptor).map_err(busy)?
            }
            None => server.bind(address).map_err(busy)?,
        }
    };
    let server = server.run();
    Ok(Running {
        handle: server.handle(),
        server,
        certificate,
    })
}

/// Makes room for a socket: its directory, and no dead socket of an earlier run.
fn prepare_socket(path: &std::path::Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another process listens on it",
        ));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
