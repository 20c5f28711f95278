//! What has to stand in a registry's own configuration for it to work with us, as YAML and as variables. Pure.

use std::fmt::Write as _;

/// Where a registry usually keeps the certificates it trusts.
pub const USUAL_BUNDLE: &str = "/etc/docker/registry/portus.crt";

/// What the stanza says, before it is put into a form.
#[derive(Debug)]
pub struct Stanza {
    /// Where the registry and its clients reach this service.
    pub base: String,
    pub service: String,
    pub issuer: String,
    pub bundle: String,
    pub bundle_written: bool,
    /// Whether there is a certificate to put into the bundle.
    pub certified: bool,
    pub secret: Secret,
    /// What makes another secret, as the one who reads this does it.
    pub renewal: String,
    /// Whether pulls are to be reported.
    pub pulls: bool,
}

/// The secret that goes with notifications.
#[derive(Debug)]
pub enum Secret {
    Shown(String),
    /// There is one, and nobody can show it.
    Known,
    /// Its row has none yet, so that what it sends is taken without.
    Unmade,
    /// There is no row to keep one in.
    NoRow,
}

/// How variables are written.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Lines for `docker run --env-file`, taken as they are.
    Docker,
    /// Lines for a shell to read.
    Shell,
}

const PLACEHOLDER: &str = "<the secret that was shown when it was made>";

impl Stanza {
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        for line in self.remarks() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = write!(
            text,
            "auth:\n  token:\n    realm: {}\n    service: {}\n    issuer: {}\n    rootcertbundle: {}\n",
            quoted(&self.realm()),
            quoted(&self.service),
            quoted(&self.issuer),
            quoted(&self.bundle),
        );
        let _ = write!(
            text,
            "notifications:\n  events:\n    includereferences: true\n  endpoints:\n    - name: portus\n      \
             url: {}\n      timeout: 5s\n      threshold: 5\n      backoff: 5s\n",
            quoted(&self.endpoint()),
        );
        if let Some(header) = self.header() {
            let _ = write!(
                text,
                "      headers:\n        Authorization: [{}]\n",
                quoted(&header)
            );
        }
        text.push_str("      ignore:\n        mediatypes: [application/octet-stream]\n");
        if !self.pulls {
            text.push_str("        actions: [pull]\n");
        }
        text.push_str(
            "# Deleting images from the console also needs, in the section `storage` that you have:\n\
             #   delete:\n#     enabled: true",
        );
        text
    }

    pub fn variables(&self, form: Form) -> String {
        let mut text = String::new();
        for line in self.remarks() {
            let _ = writeln!(text, "# {line}");
        }
        let mut endpoint = serde_json::json!({
            "name": "portus",
            "url": self.endpoint(),
            "timeout": "5s",
            "threshold": 5,
            "backoff": "5s",
            "ignore": {"mediatypes": ["application/octet-stream"]},
        });
        if let Some(header) = self.header() {
            endpoint["headers"] = serde_json::json!({"Authorization": [header]});
        }
        if !self.pulls {
            endpoint["ignore"]["actions"] = serde_json::json!(["pull"]);
        }
        // JSON on one line is YAML.
        let endpoints = serde_json::json!([endpoint]).to_string();
        let variables = [
            ("REGISTRY_AUTH_TOKEN_REALM", self.realm()),
            ("REGISTRY_AUTH_TOKEN_SERVICE", self.service.clone()),
            ("REGISTRY_AUTH_TOKEN_ISSUER", self.issuer.clone()),
            ("REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE", self.bundle.clone()),
            (
                "REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES",
                "true".to_owned(),
            ),
            ("REGISTRY_NOTIFICATIONS_ENDPOINTS", endpoints),
            ("REGISTRY_STORAGE_DELETE_ENABLED", "true".to_owned()),
        ];
        let lines = variables.map(|(name, value)| match form {
            Form::Docker => format!("{name}={value}"),
            Form::Shell => format!("export {name}='{}'", value.replace('\'', r"'\''")),
        });
        text + &lines.join("\n")
    }

    fn realm(&self) -> String {
        format!("{}/v2/token", self.base)
    }

    fn endpoint(&self) -> String {
        format!("{}/v2/webhooks/events", self.base)
    }

    fn header(&self) -> Option<String> {
        match &self.secret {
            Secret::Shown(secret) => Some(format!("Bearer {secret}")),
            Secret::Known => Some(format!("Bearer {PLACEHOLDER}")),
            Secret::Unmade | Secret::NoRow => None,
        }
    }

    fn remarks(&self) -> Vec<String> {
        let mut lines = vec![format!("For the registry {}.", self.service)];
        if !self.certified {
            lines.push(
                "The signing key has no certificate: keep the rootcertbundle that the registry has.".to_owned(),
            );
        } else if !self.bundle_written {
            lines.push(format!(
                "{} holds what `portus-rs registry-config --certificate` prints.",
                self.bundle
            ));
        }
        match self.secret {
            Secret::Shown(_) => lines.push("The secret is shown this once; keep this text as you keep a password.".to_owned()),
            Secret::Known => lines.push(format!(
                "The secret was shown when it was made; {} makes another, in place of that one.",
                self.renewal
            )),
            Secret::Unmade => lines.push(format!(
                "It has no secret yet, with which it proves that its notifications are its own; {} makes one.",
                self.renewal
            )),
            Secret::NoRow => lines.push(
                "This registry has no row here, and so no secret: after portus:create_registry run this again.".to_owned(),
            ),
        }
        lines
    }
}

/// A text in double quotes: JSON strings are YAML strings.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(secret: Secret) -> Stanza {
        Stanza {
            base: "https://portus.example.com".to_owned(),
            service: "registry.example.com:5000".to_owned(),
            issuer: "portus.example.com".to_owned(),
            bundle: "/etc/docker/registry/it's.crt".to_owned(),
            bundle_written: false,
            certified: true,
            secret,
            renewal: "`--new-secret`".to_owned(),
            pulls: true,
        }
    }

    #[test]
    fn both_forms_say_the_same_about_notifications() {
        for pulls in [true, false] {
            let stanza = Stanza {
                pulls,
                ..stanza(Secret::Shown("prs_e_x".to_owned()))
            };
            let yaml: serde_json::Value = serde_yaml::from_str(&stanza.yaml()).unwrap();
            let variables = stanza.variables(Form::Docker);
            let endpoints = variables
                .lines()
                .find_map(|line| line.strip_prefix("REGISTRY_NOTIFICATIONS_ENDPOINTS="))
                .unwrap();
            let endpoints: serde_json::Value = serde_yaml::from_str(endpoints).unwrap();
            assert_eq!(yaml["notifications"]["endpoints"], endpoints);
            let headers = &endpoints[0]["headers"]["Authorization"];
            assert_eq!(headers, &serde_json::json!(["Bearer prs_e_x"]));
            assert_eq!(endpoints[0]["ignore"].get("actions").is_none(), pulls);
        }
    }

    #[test]
    fn a_shell_reads_each_value_as_it_is() {
        let text = stanza(Secret::NoRow).variables(Form::Shell);
        assert!(
            text.contains(r"ROOTCERTBUNDLE='/etc/docker/registry/it'\''s.crt'"),
            "{text}"
        );
    }

    #[test]
    fn without_a_secret_there_is_no_header() {
        for secret in [Secret::Unmade, Secret::NoRow] {
            let text = stanza(secret).yaml();
            let yaml: serde_json::Value = serde_yaml::from_str(&text).unwrap();
            let endpoint = &yaml["notifications"]["endpoints"][0];
            assert!(endpoint.get("headers").is_none(), "{text}");
            assert!(!text.contains(PLACEHOLDER), "{text}");
            let service = &yaml["auth"]["token"]["service"];
            assert_eq!(service, "registry.example.com:5000");
        }
    }

    #[test]
    fn what_makes_another_secret_is_said_as_the_reader_does_it() {
        for secret in [Secret::Known, Secret::Unmade] {
            let stanza = Stanza {
                renewal: "“Neues Geheimnis”".to_owned(),
                ..stanza(secret)
            };
            let text = stanza.yaml();
            assert!(text.contains("“Neues Geheimnis” makes"), "{text}");
            assert!(!text.contains("--new-secret"), "{text}");
        }
    }
}
