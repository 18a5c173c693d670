"""An environment with one resource of each kind, all declared; and what others may add to it."""

from __future__ import annotations

import json

from resumectl.infra import inventory
from resumectl.infra.state import Resource, State
from tests.fakes.canned import Canned

FUNCTION, ROLE = "resume-prod-counter", "resume-prod-counter"
OUTPUTS = {
    "api_id": "a1",
    "function_name": FUNCTION,
    "function_alias": "live",
    "site_bucket": "site",
}
ARN = f"arn:aws:lambda:eu-west-2:1:function:{FUNCTION}"
TABLE_ARN = "arn:aws:dynamodb:eu-west-2:1:table/resume-prod-counter"
ALARMS = "arn:aws:sns:eu-west-2:1:resume-prod-alarms"
LOGS = f"/aws/lambda/{FUNCTION}"
ABSENT = "ResourceNotFoundException"


def policy(*sids, resource=f"{ARN}:live"):
    """A function's policy with these statements; by default that of the alias."""
    statements = [{"Sid": sid, "Principal": "*", "Resource": resource} for sid in sids]
    return {"Policy": json.dumps({"Statement": statements})}


DECLARED = {
    "get_routes": {"Items": [{"RouteId": "r1", "RouteKey": "$default", "Target": "i1"}]},
    "get_stages": {"Items": [{"StageName": "$default"}]},
    "list_aliases": {"Aliases": [{"Name": "live", "FunctionVersion": "3"}]},
    "list_function_url_configs": {"FunctionUrlConfigs": []},
    "get_policy": lambda Qualifier="", **_: policy("InvokeByApi") if Qualifier else ABSENT,
    "list_event_source_mappings": {"EventSourceMappings": []},
    "list_function_event_invoke_configs": {"FunctionEventInvokeConfigs": []},
    "list_provisioned_concurrency_configs": {"ProvisionedConcurrencyConfigs": []},
    "get_function_recursion_config": {"RecursiveLoop": "Terminate"},
    "get_runtime_management_config": {"UpdateRuntimeOn": "Auto"},
    "get_authorizers": {"Items": []},
    "get_integrations": {"Items": [{"IntegrationId": "i1", "IntegrationType": "AWS_PROXY"}]},
    "get_resource_policy": "PolicyNotFoundException",
    "describe_kinesis_streaming_destination": {"KinesisDataStreamDestinations": []},
    "describe_contributor_insights": {"ContributorInsightsStatus": "DISABLED"},
    "get_monitoring_subscription": "NoSuchMonitoringSubscription",
    "describe_subscription_filters": {"subscriptionFilters": []},
    "describe_metric_filters": {"metricFilters": []},
    "list_subscriptions_by_topic": {
        "Subscriptions": [
            {"SubscriptionArn": "PendingConfirmation", "Endpoint": "x", "Protocol": "email"},
            {"SubscriptionArn": f"{ALARMS}:s1", "Endpoint": "me@example.com", "Protocol": "email"},
        ]
    },
    "list_instance_profiles_for_role": {"InstanceProfiles": []},
    "get_bucket_request_payment": {"Payer": "BucketOwner"},
    "get_bucket_accelerate_configuration": {"Status": "Suspended"},
    "list_role_policies": {"PolicyNames": ["counter"]},
    "list_attached_role_policies": {"AttachedPolicies": []},
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
}


def resource(type_, **attributes):
    return Resource(f"{type_}.x", type_, tainted=False, attributes=attributes)


STATE = State(
    1,
    "",
    OUTPUTS,
    (
        resource("aws_apigatewayv2_route", id="r1"),
        resource("aws_apigatewayv2_integration", id="i1"),
        resource("aws_cloudfront_distribution", id="E1"),
        resource("aws_cloudwatch_log_group", name=LOGS),
        resource("aws_dynamodb_table", name=FUNCTION, arn=TABLE_ARN),
        resource("aws_sns_topic", arn=ALARMS),
        resource("aws_sns_topic_subscription", arn=f"{ALARMS}:s1", endpoint="me@example.com"),
        resource("aws_apigatewayv2_stage", name="$default"),
        resource("aws_lambda_alias", name="live"),
        resource("aws_lambda_permission", statement_id="InvokeByApi", qualifier="live"),
        resource("aws_iam_role", name=ROLE),
        resource("aws_iam_role_policy", name="counter"),
    ),
)


def undeclared(state=STATE, **answers):
    """The changes that the inventory finds when AWS gives these answers."""
    changes, unseen = looked(state, **answers)
    assert unseen == ()
    return changes


def looked(state=STATE, **answers):
    """The same, with what could not be looked at."""
    return inventory.undeclared(Canned({**DECLARED, **answers}).client, state)


def removal(change):
    """The one call that removes an undeclared resource."""
    cloud = Canned()
    inventory.remove(cloud.client, STATE, change)
    (call,) = cloud.calls
    return call
