# Made before what writes to them, so that nothing creates them without a retention.

resource "aws_cloudwatch_log_group" "counter" {
  name              = "/aws/lambda/${local.name}-counter"
  retention_in_days = var.log_retention_days
}

# Under /aws/vendedlogs/ the account's one log resource policy does not grow with every API.
resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/${local.name}-api"
  retention_in_days = var.log_retention_days
}

locals {
  # Not in the embedded cloud: it leaves out fields of an alarm, which would be a difference for ever.
  alarms = local.emulated ? {} : {
    counter-errors = {
      description = "The counter function of ${local.name} failed"
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.counter.function_name }
    }
    api-errors = {
      description = "The API of ${local.name} answered with 5xx"
      namespace   = "AWS/ApiGateway"
      metric      = "5xx"
      dimensions  = { ApiId = aws_apigatewayv2_api.counter.id }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "failing" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = aws_sns_topic.alarms[*].arn
  ok_actions          = aws_sns_topic.alarms[*].arn
}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  name = "${local.name}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
