# The contract with resumectl.

output "site_url" {
  description = "Address of the site, without a slash at the end."
  value       = local.site_url
}

output "counter_url" {
  description = "Address of the counter, on the site's own origin."
  value       = "${local.site_url}/api/count"
}

output "site_bucket" {
  description = "Bucket that holds the site."
  value       = aws_s3_bucket.site.bucket

  # Not used before it is private and keeps versions.
  depends_on = [aws_s3_bucket_policy.site, aws_s3_bucket_versioning.site]
}

output "distribution_id" {
  description = "Distribution to invalidate."
  value       = aws_cloudfront_distribution.site.id
}

output "distribution_domain" {
  description = "The distribution's own domain name."
  value       = aws_cloudfront_distribution.site.domain_name
}

output "function_name" {
  description = "Function to publish code to."
  value       = aws_lambda_function.counter.function_name
}

output "function_alias" {
  description = "Alias that the API calls."
  value       = aws_lambda_alias.live.name
}

output "table_name" {
  description = "Table that holds the counts."
  value       = aws_dynamodb_table.counter.name
}

output "api_id" {
  description = "The HTTP API behind /api/*."
  value       = aws_apigatewayv2_api.counter.id
}

output "certificate_arn" {
  description = "Certificate of the domain; null without one."
  value       = one(aws_acm_certificate.site[*].arn)
}
