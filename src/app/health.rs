//! Why a part of the application does not run, from what the API server tells of it.

use super::components::AI;
use crate::follow_up::{Advice, FollowUp, Verb};
use crate::kubernetes::error::{policy, webhook};
use crate::kubernetes::workload::{Condition, Container, Ended, Pod, State, Workload};
use crate::lab::spec::LabSpec;
use crate::outcome::app::AppState;

/// Why something is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// In a word.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) message: String,
    /// What to do about it; nothing where it passes by itself.
    pub(crate) cure: Option<Advice>,
}

impl Trouble {
    /// Something that passes by itself.
    fn passing(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), cure: None }
    }

    /// Something that does not.
    fn lasting(code: &'static str, message: impl Into<String>, cure: Advice) -> Self {
        Self { cure: Some(cure), ..Self::passing(code, message) }
    }

    /// How whatever has it is.
    pub(crate) fn state(&self) -> AppState {
        if self.cure.is_some() { AppState::Failing } else { AppState::Starting }
    }
}

/// Judges one lab's application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'a> {
    /// The lab.
    pub(crate) lab: &'a LabSpec,
    /// The namespace.
    pub(crate) namespace: &'a str,
}

impl Judge<'_> {
    /// Why `workload`, whose Pods are `pods`, is not ready; `None` if it is.
    pub(crate) fn workload(&self, workload: &Workload, pods: &[&Pod]) -> Option<Trouble> {
        if workload.is_available() {
            return None;
        }
        if let Some(failure) = workload.condition("ReplicaFailure").filter(|one| one.is_true) {
            return Some(self.no_pods(workload, failure));
        }
        let troubles: Vec<Trouble> =
            pods.iter().filter(|pod| !pod.is_going).filter_map(|pod| self.pod(&workload.name, pod)).collect();
        // What lasts says more than what passes.
        let worst = troubles.iter().find(|one| one.cure.is_some()).or(troubles.first());
        if let Some(trouble) = worst {
            return Some(trouble.clone());
        }
        if let Some(late) = workload.condition("Progressing").filter(|one| one.reason == "ProgressDeadlineExceeded") {
            let cure = Advice::from(self.kubectl(&format!("describe deployment {}", workload.name)));
            return Some(Trouble::lasting("ProgressDeadlineExceeded", late.message.clone(), cure));
        }
        Some(Trouble::passing("Starting", format!("{} of {} Pods are ready", workload.ready, workload.desired)))
    }

    /// Why `pod` of the workload `name` is not ready; `None` if it is.
    pub(crate) fn pod(&self, name: &str, pod: &Pod) -> Option<Trouble> {
        if pod.is_going {
            return Some(Trouble::passing("Terminating", "it is being deleted"));
        }
        if let Some(trouble) = pod.containers.iter().find_map(|one| self.container(name, pod, one)) {
            return Some(trouble);
        }
        if pod.is_ready() {
            return None;
        }
        if pod.reason == "Evicted" {
            let cure = Advice::from(self.kubectl(&format!("describe pod {}", pod.name)));
            return Some(Trouble::lasting("Evicted", "its node ran short, and it was evicted", cure));
        }
        if let Some(waits) = pod.condition("PodScheduled").filter(|one| !one.is_true) {
            return Some(self.unscheduled(waits));
        }
        let is_running = |one: &&Container| !one.is_ready && one.state == State::Running;
        if let Some(first) = pod.containers.iter().find(|one| is_running(one) && one.is_init) {
            return Some(Trouble::passing("Initializing", format!("{} has not ended yet", first.name)));
        }
        if let Some(running) = pod.containers.iter().find(is_running) {
            return Some(self.unready(name, running));
        }
        Some(Trouble::passing("Starting", format!("the Pod is {}", pod.phase.to_lowercase())))
    }

    /// Why no Pod can be created.
    fn no_pods(&self, workload: &Workload, failure: &Condition) -> Trouble {
        let message = &failure.message;
        let says = |text: &str| message.contains(text);
        let describe =
            || Advice::from(self.kubectl(&format!("describe {} {}", workload.kind.to_lowercase(), workload.name)));
        let (code, cure) = if let Some(name) = webhook(message) {
            let cure = if name.contains("azure-workload-identity") {
                Advice::from("workload identity's webhook does not answer; look at it: ")
                    .say(
                        "kubectl get pods -n kube-system -l azure-workload-identity.io/system=true; turn it on again: ",
                    )
                    .run(FollowUp::repair().on(self.lab))
            } else {
                Advice::from(format!("look at the admission webhook {name}: "))
                    .say("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations")
            };
            ("AdmissionWebhook", cure)
        } else if let Some(name) = policy(message) {
            let cure = Advice::from(format!("the admission policy {name} refuses it: "))
                .say(format!("kubectl get validatingadmissionpolicies {name} -o yaml"));
            ("AdmissionPolicy", cure)
        } else if says("exceeded quota") {
            ("Quota", Advice::from(self.kubectl("describe resourcequota")))
        } else if says("violates PodSecurity") {
            (
                "PodSecurity",
                Advice::from("the namespace allows less than these Pods need: ").say(format!(
                    "kubectl label namespace {} --overwrite pod-security.kubernetes.io/enforce=baseline",
                    self.namespace
                )),
            )
        } else if says("serviceaccount") && says("not found") {
            let connect = FollowUp::new(Verb::AppConnect).with(["--auth", "workload-identity"]);
            ("ServiceAccountMissing", Advice::from("create it: ").run(connect.on(self.lab)))
        } else {
            ("FailedCreate", describe())
        };
        Trouble::lasting(code, format!("no Pod can be created: {message}"), cure)
    }

    fn unscheduled(&self, waits: &Condition) -> Trouble {
        if waits.reason != "Unschedulable" {
            return Trouble::passing("Scheduling", "it has no node yet");
        }
        let message = format!("no node takes it: {}", waits.message);
        let cure = if waits.message.contains("Insufficient") || waits.message.contains("Too many pods") {
            let group = &self.lab.group;
            let cluster = &self.lab.cluster.name;
            Advice::from(format!(
                "the nodes are full; add one: az aks scale -g {group} -n {cluster} --node-count {}",
                self.lab.cluster.node_count.map_or(3, |count| count + 1)
            ))
        } else {
            Advice::from("look at the nodes: kubectl get nodes; start what is paused: ")
                .run(FollowUp::resume().on(self.lab))
        };
        Trouble::lasting("Unschedulable", message, cure)
    }

    fn container(&self, name: &str, pod: &Pod, container: &Container) -> Option<Trouble> {
        let killed = container.last.as_ref().filter(|last| last.reason == "OOMKilled");
        match &container.state {
            State::Ended(end) if end.reason == "OOMKilled" => Some(self.out_of_memory(name, container)),
            State::Ended(end) if end.exit_code != 0 => Some(self.crash(name, pod, container, Some(end))),
            State::Waiting(reason, message) => match reason.as_str() {
                "ImagePullBackOff"
                | "ErrImagePull"
                | "InvalidImageName"
                | "ErrImageNeverPull"
                | "RegistryUnavailable" => Some(self.image(container, message)),
                "CreateContainerConfigError" | "CreateContainerError" => {
                    let connect = FollowUp::new(Verb::AppConnect).with(["--auth", "workload-identity"]);
                    let cure = if name == AI {
                        Advice::from("connect it again: ").run(connect.on(self.lab))
                    } else {
                        Advice::from("deploy it again: ").run(FollowUp::new(Verb::AppDeploy).on(self.lab))
                    };
                    Some(Trouble::lasting("Configuration", format!("{}: {message}", container.name), cure))
                }
                "CrashLoopBackOff" if killed.is_some() => Some(self.out_of_memory(name, container)),
                "CrashLoopBackOff" => Some(self.crash(name, pod, container, container.last.as_ref())),
                _ => None,
            },
            // It runs again, and will be killed again with the next request.
            State::Running if killed.is_some() && !container.is_ready => Some(self.out_of_memory(name, container)),
            _ => None,
        }
    }

    fn image(&self, container: &Container, message: &str) -> Trouble {
        let said = if message.is_empty() { String::new() } else { format!(": {message}") };
        let cure = Advice::from(format!(
            "look at its name and at who may pull it, and name another in azlab.toml: [app] images = {{ {} = \"IMAGE\" }}, then: ",
            container.name
        ))
        .run(FollowUp::new(if container.name == AI { Verb::AppConnect } else { Verb::AppDeploy }).on(self.lab));
        Trouble::lasting("ImagePull", format!("the image {} cannot be pulled{said}", container.image), cure)
    }

    fn out_of_memory(&self, name: &str, container: &Container) -> Trouble {
        let message = format!("{} was killed: it needs more memory than its limit", container.name);
        let cure = if name == AI {
            // The workshop's text gives it 65Mi; azlab's manifest 128Mi.
            Advice::from("put azlab's limit of 128Mi there: ")
                .run(FollowUp::new(Verb::AppConnect).with(["--auth", "workload-identity", "--force"]).on(self.lab))
        } else {
            Advice::from("put azlab's limits there: ")
                .run(FollowUp::new(Verb::AppDeploy).with(["--force"]).on(self.lab))
        };
        Trouble::lasting("OutOfMemory", message, cure)
    }

    fn crash(&self, name: &str, pod: &Pod, container: &Container, end: Option<&Ended>) -> Trouble {
        let code = end.map_or(0, |end| end.exit_code);
        let message = format!("{} ends by itself (exit code {code}, {} restarts)", container.name, container.restarts);
        // azlab's own command knows the Pods of Deployments; an init container has a log of its own.
        let cure = if container.is_init {
            Advice::from("see what it said: ").say(self.kubectl(&format!("logs {} -c {}", pod.name, container.name)))
        } else {
            Advice::from("see what it said: ").run(FollowUp::new(Verb::AppLogs).with([name, "--previous"]).on(self.lab))
        };
        Trouble::lasting("CrashLoop", message, cure)
    }

    /// A container that runs and takes no requests.
    fn unready(&self, name: &str, container: &Container) -> Trouble {
        // Probes of the application allow about two minutes before they restart a container.
        if container.restarts > 0 {
            let message = format!("{} does not answer its probe, and was restarted for it", container.name);
            let cure = Advice::from("see what it said: ")
                .run(FollowUp::new(Verb::AppLogs).with([name, "--previous"]).on(self.lab));
            return Trouble::lasting("Probe", message, cure);
        }
        Trouble::passing("Probe", format!("{} runs and does not answer its probe yet", container.name))
    }

    /// A command of kubectl's in the namespace.
    fn kubectl(&self, words: &str) -> String {
        format!("kubectl -n {} {words}", self.namespace)
    }
}
