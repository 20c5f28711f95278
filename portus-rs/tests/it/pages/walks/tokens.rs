//! What stands in for a password.

use super::site::{site, walk};
use crate::{pages::driver::RUNTIME, support::images::Package};

#[test]
fn a_token_is_shown_once_and_lets_a_client_in() {
    let site = site(&[]);
    RUNTIME.block_on(site.user("owner"));
    walk(&site, async |page| {
        page.become_user("owner").await;
        page.open("/users/edit").await;
        let tokens = page.within("Application tokens");
        tokens.press("Create new token").await;
        tokens.fill("Application", "laptop").await;
        tokens.press("Create").await;
        page.see("was created successfully").await;
        page.see("docker login -u owner").await;
        let secret = page
            .run("return document.querySelector('#flashes code, #flashes [data-copy]')?.textContent.trim() || ''")
            .await;
        let secret = secret.as_str().unwrap().to_owned();
        assert!(secret.len() >= 20, "“{secret}” is no token");
        let client = crate::support::skopeo::Skopeo::anonymous();
        let _ = client
            .login(&site.registry.address, "owner", &secret)
            .succeeded();
        let target = site.image("owner/app:1");
        let _ = client
            .push(&Package::docker_image("by token", "amd64"), &target)
            .succeeded();
        page.reload().await;
        page.not_see(&secret).await;
        for number in 2..=5 {
            let tokens = page.within("Application tokens");
            tokens.press("Create new token").await;
            tokens
                .fill("Application", &format!("machine {number}"))
                .await;
            tokens.press("Create").await;
            page.see("was created successfully").await;
        }
        page.open("/users/edit").await;
        assert!(
            !page
                .within("Application tokens")
                .offers("Create new token")
                .await,
            "five are all there are"
        );
        page.within("laptop").press("Remove").await;
        page.press("Yes").await;
        page.see("Token 'laptop' was removed successfully").await;
        let _ = client
            .push(&Package::docker_image("too late", "amd64"), &target)
            .failed();
    });
}
