//! How the servers of a context are to be reached: one login, and nobody else's.

use std::collections::BTreeSet;

use super::address::{Address, origin as origin_of};
use super::context::Alertmanager;
use super::file::Section;
use super::layer::{Given, Layer, Origin};
use super::resolve::merged;
use super::setting::Key;
use super::value::Value;
use crate::source::access::{Access, Login, Proxy, Secret, Tls};

/// A context in the making.
pub(super) struct Draft<'a> {
    /// All layers in one.
    pub all: Layer,
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// Names of the environment variables that are set.
    pub variables: &'a BTreeSet<String>,
}

impl Draft<'_> {
    /// How to reach the source; `all` keeps of the logins the one that is used.
    pub(super) fn access(&mut self, layers: &[&Layer]) -> Access {
        let mut all = std::mem::take(&mut self.all);
        let access = self.reach(&mut all, layers);
        self.all = all;
        access
    }

    /// How to reach what `all` says.
    fn reach(&mut self, all: &mut Layer, layers: &[&Layer]) -> Access {
        let login = self.login(all, layers);
        let headers = all.headers();
        for header in &headers {
            if login != Login::None && header.name.eq_ignore_ascii_case("authorization") {
                self.wrong.push(format!("{}: header Authorization and a login exclude each other", header.origin));
            }
            self.variable(&header.value, &header.origin);
        }
        let tls = Tls {
            authorities: all.file(Key::Ca),
            certificate: all.file(Key::Cert),
            key: all.file(Key::PrivateKey),
            server_name: all.word(Key::ServerName),
            insecure: all.on(Key::Insecure),
        };
        if let (None, Some(key)) = (&tls.certificate, all.get(Key::PrivateKey)) {
            self.wrong
                .push(format!("{}: a key is of no use without a certificate; give --cert or tls.cert", key.origin));
        }
        let proxy = match all.get(Key::Proxy) {
            Some(Given { value: Value::Proxy(proxy), origin }) => {
                if let Proxy::Through(secret) = proxy {
                    self.variable(secret, origin);
                }
                proxy.clone()
            }
            _ => Proxy::Environment,
        };
        let headers = headers.into_iter().map(|h| (h.name, h.value)).collect();
        Access { login, headers, tls, proxy, socket: all.file(Key::Socket) }
    }

    /// The login of the strongest layer that has one; user and password may come from different layers.
    fn login(&mut self, all: &mut Layer, layers: &[&Layer]) -> Login {
        let in_url = |layer: &Layer| match layer.get(Key::Prometheus).map(|given| (&given.value, &given.origin)) {
            Some((Value::Address(address), origin)) => address.login.clone().map(|login| (login, origin.clone())),
            _ => None,
        };
        let has = |layer: &Layer, key| layer.get(key).is_some();
        let basic = |layer: &Layer| has(layer, Key::User) || has(layer, Key::Password);
        let Some(layer) = layers.iter().find(|l| in_url(l).is_some() || basic(l) || has(l, Key::Token)) else {
            return Login::None;
        };
        if has(layer, Key::Token) {
            all.remove(Key::User);
            all.remove(Key::Password);
            return match all.get(Key::Token) {
                Some(Given { value: Value::Secret(token), origin }) => {
                    self.variable(token, origin);
                    Login::Bearer(token.clone())
                }
                _ => Login::None,
            };
        }
        all.remove(Key::Token);
        if let Some(((user, password), origin)) = in_url(layer) {
            // A URL with a user alone leaves the password to somebody else.
            let password = match all.get(Key::Password) {
                Some(Given { value: Value::Secret(secret), origin }) if password.is_empty() => {
                    self.variable(secret, origin);
                    secret.clone()
                }
                _ => {
                    let value = Value::Secret(Secret::Plain(password.clone()));
                    all.set(Key::Password, Given { value, origin: origin.clone() });
                    Secret::Plain(password)
                }
            };
            all.set(Key::User, Given { value: Value::Word(user.clone()), origin });
            return Login::Basic { user, password };
        }
        match (all.get(Key::User), all.get(Key::Password)) {
            (Some(Given { value: Value::Word(user), .. }), Some(Given { value: Value::Secret(password), origin })) => {
                self.variable(password, origin);
                Login::Basic { user: user.clone(), password: password.clone() }
            }
            (Some(user), _) => {
                let ways = "give --password-file, $SHTOP_PASSWORD, or auth.password in the context";
                self.wrong.push(format!("{}: there is a user but no password; {ways}", user.origin));
                Login::None
            }
            (None, Some(password)) => {
                self.wrong
                    .push(format!("{}: there is a password but no user; give --user or auth.user", password.origin));
                Login::None
            }
            (None, None) => Login::None,
        }
    }

    /// Complains about a secret in a variable that is not there.
    fn variable(&mut self, secret: &Secret, origin: &Origin) {
        if let Secret::Environment(name) = secret
            && !self.variables.contains(name)
        {
            self.wrong.push(format!("{origin}: environment variable {name} is not set"));
        }
    }

    /// The Alertmanager, and what was said about reaching it alone.
    pub(super) fn alertmanager(
        &mut self,
        layers: &[&Layer],
        source: &Access,
        section: Option<&Section>,
    ) -> Option<(Alertmanager, Layer)> {
        let address = |layer: &Layer, key| match layer.get(key).map(|given| &given.value) {
            Some(Value::Address(address)) => Some(address.clone()),
            _ => None,
        };
        let given = self.all.get(Key::Alertmanager)?.clone();
        let url = address(&self.all, Key::Alertmanager)?.url;
        let same = |other: Option<Address>| other.is_some_and(|o| origin_of(&o.url) == origin_of(&url));
        // Written for the Alertmanager of the context, and for no other.
        let own = section.filter(|s| same(address(&s.layer, Key::Alertmanager)));
        let mut own = own.map(|s| s.alertmanager.clone()).unwrap_or_default();
        // From here on it is the server.
        let in_url = Layer::single(Key::Prometheus, given);
        let beside_source = same(address(&self.all, Key::Prometheus));
        if !own.has_access() && beside_source && !in_url.values().any(|given| given.value.holds_secret()) {
            return Some((Alertmanager { url, access: source.clone() }, own));
        }
        let mut reached = vec![&in_url];
        let strongest = own.clone();
        reached.push(&strongest);
        if beside_source {
            reached.extend(layers);
        }
        let mut all = merged(&reached);
        let access = self.reach(&mut all, &reached);
        // What came out of its URL is shown with it.
        for key in [Key::User, Key::Password] {
            if let Some(given) = all.get(key).filter(|_| access.login != source.login) {
                own.set(key, given.clone());
            }
        }
        Some((Alertmanager { url, access }, own))
    }
}
