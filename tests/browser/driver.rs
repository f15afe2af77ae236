//! Headless Chromium under its driver: a session, the screens on which a page is looked at, keys and scripts.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::prelude::*;

use crate::tools::Tools;

/// A screen in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The screens on which every page is looked at.
pub(crate) const SCREENS: [Screen; 3] = [
    Screen { name: "laptop", width: 1280, height: 720 },
    Screen { name: "projector", width: 1920, height: 1080 },
    Screen { name: "phone", width: 390, height: 844 },
];

/// A page may take so long to answer a script; axe takes seconds for a class of hundreds on a busy machine.
const SCRIPT_LIMIT: Duration = Duration::from_secs(240);

/// Until then a page does what it does by itself, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// The driver's process, which ends with the test.
struct Chromedriver {
    child: Child,
    url: String,
}

impl Chromedriver {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        let mut child = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 41234."
        let port = lines.find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()));
        let port = port.expect("the driver says its port");
        // It goes on to talk: somebody has to read.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{}", port.trim_end_matches('.')) }
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page in a browser.
pub(crate) struct Page {
    driver: WebDriver,
    pub(crate) axe: String,
}

/// Does `work` with a browser of its own; skips it, with a message, where there is none.
pub(crate) fn browse(work: impl AsyncFnOnce(&Page)) {
    let Some(tools) = Tools::found() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let chromedriver = Chromedriver::start();
        let mut wanted = DesiredCapabilities::chrome();
        // Root needs --no-sandbox; every page here is azlab's own.
        for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] {
            wanted.add_arg(argument).unwrap();
        }
        wanted.set("goog:loggingPrefs", json!({"performance": "ALL", "browser": "ALL"})).unwrap();
        let driver = WebDriver::new(&chromedriver.url, wanted).await.unwrap();
        driver.set_script_timeout(SCRIPT_LIMIT).await.unwrap();
        let done = driver.run_and_quit(async |driver| {
            work(&Page { driver, axe: tools.axe }).await;
            Ok::<(), WebDriverError>(())
        });
        done.await.unwrap();
    });
}

impl Page {
    /// Opens a file.
    pub(crate) async fn open(&self, file: &Path) {
        self.go(&format!("file://{}", file.display())).await;
    }

    /// Opens a page that is served.
    pub(crate) async fn go(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Looks at the page on `screen` from now on.
    pub(crate) async fn on(&self, screen: Screen) {
        let is_phone = screen.width < 600;
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": is_phone,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Asks for dark pages, or light ones.
    pub(crate) async fn in_the_dark(&self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.unwrap();
    }

    /// What a script gives: the body of a function.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = self.driver.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        serde_json::from_value(answer.json().clone()).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What a script gives later, to the function `done`.
    pub(crate) async fn ask_later(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.driver.execute_async(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Clicks on what a selector finds first.
    pub(crate) async fn click(&self, selector: &str) {
        self.driver.find(By::Css(selector)).await.unwrap().click().await.unwrap();
    }

    /// Waits until a script gives true; it must.
    pub(crate) async fn until(&self, what: &str, script: &str) {
        let began = Instant::now();
        while !self.ask::<bool>(script).await {
            assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The page on A4, as a PDF.
    pub(crate) async fn print(&self) -> Vec<u8> {
        let page = thirtyfour::common::print::PrintPage { width: 21.0, height: 29.7 };
        let parameters = thirtyfour::common::print::PrintParameters { page, ..Default::default() };
        self.driver.print_page(parameters).await.unwrap()
    }

    /// What is seen of the page now, as a PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.unwrap()
    }

    /// What the browser has written down of one kind since it was last asked: `performance`, `browser`.
    pub(crate) async fn log(&self, kind: &str) -> Vec<String> {
        self.driver.get_log(kind).await.unwrap().into_iter().map(|entry| entry.message).collect()
    }
}
