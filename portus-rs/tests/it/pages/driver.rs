//! One chromedriver for all tests of the process, and a Chromium of its own with a fresh profile for each session.

use std::{
    net::{Ipv4Addr, TcpStream},
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{
    runtime::{self, Runtime},
    sync::Semaphore,
};
use url::Url;

use crate::support::{
    process::{self, Server, Signal},
    room,
};

/// Another name of this machine, at which browsers deny what they deny on plain HTTP.
pub const ELSEWHERE: &str = "portus.example";

/// Where browsers find Gravatar: at a port of this machine, where nobody listens but in the test that is about it.
pub static GRAVATAR: LazyLock<u16> = LazyLock::new(room::free_port);

/// Browsers at a time: each is several processes.
pub static ROOM: Semaphore = Semaphore::const_new(4);

/// Where sessions and shared sites live: longer than the test that made them.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("start a runtime")
});

/// How a session sees the world.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub phone: bool,
    pub dark: bool,
    pub scripts: bool,
    /// What it asks for in `Accept-Language`.
    pub language: &'static str,
}

impl Look {
    pub const DESKTOP: Self = Self {
        width: 1280,
        height: 900,
        phone: false,
        dark: false,
        scripts: true,
        language: "en",
    };
    pub const DARK: Self = Self {
        dark: true,
        ..Self::DESKTOP
    };
    pub const PHONE: Self = Self {
        width: 390,
        height: 844,
        phone: true,
        ..Self::DESKTOP
    };
    pub const WITHOUT_SCRIPTS: Self = Self {
        scripts: false,
        ..Self::DESKTOP
    };
}

/// Opens a browser that looks as told.
pub async fn session(look: Look) -> Client {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--no-first-run".to_owned(),
        "--no-proxy-server".to_owned(),
        "--force-color-profile=srgb".to_owned(),
        "--hide-scrollbars".to_owned(),
        // A host that browsers do not trust as they trust loopback.
        format!(
            "--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1, MAP secure.gravatar.com 127.0.0.1:{}",
            *GRAVATAR
        ),
        // With a pipe it ends with the driver.
        "--remote-debugging-pipe".to_owned(),
        format!("--window-size={},{}", look.width, look.height),
    ];
    if process::is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    let capabilities = json!({
        "browserName": "chrome",
        // People continue past the warning about a certificate of one's own.
        "acceptInsecureCerts": true,
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {
                "intl.accept_languages": look.language,
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        },
    });
    let Value::Object(capabilities) = capabilities else {
        unreachable!("it is written as an object")
    };
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(Capabilities::from_iter(capabilities))
        .connect(&driver())
        .await
        .expect("start a browser");
    wear(&client, look).await;
    if !look.scripts {
        // Scripts of the page alone: ours still run.
        let off = json!({"value": true});
        cdp(&client, "Emulation.setScriptExecutionDisabled", off).await;
    }
    client
}

/// Shows the page that is open in the colours and the size of this look.
pub async fn wear(client: &Client, look: Look) {
    let theme = if look.dark { "dark" } else { "light" };
    let features = json!([
        {"name": "prefers-color-scheme", "value": theme},
        // What moves would be caught on its way by a picture.
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]);
    cdp(
        client,
        "Emulation.setEmulatedMedia",
        json!({"features": features}),
    )
    .await;
    cdp(
        client,
        "Emulation.setDeviceMetricsOverride",
        json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.phone}),
    )
    .await;
}

/// Tells Chromium what the driver has no word for.
pub async fn cdp(client: &Client, command: &str, parameters: Value) -> Value {
    let body = json!({"cmd": command, "params": parameters});
    let order = Order::post("goog/cdp/execute", body);
    sent(client, order)
        .await
        .unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// A device with passkeys beside the browser, that says yes to everything: its path in the driver.
pub async fn passkey_device(client: &Client) -> String {
    let device = json!({
        "protocol": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "isUserConsenting": true,
    });
    let order = Order::post("webauthn/authenticator", device);
    let id = sent(client, order).await.expect("make a device");
    format!("webauthn/authenticator/{}", id.as_str().unwrap())
}

/// The passkeys on a device.
pub async fn passkeys_on(client: &Client, device: &str) -> Vec<Value> {
    let order = Order {
        method: reqwest::Method::GET,
        path: format!("{device}/credentials"),
        body: None,
    };
    match sent(client, order).await {
        Ok(Value::Array(passkeys)) => passkeys,
        other => panic!("the device has {other:?}"),
    }
}

/// Puts a passkey on a device in the place of all that are there.
pub async fn put_passkey(client: &Client, device: &str, passkey: Value) {
    let order = Order {
        method: reqwest::Method::DELETE,
        path: format!("{device}/credentials"),
        body: None,
    };
    sent(client, order).await.expect("empty the device");
    let order = Order::post(&format!("{device}/credential"), passkey);
    sent(client, order).await.expect("fill the device");
}

/// What the console of the browser has been told since the last call: errors of scripts, refusals of the content
/// security policy, files that were not found.
pub async fn console(client: &Client) -> Vec<Value> {
    let order = Order::post("se/log", json!({"type": "browser"}));
    match sent(client, order).await {
        Ok(Value::Array(entries)) => entries,
        other => panic!("the browser's log is {other:?}"),
    }
}

async fn sent(client: &Client, order: Order) -> Result<Value, CmdError> {
    client.issue_cmd(order).await
}

/// A command that fantoccini has no word for.
#[derive(Debug)]
struct Order {
    method: reqwest::Method,
    path: String,
    body: Option<Value>,
}

impl Order {
    fn post(path: &str, body: Value) -> Self {
        Self {
            method: reqwest::Method::POST,
            path: path.to_owned(),
            body: Some(body),
        }
    }
}

impl WebDriverCompatibleCommand for Order {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _url: &Url) -> (reqwest::Method, Option<String>) {
        let body = self.body.as_ref().map(Value::to_string);
        (self.method.clone(), body)
    }
}

/// The address of the shared driver.
fn driver() -> String {
    static DRIVER: OnceLock<(Server, u16)> = OnceLock::new();
    let (_, port) = DRIVER.get_or_init(|| {
        process::need_program("chromium");
        let port = room::free_port();
        let directory = room::process_directory("chromedriver");
        let mut command =
            process::guarded(&process::need_program("chromedriver"), Signal::Terminate);
        command
            .arg(format!("--port={port}"))
            // Profiles are made here, and swept away by a later run if need be.
            .env("TMPDIR", &directory);
        let log = directory.join("chromedriver.log");
        let mut server = Server::start("chromedriver", command, &log, Signal::Terminate);
        server.until_ready(Duration::from_secs(30), || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        (server, port)
    });
    format!("http://127.0.0.1:{port}")
}
