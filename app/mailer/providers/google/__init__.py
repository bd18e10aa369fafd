"""Google Workspace and Gmail: service account, a person's sign-in, or an app password."""
