# Fails the plan, so that nothing that depends on it is changed without fresh backups.
resource "terraform_data" "upgrade" {
  lifecycle {
    precondition {
      condition     = length(local.stale) == 0
      error_message = "Back these instances up first:\n${join("\n", local.stale)}"
    }

    precondition {
      condition     = length(local.watched) > 0
      error_message = "No instance has the tags ${jsonencode(var.tags)}."
    }
  }
}
