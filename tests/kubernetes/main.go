// A whole Kubernetes control plane in one static program, for the sandbox's clusters and for azlab's tests. The first argument
// says which part of it runs; feature gates are global to a process, so each part is a process of its own.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	etcd "go.etcd.io/etcd/api/v3/version"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// endsWithStdin, set to anything, ties a part to whoever started it: when the other end of its standard input is closed,
// which the system does for a process that was killed too, the part ends.
const endsWithStdin = "AZLAB_KUBERNETES_ENDS_WITH_STDIN"

// grace is how long a part may take to end by itself.
const grace = 10 * time.Second

const usage = "usage: azlab-kubernetes etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl|version [flags]"

// parts are the commands by name; etcd brings its own main function.
var parts = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	if len(os.Args) < 2 {
		fail()
	}
	part := os.Args[1]
	// What each part knows itself as, and takes its flags from.
	os.Args = os.Args[1:]
	if os.Getenv(endsWithStdin) != "" {
		go endWithStdin()
	}
	switch part {
	case "version":
		tellVersion()
	case "etcd":
		etcdmain.Main(os.Args)
	default:
		command, known := parts[part]
		if !known {
			fail()
		}
		os.Exit(cli.Run(command()))
	}
}

func fail() {
	fmt.Fprintln(os.Stderr, usage)
	os.Exit(2)
}

// tellVersion says what the program holds, as one line of JSON: the sandbox asks it before it starts anything.
func tellVersion() {
	line, err := json.Marshal(map[string]string{
		"program":    "azlab-kubernetes",
		"kubernetes": version.Get().GitVersion,
		"etcd":       etcd.Version,
		"go":         runtime.Version(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(line))
}

func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Signal(syscall.SIGTERM)
	}
	time.Sleep(grace)
	os.Exit(1)
}
