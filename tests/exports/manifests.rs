//! Manifests for Kubernetes: what is in them is what it was before it was put in.

use serde_json::{Value, json};
use shtop::export::{Artefact, Family, Options};

use super::{hard, only, plain};

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}:\n{text}"))
}

fn manifests(options: &Options) -> Vec<(Artefact, Value)> {
    let all = Family::Kubernetes.artefacts(options);
    all.into_iter().map(|artefact| (artefact.clone(), yaml(&artefact.text))).collect()
}

#[test]
fn the_rule_of_the_operator_holds_the_rules_of_the_file() {
    for options in [plain(), hard()] {
        let (_, rule) = manifests(&options).remove(0);
        assert_eq!(
            (&rule["apiVersion"], &rule["kind"]),
            (&json!("monitoring.coreos.com/v1"), &json!("PrometheusRule"))
        );
        assert_eq!(rule["spec"], yaml(&only(Family::Rules, &options).text));
        assert_eq!(rule["spec"]["groups"].as_array().map(Vec::len), Some(7));
    }
}

#[test]
fn config_maps_hold_the_files_byte_by_byte() {
    for options in [plain(), hard()] {
        let files: Vec<Artefact> =
            [Family::Rules, Family::Grafana].into_iter().flat_map(|f| f.artefacts(&options)).collect();
        let mut held = 0;
        for (artefact, map) in manifests(&options).iter().filter(|(_, value)| value["kind"] == "ConfigMap") {
            let data = map["data"].as_object().expect("data");
            for (name, text) in data {
                let file = files.iter().find(|file| file.file_name() == name).expect("a file of that name");
                assert_eq!(text, &file.text, "{}", artefact.path);
                held += 1;
            }
            // `kubectl apply` keeps a copy in an annotation of at most 256 KiB.
            assert!(artefact.text.len() < 200_000, "{} is too long", artefact.path);
        }
        assert_eq!(held, 4);
    }
}

#[test]
fn manifests_have_names_that_kubernetes_takes_and_the_labels_that_are_asked_for() {
    let mut names = Vec::new();
    for (artefact, manifest) in manifests(&hard()) {
        let metadata = &manifest["metadata"];
        let name = metadata["name"].as_str().expect("a name").to_owned();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        assert_eq!(metadata["namespace"], "monitoring", "{}", artefact.path);
        assert_eq!(metadata["labels"]["release"], "prometheus", "{}", artefact.path);
        assert_eq!(metadata["labels"].get("grafana_dashboard"), name.contains("dashboard").then_some(&json!("1")));
        names.push((manifest["kind"].clone(), name));
    }
    let count = names.len();
    names.dedup();
    assert_eq!((count, names.len()), (5, 5));
    let (_, plain) = manifests(&plain()).remove(0);
    assert!(plain["metadata"].get("namespace").is_none());
}
