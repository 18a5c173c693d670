# The function, its permissions, its API and the table.

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

run "the_counter_by_default" {
  # Least privilege

  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.counter.policy).Statement : s.Resource => s.Action } == {
      "arn:aws:dynamodb:eu-west-2:123456789012:table/resume-prod-counter" = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      "arn:aws:logs:eu-west-2:123456789012:log-group:mock:*"              = ["logs:CreateLogStream", "logs:PutLogEvents"]
    }
    error_message = "The function may only read and update its table and write to its log."
  }

  # Function

  assert {
    condition     = aws_lambda_function.counter.environment[0].variables == tomap({ TABLE_NAME = "resume-prod-counter" })
    error_message = "TABLE_NAME must be the only variable of the function."
  }

  assert {
    condition = (
      aws_lambda_function.counter.architectures == tolist(["arm64"])
      && aws_lambda_function.counter.memory_size == 128
      && aws_lambda_function.counter.timeout == 5
      && aws_lambda_function.counter.reserved_concurrent_executions == -1
    )
    error_message = "The defaults must be arm64, 128 MB, 5 seconds and no reserved concurrency."
  }

  assert {
    condition     = aws_cloudwatch_log_group.counter.name == "/aws/lambda/resume-prod-counter" && aws_cloudwatch_log_group.counter.retention_in_days == 30
    error_message = "The function must have its own log group with a retention."
  }

  assert {
    condition     = aws_apigatewayv2_integration.counter.integration_uri == aws_lambda_alias.live.invoke_arn && aws_lambda_permission.api.qualifier == "live"
    error_message = "The API must invoke the alias, and may invoke nothing else."
  }

  # Table

  assert {
    condition = (
      aws_dynamodb_table.counter.hash_key == "page"
      && aws_dynamodb_table.counter.billing_mode == "PAY_PER_REQUEST"
      && aws_dynamodb_table.counter.point_in_time_recovery[0].enabled
      && aws_dynamodb_table.counter.server_side_encryption[0].enabled
    )
    error_message = "The table must be on demand, encrypted and recoverable to a point in time."
  }

  assert {
    condition     = !aws_dynamodb_table.counter.deletion_protection_enabled && aws_s3_bucket.site.force_destroy
    error_message = "An unprotected environment must be destroyable."
  }
}

run "the_counter_with_settings" {
  variables {
    protected       = true
    api_rate_limit  = 3
    api_burst_limit = 7
    alarm_email     = "me@example.com"
    function = {
      package              = "function.zip"
      handler              = "counter.handler"
      runtime              = "python3.12"
      memory_mb            = 256
      timeout_s            = 10
      reserved_concurrency = 5
    }
  }

  assert {
    condition = (
      aws_lambda_function.counter.runtime == "python3.12"
      && aws_lambda_function.counter.memory_size == 256
      && aws_lambda_function.counter.timeout == 10
      && aws_lambda_function.counter.reserved_concurrent_executions == 5
    )
    error_message = "The function must have the given settings."
  }

  assert {
    condition     = aws_dynamodb_table.counter.deletion_protection_enabled && !aws_s3_bucket.site.force_destroy
    error_message = "A protected environment must not lose its counts or its objects."
  }

  assert {
    condition = (
      aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 3
      && aws_apigatewayv2_stage.default.default_route_settings[0].throttling_burst_limit == 7
    )
    error_message = "The API must be throttled."
  }

  assert {
    condition     = jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format).status == "$context.status"
    error_message = "The access log must be JSON."
  }

  assert {
    condition     = !strcontains(lower(aws_apigatewayv2_stage.default.access_log_settings[0].format), "sourceip")
    error_message = "The access log must not contain source IPs."
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.failing : a.alarm_actions == toset([aws_sns_topic.alarms[0].arn])])
    error_message = "Every alarm must notify alarm_email."
  }
}
