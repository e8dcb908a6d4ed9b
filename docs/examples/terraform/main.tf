# Deploys what `extract deploy export DIR` wrote: terraform apply -var export=DIR
# Buckets and the resources of job types are yours, as extract.toml names them.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "export" {
  description = "The folder that extract deploy export wrote."
  type        = string
}

locals {
  pipeline  = jsondecode(file("${var.export}/parameters.json"))
  machine   = local.pipeline.state_machine
  table     = local.pipeline.tracking_table
  bundle    = "${var.export}/${local.pipeline.bundle.file}"
  schedules = local.pipeline.schedules
}

provider "aws" {
  region              = local.pipeline.region
  allowed_account_ids = [local.pipeline.account]
  default_tags {
    tags = local.pipeline.tags
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["lambda", "states", "scheduler"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
    dynamic "condition" {
      for_each = each.key == "lambda" ? [] : [1]
      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.pipeline.account]
      }
    }
  }
}

# The Lambda functions: a role, a policy and a log group each.

resource "aws_iam_role" "function" {
  for_each           = local.pipeline.functions
  name               = each.value.name
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.pipeline.functions
  name     = "extract"
  role     = aws_iam_role.function[each.key].id
  policy   = file("${var.export}/${each.value.policy}")
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.pipeline.functions
  name              = each.value.log_group
  retention_in_days = local.pipeline.log_retention_days
}

resource "aws_lambda_function" "function" {
  for_each         = local.pipeline.functions
  function_name    = each.value.name
  handler          = each.value.handler
  runtime          = each.value.runtime
  architectures    = [each.value.architecture]
  memory_size      = each.value.memory_mb
  timeout          = each.value.timeout_seconds
  role             = aws_iam_role.function[each.key].arn
  filename         = local.bundle
  source_code_hash = filebase64sha256(local.bundle)

  environment {
    variables = each.value.environment
  }

  dynamic "vpc_config" {
    for_each = length(each.value.subnets) > 0 ? [1] : []
    content {
      subnet_ids         = each.value.subnets
      security_group_ids = each.value.security_groups
    }
  }

  depends_on = [aws_iam_role_policy.function, aws_cloudwatch_log_group.function]
}

# The state machine. Step Functions refuses a machine whose role may not do what it does. In the first seconds after a role is
# made it may also say that it may not assume the role: apply again.

resource "aws_iam_role" "machine" {
  name               = local.machine.name
  assume_role_policy = data.aws_iam_policy_document.trust["states"].json
}

resource "aws_iam_role_policy" "machine" {
  name   = "extract"
  role   = aws_iam_role.machine.id
  policy = file("${var.export}/${local.machine.policy}")
}

resource "aws_cloudwatch_log_group" "machine" {
  name              = local.machine.log_group
  retention_in_days = local.pipeline.log_retention_days
}

resource "aws_sfn_state_machine" "machine" {
  name       = local.machine.name
  role_arn   = aws_iam_role.machine.arn
  definition = file("${var.export}/${local.machine.definition}")

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
  }

  tracing_configuration {
    enabled = local.machine.tracing
  }

  depends_on = [aws_iam_role_policy.machine]
}

# Reconcile: it cleans up after an execution that ended from outside, and stops one that was redriven after its run was closed.

resource "aws_cloudwatch_event_rule" "reconcile" {
  name = "${local.pipeline.name}-reconcile"
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      status          = ["ABORTED", "FAILED", "RUNNING", "TIMED_OUT"]
      stateMachineArn = [aws_sfn_state_machine.machine.arn]
    }
  })
}

resource "aws_sqs_queue" "reconcile_failed" {
  name                      = "${local.pipeline.name}-reconcile-failed"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "reconcile_failed" {
  queue_url = aws_sqs_queue.reconcile_failed.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.reconcile_failed.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.reconcile.arn } }
    }]
  })
}

resource "aws_cloudwatch_event_target" "reconcile" {
  rule = aws_cloudwatch_event_rule.reconcile.name
  arn  = aws_lambda_function.function["reconcile"].arn
  dead_letter_config {
    arn = aws_sqs_queue.reconcile_failed.arn
  }
}

resource "aws_lambda_permission" "reconcile" {
  function_name = aws_lambda_function.function["reconcile"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile.arn
}

# The tracking table.

resource "aws_dynamodb_table" "tracking" {
  count                       = local.table == null ? 0 : 1
  name                        = local.table.TableName
  billing_mode                = local.table.BillingMode
  hash_key                    = one([for key in local.table.KeySchema : key.AttributeName if key.KeyType == "HASH"])
  range_key                   = one([for key in local.table.KeySchema : key.AttributeName if key.KeyType == "RANGE"])
  deletion_protection_enabled = true

  dynamic "attribute" {
    for_each = local.table.AttributeDefinitions
    content {
      name = attribute.value.AttributeName
      type = attribute.value.AttributeType
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.table.GlobalSecondaryIndexes
    content {
      name            = global_secondary_index.value.IndexName
      hash_key        = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "HASH"])
      range_key       = one([for key in global_secondary_index.value.KeySchema : key.AttributeName if key.KeyType == "RANGE"])
      projection_type = global_secondary_index.value.Projection.ProjectionType
    }
  }

  ttl {
    attribute_name = local.table.TimeToLiveSpecification.AttributeName
    enabled        = local.table.TimeToLiveSpecification.Enabled
  }

  point_in_time_recovery {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

# The schedules of extract.toml.

resource "aws_iam_role" "scheduler" {
  count              = length(local.schedules) > 0 ? 1 : 0
  name               = "${local.pipeline.name}-scheduler"
  assume_role_policy = data.aws_iam_policy_document.trust["scheduler"].json
}

resource "aws_iam_role_policy" "scheduler" {
  count  = length(local.schedules) > 0 ? 1 : 0
  name   = "extract"
  role   = aws_iam_role.scheduler[0].id
  policy = file("${var.export}/policies/scheduler.json")
}

resource "aws_scheduler_schedule" "schedule" {
  for_each                     = local.schedules
  name                         = "${local.pipeline.name}-${each.key}"
  schedule_expression          = each.value.when
  schedule_expression_timezone = each.value.timezone
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.machine.arn
    role_arn = aws_iam_role.scheduler[0].arn
    input    = jsonencode(each.value.event)
  }
}
