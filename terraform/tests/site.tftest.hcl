# The bucket, its policy, the distribution and its headers.
# A run takes seconds, because it starts the provider for its schema. So all asserts with the same variables share one.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks"
}

variables {
  project     = "resume"
  environment = "prod"
  region      = "eu-west-2"
  deployment  = "1f2e3d4c/prod/123456789012/eu-west-2"
  function    = { package = "function.zip", handler = "counter.handler" }
}

run "the_origin_of_the_site_is_known_before_its_bucket" {
  command = plan

  assert {
    condition = contains(
      [for o in aws_cloudfront_distribution.site.origin : o.domain_name],
      "resume-prod-site-123456789012.s3.eu-west-2.amazonaws.com"
    )
    error_message = "A recreated bucket must not make the distribution's origin unknown."
  }
}

run "the_site_without_a_domain" {
  # Names

  assert {
    condition     = aws_s3_bucket.site.bucket == "resume-prod-site-123456789012"
    error_message = "The bucket's name must contain the project, the environment and the account."
  }

  # What has no tags says whose it is in its description, in at most 128 characters.

  assert {
    condition = alltrue([for text in [
      aws_cloudfront_function.index[0].comment,
      aws_cloudfront_origin_access_control.site.description,
      aws_cloudfront_response_headers_policy.site.comment,
    ] : contains(split(" ", text), var.deployment) && length(text) <= 128])
    error_message = "A resource without tags must name the deployment."
  }

  assert {
    condition     = local.tags.Deployment == var.deployment && output.deployment == var.deployment
    error_message = "The tags and the state must name the deployment."
  }

  assert {
    condition = alltrue([for name in [
      aws_cloudfront_distribution.site.comment,
      aws_cloudfront_function.index[0].name,
      aws_cloudfront_origin_access_control.site.name,
      aws_cloudfront_response_headers_policy.site.name,
      aws_lambda_function.counter.function_name,
      aws_dynamodb_table.counter.name,
      aws_iam_role.counter.name,
      aws_apigatewayv2_api.counter.name,
    ] : startswith(name, "resume-prod")])
    error_message = "Every name must start with the project and the environment."
  }

  # Access to the bucket

  assert {
    condition = jsondecode(aws_s3_bucket_policy.site.policy).Statement[0] == {
      Sid       = "ReadByDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::resume-prod-site-123456789012/*"
      Condition = { StringEquals = { "AWS:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E1SITE" } }
    }
    error_message = "The distribution must be allowed to read objects, and nothing else."
  }

  assert {
    condition     = length([for s in jsondecode(aws_s3_bucket_policy.site.policy).Statement : s if s.Effect == "Allow"]) == 1
    error_message = "The bucket policy must allow nothing else."
  }

  assert {
    condition = one([
      for s in jsondecode(aws_s3_bucket_policy.site.policy).Statement : s.Condition.Bool["aws:SecureTransport"] if s.Effect == "Deny"
    ]) == "false"
    error_message = "Plain HTTP must be denied."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.site.block_public_acls,
      aws_s3_bucket_public_access_block.site.block_public_policy,
      aws_s3_bucket_public_access_block.site.ignore_public_acls,
      aws_s3_bucket_public_access_block.site.restrict_public_buckets,
    ])
    error_message = "All public access must be blocked."
  }

  assert {
    condition     = aws_s3_bucket_versioning.site.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket must be versioned: a rollback copies old versions."
  }

  # Error pages

  assert {
    condition = { for e in aws_cloudfront_distribution.site.custom_error_response : e.error_code => [e.response_code, e.response_page_path] if e.response_page_path != null } == {
      403 = [404, "/404.html"]
    }
    error_message = "Only 403 may have an error page: one for 404 would replace the API's JSON."
  }

  assert {
    condition = alltrue([for code in [405, 500, 502, 503, 504] : one([
      for e in aws_cloudfront_distribution.site.custom_error_response : e.error_caching_min_ttl if e.error_code == code
    ]) == 0])
    error_message = "An error of the API must not stay at the edge."
  }

  assert {
    condition     = !strcontains(aws_s3_bucket_policy.site.policy, "ListBucket")
    error_message = "The policy must not grant s3:ListBucket: a missing object would be a 404, which has no error page."
  }

  # Headers

  assert {
    condition     = !strcontains(one(aws_cloudfront_response_headers_policy.site.security_headers_config[0].content_security_policy).content_security_policy, "unsafe-")
    error_message = "The content security policy must not allow inline code."
  }

  assert {
    condition     = startswith(var.content_security_policy, "default-src 'none';") && strcontains(var.content_security_policy, "connect-src 'self'")
    error_message = "The content security policy must deny by default and allow the counter."
  }

  assert {
    condition     = one(aws_cloudfront_response_headers_policy.site.security_headers_config[0].strict_transport_security).access_control_max_age_sec >= 31536000
    error_message = "HSTS must last a year."
  }

  assert {
    condition     = one(aws_cloudfront_response_headers_policy.site.remove_headers_config[0].items).header == "Server"
    error_message = "The Server header must be removed."
  }

  assert {
    condition = alltrue([for b in concat(
      aws_cloudfront_distribution.site.default_cache_behavior, aws_cloudfront_distribution.site.ordered_cache_behavior,
    ) : b.response_headers_policy_id == aws_cloudfront_response_headers_policy.site.id && b.viewer_protocol_policy == "redirect-to-https"])
    error_message = "Every behavior must send the security headers and redirect to HTTPS."
  }

  # Distribution

  assert {
    condition = (
      aws_cloudfront_distribution.site.http_version == "http2and3"
      && aws_cloudfront_distribution.site.is_ipv6_enabled
      && aws_cloudfront_distribution.site.default_cache_behavior[0].compress
    )
    error_message = "The distribution must support HTTP/2, HTTP/3, IPv6 and compression."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.default_cache_behavior[0].cache_policy_id == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    error_message = "Pages and assets must be cached according to their Cache-Control."
  }

  assert {
    condition = (
      aws_cloudfront_distribution.site.ordered_cache_behavior[0].path_pattern == "/api/*"
      && aws_cloudfront_distribution.site.ordered_cache_behavior[0].cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      && aws_cloudfront_distribution.site.ordered_cache_behavior[0].origin_request_policy_id == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
      && length(aws_cloudfront_distribution.site.ordered_cache_behavior[0].allowed_methods) == 7
    )
    error_message = "The API must not be cached, and must receive every method and every header except Host."
  }

  # Without a domain

  assert {
    condition = (
      length(aws_acm_certificate.site) + length(aws_acm_certificate_validation.site) + length(data.aws_route53_zone.site)
      + length(aws_route53_record.certificate) + length(aws_route53_record.site) == 0
    )
    error_message = "Without a domain, there must be no certificate and no record."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.viewer_certificate[0].cloudfront_default_certificate
    error_message = "Without a domain, the distribution must use CloudFront's certificate."
  }

  assert {
    condition     = output.site_url == "https://d111abcdef8.cloudfront.net" && output.certificate_arn == null
    error_message = "Without a domain, the site's URL must have CloudFront's domain name."
  }

  # Where the embedded cloud differs

  assert {
    condition = one([for o in aws_cloudfront_distribution.site.origin : {
      domain   = o.domain_name
      path     = o.origin_path
      protocol = o.custom_origin_config[0].origin_protocol_policy
      } if o.origin_id == "api"]) == {
      domain   = "a1b2c3.execute-api.eu-west-2.amazonaws.com"
      path     = ""
      protocol = "https-only"
    }
    error_message = "On AWS, the API's origin must use HTTPS."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failing) == 2 && length(aws_s3_bucket_lifecycle_configuration.site) == 1
    error_message = "On AWS, there must be two alarms and a lifecycle configuration."
  }
}

run "the_longest_deployment_fits_into_every_description" {
  command = plan

  variables {
    environment = "abcdefghij0123456789"
    region      = "ap-southeast-2"
    deployment  = "abcdefghijklmnopqrstuvwxyz012345/abcdefghij0123456789/123456789012/ap-southeast-2"
  }

  assert {
    condition = alltrue([for text in [
      aws_cloudfront_function.index[0].comment,
      aws_cloudfront_origin_access_control.site.description,
      aws_cloudfront_response_headers_policy.site.comment,
    ] : length(text) <= 128])
    error_message = "CloudFront allows 128 characters."
  }
}

run "another_account_is_refused" {
  command = plan

  variables {
    deployment = "1f2e3d4c/prod/999999999999/eu-west-2"
  }

  expect_failures = [output.deployment]
}

run "another_environment_is_refused" {
  command = plan

  variables {
    deployment = "1f2e3d4c/staging/123456789012/eu-west-2"
  }

  expect_failures = [var.deployment]
}
