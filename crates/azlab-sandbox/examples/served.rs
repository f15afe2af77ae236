//! Serves a sandbox on a socket, and asks it with an ordinary HTTP client.

use azlab_sandbox::serve::{CancellationToken, ServeOptions, TlsIdentity, serve};
use azlab_sandbox::{Clock, SUBSCRIPTION_ID, Sandbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Clock::real().now();
    let azure = Sandbox::in_memory(Clock::today(60.0))?;
    let tls = TlsIdentity::generate(now)?;
    let options = ServeOptions::new("127.0.0.1:0".parse()?, Some(tls.clone()), azure.clock().speed());
    let stop = CancellationToken::new();
    let server = serve(azure.public_router(), options, stop.clone()).await?;

    let ca = reqwest::Certificate::from_pem(tls.authority_pem().as_bytes())?;
    let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build()?;
    let url = format!("{}/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01", server.url());
    let answer = client.get(url).header("authorization", azure.bearer()?).send().await?.error_for_status()?;
    println!("{}", answer.text().await?);

    stop.cancel();
    server.stopped().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_client_that_trusts_the_authority_is_served() {
        super::main().unwrap();
    }
}
