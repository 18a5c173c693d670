# Values that the validations refuse.

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

run "invalid_values_are_refused" {
  command = plan

  variables {
    project     = "Resume_"
    environment = "9prod"
    region      = "London"
    domain      = "https://example.com/"
    zone        = "example.com."
    function = {
      package              = "function.zip"
      handler              = "counter"
      runtime              = "nodejs22.x"
      memory_mb            = 64
      timeout_s            = 60
      reserved_concurrency = -1
    }
    emulator                = { port = 0 }
    content_security_policy = "default-src 'self'\r\nX-Evil: 1"
    price_class             = "PriceClass_1"
    api_rate_limit          = 0
    api_burst_limit         = 1.5
    log_retention_days      = 2
    alarm_email             = "me"
    tags                    = { ManagedBy = "me" }
  }

  expect_failures = [
    var.project, var.environment, var.region, var.domain, var.zone, var.function, var.emulator,
    var.content_security_policy, var.price_class, var.api_rate_limit, var.api_burst_limit, var.log_retention_days,
    var.alarm_email, var.tags,
  ]
}

# By itself: Terraform skips the validation of a variable if one that it refers to is invalid.
run "a_deployment_that_is_no_deployment_is_refused" {
  command = plan

  variables {
    deployment = "prod"
  }

  expect_failures = [var.deployment]
}

run "names_of_more_than_20_characters_are_refused" {
  command = plan

  variables {
    project     = "a23456789012345678901"
    environment = "a23456789012345678901"
    deployment  = "1f2e3d4c/a23456789012345678901/123456789012/eu-west-2"
  }

  expect_failures = [var.project, var.environment]
}
