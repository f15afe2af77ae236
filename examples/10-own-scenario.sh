#!/bin/sh
# A rehearsal of one's own: half a lab is there, the region is full, and the network is what it is.
set -eu
cat > morning.toml <<'TOML'
about = "The morning of the workshop at Contoso."

[latencies]
seed = 42                       # clusters take as long as recorded ones, the same in every rehearsal

[settings.quota]
"westeurope/cores" = 12

[[resources]]                   # a group of an earlier run, with an identity in it
type = "Microsoft.Resources/resourceGroups"
name = "myResourceGroup"
location = "westeurope"
tags = { azlab-workshop = "intelligent-apps-aks", azlab-lab = "default" }

[[resources]]
type = "Microsoft.ManagedIdentity/userAssignedIdentities"
name = "myIdentity"
group = "myResourceGroup"
location = "westeurope"

[[faults]]                      # the first write of a deployment is refused; each third read of the cluster is lost
method = "PUT"
path = "accounts/*/deployments/*"
times = 1
status = 409
code = "RequestConflict"
message = "Another operation is being performed on the parent resource. Please try again later."

[[faults]]
method = "GET"
path = "managedClusters/*"
every = 3
answer = "reset"
TOML

azlab sandbox scenario morning.toml --fresh
azlab provision --sandbox --no-input
# Which faults have struck, and how often.
azlab sandbox scenario
azlab sandbox scenario standard --fresh
