# resumectl reads these outputs by name.

output "site_url" {
  description = "URL of the site, without a trailing slash."
  value       = local.site_url
}

output "counter_url" {
  description = "URL of the counter, on the same origin as the site."
  value       = "${local.site_url}/api/count"
}

output "site_bucket" {
  description = "Name of the bucket with the site's objects."
  value       = aws_s3_bucket.site.bucket

  # Nothing is uploaded before the bucket is private and versioned.
  depends_on = [aws_s3_bucket_policy.site, aws_s3_bucket_versioning.site]
}

output "distribution_id" {
  description = "ID of the distribution."
  value       = aws_cloudfront_distribution.site.id
}

output "distribution_domain" {
  description = "Domain name that CloudFront gave the distribution."
  value       = aws_cloudfront_distribution.site.domain_name
}

output "function_name" {
  description = "Name of the counter function."
  value       = aws_lambda_function.counter.function_name
}

output "function_alias" {
  description = "Name of the alias that the API invokes."
  value       = aws_lambda_alias.live.name
}

output "table_name" {
  description = "Name of the table with the counts."
  value       = aws_dynamodb_table.counter.name
}

output "api_id" {
  description = "ID of the HTTP API behind /api/*."
  value       = aws_apigatewayv2_api.counter.id
}

output "certificate_arn" {
  description = "ARN of the domain's certificate; null without a domain."
  value       = one(aws_acm_certificate.site[*].arn)
}

output "deployment" {
  description = "Which deployment the state is of."
  value       = var.deployment

  precondition {
    condition     = split("/", var.deployment)[2] == data.aws_caller_identity.current.account_id
    error_message = "Terraform's credentials belong to account ${data.aws_caller_identity.current.account_id}, but the deployment is ${var.deployment}."
  }
}
