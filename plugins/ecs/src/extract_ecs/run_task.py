"""What is fixed in every RunTask of one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extract_core import Json
    from extract_ecs.deployment import EcsDeployment


def fixed_members(deployment: EcsDeployment) -> dict[str, Json]:
    """Cluster, launch type or capacity providers, network. Spellings as Step Functions takes them: ``AwsvpcConfiguration``."""
    members: dict[str, Json] = {"Cluster": deployment.cluster, "Count": 1}
    if deployment.capacity_providers:
        members["CapacityProviderStrategy"] = [
            {"CapacityProvider": part.provider, "Weight": part.weight, "Base": part.base}
            for part in deployment.capacity_providers
        ]
    else:
        members["LaunchType"] = deployment.launch_type or "FARGATE"
    if deployment.platform_version:
        members["PlatformVersion"] = deployment.platform_version
    if deployment.subnets:
        network: dict[str, Json] = {
            "Subnets": list(deployment.subnets),
            "AssignPublicIp": "ENABLED" if deployment.assign_public_ip else "DISABLED",
        }
        if deployment.security_groups:
            network["SecurityGroups"] = list(deployment.security_groups)
        members["NetworkConfiguration"] = {"AwsvpcConfiguration": network}
    return members
