//! Who we say we are, whom we trust and which way we go, against servers that look closely.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/authority.rs"]
mod authority;
#[allow(dead_code, reason = "the scrapes' tests use the rest")]
#[path = "source/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authority::{Authority, Identity, acceptor};
use server::{Server, ok, send};
use shtop::source::access::{Access, Login, Proxy, Secret, Tls};
use shtop::source::http::{Client, HttpFault, Options, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const OPTIONS: Options = Options { timeout: Duration::from_secs(60), idle: 2, zstd: true };
const CAP: usize = 1 << 20;

fn client(access: Access) -> Client {
    Client::new(access, OPTIONS).expect("a client")
}

async fn get(client: &Client, url: &str) -> Result<String, HttpFault> {
    let answer = client.send(&Request::get(url.parse().expect("a URL"))).await?;
    match answer.json(CAP).await? {
        (None, body) => Ok(String::from_utf8_lossy(&body).into_owned()),
        (Some(fault), _) => Err(fault),
    }
}

async fn words(access: Access, url: &str) -> String {
    match get(&client(access), url).await {
        Ok(body) => body,
        Err(fault) => fault.to_string(),
    }
}

/// Lets this much time pass without waiting for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What a TLS front saw: the name asked for, the protocol agreed on, what came first.
type Seen = Arc<Mutex<Vec<(Option<String>, Option<Vec<u8>>, String)>>>;

/// A TLS server in front of nothing, which answers `{}`.
struct Front {
    port: u16,
    seen: Seen,
    _tasks: JoinSet<()>,
}

impl Front {
    async fn new(identity: Identity, clients: Option<&Authority>, protocols: &[&str]) -> Self {
        let acceptor = acceptor(identity, clients, protocols);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Seen::default();
        let mut tasks = JoinSet::new();
        let log = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
                connections.spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut first = vec![0; 4096];
                    let n = stream.read(&mut first).await.unwrap_or(0);
                    let (_, session) = stream.get_ref();
                    let name = session.server_name().map(str::to_owned);
                    let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
                    let first = String::from_utf8_lossy(&first[..n]).into_owned();
                    log.lock().expect("whole").push((name, protocol, first));
                    stream.write_all(ok("application/json", "{}").as_bytes()).await.ok();
                    stream.shutdown().await.ok();
                });
            }
        });
        Self { port, seen, _tasks: tasks }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/api", self.port)
    }
}

fn trusting(authority: &Authority) -> Tls {
    Tls { authorities: Some(authority.file()), ..Tls::default() }
}

fn with(tls: Tls) -> Access {
    Access { tls, ..Access::default() }
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_authority_and_its_name() {
    let authority = Authority::new();
    let front = Front::new(authority.identity("localhost", false), None, &["http/1.1"]).await;
    assert_eq!(words(with(trusting(&authority)), &front.url("localhost")).await, "{}");
    let wrong = words(with(trusting(&authority)), &front.url("127.0.0.1")).await;
    assert_eq!(wrong, "TLS: the certificate is not for 127.0.0.1");
    let other = Authority::new();
    let unknown = words(with(trusting(&other)), &front.url("localhost")).await;
    assert!(unknown.starts_with("TLS: the certificate's authority is unknown here"), "{unknown}");
    let insecure = with(Tls { insecure: true, ..Tls::default() });
    assert_eq!(words(insecure, &front.url("127.0.0.1")).await, "{}");

    let old = Front::new(authority.identity("localhost", true), None, &[]).await;
    assert_eq!(words(with(trusting(&authority)), &old.url("localhost")).await, "TLS: the certificate has expired");
}

#[tokio::test]
async fn a_server_name_is_what_the_server_is_told_and_its_certificate_must_be_for() {
    let authority = Authority::new();
    let front = Front::new(authority.identity("prom.example", false), None, &["h2", "http/1.1"]).await;
    let named = |name: &str| with(Tls { server_name: Some(name.to_owned()), ..trusting(&authority) });
    assert_eq!(words(named("prom.example"), &front.url("127.0.0.1")).await, "{}");
    let (name, _, request) = front.seen.lock().expect("whole")[0].clone();
    assert_eq!(name.as_deref(), Some("prom.example"));
    assert!(request.to_lowercase().contains(&format!("host: 127.0.0.1:{}\r\n", front.port)), "{request}");
    let wrong = words(named("other.example"), &front.url("127.0.0.1")).await;
    assert_eq!(wrong, "TLS: the certificate is not for other.example");
    let nonsense = words(named("not a name"), &front.url("127.0.0.1")).await;
    assert_eq!(nonsense, "TLS: the server name \"not a name\" is neither a host name nor an address");
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let authority = Authority::new();
    let front = Front::new(authority.identity("localhost", false), None, &["h2"]).await;
    words(with(trusting(&authority)), &front.url("localhost")).await;
    let (_, protocol, first) = front.seen.lock().expect("whole")[0].clone();
    assert_eq!(protocol.as_deref(), Some(&b"h2"[..]));
    assert!(first.starts_with("PRI * HTTP/2.0"), "{first}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_missed_by_name() {
    let authority = Authority::new();
    let front = Front::new(authority.identity("localhost", false), Some(&authority), &["http/1.1"]).await;
    let ours = authority.identity("ops", false);
    let (certificate, key) = (Some(ours.certificate.clone()), Some(ours.key_file.clone()));
    let shown = with(Tls { certificate: certificate.clone(), key, ..trusting(&authority) });
    assert_eq!(words(shown, &front.url("localhost")).await, "{}");

    let both = authority.dir.path().join("both.pem");
    let text = |path: &Path| fs::read_to_string(path).expect("there");
    fs::write(&both, text(&ours.certificate) + &text(&ours.key_file)).expect("written");
    let in_one = with(Tls { certificate: Some(both), ..trusting(&authority) });
    assert_eq!(words(in_one, &front.url("localhost")).await, "{}");

    let none = words(with(trusting(&authority)), &front.url("localhost")).await;
    assert!(none.starts_with("TLS: ") && none.contains("client certificate"), "{none}");

    let other = authority.identity("other", false);
    let broken = authority.dir.path().join("broken.key");
    fs::write(&broken, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .expect("written");
    for (key, complaint) in [
        (other.key_file.clone(), "other.key is not the certificate's key"),
        (other.certificate.clone(), "other.pem holds no private key in PEM"),
        (authority.dir.path().join("none"), "none cannot be read: No such file or directory"),
        (broken, "broken.key holds a key that is encrypted; decrypt it first (openssl pkey -in FILE -out NEW)"),
    ] {
        let tls = Tls { certificate: certificate.clone(), key: Some(key), ..trusting(&authority) };
        let found = words(with(tls), &front.url("localhost")).await;
        assert!(found.ends_with(complaint), "{found}");
    }
}

#[tokio::test]
async fn certificates_are_read_again_when_their_files_change() {
    let (authority, other) = (Authority::new(), Authority::new());
    let front = Front::new(authority.identity("localhost", false), None, &["http/1.1"]).await;
    let file = authority.dir.path().join("trusted.pem");
    fs::copy(other.file(), &file).expect("copied");
    let client = client(with(Tls { authorities: Some(file.clone()), ..Tls::default() }));
    let url = front.url("localhost");
    let unknown = get(&client, &url).await.expect_err("not trusted").to_string();
    assert!(unknown.contains("authority is unknown"), "{unknown}");
    fs::write(&file, fs::read_to_string(authority.file()).expect("there") + "\n").expect("written");
    pass(Duration::from_secs(1)).await;
    assert_eq!(get(&client, &url).await.as_deref(), Ok("{}"));
}

/// A server that lets in whoever sends this line, and says what it was sent.
async fn picky(line: &'static str) -> Server {
    Server::new(move |_, head, mut stream| async move {
        let answer = if head.to_lowercase().contains(&format!("\r\n{line}\r\n").to_lowercase()) {
            ok("application/json", "{}")
        } else {
            ok("text/plain", "no\n").replace("200 OK", "401 Unauthorized")
        };
        send(&mut stream, answer.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn logins_and_headers_come_from_wherever_they_are_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let token = dir.path().join("token");
    fs::write(&token, "s3cret\n").expect("written");
    let server = picky("authorization: Bearer s3cret").await;
    let url = format!("http://{}/api", server.address());
    let bearer = |secret| Access { login: Login::Bearer(secret), ..Access::default() };
    let command = |text: &str| Secret::Command(text.to_owned());
    assert_eq!(words(bearer(Secret::Plain("s3cret".to_owned())), &url).await, "{}");
    assert_eq!(words(bearer(Secret::File(token.clone())), &url).await, "{}");
    assert_eq!(words(bearer(command("echo s3cret")), &url).await, "{}");

    assert_eq!(words(Access::default(), &url).await, "HTTP 401 Unauthorized: no");
    assert_eq!(words(bearer(Secret::Plain("wrong".to_owned())), &url).await, "HTTP 401: refused the token: no");
    fs::write(&token, "wrong").expect("written");
    let refused = words(bearer(Secret::File(token.clone())), &url).await;
    assert_eq!(refused, format!("HTTP 401: refused the token (from file {}): no", token.display()));
    let failed = words(bearer(command("exit 1")), &url).await;
    assert_eq!(failed, "the secret (from a command): it failed (exit status: 1); run it in a shell to see why");

    let basic = picky("authorization: basic ZGV2OnMzY3JldA==").await;
    let url = format!("http://{}/api", basic.address());
    let login = Login::Basic { user: "dev".to_owned(), password: command("echo s3cret") };
    assert_eq!(words(Access { login, ..Access::default() }, &url).await, "{}");

    let tenant = picky("x-scope-orgid: team-a").await;
    let url = format!("http://{}/api", tenant.address());
    let headers = vec![("X-Scope-OrgID".to_owned(), Secret::Plain("team-a".to_owned()))];
    assert_eq!(words(Access { headers, ..Access::default() }, &url).await, "{}");
    let headers = vec![("X Scope".to_owned(), Secret::Plain("team-a".to_owned()))];
    let fault = Client::new(Access { headers, ..Access::default() }, OPTIONS).expect_err("no name");
    assert_eq!(fault.to_string(), "\"X Scope\" cannot be the name of a header");
}

#[tokio::test]
async fn a_token_that_has_run_out_is_asked_for_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("token");
    fs::write(&file, "old").expect("written");
    let server = picky("authorization: Bearer new").await;
    let url = format!("http://{}/api", server.address());
    let command = Secret::Command(format!("cat {}", file.display()));
    let client = client(Access { login: Login::Bearer(command), ..Access::default() });
    assert!(get(&client, &url).await.is_err());
    assert_eq!(server.requests(), 1, "a command that has just been run is not run again");
    fs::write(&file, "new").expect("written");
    pass(Duration::from_secs(5)).await;
    assert_eq!(get(&client, &url).await.as_deref(), Ok("{}"));
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_proxy_is_asked_for_what_is_far_and_not_for_what_is_here() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let proxy = Server::new(move |_, head, mut stream| {
        let tunnel = head.starts_with("CONNECT");
        seen.lock().expect("whole").push(head);
        async move {
            let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned();
            send(&mut stream, if tunnel { refusal } else { ok("application/json", "{}") }.as_bytes()).await;
        }
    })
    .await;
    let through = |url: String| Access { proxy: Proxy::Through(Secret::Plain(url)), ..Access::default() };
    let url = format!("http://dev:hunter2@{}", proxy.address());
    assert_eq!(words(through(url.clone()), "http://prom.example/api").await, "{}");
    let head = heads.lock().expect("whole")[0].to_lowercase();
    assert!(head.starts_with("get http://prom.example/api http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nproxy-authorization: basic zgv2omh1bnrlcji=\r\n"), "{head}");

    let refused = words(through(url.clone()), "https://prom.example/api").await;
    assert_eq!(refused, "the proxy does not let us through: it does not connect us to this server");
    assert!(heads.lock().expect("whole")[1].starts_with("CONNECT prom.example:443 "));

    let here = Server::raw(ok("application/json", "[]")).await;
    assert_eq!(words(through(url), &format!("http://{}/", here.address())).await, "[]");
    assert_eq!(proxy.requests(), 2);
    let nonsense = words(through("::".to_owned()), "http://prom.example/").await;
    assert_eq!(nonsense, "the proxy does not let us through: its URL is none; write http://host:port");
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_file_is_a_way_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("prom.sock");
    let listener = tokio::net::UnixListener::bind(&path).expect("bound");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            assert!(stream.read(&mut head).await.is_ok_and(|n| n > 0));
            stream.write_all(ok("application/json", "{}").as_bytes()).await.ok();
        }
    });
    let access = Access { socket: Some(path), ..Access::default() };
    assert_eq!(words(access, "http://prom.example/api").await, "{}");
    let missing = Access { socket: Some(dir.path().join("none")), ..Access::default() };
    let words = words(missing, "http://prom.example/api").await;
    assert_eq!(words, "cannot be reached: there is no such socket file");
}

#[tokio::test]
async fn an_answer_that_is_no_json_says_what_it_is() {
    let page = "<html><title>Sign in</title></html>";
    let status = |line: &str, kind: &str, body: &str| ok(kind, body).replace("200 OK", line);
    for (answer, expected) in [
        (ok("text/html", page), "answers with a web page titled “Sign in”"),
        (ok("text/plain", page), "answers with a web page titled “Sign in”"),
        (status("502 Bad Gateway", "text/html", page), "HTTP 502 Bad Gateway"),
        (status("400 Bad Request", "text/plain", "\nno org id\nmore"), "HTTP 400 Bad Request: no org id"),
        (
            status("429 Too Many Requests\r\nRetry-After: 17", "text/plain", ""),
            "HTTP 429 Too Many Requests (asks for 17s of rest)",
        ),
    ] {
        let server = Server::raw(answer).await;
        assert_eq!(words(Access::default(), &format!("http://{}/", server.address())).await, expected);
    }
}
