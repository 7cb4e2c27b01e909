# Fails the plan, so that nothing that depends on it is changed without a fresh backup.
resource "terraform_data" "upgrade" {
  lifecycle {
    precondition {
      condition     = local.fresh
      error_message = "Instance ${var.instance_id} has no backup younger than ${var.max_age}: back it up first."
    }
  }
}
