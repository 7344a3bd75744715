//! Alertmanagers that a Prometheus names. Uses nothing of the crate.

use std::net::IpAddr;

use reqwest::Url;

/// Most Alertmanagers that are taken from one answer; a cluster has three.
const MOST: usize = 16;

/// What Prometheus' URLs end in: it names the path that alerts are posted to.
const ENDS: [&str; 2] = ["/api/v2/alerts", "/api/v1/alerts"];

/// The base URLs of the Alertmanagers whose `urls` Prometheus gave as `activeAlertmanagers`
/// (`/api/v1/alertmanagers`), in their order, each once, at most 16. What is no http or https URL is passed over, and so
/// are credentials: they come from our own settings, never from an answer. `server` is the URL of that Prometheus: what it
/// calls localhost is the machine that it runs on, not this one.
pub fn from_prometheus<U: AsRef<str>>(urls: impl IntoIterator<Item = U>, server: &Url) -> Vec<Url> {
    let mut found = Vec::new();
    for text in urls {
        let Some(url) = base(text.as_ref(), server) else { continue };
        if !found.contains(&url) {
            found.push(url);
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

fn base(text: &str, server: &Url) -> Option<Url> {
    let url = Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let mut url = super::amtool::without_credentials(&url);
    let path = url.path().trim_end_matches('/');
    let path = ENDS.iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path).to_owned();
    url.set_path(&path);
    if is_loopback(&url) && !is_loopback(server) {
        url.set_host(server.host_str()).ok()?;
    }
    Some(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let name = host.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Url {
        Url::parse("https://prom.example:9090/prometheus").expect("a URL")
    }

    #[test]
    fn what_a_distant_prometheus_calls_localhost_is_its_own_machine() {
        let table = [
            ("http://localhost:9093/api/v2/alerts", "http://prom.example:9093/"),
            ("http://127.0.0.2:9093/am/api/v2/alerts", "http://prom.example:9093/am"),
            ("http://[::1]:9093/api/v2/alerts", "http://prom.example:9093/"),
            ("http://10.0.0.1:9093/api/v2/alerts", "http://10.0.0.1:9093/"),
            ("http://localhost.example:9093/api/v2/alerts", "http://localhost.example:9093/"),
        ];
        for (given, expected) in table {
            assert_eq!(from_prometheus([given], &server())[0].as_str(), expected);
        }
        let here = Url::parse("http://[::1]:9090").expect("a URL");
        assert_eq!(from_prometheus([table[0].0], &here)[0].as_str(), "http://localhost:9093/");
    }

    #[test]
    fn the_path_of_the_api_is_taken_off() {
        let table = [
            ("http://am-0:9093/api/v2/alerts", "http://am-0:9093/"),
            ("https://am.example/alertmanager/api/v2/alerts", "https://am.example/alertmanager"),
            ("http://10.0.0.1:9093/api/v1/alerts", "http://10.0.0.1:9093/"),
            ("http://[fd00::1]:9093/api/v2/alerts/", "http://[fd00::1]:9093/"),
            ("http://u:p@am/api/v2/alerts?x=y", "http://am/"),
            ("http://am/elsewhere", "http://am/elsewhere"),
        ];
        for (given, expected) in table {
            let found: Vec<_> = from_prometheus([given], &server()).iter().map(ToString::to_string).collect();
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn each_is_named_once_and_nonsense_is_passed_over() {
        let given = [
            "http://a/api/v2/alerts",
            "http://a/api/v2/alerts",
            "nonsense",
            "file:///etc",
            "",
            "http://b/api/v2/alerts",
        ];
        let found: Vec<_> = from_prometheus(given, &server()).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["http://a/", "http://b/"]);
        assert_eq!(from_prometheus((0..100).map(|i| format!("http://am-{i}")), &server()).len(), MOST);
    }
}
