use actix_web::{
    App,
    body::to_bytes,
    dev::ServiceResponse,
    http::StatusCode,
    test::{TestRequest, init_service},
};

use super::*;

async fn ask(request: TestRequest) -> ServiceResponse {
    let service = init_service(App::new().service(serve)).await;
    actix_web::test::call_service(&service, request.to_request()).await
}

async fn get(uri: &str, accept: &str) -> ServiceResponse {
    ask(TestRequest::get()
        .uri(uri)
        .insert_header((header::ACCEPT_ENCODING, accept)))
    .await
}

fn header_of<'a>(answer: &'a ServiceResponse, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

async fn plain(answer: ServiceResponse) -> Bytes {
    let packed = header_of(&answer, "content-encoding") == "gzip";
    let body = to_bytes(answer.into_body()).await.unwrap();
    if packed { unpacked(Some(&body)) } else { body }
}

#[actix_web::test]
async fn a_file_is_kept_for_a_year_at_the_address_that_pages_name() {
    for path in ["vendor/tabler.css", "images/icon.svg"] {
        let uri = url("", path).unwrap();
        let answer = get(&uri, "gzip").await;
        assert_eq!(answer.status(), StatusCode::OK, "{uri}");
        assert_eq!(header_of(&answer, "cache-control"), FOR_A_YEAR);
        assert_eq!(header_of(&answer, "vary"), "Accept-Encoding");
        assert_eq!(header_of(&answer, "x-content-type-options"), "nosniff");
    }
}

#[actix_web::test]
async fn the_plain_name_and_another_version_s_address_are_asked_about_each_time() {
    for uri in [
        "/assets/vendor/tabler.css",
        "/assets/0123456789abcdef/vendor/tabler.css",
    ] {
        let answer = get(uri, "gzip").await;
        assert_eq!(answer.status(), StatusCode::OK, "{uri}");
        assert_eq!(header_of(&answer, "cache-control"), ASK_EACH_TIME);
        let tag = header_of(&answer, "etag").to_owned();
        let again = ask(TestRequest::get()
            .uri(uri)
            .insert_header((header::IF_NONE_MATCH, tag)))
        .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{uri}");
        assert!(to_bytes(again.into_body()).await.unwrap().is_empty());
    }
}

#[actix_web::test]
async fn each_browser_gets_the_smallest_form_it_understands() {
    for (path, accept, expected) in [
        ("vendor/tabler.css", "gzip, deflate, br, zstd", "br"),
        ("vendor/tabler.css", "gzip, deflate", "gzip"),
        ("vendor/tabler.css", "br;q=0, gzip", "gzip"),
        ("vendor/tabler.css", "identity", "identity"),
        ("images/icon.svg", "gzip, deflate, br", "gzip"),
        ("vendor/swagger-ui.css", "gzip, deflate, br", "gzip"),
    ] {
        let answer = get(&url("", path).unwrap(), accept).await;
        let found = header_of(&answer, "content-encoding");
        assert_eq!(found, expected, "{path} for {accept}");
    }
}

#[actix_web::test]
async fn all_forms_of_a_file_say_the_same() {
    let uri = url("", "vendor/htmx.js").unwrap();
    let (packed, open) = (
        plain(get(&uri, "gzip").await).await,
        plain(get(&uri, "").await).await,
    );
    assert!(open.len() > 40_000, "{} bytes", open.len());
    assert_eq!(packed, open);
    let uri = url("", "images/icon.svg").unwrap();
    assert_eq!(
        plain(get(&uri, "gzip").await).await,
        Files::get("images/icon.svg").unwrap().data.as_ref()
    );
}

#[actix_web::test]
async fn nothing_but_the_files_meant_for_browsers_comes_out() {
    for path in [
        "..%2fCargo.toml",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2fviews%2fhome.html",
        "../Cargo.toml",
        "css/..%2f..%2fviews%2fhome.html",
        "css/..%2f..%2fassets%2fcss%2fplain.css",
        "..%5cCargo.toml",
        "%2fetc%2fpasswd",
        "..%2fassets%2fvendor%2ftabler.css",
        "0123456789abcdef/..%2fvendor%2ftabler.css",
        "vendor/update.sh",
        "vendor/README.md",
        "vendor/SHA256SUMS",
        "vendor/tabler.css.br",
        "vendor",
        "vendor/",
        "nothing.css",
        "",
    ] {
        let answer = get(&format!("/assets/{path}"), "gzip").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn an_address_exists_for_files_alone() {
    assert_eq!(address("vendor/none.css"), None);
    let address = url("/portus", "vendor/icons.svg").unwrap();
    assert!(address.starts_with("/portus/assets/"), "{address}");
    assert!(address.ends_with("/vendor/icons.svg"), "{address}");
}

/// Every file that a release has in its table is found as a debug build finds it.
#[test]
fn the_table_has_every_file_under_the_name_it_is_asked_by() {
    for path in ["vendor/tabler.css", "vendor/htmx.js", "images/icon.svg"] {
        let known = KNOWN.get(path).unwrap();
        assert_eq!(known.fingerprint, Asset::read(path).unwrap().fingerprint);
    }
    assert!(
        KNOWN
            .keys()
            .all(|name| !name.ends_with(".gz") && !name.ends_with(".br"))
    );
}
