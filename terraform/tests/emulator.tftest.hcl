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
  function    = { package = "function.zip", handler = "counter.handler" }
}

run "embedded_cloud" {
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
    error_message = "In the embedded cloud the API is reached on its own port."
  }

  assert {
    condition     = aws_cloudfront_distribution.site.default_cache_behavior[0].viewer_protocol_policy == "allow-all"
    error_message = "The embedded cloud speaks plain HTTP."
  }

  assert {
    condition     = output.site_url == "http://d111abcdef8.cloudfront.localhost:4566"
    error_message = "The embedded cloud serves the distribution under its label."
  }

  assert {
    condition     = [for s in jsondecode(aws_s3_bucket_policy.site.policy).Statement : s.Sid] == ["ReadByDistribution"]
    error_message = "Only the rule against plain HTTP may be missing."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.failing) + length(aws_s3_bucket_lifecycle_configuration.site) == 0
    error_message = "The embedded cloud has no alarms, and forgets no versions."
  }

  assert {
    condition     = length(aws_cloudfront_function.index) == 1
    error_message = "The embedded cloud runs the distribution's function."
  }
}

run "embedded_cloud_without_node" {
  variables {
    emulator = { port = 4566, edge_functions = false }
  }

  assert {
    condition     = length(aws_cloudfront_function.index) == 0
    error_message = "Where no function can run, none may be put before the pages."
  }
}
