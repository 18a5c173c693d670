variable "project" {
  description = "Name of the project. The name of every resource starts with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.project))
    error_message = "project must be 2 to 20 lowercase letters, digits and hyphens, and start with a letter."
  }
}

variable "environment" {
  description = "Name of the environment, such as prod or staging. It is the second part of every resource's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.environment))
    error_message = "environment must be 1 to 20 lowercase letters, digits and hyphens, and start with a letter."
  }
}

variable "deployment" {
  description = <<-EOT
    Proves that a resource belongs to this environment: PROJECT-ID/ENVIRONMENT/ACCOUNT/REGION. It is a tag of every
    resource, and part of the description of those that have no tags.
  EOT
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+/[a-z0-9-]+/[0-9]{12}/[a-z0-9-]+$", var.deployment))
    error_message = "deployment must be PROJECT-ID/ENVIRONMENT/ACCOUNT/REGION, such as 1f2e3d4c/prod/123456789012/eu-west-2."
  }

  validation {
    condition     = can(regex("^[^/]+/${var.environment}/[0-9]+/${var.region}$", var.deployment))
    error_message = "deployment must name the same environment and region as the variables environment and region."
  }
}

variable "region" {
  description = "AWS region of all resources except the distribution and its certificate."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region must be the code of an AWS region, such as eu-west-2."
  }
}

variable "domain" {
  description = "Domain name of the site, such as example.com. Without one, CloudFront's domain name is used."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,63}$", var.domain))
    error_message = "domain must be a lowercase domain name without a scheme, a path or a trailing dot."
  }
}

variable "zone" {
  description = "Route 53 hosted zone that contains the domain. resumectl passes the longest one of the account. Default: the domain itself."
  type        = string
  default     = null

  validation {
    condition     = var.zone == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,63}$", var.zone))
    error_message = "zone must be a lowercase domain name without a scheme, a path or a trailing dot."
  }
}

variable "protected" {
  description = "Protect data: the table cannot be deleted, and the bucket cannot be deleted while it has objects."
  type        = bool
  default     = false
}

variable "function" {
  description = <<-EOT
    The counter function. `package` is the path of the zip for its creation; resumectl publishes later code.
    `reserved_concurrency` requires an account limit of more than 100 concurrent executions.
  EOT
  type = object({
    package              = string
    handler              = string
    runtime              = optional(string, "python3.13")
    memory_mb            = optional(number, 128)
    timeout_s            = optional(number, 5)
    reserved_concurrency = optional(number)
  })

  validation {
    condition     = can(regex("^python3[.][0-9]+$", var.function.runtime))
    error_message = "function.runtime must be a Python runtime of Lambda, such as python3.13."
  }

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_./]*[.][A-Za-z_][A-Za-z0-9_]*$", var.function.handler))
    error_message = "function.handler must be FILE.FUNCTION, such as counter.handler."
  }

  validation {
    condition     = var.function.memory_mb >= 128 && var.function.memory_mb <= 10240 && floor(var.function.memory_mb) == var.function.memory_mb
    error_message = "function.memory_mb must be a whole number from 128 to 10240."
  }

  validation {
    condition     = var.function.timeout_s >= 1 && var.function.timeout_s <= 29 && floor(var.function.timeout_s) == var.function.timeout_s
    error_message = "function.timeout_s must be a whole number from 1 to 29: the API times out after 30 seconds."
  }

  validation {
    condition     = try(var.function.reserved_concurrency >= 0, var.function.reserved_concurrency == null)
    error_message = "function.reserved_concurrency must be 0 or more, or null for no reservation."
  }
}

variable "emulator" {
  description = <<-EOT
    Set for the embedded cloud on 127.0.0.1. `edge_functions`: whether it can run CloudFront functions, which requires
    a JavaScript engine. Without them, `/dir/` does not serve `/dir/index.html`.
  EOT
  type = object({
    port           = number
    edge_functions = optional(bool, true)
  })
  default = null

  validation {
    condition     = try(var.emulator.port >= 1 && var.emulator.port <= 65535, var.emulator == null)
    error_message = "emulator.port must be a port number from 1 to 65535."
  }
}

variable "content_security_policy" {
  description = "Content-Security-Policy of every response. By default everything is loaded from the site's own origin, and nothing is inline."
  type        = string
  default     = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  validation {
    condition     = can(regex("^default-src [^\r\n]+$", var.content_security_policy))
    error_message = "content_security_policy must be one line that starts with default-src."
  }
}

variable "price_class" {
  description = "Edge locations of the distribution. PriceClass_100 is the cheapest: North America and Europe."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "api_rate_limit" {
  description = "Sustained requests per second. The API returns 429 above that."
  type        = number
  default     = 20

  validation {
    condition     = var.api_rate_limit > 0 && var.api_rate_limit <= 10000
    error_message = "api_rate_limit must be more than 0 and at most 10000."
  }
}

variable "api_burst_limit" {
  description = "Requests that the API accepts at once, before api_rate_limit applies."
  type        = number
  default     = 50

  validation {
    condition     = var.api_burst_limit >= 1 && var.api_burst_limit <= 5000 && floor(var.api_burst_limit) == var.api_burst_limit
    error_message = "api_burst_limit must be a whole number from 1 to 5000."
  }
}

variable "log_retention_days" {
  description = "Days to keep the logs of the function and the API."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 or 1827."
  }
}

variable "alarm_email" {
  description = "E-mail address for alarms. Without one, alarms are only visible in CloudWatch."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be a single e-mail address."
  }
}

variable "tags" {
  description = "Additional tags for every resource. Project, Environment, Deployment and ManagedBy are always set."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.tags), ["Project", "Environment", "Deployment", "ManagedBy"])) == 0
    error_message = "tags must not set Project, Environment, Deployment or ManagedBy."
  }
}
