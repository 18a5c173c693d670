# Created before the services that write to them: a log group that AWS creates by itself has no retention.

resource "aws_cloudwatch_log_group" "counter" {
  name              = "/aws/lambda/${local.name}-counter"
  retention_in_days = var.log_retention_days
}

# API Gateway adds its log groups to a resource policy of the account, which has a size limit. For the prefix
# /aws/vendedlogs/ the policy does not grow with every API.
resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/${local.name}-api"
  retention_in_days = var.log_retention_days
}

locals {
  # Not in the embedded cloud: it does not return every field of an alarm, so each plan would show a difference.
  alarms = local.emulated ? {} : {
    counter-errors = {
      description = "The counter function of ${local.name} failed"
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.counter.function_name }
    }
    api-errors = {
      description = "The API of ${local.name} returned a 5xx status"
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
