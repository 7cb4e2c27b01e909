locals {
  columns = ["region", "instance_id", "name", "status", "restorable_num", "restorable_size", "latest_restorable"]

  # RFC 4180: values in quotes, a quote in a value doubled, nothing for null.
  lines = [
    for instance in local.fleet : join(",", [
      for column in local.columns : instance[column] == null ? "" : "\"${replace(instance[column], "\"", "\"\"")}\""
    ])
  ]
}

output "csv" {
  description = "One line for each instance: terraform output -raw csv > fleet.csv"
  sensitive   = true # Plan and apply do not print it.
  value       = join("\r\n", concat([join(",", local.columns)], local.lines, [""]))
}
