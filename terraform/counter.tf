resource "aws_dynamodb_table" "counter" {
  name                        = "${local.name}-counter"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "page"
  deletion_protection_enabled = var.protected

  attribute {
    name = "page"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# Terraform creates the function with its first code. After that, resumectl publishes code and moves the alias;
# Terraform owns every other setting.
resource "aws_lambda_function" "counter" {
  function_name                  = "${local.name}-counter"
  description                    = "Visitor counter of ${local.name}"
  role                           = aws_iam_role.counter.arn
  filename                       = var.function.package
  handler                        = var.function.handler
  runtime                        = var.function.runtime
  architectures                  = ["arm64"]
  memory_size                    = var.function.memory_mb
  timeout                        = var.function.timeout_s
  reserved_concurrent_executions = coalesce(var.function.reserved_concurrency, -1)
  publish                        = false

  environment {
    variables = {
      TABLE_NAME = aws_dynamodb_table.counter.name
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.counter.name
  }

  lifecycle {
    ignore_changes = [filename, source_code_hash, s3_bucket, s3_key, s3_object_version]
  }

  depends_on = [aws_iam_role_policy.counter]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that serves visitors"
  function_name    = aws_lambda_function.counter.function_name
  function_version = "$LATEST"

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "InvokeByApi"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.counter.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.counter.execution_arn}/*"
}

resource "aws_iam_role" "counter" {
  name        = "${local.name}-counter"
  description = "Permissions of the counter function of ${local.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "counter" {
  name = "counter"
  role = aws_iam_role.counter.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Count"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = aws_dynamodb_table.counter.arn
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.counter.arn}:*"
      },
    ]
  })
}
