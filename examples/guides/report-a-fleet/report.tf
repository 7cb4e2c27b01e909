output "report" {
  description = "A web page: terraform output -raw report > fleet.html"
  sensitive   = true # Plan and apply do not print it.
  value = templatefile("${path.module}/report.html.tftpl", {
    # jsonencode writes <, > and & as \u003c, \u003e and \u0026, so that no name can end the script element.
    data = jsonencode({
      read_at   = plantimestamp()
      max_age   = var.max_age
      instances = local.fleet
    })
  })
}
