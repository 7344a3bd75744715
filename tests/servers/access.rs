//! A real Prometheus behind a front that looks closely: a password, and a client certificate.

use std::time::Duration;

use shtop::promql::Query;
use shtop::source::access::{Access, Login, Secret, Tls};
use shtop::source::prometheus::PrometheusOptions;
use shtop::source::{Ask, Health, Link, Plan, Shape};

use crate::authority::{Authority, Identity, acceptor};
use crate::front::{Front, Look};
use crate::process::{Kind, Server};
use crate::watching::{Watching, down, options};

/// `dev:s3cret`
const AUTHORIZATION: &str = "Basic ZGV2OnMzY3JldA==";

/// What one panel shows through this URL: its values, or the words of its fault; and the link.
async fn shown(url: &str, access: Access) -> (Result<usize, String>, Link) {
    let options = PrometheusOptions { access, timeout: Duration::from_secs(60), ..options(url) };
    let mut source = Watching::asking(options);
    let queries = [Query::parse("vector(1)").expect("a query")].into();
    let asks = vec![Ask { key: 0, queries, shape: Shape::Range }];
    source.watch(Plan { revision: 1, asks, variables: Vec::new(), range: 60_000, step: 1_000, end: None });
    let answer = source.all("an answer", 1, |_| true).await.remove(0);
    let link = source.link("the link to be judged", |_, link| link.health != Health::Unknown).await;
    let outcome = match &answer.replies[0] {
        Ok(reply) => Ok(reply.range[0].values.len()),
        Err(_) => Err(down(&answer).expect("the server's fault").to_owned()),
    };
    (outcome, link)
}

fn access(login: Login, tls: Tls) -> Access {
    Access { login, tls, ..Access::default() }
}

fn trusting(authority: &Authority) -> Tls {
    Tls { authorities: Some(authority.file()), ..Tls::default() }
}

fn basic(password: &str) -> Login {
    Login::Basic { user: "dev".to_owned(), password: Secret::Plain(password.to_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_behind_tls_wants_to_know_who_asks() {
    let prometheus = Server::start(Kind::Prometheus).await;
    let authority = Authority::new();
    let trusting = || trusting(&authority);
    let look = |clients: Option<&Authority>| Look {
        tls: Some(acceptor(authority.identity("localhost", false), clients, &["http/1.1"])),
        authorization: Some(AUTHORIZATION),
    };

    let front = Front::new(&prometheus.address, look(None)).await;
    let (values, link) = shown(&front.url(), access(basic("s3cret"), trusting())).await;
    assert_eq!((values, link.health), (Ok(61), Health::Up));
    assert!(link.url.starts_with("https://localhost:") && !link.insecure, "{}", link.url);
    let insecure = Tls { insecure: true, ..Tls::default() };
    let (values, link) = shown(&front.url(), access(basic("s3cret"), insecure)).await;
    assert!(values.is_ok() && link.insecure, "{values:?}");

    for (login, words) in [
        (basic("wrong"), "HTTP 401: refused the user and password"),
        (Login::None, "HTTP 401 Unauthorized (does it want a user and password?)"),
    ] {
        let (fault, link) = shown(&front.url(), access(login, trusting())).await;
        let fault = fault.expect_err("refused");
        assert!(fault.starts_with(words) && !fault.contains("wrong"), "{fault}");
        assert_eq!(link.health, Health::Down { reason: fault });
    }
    let (fault, _) = shown(&front.url(), access(basic("s3cret"), Tls::default())).await;
    let fault = fault.expect_err("not trusted");
    assert!(fault.starts_with("TLS: the certificate's authority is unknown here"), "{fault}");

    let front = Front::new(&prometheus.address, look(Some(&authority))).await;
    let ours = authority.identity("ops", false);
    let with = |certificate, key| Tls { certificate: Some(certificate), key: Some(key), ..trusting() };
    let tls = with(ours.certificate.clone(), ours.key_file.clone());
    let (values, link) = shown(&front.url(), access(basic("s3cret"), tls)).await;
    assert_eq!((values, link.health), (Ok(61), Health::Up));
    let (fault, _) = shown(&front.url(), access(basic("s3cret"), trusting())).await;
    let fault = fault.expect_err("no certificate");
    assert!(fault.starts_with("TLS: ") && fault.contains("client certificate"), "{fault}");
    let other = Authority::new();
    let theirs = other.identity("ops", false);
    let tls = with(theirs.certificate.clone(), theirs.key_file.clone());
    let (fault, _) = shown(&front.url(), access(basic("s3cret"), tls)).await;
    let fault = fault.expect_err("another authority's certificate");
    assert!(fault.starts_with("TLS: the server does not take the client certificate"), "{fault}");
}

/// `s3cret`, by bcrypt.
const HASH: &str = "$2b$04$shtopteststeststests2uWWYr7Q0LcfHy7ibI2U1GLQPMmVV6LqC";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_with_tls_and_passwords_of_its_own_does_so_too() {
    let authority = Authority::new();
    let (server, ours) = (authority.identity("localhost", false), authority.identity("ops", false));
    let other = Authority::new();
    let theirs = other.identity("ops", false);
    let web = format!(
        "tls_server_config: {{cert_file: {}, key_file: {}, client_auth_type: RequireAndVerifyClientCert, \
         client_ca_file: {}}}\nbasic_auth_users: {{dev: {HASH}}}\n",
        server.certificate.display(),
        server.key_file.display(),
        authority.file().display()
    );
    let prometheus = Server::guarded(&web).await;
    let url = format!("https://{}", prometheus.address.replace("127.0.0.1", "localhost"));
    let with = |identity: &Identity| Tls {
        certificate: Some(identity.certificate.clone()),
        key: Some(identity.key_file.clone()),
        ..trusting(&authority)
    };
    let (values, link) = shown(&url, access(basic("s3cret"), with(&ours))).await;
    assert_eq!((values, link.health), (Ok(61), Health::Up));
    let (fault, _) = shown(&url, access(basic("wrong"), with(&ours))).await;
    let fault = fault.expect_err("a wrong password");
    assert!(fault.starts_with("HTTP 401: refused the user and password"), "{fault}");
    // It says so after its part of the handshake, so that which words come is a matter of moments: often is what counts.
    for tls in [trusting(&authority), with(&theirs)].iter().cycle().take(10) {
        let (fault, _) = shown(&url, access(basic("s3cret"), tls.clone())).await;
        let fault = fault.expect_err("no good certificate");
        assert!(fault.starts_with("TLS: ") && fault.contains("client certificate"), "{fault}");
    }
    let (fault, _) = shown(&url.replace("https", "http"), access(basic("s3cret"), Tls::default())).await;
    let fault = fault.expect_err("TLS is wanted");
    assert!(fault.contains("Client sent an HTTP request to an HTTPS server"), "{fault}");
}
