"""An environment `prod` as Terraform left it: the names of what it made."""

from __future__ import annotations

PROJECT_BUCKET = "resume-resumectl-123456789012-eu-west-2"
OUTPUTS = {
    "site_url": "https://d111111abcdef8.cloudfront.net",
    "counter_url": "https://d111111abcdef8.cloudfront.net/api/count",
    "site_bucket": "resume-prod-site-123456789012",
    "distribution_id": "EDFDVBD632BHDS5",
    "distribution_domain": "d111111abcdef8.cloudfront.net",
    "function_name": "resume-prod-counter",
    "function_alias": "live",
    "table_name": "resume-prod-counter",
    "api_id": "a1b2c3d4e5",
    "certificate_arn": None,
}
