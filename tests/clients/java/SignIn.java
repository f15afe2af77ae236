import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.management.AzureEnvironment;
import com.azure.core.management.profile.AzureProfile;
import com.azure.core.util.BinaryData;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import com.azure.resourcemanager.resources.ResourceManager;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sign-in with azure-identity (MSAL for Java), with nothing but what {@code azlab sandbox serve} prints for {@code sdk} and, for the
 * pod, for {@code identity}.
 *
 * <p>Compiled by tests/clients/install-java, started by tests/it/az/sign_in.rs. Exits with 0 if everything was as it should be; its
 * last line of stdout is one JSON object with what it saw.
 */
final class SignIn {
    private static final String SCOPE = "https://management.azure.com/.default";

    private SignIn() {}

    public static void main(String[] arguments) {
        String kind = arguments[0];
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("kind", kind);
        switch (kind) {
            case "secret" -> {
                seen.put("groups", groups(new DefaultAzureCredentialBuilder().disableInstanceDiscovery().build()));
                List<String> again = groups(application(System.getenv("AZURE_CLIENT_SECRET")));
                if (!again.equals(seen.get("groups"))) {
                    throw new AssertionError("ClientSecretCredential sees " + again + ", not " + seen.get("groups"));
                }
            }
            case "wrong-secret" -> refused();
            case "pod" ->
                seen.put("groups", groups(new WorkloadIdentityCredentialBuilder().disableInstanceDiscovery().build()));
            default -> throw new IllegalArgumentException(kind);
        }
        System.out.println(BinaryData.fromObject(seen));
    }

    /** The application with a secret. */
    private static TokenCredential application(String secret) {
        return new ClientSecretCredentialBuilder()
                .tenantId(System.getenv("AZURE_TENANT_ID"))
                .clientId(System.getenv("AZURE_CLIENT_ID"))
                .clientSecret(secret)
                .disableInstanceDiscovery()
                .build();
    }

    private static void refused() {
        try {
            application("wrong").getTokenSync(new TokenRequestContext().addScopes(SCOPE));
        } catch (RuntimeException refusal) {
            // The library lets MSAL's exception through in one of its own, of no special type.
            if (refusal.getMessage().contains("AADSTS7000215")) {
                return;
            }
            throw refusal;
        }
        throw new AssertionError("a wrong secret was taken");
    }

    /** The names of the subscription's groups, by the management library. */
    private static List<String> groups(TokenCredential credential) {
        String arm = System.getenv("AZLAB_ARM_ENDPOINT");
        AzureEnvironment there = new AzureEnvironment(Map.of(
                AzureEnvironment.Endpoint.ACTIVE_DIRECTORY.identifier(), System.getenv("AZURE_AUTHORITY_HOST"),
                AzureEnvironment.Endpoint.RESOURCE_MANAGER.identifier(), arm,
                AzureEnvironment.Endpoint.MANAGEMENT.identifier(), "https://management.azure.com/"));
        String subscription = System.getenv("AZURE_SUBSCRIPTION_ID");
        AzureProfile profile = new AzureProfile(System.getenv("AZURE_TENANT_ID"), subscription, there);
        return ResourceManager.authenticate(credential, profile)
                .withSubscription(subscription)
                .resourceGroups()
                .list()
                .stream()
                .map(group -> group.name())
                .toList();
    }
}
