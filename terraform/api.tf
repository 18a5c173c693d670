resource "aws_apigatewayv2_api" "counter" {
  name          = "${local.name}-api"
  description   = "Counter API of ${local.name}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "counter" {
  api_id                 = aws_apigatewayv2_api.counter.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.live.invoke_arn
  payload_format_version = "2.0"
}

# Every request goes to the handler, so that 404 and 405 responses have the same JSON as the others.
resource "aws_apigatewayv2_route" "all" {
  api_id    = aws_apigatewayv2_api.counter.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.counter.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.counter.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = var.api_burst_limit
    throttling_rate_limit  = var.api_rate_limit
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format          = jsonencode(local.access_log)
  }
}

locals {
  # No source IP: it is personal data, and behind CloudFront it is not the visitor's address anyway.
  access_log = {
    time              = "$context.requestTime"
    requestId         = "$context.requestId"
    method            = "$context.httpMethod"
    path              = "$context.path"
    status            = "$context.status"
    responseLength    = "$context.responseLength"
    responseLatency   = "$context.responseLatency"
    integrationStatus = "$context.integrationStatus"
    integrationError  = "$context.integrationErrorMessage"
  }
}
