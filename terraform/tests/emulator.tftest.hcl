# Where the embedded cloud differs from AWS.

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

run "the_embedded_cloud_differs_from_aws" {
  variables {
    emulator = { port = 4566 }
  }

  assert {
    condition = one([for o in aws_cloudfront_distribution.site.origin : {
      domain   = o.domain_name
      path     = o.origin_path
      protocol = o.custom_origin_config[0].origin_protocol_policy
      port     = o.custom_origin_config[0].http_port
      } if o.origin_id == "api"]) == {
      domain   = "127.0.0.1"
      path     = "/_aws/execute-api/a1b2c3/$default"
      protocol = "http-only"
      port     = 4566
    }
    error_message = "In the embedded cloud, the API's origin must be on the port of the cloud."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.default_cache_behavior[0].viewer_protocol_policy == "allow-all"
    error_message = "In the embedded cloud, plain HTTP must be allowed."
  }

  assert {
    condition     = output.site_url == "http://d111abcdef8.cloudfront.localhost:4566"
    error_message = "In the embedded cloud, the site's host must start with the label of the distribution."
  }

  assert {
    condition     = [for s in jsondecode(aws_s3_bucket_policy.site.policy).Statement : s.Sid] == ["ReadByDistribution"]
    error_message = "In the embedded cloud, only the statement against plain HTTP must be missing."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failing) + length(aws_s3_bucket_lifecycle_configuration.site) == 0
    error_message = "In the embedded cloud, there must be no alarms and no lifecycle configuration."
  }

  assert {
    condition     = length(aws_cloudfront_function.index) == 1
    error_message = "In the embedded cloud, the distribution must have its function."
  }
}

run "the_embedded_cloud_without_edge_functions" {
  variables {
    emulator = { port = 4566, edge_functions = false }
  }

  assert {
    condition     = length(aws_cloudfront_function.index) == 0
    error_message = "Without edge_functions there must be no CloudFront function."
  }
}
