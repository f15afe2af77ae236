// Sign-in with azidentity (MSAL for Go), with nothing but what `azlab sandbox serve` prints for `sdk` and, for the pod, for `identity`.
//
// Built by tests/clients/install-go, started by tests/it/az/sign_in.rs. Exits with 0 if everything was as it should be; its last
// line of stdout is one JSON object with what it saw.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

// How an application signs in: the lines that `sandbox serve` prints name these options.
func secret() (azcore.TokenCredential, error) {
	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		DisableInstanceDiscovery: true,
	})
}

// How a pod signs in, with the projected token.
func pod() (azcore.TokenCredential, error) {
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		DisableInstanceDiscovery: true,
	})
}

func groups(credential azcore.TokenCredential) ([]string, error) {
	endpoint := os.Getenv("AZLAB_ARM_ENDPOINT")
	there := cloud.Configuration{
		ActiveDirectoryAuthorityHost: os.Getenv("AZURE_AUTHORITY_HOST"),
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: endpoint, Audience: "https://management.azure.com"},
		},
	}
	options := arm.ClientOptions{ClientOptions: policy.ClientOptions{Cloud: there}}
	client, err := armresources.NewResourceGroupsClient(os.Getenv("AZURE_SUBSCRIPTION_ID"), credential, &options)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for pages := client.NewListPager(nil); pages.More(); {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return nil, err
		}
		for _, group := range page.Value {
			names = append(names, *group.Name)
		}
	}
	return names, nil
}

func run(kind string) (map[string]any, error) {
	seen := map[string]any{"kind": kind}
	if kind == "wrong-secret" {
		tenant, client := os.Getenv("AZURE_TENANT_ID"), os.Getenv("AZURE_CLIENT_ID")
		credential, err := azidentity.NewClientSecretCredential(tenant, client, "wrong", &azidentity.ClientSecretCredentialOptions{
			DisableInstanceDiscovery: true,
		})
		if err != nil {
			return nil, err
		}
		_, err = credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
		var failed *azidentity.AuthenticationFailedError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "AADSTS7000215") {
			return nil, fmt.Errorf("a wrong secret: %w", err)
		}
		return seen, nil
	}
	make := secret
	if kind == "pod" {
		make = pod
	}
	credential, err := make()
	if err != nil {
		return nil, err
	}
	if seen["groups"], err = groups(credential); err != nil {
		return nil, err
	}
	return seen, nil
}

func main() {
	seen, err := run(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		os.Exit(1)
	}
}
