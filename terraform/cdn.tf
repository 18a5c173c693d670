locals {
  # Policies that AWS manages. They have the same ID in every account.
  caching_optimized      = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  caching_disabled       = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  all_viewer_except_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
}

resource "aws_cloudfront_distribution" "site" {
  comment             = local.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  aliases             = var.domain[*]
  default_root_object = "index.html"
  wait_for_deployment = false

  origin {
    origin_id                = "site"
    domain_name              = local.site_origin
    origin_access_control_id = aws_cloudfront_origin_access_control.site.id
  }

  origin {
    origin_id   = "api"
    domain_name = local.api_origin.domain_name
    origin_path = local.api_origin.origin_path

    custom_origin_config {
      http_port              = local.api_origin.http_port
      https_port             = 443
      origin_protocol_policy = local.api_origin.protocol
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id           = "site"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id
    viewer_protocol_policy     = local.viewer_protocol
    compress                   = true

    dynamic "function_association" {
      for_each = aws_cloudfront_function.index

      content {
        event_type   = "viewer-request"
        function_arn = function_association.value.arn
      }
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/api/*"
    target_origin_id           = "api"
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = local.caching_disabled
    origin_request_policy_id   = local.all_viewer_except_host
    response_headers_policy_id = aws_cloudfront_response_headers_policy.site.id
    viewer_protocol_policy     = local.viewer_protocol
    compress                   = true
  }

  # Custom error responses apply to every behavior, so one for 404 would also replace the API's JSON. S3 returns 403
  # for a missing object, because the bucket policy does not grant s3:ListBucket. The API never returns 403.
  custom_error_response {
    error_code            = 403
    response_code         = 404
    response_page_path    = "/404.html"
    error_caching_min_ttl = 1
  }

  # Without this, an error of the API stays at the edge for 10 s, for every page: CloudFront heeds no-store only for
  # some errors, and the cache key has no query string. Without a page, the body stays that of the API.
  dynamic "custom_error_response" {
    for_each = [405, 500, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      response_code         = 0 # none; the provider reads it back like that, and null would be drift
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn            = one(aws_acm_certificate_validation.site[*].certificate_arn)
    cloudfront_default_certificate = var.domain == null
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021" # AWS accepts no other value without a certificate
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }
}

# The next three have no tags, so their description says which deployment they belong to. At most 128 characters.

resource "aws_cloudfront_origin_access_control" "site" {
  name                              = "${local.name}-site"
  description                       = "Lets the distribution read the site of ${var.deployment}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "index" {
  count = local.edge_functions ? 1 : 0

  name    = "${local.name}-index"
  comment = "Serves /dir/ with /dir/index.html for ${var.deployment}"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/functions/index.js")
  publish = true

  # A function in use cannot be deleted, so the distribution must stop using it first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudfront_response_headers_policy" "site" {
  name    = "${local.name}-headers"
  comment = "Security headers of ${var.deployment}"

  security_headers_config {
    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }

    # Not for subdomains: they may belong to other sites.
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = false
      preload                    = false
      override                   = true
    }
  }

  custom_headers_config {
    items {
      header   = "Permissions-Policy"
      value    = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
      override = true
    }

    items {
      header   = "Cross-Origin-Opener-Policy"
      value    = "same-origin"
      override = true
    }
  }

  remove_headers_config {
    items {
      header = "Server"
    }
  }
}
