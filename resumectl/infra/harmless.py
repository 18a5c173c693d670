"""The attributes whose text is shown: names, identifiers and choices from AWS's own lists.

Everything else can be secret: environment variables, tags, descriptions, URLs, headers. A path
that is missing here costs a reader a word, one too many costs a secret.
"""

from __future__ import annotations

from typing import Final

_LOGGING: Final = ("log_format", "log_group", "application_log_level", "system_log_level")
_BEHAVIOR: Final = (
    *("allowed_methods", "cached_methods", "path_pattern", "target_origin_id"),
    *("cache_policy_id", "origin_request_policy_id", "response_headers_policy_id"),
    *("viewer_protocol_policy", "function_association.event_type"),
    "function_association.function_arn",
)
_BLOCKS: Final = {
    "attribute": ("name", "type"),
    "custom_error_response": ("response_page_path",),
    "default_cache_behavior": _BEHAVIOR,
    "logging_config": _LOGGING,
    "ordered_cache_behavior": _BEHAVIOR,
    "origin": ("domain_name", "origin_id", "origin_access_control_id"),
    "restrictions.geo_restriction": ("locations", "restriction_type"),
    "rule": ("filter.prefix", "id", "object_ownership", "status"),
    "rule.apply_server_side_encryption_by_default": ("kms_master_key_id", "sse_algorithm"),
    "server_side_encryption": ("kms_key_arn",),
    "tags": ("Deployment", "Environment", "ManagedBy", "Project"),
    "tags_all": ("Deployment", "Environment", "ManagedBy", "Project"),
    "ttl": ("attribute_name",),
    "tracing_config": ("mode",),
    "versioning_configuration": ("mfa_delete", "status"),
    "viewer_certificate": (
        *("acm_certificate_arn", "minimum_protocol_version", "ssl_support_method"),
    ),
    "vpc_config": ("security_group_ids", "subnet_ids"),
}
_POLICY: Final = ("Action", "Effect", "NotAction", "NotResource", "Resource", "Sid", "Principal")
_POLICIES: Final = ("assume_role_policy", "policy")
"""JSON in a text. Its conditions are left out: they hold shared secrets, such as a Referer."""
_PRINCIPALS: Final = ("AWS", "CanonicalUser", "Federated", "Service")

_FUNCTION: Final = (
    *("architectures", "code_signing_config_arn", "function_name", "handler", "kms_key_arn"),
    *("layers", "package_type", "qualifier", "role", "runtime", "source_arn", "statement_id"),
)
_API: Final = (
    *("api_id", "authorization_type", "connection_type", "integration_method"),
    *("integration_type", "payload_format_version", "protocol_type", "route_key", "target"),
)
_DATA: Final = ("billing_mode", "hash_key", "range_key", "stream_view_type", "table_class")
_CDN: Final = (
    *("aliases", "default_root_object", "domain_name", "http_version", "price_class"),
    *("origin_access_control_origin_type", "signing_behavior", "signing_protocol", "web_acl_id"),
)
_ALARM: Final = (
    *("alarm_actions", "alarm_name", "comparison_operator", "metric_name", "namespace"),
    *("ok_actions", "protocol", "statistic", "topic_arn", "treat_missing_data"),
)
_ANY: Final = (
    *("action", "arn", "bucket", "id", "kms_key_id", "log_group_class", "name", "path"),
    *("permissions_boundary", "principal", "status", "type", "validation_method"),
)
VARIABLES: Final = frozenset(
    [
        *("project", "deployment", "environment", "region", "domain", "zone", "alarm_email"),
        "price_class",
        *("content_security_policy", "function.handler", "function.runtime"),
    ]
)
"""The variables of terraform/ whose text is kept in the project bucket."""
_UNDECLARED: Final = (
    *("access", "lacks", "log_group", "resource", "setting", "sid", "version"),
    *(f"principal.{kind}" for kind in _PRINCIPALS),
)
"""Of what the inventory finds."""

ATTRIBUTES: Final = frozenset(
    [
        *(*_FUNCTION, *_API, *_DATA, *_CDN, *_ALARM, *_ANY, *_UNDECLARED),
        *(f"{block}.{name}" for block, names in _BLOCKS.items() for name in names),
        *(f"{policy}.Version" for policy in _POLICIES),
        *(f"{policy}.Statement.{name}" for policy in _POLICIES for name in _POLICY),
        *(f"{p}.Statement.Principal.{kind}" for p in _POLICIES for kind in _PRINCIPALS),
    ]
)
"""Paths as in `disclosure.shown`."""
