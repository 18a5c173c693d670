data "aws_caller_identity" "current" {}

locals {
  name = "${var.project}-${var.environment}"

  tags = merge(var.tags, {
    Project     = var.project
    Environment = var.environment
    Deployment  = var.deployment
    ManagedBy   = "resumectl"
  })
  zone = var.zone == null ? var.domain : var.zone
}

# Where the embedded cloud differs from AWS. It also has no alarms and no bucket policy statement against plain HTTP.
locals {
  emulated        = var.emulator != null
  max_retries     = local.emulated ? 2 : null
  viewer_protocol = local.emulated ? "allow-all" : "redirect-to-https"
  edge_functions  = local.emulated ? var.emulator.edge_functions : true

  api_origin = local.emulated ? {
    domain_name = "127.0.0.1"
    origin_path = "/_aws/execute-api/${aws_apigatewayv2_api.counter.id}/$default"
    protocol    = "http-only"
    http_port   = var.emulator.port
    } : {
    domain_name = trimprefix(aws_apigatewayv2_api.counter.api_endpoint, "https://")
    origin_path = ""
    protocol    = "https-only"
    http_port   = 80
  }

  # Known before the bucket is. If it is recreated and the origin is unknown while planning, the provider fails with
  # "inconsistent final plan" (5.100).
  site_origin = "${aws_s3_bucket.site.bucket}.s3.${var.region}.amazonaws.com"

  site_url = (
    local.emulated
    ? "http://${split(".", aws_cloudfront_distribution.site.domain_name)[0]}.cloudfront.localhost:${var.emulator.port}"
    : "https://${coalesce(var.domain, aws_cloudfront_distribution.site.domain_name)}"
  )
}
