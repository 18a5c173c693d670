# What the validations refuse.

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

run "names_and_places" {
  command = plan

  variables {
    project     = "Resume_"
    environment = "9prod"
    region      = "London"
    domain      = "https://example.com/"
    zone        = "example.com."
  }

  expect_failures = [var.project, var.environment, var.region, var.domain, var.zone]
}

run "too_long" {
  command = plan

  variables {
    project     = "a23456789012345678901"
    environment = "a23456789012345678901"
  }

  expect_failures = [var.project, var.environment]
}

run "function_runtime" {
  command = plan

  variables {
    function = { package = "function.zip", handler = "counter.handler", runtime = "nodejs22.x" }
  }

  expect_failures = [var.function]
}

run "function_handler" {
  command = plan

  variables {
    function = { package = "function.zip", handler = "counter" }
  }

  expect_failures = [var.function]
}

run "function_memory" {
  command = plan

  variables {
    function = { package = "function.zip", handler = "counter.handler", memory_mb = 64 }
  }

  expect_failures = [var.function]
}

run "function_timeout" {
  command = plan

  variables {
    function = { package = "function.zip", handler = "counter.handler", timeout_s = 60 }
  }

  expect_failures = [var.function]
}

run "function_reserved_concurrency" {
  command = plan

  variables {
    function = { package = "function.zip", handler = "counter.handler", reserved_concurrency = -1 }
  }

  expect_failures = [var.function]
}

run "the_rest" {
  command = plan

  variables {
    emulator                = { port = 0 }
    content_security_policy = "default-src 'self'\r\nX-Evil: 1"
    price_class             = "PriceClass_1"
    api_rate_limit          = 0
    api_burst_limit         = 1.5
    log_retention_days      = 2
    version_retention_days  = 0
    alarm_email             = "me"
    tags                    = { ManagedBy = "me" }
  }

  expect_failures = [
    var.emulator, var.content_security_policy, var.price_class, var.api_rate_limit, var.api_burst_limit,
    var.log_retention_days, var.version_retention_days, var.alarm_email, var.tags,
  ]
}
