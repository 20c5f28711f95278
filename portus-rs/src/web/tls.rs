//! The TLS listener's certificate, exchanged without a restart.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use openssl::ssl::{
    AlpnError, NameType, SslAcceptor, SslAcceptorBuilder, SslContext, SslFiletype, SslMethod,
    SslOptions,
};

use crate::config::TlsFiles;

/// A certificate that can be read again.
pub struct Certificate {
    files: TlsFiles,
    current: Arc<RwLock<SslContext>>,
}

impl Certificate {
    pub fn load(files: TlsFiles) -> anyhow::Result<Self> {
        let current = acceptor(&files)?.build().into_context();
        Ok(Self {
            files,
            current: Arc::new(RwLock::new(current)),
        })
    }

    /// An acceptor that hands each new connection the certificate of the moment.
    pub fn acceptor(&self) -> anyhow::Result<SslAcceptorBuilder> {
        let mut builder = acceptor(&self.files)?;
        let current = Arc::clone(&self.current);
        builder.set_servername_callback(move |ssl, _| {
            let _ = ssl.servername(NameType::HOST_NAME);
            let context = current.read().unwrap_or_else(PoisonError::into_inner);
            // On failure the connection keeps the certificate it started with.
            let _ = ssl.set_ssl_context(&context);
            Ok(())
        });
        Ok(builder)
    }

    /// Reads the files again; a broken pair leaves the old one in place.
    pub fn reload(&self) {
        match acceptor(&self.files) {
            Ok(fresh) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = fresh.build().into_context();
                tracing::info!("the TLS certificate has been read again");
            }
            Err(error) => tracing::error!("the TLS certificate stays as it was: {error:#}"),
        }
    }
}

fn acceptor(files: &TlsFiles) -> anyhow::Result<SslAcceptorBuilder> {
    // Mozilla's intermediate profile: TLS 1.2 and later.
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    builder.set_options(SslOptions::NO_RENEGOTIATION);
    builder
        .set_private_key_file(&files.key, SslFiletype::PEM)
        .with_context(|| {
            format!(
                "PORTUS_PUMA_TLS_KEY: {} holds no readable private key",
                files.key.display()
            )
        })?;
    builder
        .set_certificate_chain_file(&files.cert)
        .with_context(|| {
            format!(
                "PORTUS_PUMA_TLS_CERT: {} holds no readable certificate",
                files.cert.display()
            )
        })?;
    builder.check_private_key().with_context(|| {
        format!(
            "the certificate in {} (PORTUS_PUMA_TLS_CERT) does not belong to the key in {} (PORTUS_PUMA_TLS_KEY)",
            files.cert.display(),
            files.key.display()
        )
    })?;
    builder.set_alpn_select_callback(|_, offered| {
        openssl::ssl::select_next_proto(b"\x02h2\x08http/1.1", offered).ok_or(AlpnError::NOACK)
    });
    Ok(builder)
}
